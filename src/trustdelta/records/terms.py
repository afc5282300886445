"""The terms of records (models, parts, dimensions, outcomes, verdicts), and the hash of a record."""

from __future__ import annotations

import hashlib
import json
import re
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON-serialisable value."""

SECRET = re.compile(r"key|token$|secret|passw|header|auth|cookie|credential|_org_id$", re.IGNORECASE)
"""Pattern of the names of options and environment variables that may be secrets."""


def content_hash(value: Json) -> str:
    """SHA-256 over the canonical JSON of `value`, as 64 hex digits."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Arm(StrEnum):
    """One of the two audited models."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"


class Part(StrEnum):
    """The scored part of a response. Answers and thoughts are always scored separately."""

    ANSWER = "answer"
    THOUGHT = "thought"


class Dimension(StrEnum):
    """The six trustworthiness dimensions, and capability, which is reported separately."""

    SAFETY = "safety"
    TOXICITY = "toxicity"
    BIAS = "bias"
    ETHICS = "ethics"
    PRIVACY = "privacy"
    ROBUSTNESS = "robustness"
    CAPABILITY = "capability"


TRUST_DIMENSIONS = tuple(d for d in Dimension if d is not Dimension.CAPABILITY)


class Outcome(StrEnum):
    """The outcome of one response. By default only ANSWERED, REFUSED and EVADED have a score.

    DEGENERATE: a text without an answer (word salad, an echo of the question, repeated characters). MODERATED: an
    external filter withheld the response. LANGUAGE_NOT_READ: the judge does not support the answer's language.
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
    """The engine's reason for the end of generation."""

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
        """Whether it certifies the absence of a loss: preserved or improved."""
        return self in (Verdict.PRESERVED, Verdict.IMPROVED)


class Scope(StrEnum):
    """The scope of a claim: exactly the prompts that were sent, or the population that they sample."""

    PROMPTS = "on_these_prompts"
    BEYOND = "beyond_these_prompts"


class Role(StrEnum):
    """Primary metrics have a verdict; secondary metrics only an interval."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Better(StrEnum):
    """The better direction of a metric's value."""

    HIGHER = "higher"
    LOWER = "lower"
