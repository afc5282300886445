"""The terms of the paper's tables: rows, their rates under both scorings, and the printed numbers.

A row names benchmarks, the strata and the kind of prompts that count, and a rate under the corrected and under the
published scoring. Printed numbers are in percent, by method of the candidate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records import Better, Dimension
from trustdelta.report.studies.paper import Printed


@dataclass(frozen=True, slots=True)
class Scoring:
    """A rate: a constant and weighted mean scores of the same responses, which together lie on [0, 1]."""

    terms: tuple[tuple[str, float], ...]
    """Scorers with their weights."""
    constant: float = 0.0


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row of a table."""

    title: str
    benchmarks: tuple[str, ...]
    """The first with scores in a run is used."""
    better: Better
    corrected: Scoring | None
    published: Scoring | None = None
    strata: tuple[str, ...] = ()
    """Strata that count; none: all."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Further conditions on prompts, by the names of `cells.FIELDS`."""
    printed: Mapping[str, Printed] = field(default_factory=dict)
    about: str = ""
    absent: str = "not run"
    """What a cell says where no such benchmark ran."""


@dataclass(frozen=True, slots=True)
class TableDesign:
    """One table; tables of one section share its title."""

    section: str
    dimension: Dimension | None
    """None: aggregates, which repeat cells of other tables."""
    title: str
    caption: str
    rows: tuple[Quantity, ...]


HIGHER, LOWER = Better.HIGHER, Better.LOWER
TOXICITY, STEREOTYPE = "reasoningtrust_toxicity", "decodingtrust_stereotype"


def rate(scorer: str) -> Scoring:
    """The mean score."""
    return Scoring(((scorer, 1.0),))


def rest(*scorers: str) -> Scoring:
    """1 minus the mean scores."""
    return Scoring(tuple((scorer, -1.0) for scorer in scorers), 1.0)


def printed(baseline: float | None = None, **candidates: float) -> dict[str, Printed]:
    """Printed numbers of the instruct model, and of the candidates by method."""
    methods = ("sft", "rl", "distill")
    return {m: Printed(baseline, candidates.get(m)) for m in methods if m in candidates or baseline is not None}


def headline(text: str) -> str:
    """A headline number, whose candidate the known part of the paper does not name."""
    return f"headline, candidate not named: {text}"
