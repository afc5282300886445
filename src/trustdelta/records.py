"""The records that every part of trustdelta shares: what is asked, answered, scored and decided.

Frozen, free of behaviour but for identity, and free of third-party imports. Read this file first.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON-serialisable value."""


def content_hash(value: Json) -> str:
    """SHA-256 over the canonical JSON of `value`, as 64 hex digits."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Arm(StrEnum):
    """Which of the two audited models."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"


class Part(StrEnum):
    """Which part of a response is scored. Answers and thoughts are never scored together."""

    ANSWER = "answer"
    THOUGHT = "thought"


class Dimension(StrEnum):
    """The six trustworthiness dimensions, and capability, which is reported beside them."""

    SAFETY = "safety"
    TOXICITY = "toxicity"
    BIAS = "bias"
    ETHICS = "ethics"
    PRIVACY = "privacy"
    ROBUSTNESS = "robustness"
    CAPABILITY = "capability"


TRUST_DIMENSIONS = tuple(d for d in Dimension if d is not Dimension.CAPABILITY)


class Outcome(StrEnum):
    """What became of one response. Only ANSWERED and REFUSED can carry a score by default."""

    ANSWERED = "answered"
    REFUSED = "refused"
    TRUNCATED_IN_THOUGHT = "truncated_in_thought"
    TRUNCATED_IN_ANSWER = "truncated_in_answer"
    EMPTY = "empty"
    MALFORMED = "malformed"
    LOOPED = "looped"
    ERROR = "error"
    JUDGE_FAILED = "judge_failed"
    JUDGE_REFUSED = "judge_refused"


class Finish(StrEnum):
    """Why generation ended, as the engine reports it."""

    STOP = "stop"
    LENGTH = "length"
    ERROR = "error"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """The five verdicts."""

    REGRESSED = "regressed"
    PRESERVED = "preserved"
    IMPROVED = "improved"
    INCONCLUSIVE = "inconclusive"
    NOT_MEASURABLE = "not_measurable"


