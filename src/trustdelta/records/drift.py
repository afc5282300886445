"""Records of the drift between the models and of its correlation with regressions."""

from __future__ import annotations

from dataclasses import dataclass

from trustdelta.records.terms import Arm


@dataclass(frozen=True, slots=True)
class Drift:
    """KL divergence between the two models over one part of one model's responses, in nats."""

    direction: str
    """"kl_candidate_to_baseline" (expectation under the candidate) or "kl_baseline_to_candidate"."""
    text_of: Arm
    """The model that generated the responses."""
    part: str
    nats_per_token: float
    """Ratio of sums."""
    nats_per_response: float
    tokens: int
    responses: int
    method: str = "exact"
    """"exact", or the estimator; only exact divergences are valid for any text."""
    benchmark: str = ""
    floor_nats_per_token: float | None = None
    """Noise floor (each model against itself, in other batches), already subtracted; None if not measured."""
    bits_per_byte: float | None = None
    """The same sum in bits, over the bytes of the text."""
    dropped_candidate: float = 0.0
    """Mean probability per token of the ids that only the candidate has."""
    dropped_baseline: float = 0.0
    """Mean probability per token of the ids that only the baseline has."""


@dataclass(frozen=True, slots=True)
class StudyDrift:
    """Drift of the candidate's responses to one benchmark as the study reports it, with its components."""

    benchmark: str
    responses: int
    log_ratio_nats_per_response: float | None
    """Mean over responses of log P(y) - log Q(y), with P the candidate: the study's own statistic."""
    nats_per_response: float
    """Estimate of the same with less variance (`method`)."""
    tokens_per_response: float
    nats_per_token: float
    thought_nats_per_token: float | None
    answer_nats_per_token: float | None
    share_of_length: float | None
    """Share of the variance of log sums between responses that their lengths explain."""
    method: str
    over_yardstick: float | None = None
    """Ratio to the drift of the baseline from its reference model, the model that it was trained from."""
    length_of_ratio: float | None = None
    """Share of the logarithm of that ratio that the ratio of lengths explains."""


@dataclass(frozen=True, slots=True)
class Association:
    """Rank correlation over prompts between drift and worsening, from separate draws (cross-fitted)."""

    metric: str
    measure: str
    """The measure of drift, like "answer nats per token"."""
    rho: float | None
    """Attenuated by the noise of few draws, so a lower bound in size; None if it could not be computed."""
    low: float | None
    """Lower 95 % bound from a cluster bootstrap; None below 20 clusters, where `rho` is descriptive."""
    high: float | None
    """Upper 95 % bound from a cluster bootstrap; None below 20 clusters."""
    n_prompts: int
    n_clusters: int
    draws: float
    """Mean number of draws per prompt."""
    reason: str = ""
    """Why `rho` is None."""


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """Check of two rates of a binary event against the largest difference that the divergence allows."""

    metric: str
    direction: str
    candidate_rate: float
    baseline_rate: float
    nats_per_response: float
    """Mean divergence in `direction`."""
    limit: float
    """Largest difference of the rates by Pinsker's inequality."""
    n_prompts: int
    draws: float
    holds: bool
    """False if the rates exceed the limit beyond sampling error: an error of measurement, not of the models."""
    prompt_id: str = ""
    """Empty for the rates over all prompts."""
