"""From stored responses to stored scores: split each into thought and answer, then judge the parts apart.

A pure function of the store: it runs again without any model, and gives the same scores.
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
"""Responses scored and stored together."""

AUTO = "auto"
"""The thought format of a model of which nobody declared one."""

Wanted = Sequence[tuple[Scorer, Part]]


def formats(store: Store) -> dict[Arm, str]:
    """How each model marks its thoughts: as the user declared, else as its responses show together."""
    shown = store.get(FORMATS)
    return {arm: shown.get(arm.value, name) if name == AUTO else name for arm, name in declared_formats(store).items()}


def declared_formats(store: Store) -> dict[Arm, str]:
    """How the user said that each model marks its thoughts: since the responses were made, else as configured."""
    configured, later = store.get(CONFIGURATION), store.get(DECLARED_FORMATS)
    return {arm: later.get(arm.value, configured.get(arm.value, {}).get("thinking_format", AUTO)) for arm in Arm}


def read(response: Response, format: str = "auto") -> Reading:
    """A stored response split into thought and answer; `format` is how its model marks thoughts."""
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
    """Judge every stored response anew."""
    store.clear_scores()
    score_missing(store, benchmarks, progress, judges)


def score_missing(
    store: Store, benchmarks: Mapping[str, Benchmark], progress: Progress, judges: Sequence[Judge] = ()
) -> None:
    """Judge the stored responses that have no score yet; all of them where a scorer changed since.

    Judges that are models have been asked before: their stored outputs are read.
    """
    readings = Readings(store, judges)
    wanted = {name: wanted_scores(benchmark, readings) for name, benchmark in benchmarks.items()}
    versions = {**VERSIONS, **{s.name: s.version for pairs in wanted.values() for s, _ in pairs}}
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
            progress.start(f"score {arm.value}", len(missing))
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            store.put_scores(judged([(prompts[r.prompt_id], r) for r in chunk], arm, wanted, marks[arm]))
            progress.advance(len(chunk))


def changed(stored: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is said where stored scores are not those that the scorers give now, and so are made again."""
    return [
        f"scorer {name} changed from version {stored.get(name)} to {now.get(name)}: all responses are scored again"
        for name in sorted(stored.keys() | now.keys())
        if stored and stored.get(name) != now.get(name)
    ]


def judged(
    asked: Sequence[tuple[Prompt, Response]], arm: Arm, wanted: Mapping[str, Wanted], format: str = "auto"
) -> list[Score]:
    """Scores of responses; texts that wait for the same scorer are judged together where it can judge many at once."""
    found: dict[tuple[int, str, Part], Judgement] = {}
    waiting: dict[str, list[tuple[int, Part, Prompt, str]]] = defaultdict(list)
    scorers_of = {s.name: s for pairs in wanted.values() for s, _ in pairs}
    for i, scorer, part, prompt, text in texts(asked, wanted, format):
        if isinstance(text, Judgement):
            found[i, scorer.name, part] = text
        else:
            waiting[scorer.name].append((i, part, prompt, text))
    for name, rows in waiting.items():
        judgements = judge_all(scorers_of[name], [(prompt, text) for _, _, prompt, text in rows])
        found |= {(i, name, part): j for (i, part, _, _), j in zip(rows, judgements, strict=True)}
    return [
        Score(asked[i][0].id, arm, asked[i][1].draw, name, part, j.value, j.outcome, j.reason)
        for (i, name, part), j in found.items()
    ]


def texts(
    asked: Sequence[tuple[Prompt, Response]], wanted: Mapping[str, Wanted], format: str = "auto"
) -> Iterator[tuple[int, Scorer, Part, Prompt, str | Judgement]]:
    """Every text that a scorer is to judge, or why there is none, with the position of its response."""
    for i, (prompt, response) in enumerate(asked):
        reading = read(response, format)
        for scorer, part in wanted[prompt.benchmark]:
            yield i, scorer, part, prompt, text_for(prompt, response, reading, scorer, part)


def count_outcomes(store: Store) -> list[OutcomeCount]:
    """How many responses ended in each state: the first thing that kept an answer from being scored plainly, if any."""
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
    """The text that a scorer is to judge, or the judgement where there is none that it could."""
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


def wanted_scores(benchmark: Benchmark, readings: Readings) -> Wanted:
    """The scorers of a benchmark's metrics, second opinions and aggregates, with the part that each one judges."""
    second = seconds({benchmark.name: benchmark}, readings.judges)
    pairs = [(series, m.part) for m in benchmark.metrics for series in (m.scorer, second.get(m.name)) if series]
    pairs += [(a.scorer, Part.ANSWER) for a in benchmark.aggregates]
    return [(readings.find(name), part) for name, part in dict.fromkeys(pairs)]
