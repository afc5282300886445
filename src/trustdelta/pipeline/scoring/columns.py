"""All scores of a run as columns, read once for the verdicts, the outcomes and the report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trustdelta.pipeline.scoring.outline import STATES, Outline
from trustdelta.records import Arm, Outcome, OutcomeCount, Part, Prompt, Score
from trustdelta.records.arrays import Ints
from trustdelta.stats.table import ARMS, OUTCOMES, PromptColumns, ScoreColumns, ScoreTable

DRAWS = 1 << 16
"""Exclusive bound of the draws of `ScoreColumns`."""
Means = Mapping[tuple[str, str], Mapping[str, Mapping[Arm, float]]]
"""Mean score by (scorer, part), prompt id and model."""


@dataclass(frozen=True, slots=True)
class StoredScores:
    """The prompts of a run with all of their scores."""

    prompts: Sequence[Prompt]
    """Prompts, to which the columns refer by their place."""
    columns: ScoreColumns
    """Scores by model, prompt id, draw, scorer and part."""

    @classmethod
    def of(cls, prompts: Sequence[Prompt], scores: Iterable[Score]) -> StoredScores:
        """From scores in the store's order; raises PairingError for a score on an unknown prompt."""
        return cls(prompts, ScoreColumns.build({p.id: i for i, p in enumerate(prompts)}, scores))

    def table(self) -> ScoreTable:
        """The scores as the table of the estimates."""
        return ScoreTable.of(PromptColumns.build(self.prompts), self.columns)

    def means(self) -> Means:
        """Means over samples, of prompts and models with a score."""
        columns, size = self.columns, len(self.prompts) * len(ARMS)
        scored_R = ~np.isnan(columns.value)
        cell_R = columns.series.astype(np.int64) * size + columns.prompt.astype(np.int64) * len(ARMS) + columns.arm
        cells, first = np.unique(cell_R[scored_R], return_index=True)
        counts = np.bincount(cell_R[scored_R])
        sums = np.bincount(cell_R[scored_R], weights=columns.value[scored_R])
        means: dict[tuple[str, str], dict[str, dict[Arm, float]]] = {}
        for cell in cells[np.argsort(first)].tolist():
            scorer, part = columns.series_names[cell // size]
            place, arm = divmod(cell % size, len(ARMS))
            by_prompt = means.setdefault((scorer, part.value), {})
            by_prompt.setdefault(self.prompts[place].id, {})[ARMS[arm]] = float(sums[cell] / counts[cell])
        return means

    def first_draws(self, prompt_ids: Collection[str]) -> dict[tuple[str, Part, str, Arm], float | None]:
        """The score of the first draw of these prompts, by scorer, part, prompt id and model."""
        columns = self.columns
        places = [i for i, p in enumerate(self.prompts) if p.id in prompt_ids]
        rows = np.flatnonzero((columns.draw == 0) & np.isin(columns.prompt, places)).tolist()
        return {
            (
                *columns.series_names[columns.series[i]],
                self.prompts[columns.prompt[i]].id,
                ARMS[columns.arm[i]],
            ): None if np.isnan(columns.value[i]) else float(columns.value[i])
            for i in rows
        }

    def outcomes(self, outlines: Mapping[Arm, Outline]) -> list[OutcomeCount]:
        """Number of responses by outcome: the first outcome of its answer's scores other than ANSWERED, if any."""
        place = {p.id: i for i, p in enumerate(self.prompts)}
        names, benchmark_P = np.unique([p.benchmark for p in self.prompts], return_inverse=True)
        counts = []
        for arm, outline in outlines.items():
            prompt_R = np.fromiter((place[i] for i in outline.prompt_ids), np.int64, len(outline.prompt_ids))
            outcome_R = np.frombuffer(outline.states, np.uint8).copy()
            described, first = self._described(arm)
            if described.size:
                key_R = prompt_R * DRAWS + np.frombuffer(outline.draws, np.int64)
                at_R = np.searchsorted(described, key_R).clip(max=described.size - 1)
                outcome_R = np.where(described[at_R] == key_R, first[at_R], outcome_R)
            kinds, numbers = np.unique(benchmark_P[prompt_R] * len(STATES) + outcome_R, return_counts=True)
            for kind, n in zip(kinds.tolist(), numbers.tolist(), strict=True):
                benchmark, state = divmod(kind, len(STATES))
                counts.append(OutcomeCount(str(names[benchmark]), arm, STATES[state], n))
        return sorted(counts, key=lambda c: (c.benchmark, c.arm, c.outcome))

    def _described(self, arm: Arm) -> tuple[Ints, Ints]:
        """Sorted keys of one model's responses with an answer's outcome other than ANSWERED, and the first of these."""
        columns = self.columns
        answers = np.array([part is Part.ANSWER for _, part in columns.series_names] or [False])
        mine_R = (columns.arm == ARMS.index(arm)) & answers[columns.series]
        mine_R &= columns.outcome != OUTCOMES.index(Outcome.ANSWERED)
        key_R = columns.prompt[mine_R].astype(np.int64) * DRAWS + columns.draw[mine_R]
        keys, first = np.unique(key_R, return_index=True)
        return keys, columns.outcome[mine_R][first].astype(np.int64)
