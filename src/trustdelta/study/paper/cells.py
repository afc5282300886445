"""Cells of the tables from a run's stored scores: rates of both models, and the share that is due to the scoring."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
UNSCORED = "fewer than two prompts are scored"


class RunScores:
    """The scores of one run by prompt and model; the prompts are in the order of its table."""

    def __init__(self, scores: StoredScores) -> None:
        self._table = scores.table()
        self._prompts = [scores.prompts[place] for place in self._table.place_P]
        self._values: dict[tuple[str, str], tuple[Floats, Mask] | None] = {}
        self._fields: dict[str, NDArray[np.str_]] = {}

    @property
    def cluster_P(self) -> Ints:
        """Cluster of each prompt."""
        return self._table.cluster_P

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

    def rates(self, scoring: Scoring, benchmark: str) -> tuple[Floats, Mask] | None:
        """Rates by prompt and model, NaN without a score, and the prompts that both models answered.

        None where the run has none of the scoring's scorers.
        """
        parts = [self._scored(benchmark, scorer) for scorer, _ in scoring.terms]
        known = [part for part in parts if part is not None]
        if len(known) < len(scoring.terms):
            return None
        weighted = [w * values_P2 for (_, w), (values_P2, _) in zip(scoring.terms, known, strict=True)]
        total_P2 = np.clip(scoring.constant + np.sum(weighted, axis=0), 0.0, 1.0)
        return total_P2, np.logical_and.reduce([sent_P for _, sent_P in known])

    def _field(self, name: str) -> NDArray[np.str_]:
        if name not in self._fields:
            self._fields[name] = np.array([FIELDS[name](prompt) for prompt in self._prompts], dtype=str)
        return self._fields[name]

    def _scored(self, benchmark: str, scorer: str) -> tuple[Floats, Mask] | None:
        key = benchmark, scorer
        if key not in self._values:
            rows = self._table.metric_rows(benchmark, scorer, Part.ANSWER)
            cell_R, size = rows.prompt * 2 + rows.arm, 2 * len(self._prompts)
            values_P2 = reduce_cells(rows.value, cell_R, size).reshape(-1, 2)
            sent_P = np.bincount(cell_R, minlength=size).reshape(-1, 2).min(axis=1) > 0
            self._values[key] = (values_P2, sent_P) if rows.prompt.size else None
        return self._values[key]


def cell_of(run: RunScores, quantity: Quantity, method: str) -> Cell:
    """The cell of one row for one run, whose candidate was made by `method`."""
    printed = quantity.printed.get(method)
    benchmark = next((name for name in quantity.benchmarks if run.selected(quantity, name).any()), "")
    mine_P = run.selected(quantity, benchmark)
    corrected, published = (
        None if scoring is None else run.rates(scoring, benchmark)
        for scoring in (quantity.corrected, quantity.published)
    )
    if corrected is None and published is None:
        return Cell(printed=printed, note=NOT_RUN)
    sent_P = mine_P & np.logical_and.reduce([scored[1] for scored in (corrected, published) if scored])
    cluster_N = run.cluster_P[sent_P]
    values = [None if scored is None else scored[0][sent_P] for scored in (corrected, published)]
    both = [
        None if v_N2 is None else _rates(v_N2, cluster_N, quantity.better, own=own)
        for v_N2, own in zip(values, (False, True), strict=True)
    ]
    share = None if values[0] is None or values[1] is None else _share(values[1], values[0], cluster_N)
    note = UNSCORED if both == [None, None] else ""
    return Cell(benchmark, both[0], both[1], share, printed, note)


def _rates(values_N2: Floats, cluster_N: Ints, better: Better, *, own: bool) -> Rates | None:
    change = change_of(values_N2, cluster_N, own=own)
    if change is None:
        return None
    sign = 1.0 if better is Better.HIGHER else -1.0
    low, high = sorted((sign * change.low, sign * change.high))
    counts = change.prompts_baseline, change.prompts_candidate
    return Rates(change.baseline, change.candidate, sign * change.difference + 0.0, low, high, *counts)


def _share(published_N2: Floats, corrected_N2: Floats, cluster_N: Ints) -> Share | None:
    share = share_of_scoring(published_N2, corrected_N2, cluster_N)
    return None if share is None else Share(share.value + 0.0, share.low, share.high)
