"""Scores as columns: arrays built once from the store's records, which every estimate slices without copying.

Suffixes: P prompts, R rows (one row is one scored response: prompt, model (arm), draw, scorer, part).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from trustdelta.errors import PairingError
from trustdelta.records import Arm, Outcome, Part, Prompt, Score
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.score_interval import cluster_sizes

T = TypeVar("T")
ARMS = (Arm.BASELINE, Arm.CANDIDATE)
OUTCOMES = tuple(Outcome)
STRATUM = "stratum"
"""The kind of the groups that a benchmark's design defines."""
TRUNCATED = frozenset({
    Outcome.TRUNCATED_IN_THOUGHT, Outcome.TRUNCATED_IN_ANSWER, Outcome.REFUSED_IN_THOUGHT, Outcome.LOOPED,
    Outcome.DEGENERATE,
})  # fmt: skip
"""Outcomes of a response without an end: truncated, in a trace that never ended, looped or degenerate."""


class Codes(dict[T, int]):
    """Integer codes of keys in order of first appearance."""

    def __missing__(self, key: T) -> int:
        """The code of a new key: the next one."""
        return self.setdefault(key, len(self))


@dataclass(frozen=True, slots=True, eq=False)
class PromptColumns:
    """Prompts as columns; `cluster` "" means that the prompt is its own cluster."""

    ids: Sequence[str]
    benchmark: Sequence[str]
    cluster: Sequence[str]
    stratum: Sequence[str]
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def build(cls, prompts: Iterable[Prompt]) -> PromptColumns:
        """Columns of prompts."""
        listed = list(prompts)
        kinds = sorted({kind for p in listed for kind in p.groups})
        return cls(
            ids=[p.id for p in listed],
            benchmark=[p.benchmark for p in listed],
            cluster=[p.cluster for p in listed],
            stratum=[p.stratum for p in listed],
            groups={kind: [p.groups.get(kind, "") for p in listed] for kind in kinds},
        )


@dataclass(frozen=True, slots=True, eq=False)
class ScoreColumns:
    """Score rows as arrays."""

    prompt: NDArray[np.integer]
    """Index into the prompt columns."""
    arm: NDArray[np.integer]
    """0 for the baseline, 1 for the candidate."""
    draw: NDArray[np.integer]
    series: NDArray[np.integer]
    """Index into `series_names`."""
    value: Floats
    """NaN for None."""
    outcome: NDArray[np.integer]
    """Index into OUTCOMES."""
    reason: NDArray[np.integer]
    """Index into `reasons`."""
    series_names: Sequence[tuple[str, Part]]
    reasons: Sequence[str] = ("",)

    @classmethod
    def build(cls, index: dict[str, int], scores: Iterable[Score]) -> ScoreColumns:
        """Columns of score records, read as a stream; raises PairingError for a score on an unknown prompt."""
        series, reasons = Codes[tuple[str, Part]](), Codes[str]()
        codes = {name: array(kind) for name, kind in KINDS.items()}
        number = array("d")
        records = iter(scores)
        while page := list(islice(records, PAGE)):
            ids, arms, draws, scorers, parts, values, outcomes, whys = zip(*page, strict=True)
            try:
                codes["prompt"].extend(map(index.__getitem__, ids))
            except KeyError as problem:
                raise PairingError(_unknown_prompt(problem.args[0], len(index))) from None
            codes["arm"].extend(map(_ARM_CODES.__getitem__, arms))
            codes["draw"].extend(draws)
            codes["series"].extend(map(series.__getitem__, zip(scorers, parts, strict=True)))
            codes["outcome"].extend(map(_OUTCOME_CODES.__getitem__, outcomes))
            number.extend(math.nan if value is None else value for value in values)
            why = [reason if value is None else "" for value, reason in zip(values, whys, strict=True)]
            codes["reason"].extend(map(reasons.__getitem__, why))
        names = [(str(scorer), Part(part)) for scorer, part in series]
        arrays = {name: np.frombuffer(column, ROW[name]) for name, column in codes.items()}
        return cls(**arrays, value=np.frombuffer(number), series_names=names, reasons=[str(r) for r in reasons])


PAGE = 250
"""Records that become columns at a time; so few are freed before Python's garbage collector walks over them."""
KINDS = {"prompt": "i", "arm": "b", "draw": "h", "series": "h", "outcome": "b", "reason": "i"}
"""Type code of each column of integers, of the same size as in ROW."""
_ARM_CODES = {arm: code for code, arm in enumerate(ARMS)}
_OUTCOME_CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
ROW = np.dtype(
    [
        ("prompt", "i4"),
        ("arm", "i1"),
        ("draw", "i2"),
        ("series", "i2"),
        ("value", "f8"),
        ("outcome", "i1"),
        ("reason", "i4"),
    ]
)


