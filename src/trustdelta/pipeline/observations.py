"""What a verdict needs to know of the texts beside their scores: the only step of the decision that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig
from trustdelta.pipeline.coupling import coupling_card
from trustdelta.pipeline.coverage import not_run_dimensions
from trustdelta.pipeline.scoring.blind import Blind, blind_spots
from trustdelta.pipeline.scoring.outline import Outline
from trustdelta.pipeline.settling import settling_notes
from trustdelta.pipeline.undeclared import Unreadable, unreadable
from trustdelta.records import Arm, Dimension
from trustdelta.records.state import NOT_RUN
from trustdelta.store import Store


@dataclass(frozen=True, slots=True)
class Observations:
    """Facts about the texts and the data of a run, from which the verdict follows together with scores and plan."""

    outlines: Mapping[Arm, Outline]
    """State and length of every response."""
    blind: Blind = field(default_factory=Blind)
    """Texts on which built-in judges were not measured."""
    unreadable: Unreadable = field(default_factory=Unreadable)
    """Why answers cannot be separated from reasoning traces."""
    settling: tuple[str, ...] = ()
    """Remarks on answers that ended early."""
    coupling: Mapping[str, str] = field(default_factory=dict)
    """Coupling of the two models, with the number of decoded tokens."""
    not_run: Mapping[Dimension, str] = field(default_factory=dict)
    """Reason by dimension of which a benchmark was not run."""


def observe(
    store: Store, config: AuditConfig, benchmarks: Mapping[str, Benchmark], outlines: Mapping[Arm, Outline]
) -> Observations:
    """The observations of a run, from its stored responses."""
    not_run = store.get(NOT_RUN)
    return Observations(
        outlines=outlines,
        blind=blind_spots(store, benchmarks, config.statistics.judge_bias or {}),
        unreadable=unreadable(store, config, outlines),
        settling=tuple(settling_notes(store, config, benchmarks)),
        coupling=coupling_card(store),
        not_run=not_run_dimensions(config, not_run),
    )
