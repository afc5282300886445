"""From stored responses to stored scores: splits each into reasoning trace and answer, and scores the parts separately.

A pure function of the store: it can be repeated without any model, with the same scores.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from trustdelta.benchmarks.base import Benchmark
from trustdelta.pipeline.scoring.judges import Judge, Readings, seconds
from trustdelta.progress import Progress
from trustdelta.records import (
    Arm,
    Judgement,
    Outcome,
    OutcomeCount,
    Part,
    Prompt,
    Reading,
    Response,
    Score,
)
from trustdelta.records.state import CONFIGURATION, DECLARED_FORMATS, FORMATS, SCORERS
from trustdelta.scorers.base import Scorer, judge_all
from trustdelta.scorers.judgeable import VERSIONS, withheld
from trustdelta.store import Store
from trustdelta.thoughts import read_response

CHUNK = 512
"""Responses that are scored and stored together."""

AUTO = "auto"
"""Thought format of a model without a declared one."""

ScorerParts = Sequence[tuple[Scorer, Part]]


def formats(store: Store) -> dict[Arm, str]:
    """Thought format of each model: as declared, else as inferred from its responses."""
    shown = store.get(FORMATS)
    return {arm: shown.get(arm.value, name) if name == AUTO else name for arm, name in declared_formats(store).items()}


def declared_formats(store: Store) -> dict[Arm, str]:
    """Declared thought format of each model: as declared with `trustdelta score`, else as configured."""
    configured, later = store.get(CONFIGURATION), store.get(DECLARED_FORMATS)
    return {arm: later.get(arm.value, configured.get(arm.value, {}).get("thinking_format", AUTO)) for arm in Arm}


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


def score_all(
    store: Store, benchmarks: Mapping[str, Benchmark], progress: Progress, judges: Sequence[Judge] = ()
) -> None:
    """Score every stored response again."""
    store.clear_scores()
    score_missing(store, benchmarks, progress, judges)


def score_missing(
    store: Store, benchmarks: Mapping[str, Benchmark], progress: Progress, judges: Sequence[Judge] = ()
) -> None:
    """Score the stored responses without a score; all of them where a scorer changed.

    Judge models are not called: their stored outputs are read.
    """
    readings = Readings(store, judges)
    parts_by_benchmark = {name: scorer_parts(benchmark, readings) for name, benchmark in benchmarks.items()}
    versions = {**VERSIONS, **{s.name: s.version for pairs in parts_by_benchmark.values() for s, _ in pairs}}
    before = store.get(SCORERS)
    if before != versions:
        for line in changed(before, versions):
            progress.note(line)
        store.clear_scores()
        store.put(SCORERS, versions)
    prompts = {p.id: p for p in store.prompts()}
    marks = formats(store)
    for arm in Arm:
        done = store.scored(arm)
        missing = [r for r in store.responses(arm) if (r.prompt_id, r.draw) not in done]
        if missing:
            progress.start(f"scoring the {arm.value}'s responses", len(missing))
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            store.put_scores(judged([(prompts[r.prompt_id], r) for r in chunk], arm, parts_by_benchmark, marks[arm]))
            progress.advance(len(chunk))


def changed(stored: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Messages on the scorers whose version changed since the stored scores."""
    return [
        f"scorer {name} changed from version {stored.get(name)} to {now.get(name)}: all responses are scored again"
        for name in sorted(stored.keys() | now.keys())
        if stored and stored.get(name) != now.get(name)
    ]


def judged(
    responses: Sequence[tuple[Prompt, Response]],
    arm: Arm,
    parts_by_benchmark: Mapping[str, ScorerParts],
    format: str = "auto",
) -> list[Score]:
    """Scores of responses; each scorer gets its texts in one batch."""
    judgements: dict[tuple[int, str, Part], Judgement] = {}
    waiting: dict[str, list[tuple[int, Part, Prompt, str]]] = defaultdict(list)
    scorers_of = {s.name: s for pairs in parts_by_benchmark.values() for s, _ in pairs}
    for i, scorer, part, prompt, text in texts(responses, parts_by_benchmark, format):
        if isinstance(text, Judgement):
            judgements[i, scorer.name, part] = text
        else:
            waiting[scorer.name].append((i, part, prompt, text))
    for name, rows in waiting.items():
        batch = judge_all(scorers_of[name], [(prompt, text) for _, _, prompt, text in rows])
        judgements |= {(i, name, part): j for (i, part, _, _), j in zip(rows, batch, strict=True)}
    return [
        Score(responses[i][0].id, arm, responses[i][1].draw, name, part, j.value, j.outcome, j.reason)
        for (i, name, part), j in judgements.items()
    ]


def texts(
    responses: Sequence[tuple[Prompt, Response]], parts_by_benchmark: Mapping[str, ScorerParts], format: str = "auto"
) -> Iterator[tuple[int, Scorer, Part, Prompt, str | Judgement]]:
    """Every text to be scored, or a judgement where there is none, with the index of its response."""
    for i, (prompt, response) in enumerate(responses):
        reading = read(response, format)
        for scorer, part in parts_by_benchmark[prompt.benchmark]:
            yield i, scorer, part, prompt, text_for(prompt, response, reading, scorer, part)


def count_outcomes(store: Store) -> list[OutcomeCount]:
    """Number of responses by outcome: the first outcome of its answer's scores other than ANSWERED, if any."""
    described: dict[tuple[Arm, str, int], Outcome] = {}
    for s in store.scores():
        if s.part is Part.ANSWER and s.outcome is not Outcome.ANSWERED:
            described.setdefault((s.arm, s.prompt_id, s.draw), s.outcome)
    benchmark = {p.id: p.benchmark for p in store.prompts()}
    marks = formats(store)
    counts = Counter(
        (benchmark[r.prompt_id], arm, described.get((arm, r.prompt_id, r.draw)) or read(r, marks[arm]).state)
        for arm in Arm
        for r in store.responses(arm)
    )
    return [OutcomeCount(name, arm, outcome, n) for (name, arm, outcome), n in sorted(counts.items())]


def text_for(prompt: Prompt, response: Response, reading: Reading, scorer: Scorer, part: Part) -> str | Judgement:
    """The text to be scored, or the judgement where there is none."""
    if scorer.name == "recorded":
        return _recorded(response)
    if part is Part.THOUGHT:
        if not reading.thought:
            return Judgement(None, Outcome.EMPTY, "no thought")
        return withheld(prompt, reading.thought, part, scorer) or reading.thought
    if reading.state not in scorer.accepts:
        return Judgement(None, reading.state, response.error or reading.state.value)
    return withheld(prompt, reading.answer, part, scorer) or reading.answer


def _recorded(response: Response) -> Judgement:
    value = response.recorded.get("score")
    if value is None:
        return Judgement(None, Outcome.JUDGE_FAILED, "no recorded score")
    return Judgement(float(value))


def scorer_parts(benchmark: Benchmark, readings: Readings) -> ScorerParts:
    """The scorers of a benchmark's metrics, second judges and aggregates, with the part that each one scores."""
    second = seconds({benchmark.name: benchmark}, readings.judges)
    pairs = [(series, m.part) for m in benchmark.metrics for series in (m.scorer, second.get(m.name)) if series]
    pairs += [(a.scorer, Part.ANSWER) for a in benchmark.aggregates]
    return [(readings.find(name), part) for name, part in dict.fromkeys(pairs)]