def _unknown_prompt(prompt_id: str, known: int) -> str:
    return (
        f"a score names prompt {prompt_id!r}, which is not among the {known} prompts of the table; "
        "pass the prompts that were sent, or drop scores of other prompts."
    )


@dataclass(frozen=True, slots=True, eq=False)
class MetricRows:
    """The rows of one metric, sorted by prompt, arm and draw; `cluster_P` covers all prompts of the table."""

    prompt: Ints
    arm: NDArray[np.integer]
    value: Floats
    outcome: NDArray[np.integer]
    reason: NDArray[np.integer]
    reasons: Sequence[str]
    cluster_P: Ints


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """All scores of an audit, sorted by (series, benchmark, prompt id, arm, draw), so that row order never matters.

    Cluster codes are unique over all benchmarks, so that two metrics share a code exactly when they share a cluster.
    """

    benchmarks: tuple[str, ...]
    strata: tuple[str, ...]
    series: tuple[tuple[str, Part], ...]
    reasons: tuple[str, ...]
    cluster_P: Ints
    stratum_P: Ints
    benchmark_P: Ints
    place_P: Ints
    """Each prompt's place in the order in which the prompts were sent."""
    rows: NDArray[np.void]
    group_R: Ints = field(repr=False)
    """Code of each row's series and benchmark; sorted."""
    groups: Mapping[str, tuple[tuple[str, ...], Ints]] = field(default_factory=dict)
    """By kind (stratum, topic, language), the names of its groups and each prompt's code, -1 for none."""
    frames: Mapping[tuple[str, Part], Ints] = field(default_factory=dict)
    """By series of human labels, the stratum from which each prompt could be drawn, -1 for none."""
    arm_R: NDArray[np.integer] | None = field(default=None, repr=False)
    """Models of the rows in place of their own: the sham models of a `split`."""

    @classmethod
    def build(cls, prompts: Iterable[Prompt], scores: Iterable[Score]) -> ScoreTable:
        """Table from records; raises PairingError for unknown prompts, duplicate prompt ids and duplicate scores."""
        columns = PromptColumns.build(prompts)
        index = {prompt_id: i for i, prompt_id in enumerate(columns.ids)}
        return cls.of(columns, ScoreColumns.build(index, scores))

    @classmethod
    def of(cls, prompts: PromptColumns, scores: ScoreColumns) -> ScoreTable:
        """Table from columns; raises PairingError like `build`."""
        if len(set(prompts.ids)) < len(prompts.ids):
            raise PairingError("two prompts have the same id (content hash); pass every prompt once.")
        benchmark_names, benchmark_P = _factorise(prompts.benchmark)
        order_P = np.lexsort((np.asarray(prompts.ids, dtype=str), benchmark_P))
        rank_P = np.empty(order_P.size, dtype=np.int64)
        rank_P[order_P] = np.arange(order_P.size)
        strata, stratum_P = _factorise(prompts.stratum)
        rows, group_R = _sorted_rows(scores, rank_P, benchmark_P, len(benchmark_names))
        return cls(
            benchmark_names,
            strata,
            tuple(scores.series_names),
            tuple(scores.reasons),
            _cluster_codes(prompts.cluster, benchmark_P)[order_P],
            stratum_P[order_P],
            benchmark_P[order_P],
            order_P.astype(np.int64),
            rows,
            group_R,
            {
                kind: _grouped(labels, order_P)
                for kind, labels in {STRATUM: prompts.stratum, **prompts.groups}.items()
                if any(labels)
            },
        )

    def with_frames(self, ids: Sequence[str], frames: Mapping[tuple[str, Part], Mapping[str, int]]) -> ScoreTable:
        """The table with the strata of human labels by prompt id; `ids`: the prompts in the order they were passed."""
        codes = {
            series: np.array([strata.get(ids[place], -1) for place in self.place_P], dtype=np.int64)
            for series, strata in frames.items()
        }
        return replace(self, frames=codes)

    def pool_clusters(self, benchmark: str, strata: Sequence[str] = ()) -> Ints:
        """The cluster of every prompt of a metric, sent or not."""
        if benchmark not in self.benchmarks:
            return np.zeros(0, dtype=np.int64)
        mine_P = self.benchmark_P == self.benchmarks.index(benchmark)
        if strata:
            counted = np.array([name in strata for name in self.strata], dtype=bool)
            mine_P &= counted[self.stratum_P]
        return np.asarray(self.cluster_P[mine_P])

    def baseline(self) -> ScoreTable | None:
        """The baseline's rows alone; None where no prompt has two draws."""
        keep = self.rows["arm"] == 0
        rows = self.rows[keep]
        if not rows.size or int(rows["draw"].max()) == 0:
            return None
        return replace(self, rows=rows, group_R=self.group_R[keep])

    def split(self, rng: np.random.Generator) -> ScoreTable:
        """This table with every prompt's draws assigned alternately, in a random order, to two sham models.

        All scores of a response go to the same sham model. Rows stay in their order, so a prompt's models are mixed.
        """
        prompt_R, draw_R = self.rows["prompt"], self.rows["draw"]
        luck_PK = rng.random((self.cluster_P.size, int(draw_R.max()) + 1))
        there_PK = np.zeros(luck_PK.shape, dtype=bool)
        there_PK[prompt_R, draw_R] = True
        luck_PK[~there_PK] = 2.0
        place_PK = np.zeros(luck_PK.shape, dtype=np.int8)
        for other_P in luck_PK.T:
            place_PK ^= other_P[:, None] < luck_PK
        return replace(self, arm_R=place_PK[prompt_R, draw_R])

    def largest_cluster(self, benchmark: str) -> int:
        """Number of prompts, scored or not, in the largest cluster of one benchmark; 0 where it has no prompts."""
        if benchmark not in self.benchmarks:
            return 0
        here = self.cluster_P[self.benchmark_P == self.benchmarks.index(benchmark)]
        return int(cluster_sizes(here).sizes.max())

    def metric_rows(self, benchmark: str, scorer: str, part: Part, strata: Sequence[str] = ()) -> MetricRows:
        """Rows with that scorer and part on that benchmark's prompts, in `strata` (empty: all)."""
        start, stop = 0, 0
        if benchmark in self.benchmarks and (scorer, part) in self.series:
            group = self.series.index((scorer, part)) * len(self.benchmarks) + self.benchmarks.index(benchmark)
            start, stop = np.searchsorted(self.group_R, [group, group + 1])
        rows = self.rows[start:stop]
        arm = rows["arm"] if self.arm_R is None else self.arm_R[start:stop]
        if strata:
            chosen = np.array([name in strata for name in self.strata], dtype=bool)
            mine = chosen[self.stratum_P[rows["prompt"]]]
            rows, arm = rows[mine], arm[mine]
        prompt = rows["prompt"].astype(np.int64)
        return MetricRows(prompt, arm, rows["value"], rows["outcome"], rows["reason"], self.reasons, self.cluster_P)


