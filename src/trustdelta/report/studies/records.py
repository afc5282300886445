"""What a study page shows. Worsening is a share of the metric's range, positive where the candidate is worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records import AuditResult, Dimension, Verdict


@dataclass(frozen=True, slots=True)
class Driver:
    """The deciding metric of one dimension of one pair, with its own numbers."""

    title: str
    change: str
    """Signed, in the metric's units; positive is better."""
    worsening: float | None
    """As a share of the metric's range; None without an estimate."""


@dataclass(frozen=True, slots=True)
class Point:
    """One pair in one dimension: its verdict, and the mean worsening over `metrics` that all pairs have in common.

    `low` and `high` are unadjusted two-sided 95 % bounds; None where the pair lacks one of those metrics, or where
    `apart` says why its value is not comparable with the others'.
    """

    verdict: Verdict
    worsening: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    apart: str = ""
    driver: Driver | None = None

    @property
    def pooled(self) -> bool:
        """Whether means over pairs may rest on it: it has a value with an error, and could be measured."""
        return self.worsening is not None and bool(self.se) and self.verdict is not Verdict.NOT_MEASURABLE


@dataclass(frozen=True, slots=True)
class PairRow:
    """One finished pair. `drift`: nats per token on the candidate's whole responses, KL(candidate ‖ baseline).

    `exploratory`: what of its plan was changed after the candidate had answered; its verdicts then have no error rate.
    """

    name: str
    baseline: str
    candidate: str
    method: str
    lineage: str
    family: str
    overall: Verdict
    points: Mapping[Dimension, Point] = field(default_factory=dict)
    drift: float | None = None
    exploratory: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Method and lineage, as far as they are known."""
        return ", ".join(word for word in (self.method, self.lineage) if word != "unknown")

    @property
    def covered(self) -> frozenset[Dimension]:
        """The trust dimensions that it measured."""
        measured = (d for d, p in self.points.items() if p.driver or p.verdict is not Verdict.NOT_MEASURABLE)
        return frozenset(d for d in measured if d.trust)

    @property
    def gain(self) -> float | None:
        """The gain in capability, as a share."""
        point = self.points.get(Dimension.CAPABILITY)
        return None if point is None or point.worsening is None else -point.worsening


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method in one dimension over its families; numbers are None where `reason` says why nothing is pooled."""

    lineage: str
    method: str
    dimension: Dimension
    n_pairs: int
    n_families: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    predicted_low: float | None = None
    predicted_high: float | None = None
    tau: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Contrast:
    """First method minus second in one dimension; `p` from a permutation test, `p_holm` over all contrasts.

    `low` and `high`: unadjusted two-sided 95 % bounds by Student's t (matched) or Welch's; None below two families for
    either method. `claim`: whether there are families enough and `p_holm` is at most 0.05.
    """

    lineage: str
    dimension: Dimension
    first: str
    second: str
    matched: bool
    n_first: int
    n_second: int
    difference: float
    p: float
    p_least: float
    p_holm: float = 1.0
    claim: bool = False
    reason: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DosePoint:
    """One pair of a series. `low` and `high` hold for all doses of the curve together (95 %)."""

    dose: float
    pair: str
    verdict: Verdict
    worsening: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """One dimension or metric over a series, mildest dose first, and where its verdict turns.

    `regressed_from`: the mildest dose from which on every harsher one is regressed; `kept_to`: the harshest up to which
    every milder one is preserved or improved. Both are claims over the whole series, and end at a dose that is
    exploratory or not finished. `first_regressed` is not: it is the mildest single regression, at the level of one
    audit. `metric`: "" for a dimension's own curve.
    """

    series: str
    unit: str
    family: str
    worse: str
    dimension: Dimension
    metric: str
    points: tuple[DosePoint, ...]
    regressed_from: float | None = None
    kept_to: float | None = None
    first_regressed: float | None = None


@dataclass(frozen=True, slots=True)
class RankTest:
    """Rank correlation of drift with worsening over means of families; `p_holm`: over the tested dimensions."""

    families: int
    rho: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A study as its page shows it. `metrics`: those a dimension's worsening is the mean of.

    `correlations`: drift with worsening over pairs, a description; `correlation_tests`: over families, where enough.
    """

    title: str
    pairs: tuple[PairRow, ...]
    unfinished: tuple[str, ...]
    metrics: Mapping[Dimension, tuple[str, ...]]
    methods: tuple[MethodRow, ...]
    contrasts: tuple[Contrast, ...]
    correlations: Mapping[Dimension, float | None]
    correlation_tests: Mapping[Dimension, RankTest] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting in which runs differ, with its value in each of them, in the order of the runs."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairedChange:
    """A metric's worsening in a later run minus that in an earlier one, over the prompts that both scored."""

    difference: float
    """In the metric's units; positive is worse."""
    low: float
    high: float
    prompts: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several audits side by side: a group for each baseline, within which runs can be compared, never across.

    `runs`: names in the order in which they were given; `settings`: where they differ.
    """

    runs: tuple[str, ...]
    groups: tuple[StudyResult, ...]
    settings: tuple[Setting, ...] = ()
    results: tuple[AuditResult, ...] = ()
    """The results of two runs of one pair, the earlier one first; empty for other comparisons."""
    paired: Mapping[str, PairedChange] = field(default_factory=dict)
    """Of two runs of one pair, the metrics that are compared prompt by prompt."""
