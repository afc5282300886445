"""Whether both models' answers can be told from their thoughts, over all responses of the run together.

Marks whose meaning nobody declared, or thoughts that only some responses show to have been opened, make a run not
measurable until the user says how the thoughts are marked. A pure function of the store.
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
"""Share and number of responses from which closed, and unmarked, ones count."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why answers cannot be told from thoughts, with what to type; empty where they can."""

    reason: str = ""
    notes: tuple[str, ...] = ()


def unreadable(store: Store, config: AuditConfig) -> Unreadable:
    """What both models' stored responses say, each read as its format was declared or is shown."""
    prompts = {p.id: p for p in store.prompts()}
    marks, declared = formats(store), declared_formats(store)
    looks = {arm: _Look.of(store.responses(arm), prompts, marks[arm]) for arm in Arm}
    found = []
    for arm, other in ((Arm.BASELINE, Arm.CANDIDATE), (Arm.CANDIDATE, Arm.BASELINE)):
        if declared[arm] != AUTO:
            continue
        if hit := undeclared(looks[arm].seen, looks[other].seen):
            found.append(_of_marks(arm, hit))
        elif looks[arm].half_opened and not _says_opened(config.model(arm.value)):
            found.append(_of_opening(arm, looks[arm]))
    return Unreadable(f"{CODE}: {'; '.join(why for why, _ in found)}" if found else "", tuple(n for _, n in found))


def settle_formats(store: Store) -> None:
    """Look at all responses of each model together for a format that some of them show; scores by another are dropped.

    To be called before responses are scored, whenever there are new ones.
    """
    shown = {arm.value: shown_format(r.text for r in store.responses(arm)) for arm in Arm}
    if shown != (store.get(FORMATS) or dict.fromkeys(shown, AUTO)):
        store.clear_scores()
    store.put(FORMATS, shown)


def declare(store: Store, settings: Mapping[str, Json]) -> dict[str, Json]:
    """Keep what is declared of thought formats with the run, and give back the other settings.

    Raises ConfigError for what is no format.
    """
    rest, mine = dict(settings), store.get(DECLARED_FORMATS)
    for arm in Arm:
        name = f"{arm.value}.{FIELD}"
        if name in rest:
            value = str(rest.pop(name))
            if problem := format_problem(value):
                raise ConfigError(f"{name}: {problem}")
            mine[arm.value] = value
    if mine != store.get(DECLARED_FORMATS):
        store.put(DECLARED_FORMATS, mine)
    return rest


def declared_notes(store: Store) -> list[str]:
    """What was declared after the responses were made."""
    later: dict[str, str] = store.get(DECLARED_FORMATS)
    drift = "; drift of thoughts and of answers is that of the reading before" if later and store.drift() else ""
    return [
        f"The {arm}'s thoughts are read as {value}, which was declared after its responses were made{drift}."
        for arm, value in sorted(later.items())
    ]


@dataclass(slots=True)
class _Look:
    """The marks in one model's answers, and how many responses close a thought that nothing opened."""

    seen: MarkCounts
    responses: int = 0
    closed: int = 0
    unmarked: int = 0

    @classmethod
    def of(cls, responses: Iterator[Response], prompts: Mapping[str, Prompt], format: str) -> _Look:
        """Every response, read."""
        look, asked = cls(MarkCounts()), {i: "\n".join(m.content for m in p.messages) for i, p in prompts.items()}
        for response in responses:
            reading = read(response, format)
            look.responses += bool(response.text.strip())
            look.closed += ASSUMED_OPEN in reading.notes
            cut = response.finish in (Finish.UNKNOWN, Finish.LENGTH) and response.reasoning is None
            look.unmarked += cut and reading.thought is None and not response.prompt_opened_thought
            prompt = prompts[response.prompt_id]
            look.seen.add(prompt.benchmark, reading.answer, f"{asked[prompt.id]}\n{response.asked}")
        return look

    @property
    def half_opened(self) -> bool:
        """Whether some responses close a thought that nothing opened, and others, perhaps cut, show no mark at all."""
        least = max(LEAST, SOME * self.responses)
        return min(self.closed, self.unmarked) >= least


def _says_opened(model: ModelConfig) -> bool:
    """Whether it is known, or was said, that the prompts opened the thought or did not."""
    files = model.recorded
    return not files or all(f.columns.get("prompt_opened_thought") is not None for f in files)


def _of_marks(arm: Arm, hit: Undeclared) -> tuple[str, str]:
    """The reason and the note for marks that nobody declared."""
    named = " and ".join([", ".join(hit.marks[:-1]), hit.marks[-1]] if len(hit.marks) > 1 else hit.marks)
    counted = f"{named} in {hit.answers} of {hit.of} answers of the {arm.value} to {hit.group}"
    setting = f"{arm.value}.{FIELD}"
    return counted, (
        f"Not measurable: found {counted}, whose meaning is not declared. If they mark thoughts: trustdelta score RUN "
        f"--set {shlex.quote(f'{setting}={hit.suggested}')} (opening mark, three dots, closing mark; or the name of a "
        f"format); if they are part of the answers: --set {setting}=none."
    )


def _of_opening(arm: Arm, look: _Look) -> tuple[str, str]:
    """The reason and the note for responses of which some close a thought that none of them opens."""
    n = look.responses
    counted = (
        f"{look.closed} of {n} responses of the {arm.value} close a thought that they never opened and {look.unmarked} "
        "hold no mark, answers or cut thoughts"
    )
    return counted, (
        f"Not measurable: {counted}. Say whether its prompts ended inside an open thought: audit again with --column "
        f"{arm.value}.prompt_opened_thought=true, or =false where unmarked responses are answers."
    )
