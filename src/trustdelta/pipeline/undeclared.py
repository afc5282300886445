"""Checks over all responses of a run whether answers can be separated from reasoning traces.

Undeclared marks, or thoughts that only some responses open, make a run not measurable until the user declares the
format. A pure function of the store.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.errors import ConfigError
from trustdelta.pipeline.scoring.outline import Outline
from trustdelta.pipeline.scoring.pages import FORMATS_IN
from trustdelta.pipeline.scoring.score import AUTO, declared_formats
from trustdelta.pipeline.workers import Workers
from trustdelta.records import Arm, Json
from trustdelta.records.state import DECLARED_FORMATS, FORMATS
from trustdelta.store import Store
from trustdelta.thoughts import format_problem
from trustdelta.thoughts.models import shown_by
from trustdelta.thoughts.undeclared import Undeclared, undeclared

CODE = "undeclared-format"
FIELD = "thinking_format"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why answers cannot be separated from reasoning traces."""

    reason: str = ""
    """Reason; empty where they can."""
    notes: tuple[str, ...] = ()
    """Remarks with the command that mends it."""


def unreadable(store: Store, config: AuditConfig, outlines: Mapping[Arm, Outline]) -> Unreadable:
    """Check both models' responses, as read by the declared or the inferred format."""
    declared, problems = declared_formats(store), []
    for arm, other in ((Arm.BASELINE, Arm.CANDIDATE), (Arm.CANDIDATE, Arm.BASELINE)):
        if declared[arm] != AUTO:
            continue
        if hit := undeclared(outlines[arm].marks, outlines[other].marks):
            problems.append(_of_marks(arm, hit))
        elif outlines[arm].half_opened and not _opening_known(config.model(arm.value)):
            problems.append(_of_opening(arm, outlines[arm]))
    return Unreadable(
        f"{CODE}: {'; '.join(why for why, _ in problems)}" if problems else "", tuple(n for _, n in problems)
    )


def settle_formats(store: Store, workers: Workers | None = None) -> None:
    """Infer each model's thought format from all of its responses; scores by another format are dropped.

    Call it before scoring, whenever there are new responses.
    """
    shown = {arm.value: _shown(store, arm, workers or Workers(1)) for arm in Arm}
    if shown != (store.get(FORMATS) or dict.fromkeys(shown, AUTO)):
        store.clear_scores()
    store.put(FORMATS, shown)


def _shown(store: Store, arm: Arm, workers: Workers) -> str:
    """The thought format that one model's responses show together."""
    counts: Counter[str] = Counter()
    bodies = ([body for _, _, body in page] for page in store.packed_responses(arm))
    texts = 0
    for n, by_format in workers.map(FORMATS_IN, bodies, store.count(arm)):
        texts += n
        counts.update(by_format)
    return shown_by(texts, counts)


def declare(store: Store, settings: Mapping[str, Json]) -> dict[str, Json]:
    """Store the declared thought formats with the run; returns the other settings.

    Raises ConfigError for an invalid format.
    """
    rest, declared = dict(settings), store.get(DECLARED_FORMATS)
    for arm in Arm:
        name = f"{arm.value}.{FIELD}"
        if name in rest:
            value = str(rest.pop(name))
            if problem := format_problem(value):
                raise ConfigError(f"{name}: {problem}")
            declared[arm.value] = value
    if declared != store.get(DECLARED_FORMATS):
        store.put(DECLARED_FORMATS, declared)
    return rest


def declared_notes(store: Store) -> list[str]:
    """Remarks on formats that were declared after the responses were generated."""
    later: dict[str, str] = store.get(DECLARED_FORMATS)
    drift = "; KL by part is from the earlier format" if later and store.drift() else ""
    return [
        f"The {arm}'s reasoning traces are read as {value}, declared after its responses were generated{drift}."
        for arm, value in sorted(later.items())
    ]


def _opening_known(model: ModelConfig) -> bool:
    """Whether it is known or declared that the prompts opened the thought or did not."""
    files = model.recorded
    return not files or all(f.columns.get("prompt_opened_thought") is not None for f in files)


def _of_marks(arm: Arm, hit: Undeclared) -> tuple[str, str]:
    """The reason and the note for undeclared marks."""
    named = " and ".join([", ".join(hit.marks[:-1]), hit.marks[-1]] if len(hit.marks) > 1 else hit.marks)
    counted = f"{named} in {hit.answers} of {hit.of} answers of the {arm.value} to {hit.group}"
    setting = f"{arm.value}.{FIELD}"
    return counted, (
        f"Not measurable: found {counted}, not declared. If they mark reasoning traces: trustdelta score RUN "
        f"--set {shlex.quote(f'{setting}={hit.suggested}')} (opening mark, three dots, closing mark; or the name of a "
        f"format); if they are part of the answers: --set {setting}=none."
    )


def _of_opening(arm: Arm, outline: Outline) -> tuple[str, str]:
    """The reason and the note where some responses close a thought that none opens."""
    counted = (
        f"{outline.closed} of {outline.written} responses of the {arm.value} close a reasoning trace that they never "
        f"opened and {outline.unmarked} hold no mark: answers or truncated traces"
    )
    return counted, (
        f"Not measurable: {counted}. Declare whether its prompts ended inside an open trace: audit again with --column "
        f"{arm.value}.prompt_opened_thought=true, or =false where unmarked responses are answers."
    )
