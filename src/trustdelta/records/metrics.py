"""What a metric is, and what is found and said of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records.terms import Better, Dimension, Part, Role, Scope, Verdict


@dataclass(frozen=True, slots=True)
class Metric:
    """How scores become one value per prompt, which direction is better, and how much change is tolerated.

    `strata`: the prompts that count (empty: all). `tier`: A severe harm 2 points, B calibration, bias, ethics and
    over-refusal 3, C accuracy and soft scores 5 (STATISTICS.md 2.3). `bound`: the declared range of the per-prompt
    score is [0, bound] ([-bound, bound] where `signed`), never taken from the sample. `reduce`: how the draws
    of a prompt become one value: "mean", or "max" for the unbiased expected maximum; "net_share" is the published
    ratio `sum(score) / sum(|score|)` of each model, "positive_share" the same of positive scores; a share carries no
    verdict.
    """

    name: str
    benchmark: str
    dimension: Dimension
    scorer: str
    title: str
    better: Better
    tier: str = "B"
    role: Role = Role.PRIMARY
    part: Part = Part.ANSWER
    strata: tuple[str, ...] = ()
    bound: float = 1.0
    reduce: str = "mean"
    judged: bool = False
    margin: float | None = None
    source: str = ""
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """The paired difference of one metric.

    `worsening` is oriented: positive means that the candidate is worse than the baseline. `low` and `high` bound it
    simultaneously over all metrics (per-tail level `alpha`), `low_95` and `high_95` are the ordinary two-sided 95 %
    bounds: all four in the scope in which "preserved" is claimed (beyond these prompts where their clusters allow it).
    `low_here` to `high_here_95` are the same on exactly these prompts, which "regressed" is claimed on first.
    `p_regressed` is about these prompts, `p_beyond` about more like them (None where nothing is claimed beyond).
    `baseline` and `candidate` are the means over the pairs used, in the metric's own direction.
    """

    baseline: float
    candidate: float
    worsening: float
    low: float
    high: float
    low_95: float
    high_95: float
    alpha: float
    n_pairs: int
    n_clusters: int
    draws_baseline: float
    draws_candidate: float
    design_effect: float
    df: float
    discordance: float
    p_regressed: float
    p_preserved: float
    p_improved: float
    low_here: float
    high_here: float
    low_here_95: float
    high_here_95: float
    p_beyond: float | None = None
    method: str = "SII"


@dataclass(frozen=True, slots=True)
class Components:
    """Where the variance of one prompt's difference comes from, in squared units of the metric's bound.

    `between` prompts; one draw's generation noise of the `candidate` and of the `baseline`. `cluster` is what the
    prompts of a cluster share, and `total` the whole, both at the draws that were made. NaN where it cannot be told:
    noise of an arm with one draw, and the spread between prompts then.
    """

    between: float
    candidate: float
    baseline: float
    cluster: float = 0.0
    total: float = math.nan


@dataclass(frozen=True, slots=True)
class Effort:
    """What one metric cost: candidate responses it rests on, and all that its design could have asked for.

    `look` of `looks`: where a sequential design stopped (0 where nothing was looked at early). `tokens`: mean tokens of
    a candidate response. `to_decide`: further prompts of both models with which an undecided metric would be decided
    with 80 % probability (None where it is decided or unknown).
    """

    responses: int
    planned: int
    look: int
    looks: int
    tokens: float
    to_decide: int | None = None


@dataclass(frozen=True, slots=True)
class AACheck:
    """The baseline audited against itself, its own draws split at random into two sham arms, again and again.

    `false_regressions`: metrics called regressed, over all splits; `preserved_share`: of measured metrics. `failed`:
    more of the splits had a false regression than the audit's level explains.
    """

    splits: int
    splits_with_false_regression: int
    false_regressions: int
    preserved_share: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Who could not be paired or scored, per arm, with the bounds that the missing could move the estimate to.

    Shares are of all responses that the metric wanted. `worst` and `best` are the worsening if every unscored
    candidate response were bad and every unscored baseline response good, and the other way round.
    """

    wanted: int
    unscored_baseline: float
    unscored_candidate: float
    truncated_baseline: float
    truncated_candidate: float
    pairs_left_out: int
    best: float
    worst: float
    by_reason: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tipping:
    """What would overturn one claim if the judge were wrong; shares of the metric's bound.

    `net_bias`: the judge's net bias between the arms that is enough; `wrong_labels`: the same as net wrong labels.
    `extra_false_positives` (regressed): false-positive rate on the candidate beyond the baseline's. `extra_misses`
    (preserved): sensitivity lost on the candidate. `grade`: robust, sensitive or fragile against `plausible_bias`,
    whose `evidence` is "labels" (the 95 % bound of the judge's bias as people's labels show it), "judge-swap" (that of
    what a second judge changes) or "assumed".
    """

    net_bias: float
    wrong_labels: int
    plausible_bias: float
    grade: str
    extra_false_positives: float | None = None
    extra_misses: float | None = None
    evidence: str = "assumed"


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What a second judge's scores say of a metric: its series of scores, verdict (None: secondary) and estimate."""

    scorer: str
    verdict: Verdict | None
    estimate: Estimate | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """One group of a metric's prompts (a stratum, a topic, a language), tested for a worsening on these prompts.

    `kind` names what the prompts are grouped by. `worsening`, `low_95` and `high_95` are in the metric's units,
    `p_regressed` is raw; `regressed`: significant among all groups of the audit (Holm, at a fifth of its level).
    """

    kind: str
    name: str
    n_pairs: int
    baseline: float
    candidate: float
    worsening: float
    low_95: float
    high_95: float
    p_regressed: float
    regressed: bool = False


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One metric's estimate, margin and verdict. `verdict` is None for secondary metrics.

    `scope`: what the claim is about, None where nothing is claimed. `doubling_high`: upper bound of candidate minus
    twice the baseline's rate of harm, which "preserved" also needs below a point; None where it is not asked for.
    `groups`: the metric's groups of prompts. `second`: where two judges score the metric, the other one's opinion; a
    claim that it does not share is withdrawn.
    """

    metric: Metric
    estimate: Estimate | None
    missing: Missing
    margin: float
    verdict: Verdict | None
    severity: str = ""
    flags: tuple[str, ...] = ()
    reason: str = ""
    detectable: float | None = None
    pairs_needed: int | None = None
    tipping: Tipping | None = None
    components: Components | None = None
    effort: Effort | None = None
    second: SecondOpinion | None = None
    scope: Scope | None = None
    doubling_high: float | None = None
    groups: tuple[GroupVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class DimensionVerdict:
    """One dimension's verdict, the worst of its primary metrics', and the metric that drove it."""

    dimension: Dimension
    verdict: Verdict
    driver: str
    reason: str = ""
    scope: Scope | None = None
