"""Whether the two models share random numbers: decided before the first response, as part of the frozen plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trustdelta.config import AuditConfig
from trustdelta.errors import ConfigError, EngineError
from trustdelta.records import Arm
from trustdelta.records.state import COUPLING
from trustdelta.store import Store

Mode = Literal["independent", "shared", "maximal"]


@dataclass(frozen=True, slots=True)
class Coupling:
    """The coupling of an audit."""

    mode: Mode
    """Effective mode."""
    reason: str
    """Why this mode applies."""

    @property
    def shared(self) -> bool:
        """Whether both models sample with the baseline's seeds."""
        return self.mode == "shared"


def coupling_of(config: AuditConfig) -> Coupling:
    """The coupling of an audit; raises ConfigError where the declared one is not possible."""
    if config.generation.coupling == "independent":
        return Coupling("independent", "declared")
    obstacle = obstacle_of(config)
    if config.generation.coupling == "auto":
        if config.baseline == config.candidate:
            obstacle = "a model audited against itself would give equal answers"
        return Coupling("independent", obstacle) if obstacle else Coupling("shared", "both models have the same tokens")
    if config.generation.coupling == "shared" and config.baseline.served and config.candidate.served:
        return Coupling("shared", "declared; equal seeds are sent, but whether the servers apply them is unknown")
    if not obstacle and config.generation.coupling == "maximal" and config.baseline.engine != "transformers":
        obstacle = f"the engine {config.baseline.engine} cannot read the other model's responses while it samples"
    if obstacle:
        raise ConfigError(f"coupling: found {config.generation.coupling}, but {obstacle}; --set coupling=auto.")
    return Coupling(config.generation.coupling, "declared")


def coupling_card(store: Store) -> dict[str, str]:
    """The coupling for the report; with maximal coupling also how many tokens were decoded one by one."""
    card = store.get(COUPLING).copy()
    if card.get("mode") == "maximal":
        decoded, tokens = decoded_tokens(store)
        card["decoded"] = f"{decoded:,} of {tokens:,} tokens of the candidate; the others are the baseline's, verified"
    return card


def decoded_tokens(store: Store) -> tuple[int, int]:
    """The candidate's tokens that were decoded one by one, and all its tokens."""
    tokens = taken_over = 0
    for response in store.responses(Arm.CANDIDATE):
        tokens += response.completion_tokens
        taken_over += min(response.taken_over, response.completion_tokens)
    return tokens - taken_over, tokens


def obstacle_of(config: AuditConfig) -> str:
    """Why two models cannot share the random numbers of a local engine; "" where they can."""
    models = (config.baseline, config.candidate)
    if any(m.recorded for m in models):
        return "recorded responses were sampled before"
    if served := [m.source for m in models if m.served]:
        return f"{served[0]} is run by a server"
    if config.baseline.engine != config.candidate.engine:
        return f"the engines differ ({config.baseline.engine}, {config.candidate.engine})"
    from trustdelta.engines.vocabulary import vocabulary_difference

    try:
        return vocabulary_difference(*models)
    except EngineError as problem:
        return f"the tokenizers could not be compared: {problem}"
