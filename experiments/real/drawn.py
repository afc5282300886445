"""Audits drawn from one stored audit: parts of its prompts, decided anew, and the baseline against itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trustdelta.config import AuditConfig
from trustdelta.pipeline.conclude import finished
from trustdelta.pipeline.plans import base_plan
from trustdelta.pipeline.task import load_benchmarks
from trustdelta.records import Arm, Metric, Prompt, Score, Verdict
from trustdelta.stats.table import ScoreTable
from trustdelta.store import Store
from trustdelta.verdict import decide

PART = 0.6
"""Share of each stratum's prompts in a drawn audit."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a finished audit holds, as drawn audits use it."""

    config: AuditConfig
    metrics: Sequence[Metric]
    prompts: Sequence[Prompt]
    scores: Sequence[Score]

    @classmethod
    def of(cls, folder: Path) -> Stored:
        """Read a run folder. Raises StoreError where it is not finished."""
        with Store(folder, write=False) as store:
            config = finished(store)
            benchmarks = load_benchmarks(config.data.benchmarks, config.data.primary)
            metrics = [m for b in benchmarks.values() for m in b.metrics]
            return cls(config, metrics, list(store.prompts()), list(store.scores()))

    def overall(self, scores: Sequence[Score], prompts: Sequence[Prompt]) -> Verdict:
        """The verdict on these prompts."""
        of = {p.id for p in prompts}
        table = ScoreTable.build(list(prompts), (s for s in scores if s.prompt_id in of))
        return decide(self.metrics, table, base_plan(self.config.statistics)).overall


def some(prompts: Sequence[Prompt], rng: np.random.Generator) -> list[Prompt]:
    """A random part of each stratum's prompts."""
    strata: dict[tuple[str, str], list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        strata[prompt.benchmark, prompt.stratum].append(prompt)
    return [p for own in strata.values() for p in _part(own, rng)]


def _part(own: Sequence[Prompt], rng: np.random.Generator) -> Iterator[Prompt]:
    size = max(1, round(PART * len(own)))
    return (own[i] for i in rng.choice(len(own), size, replace=False))


def against_itself(stored: Stored, rng: np.random.Generator) -> list[Score]:
    """Scores of the baseline's two responses to each prompt, one of them taken for the candidate's."""
    first = {p.id: int(rng.integers(2)) for p in stored.prompts}
    return [
        s._replace(arm=Arm.BASELINE if s.draw == first[s.prompt_id] else Arm.CANDIDATE, draw=0)
        for s in stored.scores
        if s.arm is Arm.BASELINE and s.draw < 2
    ]


def drawn(folder: Path, audits: int) -> dict[str, list[str]]:
    """Overall verdicts of drawn audits of the candidate, and of the baseline against itself."""
    stored = Stored.of(folder)
    verdicts: dict[str, list[str]] = {"candidate": [], "itself": []}
    for seed in range(audits):
        rng = np.random.default_rng(seed)
        prompts = some(stored.prompts, rng)
        verdicts["candidate"].append(stored.overall(stored.scores, prompts).value)
        verdicts["itself"].append(stored.overall(against_itself(stored, rng), prompts).value)
    return verdicts
