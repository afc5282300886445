"""A folder of bundles as one page: each bundle is verified first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trustdelta.bundle import PublicKey
from trustdelta.errors import FolderError, VerificationError
from trustdelta.pipeline.bundles.check import Verified, verify_bundle
from trustdelta.report.studies.bundles import Refused, Registered, Registry
from trustdelta.report.studies.records import PairRow, Point
from trustdelta.study.compare import driver_of, whole_drift

PATTERN = "*.bundle"


def registry_of(folders: Sequence[Path], keys: Sequence[PublicKey] = ()) -> Registry:
    """All bundles in and below these folders, verified, by candidate, baseline, day and file.

    `keys`: signers that are named; a bundle by another signer, or by none, is listed as such.

    Raises FolderError where there is no bundle.
    """
    paths = sorted({path for folder in folders for path in folder.rglob(PATTERN) if path.is_file()})
    if not paths:
        named = ", ".join(map(str, folders))
        raise FolderError(f"{named}: found no {PATTERN}; write some with `trustdelta export RUN --bundle NAME.bundle`.")
    verified, refused = [], []
    for path in paths:
        try:
            verified.append(registered(path.name, verify_bundle(path), keys))
        except VerificationError as problem:
            refused.append(Refused(path.name, str(problem).removeprefix(f"{path}: refused: ")))
    verified.sort(key=lambda r: (r.pair.candidate, r.pair.baseline, r.finished_on, r.file))
    return Registry(tuple(verified), tuple(refused))


def registered(file: str, verified: Verified, keys: Sequence[PublicKey]) -> Registered:
    """The row of one verified bundle."""
    result, key = verified.result, verified.key
    pair = PairRow(
        name=file,
        baseline=result.baseline.name,
        candidate=result.candidate.name,
        method="unknown",
        lineage="unknown",
        family=result.baseline.fingerprint,
        overall=result.overall,
        points={d.dimension: Point(d.verdict, driver=driver_of(result, d.dimension)) for d in result.dimensions},
        drift=whole_drift(result),
        exploratory=result.exploratory,
    )
    name = next((known.name for known in keys if known == key), "")
    return Registered(
        file, pair, verified.rows["prompts"], verified.root, key.id if key else "", name, verified.finished_on
    )