def _grouped(labels: Sequence[str], order_P: Ints) -> tuple[tuple[str, ...], Ints]:
    """The names of one kind's groups, and each prompt's code in the table's order; -1 for an empty name."""
    names, code_P = _factorise(labels)
    blank = names.index("") if "" in names else -2
    return names, np.where(code_P == blank, -1, code_P)[order_P]


def _factorise(values: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Sorted distinct values, and the code of each value."""
    names, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return tuple(str(n) for n in names), codes.astype(np.int64)


def _cluster_codes(cluster: Sequence[str], benchmark_P: Ints) -> Ints:
    """Codes of (benchmark, cluster); a prompt without a cluster gets its own code."""
    names, codes = _factorise(cluster)
    shared = benchmark_P * max(len(names), 1) + codes
    alone = np.asarray(cluster, dtype=str) == ""
    first_free = (int(benchmark_P.max()) + 1 if benchmark_P.size else 0) * max(len(names), 1)
    return np.where(alone, first_free + np.arange(codes.size), shared)


def _sorted_rows(
    scores: ScoreColumns, rank_P: Ints, benchmark_P: Ints, n_benchmarks: int
) -> tuple[NDArray[np.void], Ints]:
    """Rows in canonical order, with each row's (series, benchmark) group; raises for a response scored twice."""
    rows = np.empty(scores.prompt.size, dtype=ROW)
    for name in ROW.names or ():
        rows[name] = getattr(scores, name)
    group_R = scores.series.astype(np.int64) * n_benchmarks + benchmark_P[scores.prompt]
    rows["prompt"] = rank_P[scores.prompt]
    order = np.lexsort((rows["draw"], rows["arm"], rows["prompt"], group_R))
    rows, group_R = rows[order], group_R[order]
    same = group_R[1:] == group_R[:-1]
    for name in ("prompt", "arm", "draw"):
        same &= rows[name][1:] == rows[name][:-1]
    if same.any():
        series = scores.series_names[int(rows["series"][1:][same][0])]
        raise PairingError(f"{int(same.sum())} responses are scored twice by {series[0]!r}; pass each score once.")
    return rows, group_R
