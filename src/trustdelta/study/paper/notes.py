"""Remarks on the page: what the study or a pair's run lacks, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trustdelta.records import Part
from trustdelta.study.paper.cells import RunScores
from trustdelta.study.paper.tables import TABLES
from trustdelta.study.plan import Study

PROFILE = "paper"
ROWS = tuple(quantity for table in TABLES for quantity in table.rows)
BENCHMARKS = tuple(dict.fromkeys(name for quantity in ROWS for name in quantity.benchmarks))
"""Every benchmark of the tables."""
LISTED = 4
"""Benchmarks of a run that a remark names."""


def of_study(study: Study) -> Iterator[str]:
    """Whether the study's profile is another than the paper's."""
    if study.profile != PROFILE:
        yield (
            f"The study has profile {study.profile}: its sampling, token budgets and samples per prompt are not those "
            "of the printed numbers."
        )


def of_run(name: str, run: RunScores) -> Iterator[str]:
    """What a finished run lacks."""
    if not set(run.benchmarks) & set(BENCHMARKS):
        yield (
            f"{name}: no benchmark of the tables was run, but {_listed(run.benchmarks)}; name some under `benchmarks` "
            f"in study.yaml: {', '.join(BENCHMARKS)}. Miniature models run their own ones otherwise."
        )
    if _lacks_cuts(run):
        yield (
            f"{name}: its answers were not scored as the released code cuts them, so that published rates are of "
            "correctly separated answers; run `trustdelta score` with its run folder, then this command again."
        )


def _lacks_cuts(run: RunScores) -> bool:
    """Whether a published scoring has scores of separated answers alone."""
    return any(
        run.rates(quantity.published, name) is not None and run.rates(quantity.published, name, Part.RELEASED) is None
        for quantity in ROWS
        for name in quantity.benchmarks
    )


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {rest} more" if rest > 0 else "")