class Role(StrEnum):
    """Primary metrics carry verdicts; secondary ones an interval only."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Better(StrEnum):
    """The direction in which a metric's value is good."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question put to both models. Its id is the hash of its content, so pairing cannot slip.

    `target` is what the scorer needs to know (gold answer, options, named secrets). `cluster` is the unit that
    repeats (template, scenario, source document); `stratum` is a fixed category of the benchmark's design.
    """

    benchmark: str
    messages: tuple[Message, ...]
    target: Json = None
    cluster: str = ""
    stratum: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)

    @property
    def content(self) -> Json:
        """The JSON value whose hash is the id."""
        return [self.benchmark, [[m.role, m.content] for m in self.messages], self.target]

    @property
    def id(self) -> str:
        """First 24 hex digits of the hash of benchmark, messages and target."""
        return content_hash(self.content)[:24]

    @property
    def join_key(self) -> str:
        """Hash of the messages alone: recorded responses are joined to prompts by it."""
        return content_hash([[m.role, m.content.strip()] for m in self.messages])[:24]


@dataclass(frozen=True, slots=True)
class Request:
    """One response wanted from one model: prompt, draw, the seed of its sampling, and its budgets in new tokens.

    `max_tokens`: in all. `answer_tokens`: once a thought is closed, the answer may have so many, and the thought the
    rest; None: one budget for both.
    """

    prompt: Prompt
    draw: int
    seed: int
    max_tokens: int
    answer_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a model wrote, raw. Thought and answer are derived from it, never stored in its place.

    `prompt_opened_thought`: the rendered prompt ended inside an open thought. `reasoning`: the server's separate
    thinking field, or None where there is none. `recorded`: scores that came with a recorded response.
    """

    prompt_id: str
    draw: int
    text: str
    finish: Finish
    prompt_opened_thought: bool = False
    reasoning: str | None = None
    prompt_token_ids: tuple[int, ...] = ()
    token_ids: tuple[int, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seed: int | None = None
    seconds: float = 0.0
    error: str = ""
    recorded: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A response split into thought and answer.

    `state` is ANSWERED or one of the failures a parser can see. `notes` names what was odd (stray role header,
    repeated tag, quoted tag in the answer). `answer_char_start` is where the answer begins in the raw text, or None
    where the answer is not a slice of it. `thought_char_end`: where the first thought ends in it, behind its closing
    mark; None where there is none or nothing closes it.
    """

    thought: str | None
    answer: str
    state: Outcome
    format: str = "none"
    notes: tuple[str, ...] = ()
    answer_char_start: int | None = None
    thought_char_end: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a scorer says of one text: a number, or None with the reason why there is none."""

    value: float | None
    outcome: Outcome = Outcome.ANSWERED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """A judgement on one (prompt, model, draw, scorer, part)."""

    prompt_id: str
    arm: Arm
    draw: int
    scorer: str
    part: Part
    value: float | None
    outcome: Outcome
    reason: str = ""


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
    simultaneously over all metrics (per-tail level `alpha`); `low_95` and `high_95` are the unadjusted two-sided 95 %
    bounds, `low_benchmark` and `high_benchmark` the same for exactly these prompts (generation noise alone; None where
    it is not defined). `baseline` and `candidate` are the means over the pairs used, in the metric's own direction.
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
    method: str = "SII"
    low_benchmark: float | None = None
    high_benchmark: float | None = None


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
class MetricVerdict:
    """One metric's estimate, margin and verdict. `verdict` is None for secondary metrics.

    `second`: where two judges score the metric, the other one's opinion; a claim that it does not share is withdrawn.
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


@dataclass(frozen=True, slots=True)
class DimensionVerdict:
    """One dimension's verdict, the metric that drove it, and the composite test's p-value."""

    dimension: Dimension
    verdict: Verdict
    driver: str
    reason: str = ""
    p_composite: float | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """KL divergence between the two models over one part of the responses of one arm, in nats.

    `nats_per_token` is a ratio of sums. `direction` is "kl_candidate_to_baseline" (candidate relative to baseline:
    the expectation is under the candidate) or "kl_baseline_to_candidate". `floor_nats_per_token`: what rounding alone
    amounts to (each model against itself, in other batches), already subtracted; None where it was not measured.
    `method`: "exact", or which estimate; only exact ones hold for any text. `bits_per_byte`: the same sum in bits over
    the bytes of the text. `dropped_*`: mean probability of the ids that only one model has, per token.
    """

    direction: str
    text_of: Arm
    part: str
    nats_per_token: float
    nats_per_response: float
    tokens: int
    responses: int
    method: str = "exact"
    benchmark: str = ""
    floor_nats_per_token: float | None = None
    bits_per_byte: float | None = None
    dropped_candidate: float = 0.0
    dropped_baseline: float = 0.0


@dataclass(frozen=True, slots=True)
class StudyDrift:
    """Drift of the candidate's responses to one benchmark as the study reports it, and what the sum consists of.

    `log_ratio_nats_per_response`: mean over responses of log P(y) - log Q(y), P the candidate: the study's own figure.
    `nats_per_response` is its estimate with less noise (`method`). `share_of_length`: of the variance between responses
    in log sums, how much is their length. `over_yardstick`: the sum over that of the baseline against the model that
    it was made from; `length_of_ratio`: how much of the logarithm of that ratio is the ratio of lengths.
    """

    benchmark: str
    responses: int
    log_ratio_nats_per_response: float | None
    nats_per_response: float
    tokens_per_response: float
    nats_per_token: float
    thought_nats_per_token: float | None
    answer_nats_per_token: float | None
    share_of_length: float | None
    method: str
    over_yardstick: float | None = None
    length_of_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Association:
    """Rank correlation over prompts between drift and worsening, each from other draws (cross-fitted).

    `measure` names the drift, like "answer nats per token". `low` and `high` are a 95 % interval from resampled
    clusters, None below 20 clusters: then `rho` is descriptive. Noise in few draws pulls `rho` towards 0, so it is a
    lower bound in size. `rho` is None where it could not be computed, and `reason` says why.
    """

    metric: str
    measure: str
    rho: float | None
    low: float | None
    high: float | None
    n_prompts: int
    n_clusters: int
    draws: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """Whether two rates of a binary event differ by no more than the divergence of the responses allows.

    `nats_per_response` is the mean divergence in `direction`; by Pinsker's inequality the rates may differ by at most
    `limit`. `holds` is False where they differ by more than that beyond sampling error, which is a fault of the
    measurement, not of the models. `prompt_id` is "" for the rates over all prompts.
    """

    metric: str
    direction: str
    candidate_rate: float
    baseline_rate: float
    nats_per_response: float
    limit: float
    n_prompts: int
    draws: float
    holds: bool
    prompt_id: str = ""


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """One metric's difference of the baseline from itself with other draws: what the engine's own randomness makes."""

    metric: str
    estimate: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many responses of one arm ended in one state, by benchmark."""

    benchmark: str
    arm: Arm
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a report says of one audited model."""

    name: str
    fingerprint: str
    engine: str
    thinking: str
    sampling: Mapping[str, Json] = field(default_factory=dict)
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """What a report says of one model that judged.

    `fills`: the scorers whose place it took. `scored_by`: text, labels, or first words' probabilities. `texts`: how
    many texts it was asked about, equal ones once. `unjudged`: by arm, how many scores its failures and refusals cost.
    """

    name: str
    source: str
    engine: str
    fingerprint: str
    fills: tuple[str, ...]
    scored_by: str
    texts: int
    unjudged: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """How often two judges decide alike on the texts of one arm that both could judge, and Cohen's kappa.

    `kappa` is None where it is not defined: nothing judged by both, or one decision only.
    """

    first: str
    second: str
    part: Part
    arm: Arm
    texts: int
    equal: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Everything a report shows and a gate decides on; `verdict.json` is exactly this.

    `guarantees`: what the verdicts promise, and on which conditions. `exploratory`: what of the plan was changed after
    the candidate had answered; the guarantees are then void. `noise_floor`: by metric, where the baseline was also
    audited against itself. `aa`: the A/A check, None where no prompt had two baseline
    draws.
    """

    schema: int
    baseline: ModelCard
    candidate: ModelCard
    overall: Verdict
    summary: str
    dimensions: tuple[DimensionVerdict, ...]
    metrics: tuple[MetricVerdict, ...]
    drift: tuple[Drift, ...]
    drift_note: str
    outcomes: tuple[OutcomeCount, ...]
    plan: Mapping[str, Json]
    notes: tuple[str, ...] = ()
    associations: tuple[Association, ...] = ()
    association_note: str = ""
    bounds: tuple[BoundCheck, ...] = ()
    bounds_note: str = ""
    guarantees: tuple[str, ...] = ()
    exploratory: tuple[str, ...] = ()
    aa: AACheck | None = None
    noise_floor: tuple[NoiseFloor, ...] = ()
    study_drift: tuple[StudyDrift, ...] = ()
    judges: tuple[JudgeCard, ...] = ()
    judge_agreement: tuple[JudgeAgreement, ...] = ()
