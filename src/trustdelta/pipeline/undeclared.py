"""Checks over all responses of a run whether answers can be separated from reasoning traces.

Undeclared marks, or thoughts that only some responses open, make a run not measurable until the user declares the
format. A pure function of the store.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.errors import ConfigError
from trustdelta.pipeline.scoring.score import AUTO, declared_formats, formats, read
from trustdelta.records import Arm, Finish, Json, Prompt, Response
from trustdelta.records.state import DECLARED_FORMATS, FORMATS
from trustdelta.store import Store
from trustdelta.thoughts import ASSUMED_OPEN, format_problem, shown_format
from trustdelta.thoughts.undeclared import MarkCounts, Undeclared, undeclared

CODE = "undeclared-format"
FIELD = "thinking_format"
SOME, LEAST = 0.05, 3
"""Minimum share and number of responses for closed and for unmarked ones to count."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why answers cannot be separated from reasoning traces."""

    reason: str = ""
    """Reason; empty where they can."""
    notes: tuple[str, ...] = ()
    """Remarks with the command that mends it."""


def unreadable(store: Store, config: AuditConfig) -> Unreadable:
    """Check both models' stored responses, read by the declared or the inferred format."""
    prompts = {p.id: p for p in store.prompts()}
    marks, declared = formats(store), declared_formats(store)
    looks = {arm: _Marks.of(store.responses(arm), prompts, marks[arm]) for arm in Arm}
    problems = []
    for arm, other in ((Arm.BASELINE, Arm.CANDIDATE), (Arm.CANDIDATE, Arm.BASELINE)):
        if declared[arm] != AUTO:
            continue
        if hit := undeclared(looks[arm].seen, looks[other].seen):
            problems.append(_of_marks(arm, hit))
        elif looks[arm].half_opened and not _opening_known(config.model(arm.value)):
            problems.append(_of_opening(arm, looks[arm]))
    return Unreadable(
        f"{CODE}: {'; '.join(why for why, _ in problems)}" if problems else "", tuple(n for _, n in problems)
    )


def settle_formats(store: Store) -> None:
    """Infer each model's thought format from all of its responses; scores by another format are dropped.

    Call it before scoring, whenever there are new responses.
    """
    shown = {arm.value: shown_format(r.text for r in store.responses(arm)) for arm in Arm}
    if shown != (store.get(FORMATS) or dict.fromkeys(shown, AUTO)):
        store.clear_scores()
    store.put(FORMATS, shown)


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


@dataclass(slots=True)
class _Marks:
    """Counts of thought marks over one model's responses."""

    seen: MarkCounts
    """Undeclared marks in answers."""
    responses: int = 0
    """Responses that are not empty."""
    closed: int = 0
    """Responses that close a thought which nothing opened."""
    unmarked: int = 0
    """Responses without a thought or mark that may be cut."""

    @classmethod
    def of(cls, responses: Iterator[Response], prompts: Mapping[str, Prompt], format: str) -> _Marks:
        """Count the marks of every response."""
        marks, questions = cls(MarkCounts()), {i: "\n".join(m.content for m in p.messages) for i, p in prompts.items()}
        for response in responses:
            reading = read(response, format)
            marks.responses += bool(response.text.strip())
            marks.closed += ASSUMED_OPEN in reading.notes
            cut = response.finish in (Finish.UNKNOWN, Finish.LENGTH) and response.reasoning is None
            marks.unmarked += cut and reading.thought is None and not response.prompt_opened_thought
            prompt = prompts[response.prompt_id]
            marks.seen.add(prompt.benchmark, reading.answer, f"{questions[prompt.id]}\n{response.asked}")
        return marks

    @property
    def half_opened(self) -> bool:
        """Whether some responses close a thought that nothing opened, and others, perhaps cut, have no mark."""
        least = max(LEAST, SOME * self.responses)
        return min(self.closed, self.unmarked) >= least


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


def _of_opening(arm: Arm, marks: _Marks) -> tuple[str, str]:
    """The reason and the note where some responses close a thought that none opens."""
    n = marks.responses
    counted = (
        f"{marks.closed} of {n} responses of the {arm.value} close a reasoning trace that they never opened and "
        f"{marks.unmarked} hold no mark: answers or truncated traces"
    )
    return counted, (
        f"Not measurable: {counted}. Declare whether its prompts ended inside an open trace: audit again with --column "
        f"{arm.value}.prompt_opened_thought=true, or =false where unmarked responses are answers."
    )
