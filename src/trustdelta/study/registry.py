"""A folder of bundles as one page: each bundle is verified first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from trustdelta.bundle import PublicKey
from trustdelta.errors import FolderError, VerificationError
from trustdelta.parsing import reason
from trustdelta.pipeline.bundles.check import Verified, verify_bundle
from trustdelta.records import AuditResult, Dimension
from trustdelta.report import format as fmt
from trustdelta.report.sections._common import driver
from trustdelta.report.studies.bundles import Refused, Registered, Registry
from trustdelta.report.studies.records import Driver, PairRow, Point
from trustdelta.study.compare import driver_of, whole_drift

ENDINGS = (".bundle", ".bundle.xz")
"""How the names of bundles end."""


def registry_of(folders: Sequence[Path], keys: Sequence[PublicKey] = ()) -> Registry:
    """All bundles in and below these folders, verified, by candidate, baseline, day and file.

    `keys`: signers that are named; a bundle by another signer, or by none, is listed as such. Files are named by their
    paths below the folder, or below the nearest one that holds all folders.

    Raises FolderError where there is no bundle or a folder cannot be read, UsageError where a file cannot be read.
    """
    paths = sorted({path for folder in folders for path in _bundles(folder)})
    if not paths:
        named = ", ".join(map(str, folders))
        raise FolderError(f"{named}: found no *.bundle; write some with `trustdelta export RUN --bundle NAME.bundle`.")
    above = os.path.commonpath([folder.absolute() for folder in folders])
    verified, refused = [], []
    for path in paths:
        file = path.absolute().relative_to(above).as_posix()
        try:
            verified.append(registered(file, verify_bundle(path), keys))
        except VerificationError as problem:
            refused.append(Refused(file, str(problem).removeprefix(f"{path}: refused: ")))
    verified.sort(key=lambda r: (r.pair.candidate, r.pair.baseline, r.finished_on, r.file))
    return Registry(tuple(verified), tuple(refused))


def _bundles(folder: Path) -> Iterator[Path]:
    """The bundles in and below a folder; raises FolderError where one of its folders cannot be read."""
    for place, _, names in os.walk(folder, onerror=_unreadable):
        yield from (Path(place, name) for name in names if name.endswith(ENDINGS))


def _unreadable(problem: OSError) -> NoReturn:
    raise FolderError(
        f"{problem.filename}: cannot be read ({reason(problem)}); pass folders of bundles that can be read."
    ) from None


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
        points={d.dimension: Point(d.verdict, driver=_driver(result, d.dimension)) for d in result.dimensions},
        drift=whole_drift(result),
        exploratory=result.exploratory,
    )
    name = next((known.name for known in keys if known == key), "")
    return Registered(
        file, pair, verified.rows["prompts"], verified.root, key.id if key else "", name, verified.finished_on
    )


def _driver(result: AuditResult, dimension: Dimension) -> Driver | None:
    """The deciding metric of a dimension with its change in words, like worse by 5.0 pp."""
    row, deciding = driver_of(result, dimension), driver(result, dimension)
    if row is None or deciding is None or deciding.estimate is None:
        return row
    return replace(row, change=fmt.in_words(deciding.metric, deciding.estimate.worsening))
