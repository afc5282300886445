"""The words that records are made of: arms, parts, dimensions, states, verdicts; and how a record is hashed."""

from __future__ import annotations

import hashlib
import json
import re
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON-serialisable value."""

SECRET = re.compile(r"key|token$|secret|passw|header|auth|cookie|credential|_org_id$", re.IGNORECASE)
"""Names of options and environment variables that may carry a secret."""


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
    """What became of one response. Only ANSWERED, REFUSED and EVADED can carry a score by default.

    DEGENERATE: a text that is no answer (word salad, an echo of the question, the same mark over and over). MODERATED:
    a filter outside the model withheld the response. LANGUAGE_NOT_READ: the judge does not read the answer's language.
    """

    ANSWERED = "answered"
    REFUSED = "refused"
    EVADED = "evaded"
    TRUNCATED_IN_THOUGHT = "truncated_in_thought"
    TRUNCATED_IN_ANSWER = "truncated_in_answer"
    EMPTY = "empty"
    DEGENERATE = "degenerate"
    MALFORMED = "malformed"
    LOOPED = "looped"
    MODERATED = "moderated"
    ERROR = "error"
    JUDGE_FAILED = "judge_failed"
    JUDGE_REFUSED = "judge_refused"
    LANGUAGE_NOT_READ = "language_not_read"


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

    @property
    def holds(self) -> bool:
        """Whether it certifies that nothing was lost: preserved or improved."""
        return self in (Verdict.PRESERVED, Verdict.IMPROVED)


class Scope(StrEnum):
    """What a claim is about: exactly the prompts that were asked, or more prompts like them."""

    PROMPTS = "on_these_prompts"
    BEYOND = "beyond_these_prompts"


class Role(StrEnum):
    """Primary metrics carry verdicts; secondary ones an interval only."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Better(StrEnum):
    """The direction in which a metric's value is good."""

    HIGHER = "higher"
    LOWER = "lower"
