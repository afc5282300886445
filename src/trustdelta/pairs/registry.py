"""The registry of matched pairs: reasoning models, with the instruct model of their lineage or comparison.

The data are the TOML files beside this module, one table per pair; docs/pairs.md documents the fields.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path

from trustdelta.errors import DataError, UnknownNameError
from trustdelta.records import Json

DATA = Path(__file__).parent / "data"

CHOICES = {
    "method": ("sft", "rl", "distill", "hybrid", "mixed"),
    "lineage": ("strict", "sibling", "conventional"),
    "grade": ("verified", "declared", "unverified"),
    "thinking": ("auto", "on", "off"),
    "baseline_thinking": ("auto", "on", "off"),
}
"""Allowed values of fields of a pair."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One matched pair and the evidence for it."""

    name: str
    reasoning: str
    baseline: str
    method: str
    lineage: str
    """strict (trained from this baseline), sibling (from one base model, or two modes of one model) or conventional
    (the usual baseline, of another parent)."""
    grade: str
    """verified (on the model's card or model tree), declared (in another project's configuration) or unverified
    (general knowledge)."""
    evidence: str
    evidence_url: str
    thinking_format: str
    """A name of `thoughts.FORMAT_NAMES`."""
    parent: str = ""
    """The true parent of a conventional pair."""
    thinking: str = "auto"
    baseline_thinking: str = "auto"
    needs_system_prompt: bool = False
    """Whether the model reasons only with a system prompt."""
    system_prompt: str = ""
    """Text of that system prompt, if it is known."""
    sampling_reasoning: Mapping[str, float] = field(default_factory=dict)
    """Empty: the model's generation_config.json."""
    sampling_baseline: Mapping[str, float] = field(default_factory=dict)
    """Empty: the model's generation_config.json."""
    tokenizer_equal: bool | None = None
    """None: not checked."""
    licence: str = ""
    """Empty: not checked."""
    notes: str = ""

    @property
    def settings(self) -> dict[str, Json]:
        """The pair's values of an audit's configuration, for both models, and the method."""
        sides = {
            "baseline": (self.baseline, self.baseline_thinking, "auto", self.sampling_baseline, ""),
            "candidate": (
                self.reasoning,
                self.thinking,
                self.thinking_format,
                self.sampling_reasoning,
                self.system_prompt,
            ),
        }
        return {
            "method": self.method,
            **{
                arm: {
                    "source": source,
                    "thinking": thinking,
                    "thinking_format": marks,
                    "sampling": dict(sampling) or None,
                    "system_prompt": prompt or None,
                }
                for arm, (source, thinking, marks, sampling, prompt) in sides.items()
            },
        }


@cache
def table() -> Mapping[str, Pair]:
    """Every pair by name, sorted by name."""
    pairs: dict[str, Pair] = {}
    for path in sorted(DATA.glob("*.toml")):
        for name, values in tomllib.loads(path.read_text("utf-8")).items():
            if name in pairs:
                raise DataError(f"{path.name}: pair {name!r} is defined twice; give it another name.")
            pairs[name] = _pair(path.name, name, values)
    return dict(sorted(pairs.items()))


def names() -> tuple[str, ...]:
    """Names of all pairs, sorted."""
    return tuple(table())


def load(name: str) -> Pair:
    """The pair of that name, or the only pair of that reasoning model; raises UnknownNameError."""
    if name in table():
        return table()[name]
    of_model = of_candidate(name)
    if len(of_model) == 1:
        return of_model[0]
    raise UnknownNameError.of("pair", name, [p.name for p in of_model] or names())


def find(baseline: str, candidate: str) -> Pair | None:
    """The pair of these two models (hub ids, case-insensitive), or None."""
    key = (baseline.casefold(), candidate.casefold())
    return next((p for p in table().values() if (p.baseline.casefold(), p.reasoning.casefold()) == key), None)


def of_candidate(candidate: str) -> tuple[Pair, ...]:
    """Every pair of this reasoning model, strictest lineage and best evidence first."""
    pairs = [p for p in table().values() if p.reasoning.casefold() == candidate.casefold()]
    rank = {value: i for field in ("lineage", "grade") for i, value in enumerate(CHOICES[field])}
    return tuple(sorted(pairs, key=lambda p: (rank[p.lineage], rank[p.grade], p.name)))


def _pair(file: str, name: str, values: Mapping[str, object]) -> Pair:
    """A validated pair; raises DataError with the file and the field."""
    known = {f.name for f in fields(Pair)} - {"name"}
    if extra := sorted(values.keys() - known):
        raise DataError(
            f"{file}: pair {name!r} has unknown fields {', '.join(extra)}; known: {', '.join(sorted(known))}."
        )
    try:
        pair = Pair(name, **values)  # type: ignore[arg-type]
    except TypeError as problem:
        raise DataError(f"{file}: pair {name!r} is not complete ({problem}).") from None
    for key, allowed in CHOICES.items():
        if getattr(pair, key) not in allowed:
            raise DataError(f"{file}: pair {name!r} has {key} {getattr(pair, key)!r}, wanted {', '.join(allowed)}.")
    return pair
