"""Merkle tree hashes by RFC 6962, section 2.1, with SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
"""Prefixes by which a leaf can never be taken for an inner node."""


def root(rows: Iterable[bytes]) -> str:
    """The hash of the tree over rows of bytes, as 64 hex digits; that of no rows is SHA-256 of nothing.

    An odd node is passed up unchanged, which gives the tree that RFC 6962 defines by its largest powers of two.
    """
    level = [sha256(LEAF + row).digest() for row in rows]
    if not level:
        return sha256(b"").hexdigest()
    while len(level) > 1:
        level = _parents(level)
    return level[0].hex()


def _parents(level: Sequence[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    parents = [sha256(NODE + left + right).digest() for left, right in pairs]
    return parents if len(level) % 2 == 0 else [*parents, level[-1]]
