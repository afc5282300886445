"""Metrics, their estimates and their verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records.terms import Better, Dimension, Part, Role, Scope, Verdict


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: the aggregation of scores per prompt, the better direction, and the margin."""

    name: str
    benchmark: str
    dimension: Dimension
    scorer: str
    title: str
    better: Better
    tier: str = "B"
    """Margin in percentage points: A severe harm 2, B calibration, bias, ethics, over-refusal 3, C accuracy 5."""
    role: Role = Role.PRIMARY
    part: Part = Part.ANSWER
    strata: tuple[str, ...] = ()
    """Strata of the prompts that count; empty: all."""
    bound: float = 1.0
    """Declared range of the score per prompt: [0, bound], or [-bound, bound] if `signed`; never from the sample."""
    reduce: str = "mean"
    """Aggregation of a prompt's draws: "mean", or "max" for the unbiased expected maximum; "net_share" is the published
    ratio `sum(score) / sum(|score|)` of each model, "positive_share" that of positive scores; shares have no
    verdict."""
    judged: bool = False
    """Whether a judge gives the scores."""
    margin: float | None = None
    """Declared margin in the metric's units; None: the tier's."""
    source: str = ""
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """The paired difference of one metric, with its confidence intervals."""

    baseline: float
    """Mean over the scored pairs, in the metric's own direction."""
    candidate: float
    """Mean over the scored pairs, in the metric's own direction."""
    worsening: float
    """Oriented difference; positive: the candidate is worse than the baseline."""
    low: float
    """Lower simultaneous bound over all metrics, in the scope of "preserved"."""
    high: float
    """Upper simultaneous bound over all metrics, in the scope of "preserved"."""
    low_95: float
    """Lower bound of the two-sided 95 % interval, in the scope of "preserved"."""
    high_95: float
    """Upper bound of the two-sided 95 % interval, in the scope of "preserved"."""
    alpha: float
    """Per-tail level of the simultaneous bounds."""
    n_pairs: int
    n_clusters: int
    draws_baseline: float
    """Mean number of samples per prompt."""
    draws_candidate: float
    """Mean number of samples per prompt."""
    design_effect: float
    df: float
    """Degrees of freedom."""
    discordance: float
    """Mean absolute difference per prompt."""
    p_regressed: float
    """One-sided p-value of a worsening on these prompts."""
    p_preserved: float
    p_improved: float
    low_here: float
    """`low` on exactly these prompts, where "regressed" is tested first."""
    high_here: float
    """`high` on exactly these prompts."""
    low_here_95: float
    """`low_95` on exactly these prompts."""
    high_here_95: float
    """`high_95` on exactly these prompts."""

    p_beyond: float | None = None
    """One-sided p-value of a worsening beyond these prompts; None without a claim there."""
    method: str = "SII"

    def ordinary(self, scope: Scope | None = None) -> tuple[float, float]:
        """The ordinary 95 % interval of the worsening, in the scope that a claim is about."""
        return (self.low_here_95, self.high_here_95) if scope is Scope.PROMPTS else (self.low_95, self.high_95)


@dataclass(frozen=True, slots=True)
class Components:
    """Variance components of one prompt's difference, in squared units of the metric's bound; NaN if not identified."""

    between: float
    """Variance between prompts; NaN if a model has one draw per prompt."""
    candidate: float
    """Generation noise of one draw; NaN with one draw per prompt."""
    baseline: float
    """Generation noise of one draw; NaN with one draw per prompt."""
    cluster: float = 0.0
    """Variance that prompts of one cluster share, at the actual number of draws."""
    total: float = math.nan
    """Variance of the differences, at the actual number of draws."""


@dataclass(frozen=True, slots=True)
class Effort:
    """The cost of one metric."""

    responses: int
    """Candidate responses of the metric."""
    planned: int
    """Candidate responses of the full design."""
    look: int
    """Interim analysis at which a sequential design stopped; 0 without interim analyses."""
    looks: int
    """Planned interim analyses."""
    tokens: float
    """Mean tokens of a candidate response."""
    to_decide: int | None = None
    """Further prompts with which an undecided metric is decided with 80 % power; None if decided or unknown."""


