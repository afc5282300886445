"""What the page in the paper's form shows: rates of each cell by pair, in both scorings, beside the printed numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records import StudyDrift, Verdict


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of both models under one scoring and their change, with the ordinary 95 % interval; shares of 1."""

    baseline: float
    candidate: float
    change: float
    """Positive where the candidate is better."""
    low: float
    high: float
    prompts_baseline: int
    """Prompts in the baseline's rate."""
    prompts_candidate: int
    """Prompts in the candidate's rate."""


@dataclass(frozen=True, slots=True)
class Share:
    """Share of a published change that is due to the scoring, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Printed:
    """Numbers that the paper prints for this cell, in percent; None where none is known."""

    baseline: float | None
    candidate: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of a table for one pair."""

    benchmark: str = ""
    """The benchmark that gave the scores; empty where none ran."""
    corrected: Rates | None = None
    published: Rates | None = None
    """With answers as the released code cuts them, where the run has such scores."""
    share: Share | None = None
    parsing: Share | None = None
    """Share of the published change that is due to how the released code cuts answers; None where it has no effect."""
    printed: Printed | None = None
    note: str = ""
    """Why something is missing."""

    @property
    def measured(self) -> bool:
        """Whether there is a rate under either scoring."""
        return self.corrected is not None or self.published is not None


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity under one condition, with a cell for each pair."""

    title: str
    about: str
    """Better direction and remarks."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class PaperTable:
    """One table of the paper."""

    section: str
    """Name of its section."""
    title: str
    caption: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class DriftRow:
    """KL under one condition: the reference pair's figures, each pair's, and the printed sums in nats per response."""

    title: str
    printed: Mapping[str, float]
    """By method; "reference" for the printed base model."""
    reference: StudyDrift | None
    cells: tuple[StudyDrift | None, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One dimension of one pair: its verdict, None where it has none, and why."""

    verdict: Verdict | None
    detail: str


@dataclass(frozen=True, slots=True)
class Pathway:
    """One finished pair."""

    name: str
    method: str
    lineage: str
    baseline: str
    candidate: str

    @property
    def title(self) -> str:
        """Method and name, like SFT: s1.1-1.5B."""
        return f"{METHODS[self.method]}: {self.name}"


METHODS = {
    "sft": "SFT",
    "rl": "RL",
    "distill": "Distillation",
    "hybrid": "Hybrid",
    "mixed": "Mixed",
    "unknown": "Method unknown",
}
"""Methods in the order of columns, with their words."""


@dataclass(frozen=True, slots=True)
class PaperResult:
    """A study in the paper's form; cells are in the order of `pathways`."""

    title: str
    pathways: tuple[Pathway, ...]
    tables: tuple[PaperTable, ...]
    drift: tuple[DriftRow, ...]
    reference: str
    """The reference pair, as baseline → candidate; empty where the study names none."""
    coverage: Mapping[str, tuple[Coverage, ...]] = field(default_factory=dict)
    """By dimension, a cell for each pair."""
    unfinished: Mapping[str, str] = field(default_factory=dict)
    """State of each pair that is not finished."""
    notes: tuple[str, ...] = ()
