"""Writes responses and scores as Inspect `.eval` logs, with thoughts as reasoning content."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustdelta.errors import FolderError, UsageError
from trustdelta.records import Finish, Message, Prompt, Reading, Response, Score

STOPS = {Finish.STOP: "stop", Finish.LENGTH: "max_tokens", Finish.ERROR: "unknown", Finish.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class LoggedResponse:
    """One response with its prompt, reading and scores."""

    prompt: Prompt
    response: Response
    reading: Reading
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class LogSpec:
    """The header of a log."""

    model: str
    benchmark: str
    audited_as: str
    """baseline or candidate."""
    created: str
    """ISO date and time with an offset."""
    version: str


def write_log(path: Path, spec: LogSpec, responses: Sequence[LoggedResponse]) -> Path:
    """Write one `.eval` log; returns its path.

    Raises UsageError without inspect-ai, FolderError if the file cannot be written.
    """
    try:
        from inspect_ai import log as logs
    except ImportError as error:
        raise UsageError("Inspect logs need the inspect-ai package; pip install 'trustdelta[inspect]'.") from error
    ids = list(dict.fromkeys(r.prompt.id for r in responses))
    draws = 1 + max(r.response.draw for r in responses)
    whole = logs.EvalLog(
        status="success",
        eval=logs.EvalSpec(
            created=spec.created,
            task=spec.benchmark,
            model=spec.model,
            dataset=logs.EvalDataset(name=spec.benchmark, samples=len(ids), sample_ids=ids),
            config=logs.EvalConfig(epochs=draws),
            metadata={"audited_as": spec.audited_as, "trustdelta": spec.version},
        ),
        results=logs.EvalResults(
            total_samples=len(responses),
            completed_samples=sum(r.response.finish is not Finish.ERROR for r in responses),
            scores=results(logs, responses),
        ),
        samples=[sample(logs, r, spec.model) for r in responses],
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        logs.write_eval_log(whole, str(path))
    except OSError as problem:
        raise FolderError(f"cannot write {path}: {problem.strerror}; pass another folder.") from None
    return path


def sample(logs: Any, logged: LoggedResponse, model: str) -> Any:
    """One sample; its id is the prompt's, its epoch the number of the draw from 1."""
    from inspect_ai.model import ChatCompletionChoice, ModelOutput, ModelUsage

    response, messages = logged.response, [message(m) for m in logged.prompt.messages]
    answer = assistant_message(logged.reading)
    used = ModelUsage(
        input_tokens=response.prompt_tokens,
        output_tokens=response.completion_tokens,
        total_tokens=response.prompt_tokens + response.completion_tokens,
    )
    choice = ChatCompletionChoice(message=answer, stop_reason=STOPS[response.finish])
    target = logged.prompt.target
    return logs.EvalSample(
        id=logged.prompt.id,
        epoch=response.draw + 1,
        input=messages,
        target=target if isinstance(target, str) else json.dumps(target, sort_keys=True, ensure_ascii=False),
        messages=[*messages, answer],
        output=ModelOutput(model=model, choices=[choice], usage=used, error=response.error or None),
        scores={series(s): inspect_score(s) for s in logged.scores},
        metadata={
            "cluster": logged.prompt.cluster,
            "stratum": logged.prompt.stratum,
            "seed": response.seed,
            "state": logged.reading.state.value,
            "thought_format": logged.reading.format,
            **({"asked": response.asked} if response.asked else {}),
        },
        model_usage={model: used},
        total_time=response.seconds,
    )


def message(prompt_message: Message) -> Any:
    """A message of the prompt."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    return kinds[prompt_message.role](content=prompt_message.content)


def assistant_message(reading: Reading) -> Any:
    """The model's message: its thought, if any, as reasoning content, and its answer."""
    from inspect_ai.model import ChatMessageAssistant, ContentReasoning, ContentText

    thought = [] if reading.thought is None else [ContentReasoning(reasoning=reading.thought)]
    return ChatMessageAssistant(content=[*thought, ContentText(text=reading.answer)])


def series(score: Score) -> str:
    """The name of a series of scores: the scorer, with the part for thoughts."""
    return score.scorer if score.part.value == "answer" else f"{score.scorer}_{score.part.value}"


def inspect_score(score: Score) -> Any:
    """A score; a missing one is NaN, which Inspect treats as unscored, with the reason."""
    from inspect_ai.scorer import Score as InspectScore

    return InspectScore(
        value=math.nan if score.value is None else score.value,
        explanation=score.reason or None,
        metadata={"outcome": score.outcome.value},
    )


def results(logs: Any, responses: Sequence[LoggedResponse]) -> list[Any]:
    """Mean of each series over scored responses, with the counts of scored and unscored responses."""
    values_by_series: dict[str, list[float | None]] = {}
    for score in (s for r in responses for s in r.scores):
        values_by_series.setdefault(series(score), []).append(score.value)
    scores = []
    for name, values in values_by_series.items():
        numbers = [v for v in values if v is not None]
        mean = {"mean": logs.EvalMetric(name="mean", value=sum(numbers) / len(numbers))} if numbers else {}
        counts = {"scored_samples": len(numbers), "unscored_samples": len(values) - len(numbers)}
        scores.append(logs.EvalScore(name=name, scorer=name, metrics=mean, **counts))
    return scores