@dataclass(frozen=True, slots=True)
class AACheck:
    """The A/A check: the baseline audited against itself, over random splits of its samples."""

    splits: int
    splits_with_false_regression: int
    false_regressions: int
    """Metrics with a false regression, over all splits."""
    preserved_share: float
    """Share of preserved metrics among the measured ones."""
    failed: bool
    """Whether more splits have a false regression than the audit's level explains."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Missing responses of one metric, with worst-case bounds of the estimate; shares are of all expected responses."""

    wanted: int
    """Expected responses."""
    unscored_baseline: float
    unscored_candidate: float
    truncated_baseline: float
    truncated_candidate: float
    pairs_left_out: int
    """Prompts that are not scored for both models."""
    best: float
    """Worsening with unscored candidate responses imputed as good and unscored baseline responses as bad."""
    worst: float
    """Worsening with unscored candidate responses imputed as bad and unscored baseline responses as good."""
    by_reason: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By model and reason, the number of unscored responses."""


@dataclass(frozen=True, slots=True)
class Tipping:
    """Sensitivity of one claim to judge error: the errors that would overturn it, as shares of the metric's bound."""

    net_bias: float
    """Net bias of the judge between the models that overturns the claim."""
    wrong_labels: int
    """The same as a net number of wrong labels."""
    plausible_bias: float
    grade: str
    """robust, sensitive or fragile against `plausible_bias`."""
    extra_false_positives: float | None = None
    """Regressed: false-positive rate on the candidate beyond the baseline's."""
    extra_misses: float | None = None
    """Preserved: loss of sensitivity on the candidate."""
    evidence: str = "assumed"
    """Source of `plausible_bias`: "labels" (95 % bound from human labels), "judge-swap" (95 % bound of the effect of a
    second judge), "pair-bias" (95 % bound over pairs of models left out of the judge's training), "calibrated" (that
    bound, stated in the configuration), "other-judges" (the largest such bound of any built-in judge) or "assumed"."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The result of one metric with a second judge's scores."""

    scorer: str
    verdict: Verdict | None
    """None for a secondary metric."""
    estimate: Estimate | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """Human labels of one metric, and its result without them."""

    pairs: int
    """Labelled pairs of the metric's scorer."""
    estimate: Estimate | None
    """The estimate from the judge alone."""
    verdict: Verdict | None
    """The verdict from the judge alone."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """The test of one group of a metric's prompts for a worsening on these prompts, in the metric's units."""

    kind: str
    """The kind of group: stratum, topic or language."""
    name: str
    n_pairs: int
    baseline: float
    candidate: float
    worsening: float
    low_95: float
    high_95: float
    p_regressed: float
    """Unadjusted p-value."""
    regressed: bool = False
    """Significant among all groups of the audit (Holm, at a fifth of its level)."""


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One metric's estimate, margin and verdict."""

    metric: Metric
    estimate: Estimate | None
    missing: Missing
    margin: float
    """The margin in the metric's units."""
    verdict: Verdict | None
    """None for secondary metrics."""
    severity: str = ""
    """Of a regression: "material" (exceeds the margin) or "detected"."""
    flags: tuple[str, ...] = ()
    reason: str = ""
    """Reason code of an undecided metric."""
    detectable: float | None = None
    """Smallest worsening that is detected with 80 % power."""
    pairs_needed: int | None = None
    """Pairs that decide an undecided metric with 80 % power."""
    tipping: Tipping | None = None
    components: Components | None = None
    effort: Effort | None = None
    second: SecondOpinion | None = None
    """The second judge's result; a claim that it reverses is withdrawn."""
    scope: Scope | None = None
    """The scope of the claim; None without a claim."""
    doubling_high: float | None = None
    """Upper bound of candidate minus twice the baseline's rate of harm, which "preserved" requires below one percentage
    point; None if not tested."""
    groups: tuple[GroupVerdict, ...] = ()
    labels: LabelEffect | None = None
    """What human labels changed; None where none correct the judge."""


@dataclass(frozen=True, slots=True)
class DimensionVerdict:
    """One dimension's verdict: the worst of its primary metrics."""

    dimension: Dimension
    verdict: Verdict
    driver: str
    """Name of the driving metric."""
    reason: str = ""
    scope: Scope | None = None
