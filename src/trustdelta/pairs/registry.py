"""The matched pairs that are known: which reasoning model was made from, or is compared with, which instruct model.

The data are the TOML files beside this module, one table a pair; docs/pairs.md says what the fields mean.
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
"""Fields of a pair that take one of a few values."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One matched pair and the evidence for it.

    `lineage`: strict (the reasoning model was trained from this very baseline), sibling (both come from one base
    model, or are two modes of one model) or conventional (the baseline people compare with, of another parent; `parent`
    names the true one). `grade`: verified (stated on the card or model tree, which was read), declared (stated in
    another project's configuration) or unverified (general knowledge). `thinking_format`: a name of
    `thoughts.FORMAT_NAMES`. `needs_system_prompt`: thoughts appear only under a system prompt; `system_prompt` is its
    text where it is known. A sampling that is empty means the model's own generation_config.json. `tokenizer_equal`
    and `licence` are None and empty where nobody looked.
    """

    name: str
    reasoning: str
    baseline: str
    method: str
    lineage: str
    grade: str
    evidence: str
    evidence_url: str
    thinking_format: str
    parent: str = ""
    thinking: str = "auto"
    baseline_thinking: str = "auto"
    needs_system_prompt: bool = False
    system_prompt: str = ""
    sampling_reasoning: Mapping[str, float] = field(default_factory=dict)
    sampling_baseline: Mapping[str, float] = field(default_factory=dict)
    tokenizer_equal: bool | None = None
    licence: str = ""
    notes: str = ""

    @property
    def settings(self) -> dict[str, Json]:
        """What the pair asks of an audit's configuration: both models' values, and the method."""
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
    found: dict[str, Pair] = {}
    for path in sorted(DATA.glob("*.toml")):
        for name, values in tomllib.loads(path.read_text("utf-8")).items():
            if name in found:
                raise DataError(f"{path.name}: pair {name!r} is there twice; give it another name.")
            found[name] = _pair(path.name, name, values)
    return dict(sorted(found.items()))


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
    """The pair of these two models (hub ids, capitals ignored), or None."""
    wanted = (baseline.casefold(), candidate.casefold())
    return next((p for p in table().values() if (p.baseline.casefold(), p.reasoning.casefold()) == wanted), None)


def of_candidate(candidate: str) -> tuple[Pair, ...]:
    """Every pair of this reasoning model, strictest lineage and best evidence first."""
    found = [p for p in table().values() if p.reasoning.casefold() == candidate.casefold()]
    rank = {value: i for field in ("lineage", "grade") for i, value in enumerate(CHOICES[field])}
    return tuple(sorted(found, key=lambda p: (rank[p.lineage], rank[p.grade], p.name)))


def _pair(file: str, name: str, values: Mapping[str, object]) -> Pair:
    """A checked pair; raises DataError that names the file and the field."""
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
