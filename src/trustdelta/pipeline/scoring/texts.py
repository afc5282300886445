"""From a stored response to the texts that are scored, and from these to scores; needs neither a store nor a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from trustdelta.records import Arm, Judgement, Outcome, Part, Prompt, Reading, Response, Score
from trustdelta.scorers import refusal_in_thought
from trustdelta.scorers.base import Scorer, judge_all
from trustdelta.scorers.judgeable import withheld
from trustdelta.thoughts import read_response
from trustdelta.thoughts.released import released_answer

ScorerParts = Sequence[tuple[Scorer, Part]]
Read = tuple[Prompt, Response, Reading]
"""A stored response, split into thought and answer."""
UNENDED = frozenset({Outcome.TRUNCATED_IN_THOUGHT, Outcome.MALFORMED})
"""States of a response that ends inside a reasoning trace."""
Text = tuple[Read, Scorer, Part, str | Judgement]
"""A text to be scored, or the judgement where there is none."""


def read(response: Response, format: str = "auto") -> Reading:
    """A stored response, split into thought and answer by its model's thought format."""
    reading = read_response(
        response.text,
        format=format,
        finish=response.finish,
        prompt_opened_thought=response.prompt_opened_thought,
        reasoning=response.reasoning,
    )
    return replace(reading, state=Outcome.MODERATED) if response.moderated else reading


def read_for(prompt: Prompt, response: Response, format: str, parts_by_benchmark: Mapping[str, ScorerParts]) -> Reading:
    """The same for one benchmark: a refusal inside a trace that never ended is a state of its own where it counts."""
    reading = read(response, format)
    if reading.state in UNENDED and reading.thought:
        judged = any(scorer.name in refusal_in_thought.JUDGES for scorer, _ in parts_by_benchmark[prompt.benchmark])
        if judged and refusal_in_thought.refuses(reading.thought):
            return replace(reading, state=Outcome.REFUSED_IN_THOUGHT)
    return reading


def texts(reads: Iterable[Read], parts_by_benchmark: Mapping[str, ScorerParts]) -> Iterator[Text]:
    """Every text of responses that is to be scored."""
    for one in reads:
        prompt, response, reading = one
        for scorer, part in parts_by_benchmark[prompt.benchmark]:
            yield one, scorer, part, text_for(prompt, response, reading, scorer, part)


def judged(
    responses: Iterable[tuple[Prompt, Response]],
    arm: Arm,
    parts_by_benchmark: Mapping[str, ScorerParts],
    format: str = "auto",
) -> list[Score]:
    """Scores of responses; each scorer gets its texts in one batch."""
    reads = [(prompt, r, read_for(prompt, r, format, parts_by_benchmark)) for prompt, r in responses]
    return scored(reads, arm, parts_by_benchmark)


def scored(reads: Iterable[Read], arm: Arm, parts_by_benchmark: Mapping[str, ScorerParts]) -> list[Score]:
    """The same for responses that were read."""
    scores: list[Score] = []
    waiting: dict[str, list[tuple[Scorer, Read, Part, str]]] = defaultdict(list)
    for one, scorer, part, text in texts(reads, parts_by_benchmark):
        if isinstance(text, str):
            waiting[scorer.name].append((scorer, one, part, text))
        else:
            scores.append(_score(one, arm, scorer, part, text))
    for batch in waiting.values():
        judgements = judge_all(batch[0][0], [(prompt, text) for _, (prompt, _, _), _, text in batch])
        scores += [
            _score(one, arm, scorer, part, judgement)
            for (scorer, one, part, _), judgement in zip(batch, judgements, strict=True)
        ]
    return scores


def _score(one: Read, arm: Arm, scorer: Scorer, part: Part, judgement: Judgement) -> Score:
    prompt, response, _ = one
    return Score(prompt.id, arm, response.draw, scorer.name, part, judgement.value, judgement.outcome, judgement.reason)


def text_for(prompt: Prompt, response: Response, reading: Reading, scorer: Scorer, part: Part) -> str | Judgement:
    """The text to be scored, or the judgement where there is none."""
    if scorer.name == "recorded":
        return _recorded(response)
    if part is Part.RELEASED:
        return _released(response, reading)
    if part is Part.THOUGHT:
        if not reading.thought:
            return Judgement(None, Outcome.EMPTY, "no thought")
        return withheld(prompt, reading.thought, part, scorer) or reading.thought
    if reading.state not in scorer.accepts:
        return Judgement(None, reading.state, response.error or reading.state.value)
    return withheld(prompt, reading.answer, part, scorer) or reading.answer


def _released(response: Response, reading: Reading) -> str | Judgement:
    """The answer as the released code cuts it, which drops failed requests alone."""
    if reading.state in (Outcome.ERROR, Outcome.MODERATED):
        return Judgement(None, reading.state, response.error or reading.state.value)
    return released_answer(response.text, reading.format, response.reasoning)


def _recorded(response: Response) -> Judgement:
    value = response.recorded.get("score")
    if value is None:
        return Judgement(None, Outcome.JUDGE_FAILED, "no recorded score")
    return Judgement(float(value))
