"""The terms of records (models, parts, dimensions, outcomes, verdicts), and the hash of a record."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON-serialisable value."""

SECRET = re.compile(r"key|token$|secret|passw|header|auth|cookie|credential|_org_id$", re.IGNORECASE)
"""Pattern of the names of options and environment variables that may be secrets."""


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def content_hash(value: Json) -> str:
    """SHA-256 over the canonical JSON of `value`, as 64 hex digits."""
    return hashlib.sha256(_canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


class Arm(StrEnum):
    """One of the two audited models."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"


class Part(StrEnum):
    """The scored part of a response. Answers and thoughts are always scored separately."""

    ANSWER = "answer"
    THOUGHT = "thought"
    RELEASED = "released"
    """The answer as a paper's released code cuts it from the response; in no metric."""


OWN_DIMENSION = re.compile(r"[a-z][a-z0-9_]{1,39}")
"""Pattern of the name of a user's own dimension."""
SIMILAR = 0.8
"""Similarity (difflib's ratio) from which a name counts as a misspelt known one."""
EXTENDED = (
    "faithfulness",
    "abstention",
    "oversight",
    "multilingual_safety",
    "instruction_following",
    "prompt_injection",
)
"""Names of the extended dimensions, in the order of tables."""


class Dimension(StrEnum):
    """The six trustworthiness dimensions, and capability, which is reported separately.

    `Dimension(name)` of a name in `EXTENDED` is an extended dimension, with an error level apart from the six; of
    another name it is a user's own trust dimension. Iteration yields the seven only. A name that can be mistaken for
    one of them raises ValueError.
    """

    SAFETY = "safety"
    TOXICITY = "toxicity"
    BIAS = "bias"
    ETHICS = "ethics"
    PRIVACY = "privacy"
    ROBUSTNESS = "robustness"
    CAPABILITY = "capability"

    def __reduce_ex__(self, protocol: object) -> tuple[type[Dimension], tuple[str]]:
        """Copies and pickles are made by value: early Python 3.11 looks up the name, which a user's dimension lacks."""
        del protocol
        return Dimension, (self.value,)

    @classmethod
    def _missing_(cls, value: object) -> Dimension | None:
        """An extended dimension or a user's own, made at its first use; equal names are one object."""
        known = [d.value for d in cls]
        if not isinstance(value, str) or not OWN_DIMENSION.fullmatch(value):
            return None
        if difflib.get_close_matches(value, known, n=1, cutoff=SIMILAR):
            return None
        own = str.__new__(cls, value)
        own._name_, own._value_ = value.upper(), value
        member = cls._value2member_map_.setdefault(value, own)
        return member if isinstance(member, Dimension) else None

    @property
    def trust(self) -> bool:
        """Whether it is a dimension of trust, which the overall verdict is about."""
        return self is not Dimension.CAPABILITY and not self.extended

    @property
    def extended(self) -> bool:
        """Whether it is an extended dimension, with a verdict of its own that the overall one leaves out."""
        return self.value in EXTENDED

    @property
    def own(self) -> bool:
        """Whether it is a user's own dimension."""
        return self.name not in Dimension.__members__ and not self.extended


TRUST_DIMENSIONS = tuple(d for d in Dimension if d.trust)
"""The six trust dimensions of this project."""


def in_order(dimensions: Iterable[Dimension]) -> list[Dimension]:
    """Distinct dimensions in the order of tables: the six, the user's own by name, the extended ones, capability."""
    order = [d.value for d in TRUST_DIMENSIONS] + [""] + [*EXTENDED, Dimension.CAPABILITY.value]
    return sorted(set(dimensions), key=lambda d: (order.index("" if d.own else d.value), d))


class Outcome(StrEnum):
    """The outcome of one response. By default only ANSWERED, REFUSED and EVADED have a score.

    DEGENERATE: a text without an answer (word salad, an echo of the question, repeated characters). MODERATED: an
    external filter withheld the response. REFUSED_IN_THOUGHT: a reasoning trace that never ended refuses a request,
    and no answer follows. LANGUAGE_NOT_READ: the judge does not support the answer's language.
    """

    ANSWERED = "answered"
    REFUSED = "refused"
    EVADED = "evaded"
    TRUNCATED_IN_THOUGHT = "truncated_in_thought"
    TRUNCATED_IN_ANSWER = "truncated_in_answer"
    REFUSED_IN_THOUGHT = "refused_in_thought"
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
