"""Bundles: one text file with a run's hashes, scores, plan and verdict, under one Merkle root, which may be signed."""

from trustdelta.bundle.envelope import PublicKey, Signer
from trustdelta.bundle.file import MANIFEST, PARTS, Bundle, dumps, load

__all__ = ["MANIFEST", "PARTS", "Bundle", "PublicKey", "Signer", "dumps", "load"]
