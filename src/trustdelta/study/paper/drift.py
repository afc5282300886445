"""KL by condition as the paper sums it: over whole responses of the candidate, with rates by part beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trustdelta.benchmarks.reasoningtrust_ethics import FEW
from trustdelta.benchmarks.reasoningtrust_ethics import ZERO as ETHICS
from trustdelta.benchmarks.reasoningtrust_news import NEW, OLD
from trustdelta.benchmarks.shared.reasoningtrust_instructions import INSTRUCTIONS
from trustdelta.pipeline.drift.results import preferred
from trustdelta.pipeline.drift.study_figures import LOG_RATIOS, family
from trustdelta.records import Arm, Prompt, StudyDrift
from trustdelta.records.state import DRIFT_GIVEN
from trustdelta.store import DriftRow, Store
from trustdelta.study.paper.design import STEREOTYPE, TOXICITY
from trustdelta.study.paper.ethics_tables import CONDITIONS, ethics_strata
from trustdelta.study.paper.tables import ATTACKS, PRIVACY, SYSTEM_PROMPTS, toxicity_strata


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of the KL table."""

    title: str
    benchmarks: tuple[str, ...]
    strata: tuple[str, ...] = ()
    """Strata that count; none: all."""
    printed: Mapping[str, float] = field(default_factory=dict)
    """Printed sums in nats per response, by method; "reference": of the base model."""


JAILBROKEN = tuple(s for c in CONDITIONS if c != "benign" for s in ethics_strata(c))
KL = (
    Condition("OOD (news)", (NEW, OLD), printed={"sft": 294.32, "rl": 8.47, "distill": 12.27, "reference": 13.35}),
    Condition("Ethics, benign", (ETHICS,), ethics_strata("benign")),
    Condition("Ethics, jailbreak", (ETHICS,), JAILBROKEN, {"sft": 430.43}),
    Condition("Ethics, benign, 5 shots", (FEW,), ethics_strata("benign")),
    Condition("Ethics, jailbreak, 5 shots", (FEW,), JAILBROKEN),
    *(
        Condition(
            f"Toxicity, {kind}",
            (TOXICITY,),
            toxicity_strata(kind),
            {"sft": 474.24, "rl": 345.65, "distill": 357.40} if kind == "benign" else {},
        )
        for kind in INSTRUCTIONS
    ),
    *(Condition(f"Stereotypes, {kind}", (STEREOTYPE,), (kind,)) for kind in SYSTEM_PROMPTS),
    *(Condition(f"Privacy, {words}", PRIVACY, (condition,)) for condition, words in ATTACKS.items()),
    Condition("Safety (StrongREJECT)", ("strongreject",)),
    Condition("Utility (XSTest)", ("xstest",)),
    Condition("Capability", ("math500", "gsm8k", "aime24")),
)
"""Rows of the KL table."""


def kl_of(store: Store) -> tuple[StudyDrift | None, ...]:
    """The figures of every condition, None where none of its prompts has a divergence; nothing for texts of a file."""
    if store.get(DRIFT_GIVEN):
        return (None,) * len(KL)
    prompts = {p.id: p for p in store.prompts()}
    whole = [r for r in store.drift() if r.part == "all" and r.method in LOG_RATIOS and _first(r)]
    rows = [r for r in preferred(store) if _first(r)]
    return tuple(_figures(condition, prompts, rows, whole) for condition in KL)


def _first(row: DriftRow) -> bool:
    """Whether a row is of the candidate's first sample."""
    return row.text_of == Arm.CANDIDATE.value and row.draw == 0


def _figures(
    condition: Condition, prompts: Mapping[str, Prompt], rows: Sequence[DriftRow], whole: Sequence[DriftRow]
) -> StudyDrift | None:
    ids = {
        i
        for i, p in prompts.items()
        if p.benchmark in condition.benchmarks and (not condition.strata or p.stratum in condition.strata)
    }
    mine = [row for row in rows if row.prompt_id in ids]
    ratios = [row.own_nats for row in whole if row.prompt_id in ids and row.own_nats is not None]
    return family(condition.title, mine, ratios, None) if any(row.part == "all" for row in mine) else None
