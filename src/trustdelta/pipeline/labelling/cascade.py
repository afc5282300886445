"""A stronger judge on the cost-optimal part of a finished run's prompts; its labels correct the run's own judge.

The pilot is the first 30 prompts of each cell of the frame; from the correlation of both judges there follows the share
for which cost times variance is least (`stats.cascade`). Outputs are stored below the run folder, so that no text is
judged twice. Claims stay as judged, now by the stronger judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import JudgeConfig
from trustdelta.errors import ConfigError, UsageError
from trustdelta.pipeline.labelling.entries import JUDGE, opinions, rows, set_labels
from trustdelta.pipeline.labelling.frame import STRONG, first_scores, frame
from trustdelta.pipeline.labelling.items import Item, items
from trustdelta.pipeline.scoring.judges import Judge, guard_of, role_of
from trustdelta.pipeline.scoring.standalone import judge_many
from trustdelta.progress import Progress
from trustdelta.records import Arm, Part
from trustdelta.records.arrays import Floats
from trustdelta.records.state import LabelCell
from trustdelta.stats.cascade import Saving, correlation, optimal_pairs, saving
from trustdelta.stats.label_design import LabelSample
from trustdelta.stats.ppi import MIN_LABELS
from trustdelta.store import Store

__all__ = ["Options", "Saving", "judge_part"]


@dataclass(frozen=True, slots=True)
class Options:
    """How much the stronger judge is asked."""

    cost: float
    """Cost of one call of the run's judge, in calls of the stronger one."""
    pairs: int | None = None
    """Prompts of each cell; None: the optimal number."""


def judge_part(
    store: Store,
    benchmarks: Mapping[str, Benchmark],
    config: JudgeConfig,
    options: Options,
    progress: Progress,
) -> dict[str, Saving]:
    """Judge a part of the prompts with the stronger judge and store its labels; the saving of each cell, by metrics.

    Raises UsageError where it can replace no judge of the run, ConfigError where it is a judge of the run itself.
    """
    guard = guard_of(config)
    judge = Judge(guard.name, guard, config)
    metrics = [m for b in benchmarks.values() for m in b.metrics]
    cells = [c for c in frame(store, metrics) if judge.fills(role_of(c["scorer"]))]
    if not cells:
        raise UsageError(f"{store.folder}: found no judged metric that {judge.name} can score; name another judge.")
    for cell in cells:
        if cell["scorer"].startswith(f"{judge.name}:"):
            raise ConfigError(f"judges: {judge.name} judged this run already; name a stronger one.")
    savings = {}
    for cell in cells:
        work = _Work(store, benchmarks, judge, cell, progress)
        count = options.pairs or work.optimal(options.cost)
        work.judge(count)
        judged_N, strong_M, drawn = work.differences()
        spent = saving(judged_N, strong_M, drawn, options.cost)
        unread = min(count, judged_N.size) - spent.pairs
        savings[", ".join(cell["metrics"])] = replace(spent, unread=unread)
    return savings


@dataclass(frozen=True, slots=True)
class _Work:
    """One cell of the frame."""

    store: Store
    benchmarks: Mapping[str, Benchmark]
    strong: Judge
    cell: LabelCell
    progress: Progress

    @property
    def labeller(self) -> str:
        return JUDGE + self.strong.name

    def optimal(self, cost: float) -> int:
        """The number of prompts that is optimal by the pilot, which is judged first."""
        self.judge(MIN_LABELS)
        judged_N, strong_M, drawn = self.differences(MIN_LABELS)
        return optimal_pairs(correlation(judged_N, strong_M, drawn), cost, judged_N.size)

    def judge(self, pairs: int) -> None:
        """Judge the first prompts of the cell and store the labels; those stored are not judged again."""
        listed = [i for i in self._items(pairs) if i.keys[0][:2] == (self.cell["scorer"], self.cell["part"])]
        prompts = {p.id: p for p in self.store.prompts()}
        folder = self.store.folder / f"cascade-{self.strong.name.replace('/', '-')}"
        texts = [(prompts[item.keys[0][2]], item.text) for item in listed]
        judgements = judge_many(self.strong, role_of(self.cell["scorer"]), folder, self.progress, texts)
        set_labels(self.store, {i: j.value for i, j in zip(listed, judgements, strict=True)}, self.labeller)

    def _items(self, pairs: int) -> Sequence[Item]:
        names = tuple(self.cell["metrics"])
        chosen = set(self.cell["prompts"][:pairs])
        listed = items(self.store, self.benchmarks, max(pairs, MIN_LABELS), names)
        return [item for item in listed if item.keys[0][2] in chosen]

    def differences(self, pilot: int | None = None) -> tuple[Floats, Floats, LabelSample]:
        """Both judges' differences, candidate less baseline, and the prompts that the stronger one judged.

        `pilot`: the first prompts alone, so that the same pilot gives the same number again.
        """
        cell = self.cell
        series = (cell["scorer"], Part(cell["part"]))
        values = first_scores(self.store, [series])[series]
        judged_N = np.array([values[p][Arm.CANDIDATE] - values[p][Arm.BASELINE] for p in cell["prompts"]])
        labels = opinions([row for row in rows(self.store) if row[5] == self.labeller], STRONG)
        strong: dict[int, float] = {}
        for place, prompt in enumerate(cell["prompts"][:pilot]):
            keys = [(cell["scorer"], cell["part"], prompt, arm.value) for arm in Arm]
            if all(key in labels for key in keys):
                baseline, candidate = (labels[key][self.labeller] for key in keys)
                strong[place] = candidate - baseline
        if len(strong) < 2:
            raise UsageError(f"{self.strong.name}: found {len(strong)} pairs that it could judge, wanted at least two.")
        at_M = np.array(sorted(strong), dtype=np.int64)
        drawn = LabelSample.of(at_M, np.array(cell["strata"]), judged_N.size)
        return judged_N, np.array([strong[int(place)] for place in at_M]), drawn
