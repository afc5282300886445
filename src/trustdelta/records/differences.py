"""Records of differences between the models' answers that no metric asked about."""

from __future__ import annotations

from dataclasses import dataclass

from trustdelta.records.terms import Json


@dataclass(frozen=True, slots=True)
class Place:
    """Prompts on which a difference is larger than elsewhere, on the tested half."""

    prompts: str
    """The prompts in words, like: prompts with the word “bank”; empty: those of the difference."""
    inside: tuple[float, float]
    """Rates of baseline and candidate on these prompts."""
    outside: tuple[float, float]
    """Rates of baseline and candidate on all other prompts."""
    count: int
    """Number of these prompts."""
    p_value: float
    """That the difference is larger there than elsewhere; adjusted for all tested differences and places."""


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt on which the models differ."""

    prompt_id: str
    prompt: str
    """The prompt; empty where texts of its benchmark are masked."""
    baseline: str
    """Part of the baseline's answer; empty where texts are masked."""
    candidate: str
    """Part of the candidate's answer; empty where texts are masked."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference that was mined on one half of the prompts and shown on the other half."""

    answer: str
    """What answers do, as a predicate: contains the word “x”."""
    prompts: str
    """The prompts that it is about, in words; empty: all."""
    baseline: float
    """Share of the baseline's answers that do it, on the tested half."""
    candidate: float
    """Share of the candidate's answers that do it, on the tested half."""
    low: float
    """Lower bound of the ordinary 95 % interval of candidate minus baseline."""
    high: float
    """Upper bound of the ordinary 95 % interval of candidate minus baseline."""
    p_value: float
    """Adjusted for all tested differences together."""
    count: int
    """Prompts of the tested half that it is about."""
    also: tuple[str, ...] = ()
    """Other features that differ on the same prompts; not tested."""
    places: tuple[Place, ...] = ()
    """Prompts on which it is larger than elsewhere."""
    examples: tuple[Example, ...] = ()

    @property
    def change(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline


@dataclass(frozen=True, slots=True)
class Control:
    """The same search between two sets of the baseline's own samples, where there are enough of them."""

    differences: int
    """Differences claimed, all of them false."""
    prompts: int
    """Prompts that have enough samples."""


@dataclass(frozen=True, slots=True)
class Differences:
    """All differences of one run."""

    baseline: str
    """Name of the baseline."""
    candidate: str
    """Name of the candidate."""
    mined: int
    """Prompts of the half on which differences were mined."""
    tested: int
    """Prompts of the half on which they were tested."""
    features: int
    """Features of answers that were searched."""
    conditions: int
    """Sets of prompts within which they were searched."""
    hypotheses: int
    """Differences that were tested."""
    alpha: float
    """Chance of any false difference or place."""
    differences: tuple[Difference, ...]
    """Shown differences, one on some prompts and one on all in turn."""
    control: Control | None = None
    """None where the baseline has too few samples."""
    notes: tuple[str, ...] = ()
    """What was left out."""
    settings: Json = None
    """Seed and number of permutations."""
