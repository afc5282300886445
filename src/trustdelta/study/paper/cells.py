"""Cells of the tables from a run's stored scores: rates of both models, and the share that is due to the scoring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trustdelta.pipeline.scoring.columns import StoredScores
from trustdelta.records import Better, Part, Prompt
from trustdelta.records.arrays import Floats, Ints
from trustdelta.report.studies.paper import Cell, Rates, Share
from trustdelta.stats.draws import reduce_cells
from trustdelta.stats.scoring_share import change_of, share_of_scoring
from trustdelta.study.paper.design import Quantity, Scoring

Mask = NDArray[np.bool_]


def _target(name: str) -> Callable[[Prompt], str]:
    """Reads one entry of a prompt's target."""
    return lambda prompt: str(prompt.target.get(name, "")) if isinstance(prompt.target, dict) else ""


FIELDS: Mapping[str, Callable[[Prompt], str]] = {
    "gold": _target("gold"),
    "should_refuse": _target("should_refuse"),
    "kind": lambda prompt: prompt.cluster.rpartition("/")[0],
}
"""Properties of a prompt that a row may select by."""
NOT_RUN = "not run"
FEWEST = 2
"""Scored prompts of a rate."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rates by prompt and model, NaN without a score, and the prompts that both models answered."""

    values_P2: Floats
    sent_P: Mask


class RunScores:
    """The scores of one run by prompt and model; the prompts are in the order of its table."""

    def __init__(self, scores: StoredScores) -> None:
        self._table = scores.table()
        self._prompts = [scores.prompts[place] for place in self._table.place_P]
        self._scores: dict[tuple[str, str, Part], Scored | None] = {}
        self._fields: dict[str, NDArray[np.str_]] = {}

    @property
    def cluster_P(self) -> Ints:
        """Cluster of each prompt."""
        return self._table.cluster_P

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Benchmarks of the run."""
        return self._table.benchmarks

    def selected(self, quantity: Quantity, benchmark: str) -> Mask:
        """The prompts of a row in one benchmark."""
        table = self._table
        if benchmark not in table.benchmarks:
            return np.zeros(len(self._prompts), dtype=bool)
        mine_P = np.asarray(table.benchmark_P == table.benchmarks.index(benchmark))
        if quantity.strata:
            mine_P = mine_P & np.array([name in quantity.strata for name in table.strata], dtype=bool)[table.stratum_P]
        for name, value in quantity.where.items():
            mine_P = mine_P & (self._field(name) == value)
        return mine_P

    def rates(self, scoring: Scoring | None, benchmark: str, part: Part = Part.ANSWER) -> Scored | None:
        """Rates by prompt and model; None without a scoring, or where the run lacks one of its scorers."""
        if scoring is None:
            return None
        parts = [self._scored(benchmark, scorer, part) for scorer, _ in scoring.terms]
        known = [part for part in parts if part is not None]
        if len(known) < len(scoring.terms):
            return None
        weighted = [w * scored.values_P2 for (_, w), scored in zip(scoring.terms, known, strict=True)]
        total_P2 = np.clip(scoring.constant + np.sum(weighted, axis=0), 0.0, 1.0)
        return Scored(total_P2, np.logical_and.reduce([scored.sent_P for scored in known]))

    def _field(self, name: str) -> NDArray[np.str_]:
        if name not in self._fields:
            self._fields[name] = np.array([FIELDS[name](prompt) for prompt in self._prompts], dtype=str)
        return self._fields[name]

    def _scored(self, benchmark: str, scorer: str, part: Part) -> Scored | None:
        key = benchmark, scorer, part
        if key not in self._scores:
            rows = self._table.metric_rows(benchmark, scorer, part)
            cell_R, size = rows.prompt * 2 + rows.arm, 2 * len(self._prompts)
            values_P2 = reduce_cells(rows.value, cell_R, size).reshape(-1, 2)
            sent_P = np.bincount(cell_R, minlength=size).reshape(-1, 2).min(axis=1) > 0
            self._scores[key] = Scored(values_P2, sent_P) if rows.prompt.size else None
        return self._scores[key]


def cell_of(run: RunScores, quantity: Quantity, method: str) -> Cell:
    """The cell of one row for one run, whose candidate was made by `method`."""
    printed = quantity.printed.get(method)
    benchmark = next((name for name in quantity.benchmarks if run.selected(quantity, name).any()), "")
    corrected = run.rates(quantity.corrected, benchmark)
    published = run.rates(quantity.published, benchmark)
    released = run.rates(quantity.published, benchmark, Part.RELEASED)
    scored = [one for one in (corrected, published, released) if one is not None]
    if not scored:
        return Cell(printed=printed, note=NOT_RUN)
    rows_N = np.flatnonzero(run.selected(quantity, benchmark) & np.logical_and.reduce([one.sent_P for one in scored]))
    cluster_N = run.cluster_P[rows_N]
    as_corrected, as_published, as_released = (
        None if one is None else one.values_P2[rows_N] for one in (corrected, published, released)
    )
    final = as_published if as_released is None else as_released
    rates = (
        _rates(as_corrected, cluster_N, quantity.better, own=False),
        _rates(final, cluster_N, quantity.better, own=True),
    )
    return Cell(
        benchmark,
        *rates,
        share=_share(final, as_corrected, cluster_N),
        parsing=_parsing(as_released, as_published, cluster_N),
        printed=printed,
        note=_unscored([v for v in (as_corrected, final) if v is not None]) if rates == (None, None) else "",
    )


def _unscored(values: Sequence[Floats]) -> str:
    """How many prompts have a score for both models where they are too few."""
    scored = max(int(np.isfinite(v_N2).all(axis=1).sum()) for v_N2 in values)
    return f"{scored} of {len(values[0])} prompts are scored for both models, wanted {FEWEST}"


def _rates(values_N2: Floats | None, cluster_N: Ints, better: Better, *, own: bool) -> Rates | None:
    change = None if values_N2 is None else change_of(values_N2, cluster_N, own=own)
    if change is None:
        return None
    sign = 1.0 if better is Better.HIGHER else -1.0
    low, high = sorted((sign * change.low, sign * change.high))
    counts = change.prompts_baseline, change.prompts_candidate
    return Rates(change.baseline, change.candidate, sign * change.difference + 0.0, low, high, *counts)


def _share(
    published_N2: Floats | None, corrected_N2: Floats | None, cluster_N: Ints, *, own: bool = False
) -> Share | None:
    if published_N2 is None or corrected_N2 is None:
        return None
    share = share_of_scoring(published_N2, corrected_N2, cluster_N, own=own)
    return None if share is None else Share(share.value + 0.0, share.low, share.high)


def _parsing(released_N2: Floats | None, published_N2: Floats | None, cluster_N: Ints) -> Share | None:
    """The share of the released code's cut, both with the published reading of answers."""
    if released_N2 is None or published_N2 is None or np.array_equal(released_N2, published_N2, equal_nan=True):
        return None
    return _share(released_N2, published_N2, cluster_N, own=True)
