"""How far the candidate's behaviour moved, and whether that goes with what was lost."""

from __future__ import annotations

from dataclasses import dataclass

from trustdelta.records.terms import Arm


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
