"""Features that an engine supports: declared for models in this process, probed for servers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from trustdelta.config import ModelConfig, Sampling


class Support(StrEnum):
    """YES; NO: refused; DROPPED: accepted without effect; UNKNOWN: not determined."""

    YES = "yes"
    NO = "no"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


Capabilities: TypeAlias = Mapping[str, Support]
"""Support by name of the capability."""

SEED, TOP_P, TOP_K, MIN_P = "seed", "top_p", "top_k", "min_p"
THINKING_SWITCH, STOP_REASON = "thinking_switch", "stop_reason"
TOKEN_IDS, LOG_PROBS, PROMPT_LOG_PROBS = "token_ids", "log_probs", "prompt_log_probs"
REPETITION_PENALTY, SEPARATE_BUDGETS = "repetition_penalty", "separate_budgets"

SAMPLED = (TOP_P, TOP_K, MIN_P, REPETITION_PENALTY)
"""Sampling parameters other than the temperature."""

NAMES = (SEED, *SAMPLED, THINKING_SWITCH, STOP_REASON, TOKEN_IDS, LOG_PROBS, PROMPT_LOG_PROBS, SEPARATE_BUDGETS)
"""All capabilities."""


def all_of_them() -> dict[str, Support]:
    """Capabilities of an engine that runs the model itself."""
    return dict.fromkeys(NAMES, Support.YES)


def needed(model: ModelConfig, sampling: Sampling | None) -> tuple[str, ...]:
    """The capabilities that an audit of this model needs. `sampling` is None where it is unknown."""
    drawn = sampling is None or sampling.temperature > 0
    declared = {
        SEED: drawn,
        TOP_P: drawn and sampling is not None and sampling.top_p < 1,
        TOP_K: drawn and sampling is not None and sampling.top_k > 0,
        MIN_P: drawn and sampling is not None and sampling.min_p > 0,
        REPETITION_PENALTY: sampling is not None and sampling.repetition_penalty != 1,
        THINKING_SWITCH: model.thinking != "auto",
        STOP_REASON: True,
    }
    return tuple(name for name, used in declared.items() if used)


def lacking(supported: Capabilities, required: tuple[str, ...]) -> tuple[str, ...]:
    """Required capabilities that are not supported, in order."""
    return tuple(name for name in required if supported.get(name) in (Support.NO, Support.DROPPED))
