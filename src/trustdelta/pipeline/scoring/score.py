"""From stored responses to stored scores: splits each into reasoning trace and answer, and scores the parts separately.

A pure function of the store: it can be repeated without any model, with the same scores.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import StoreError
from trustdelta.pipeline.scoring.judges import Judge, Readings, seconds
from trustdelta.pipeline.scoring.outline import Outline
from trustdelta.pipeline.scoring.pages import Page, PageScorer, Scored, outline_of
from trustdelta.pipeline.scoring.texts import ScorerParts
from trustdelta.pipeline.workers import Job, Workers
from trustdelta.progress import Progress
from trustdelta.records import Arm, Part, Prompt
from trustdelta.records.state import CONFIGURATION, DECLARED_FORMATS, FORMATS, SCORERS
from trustdelta.scorers.judgeable import VERSIONS
from trustdelta.store import PAGE, Store
from trustdelta.thoughts import VERSION as PARSER
from trustdelta.thoughts.released import VERSION as RELEASED_VERSION

CHUNK = 512
"""Responses that this process scores and stores together; workers get larger pages."""

RELEASED = "answers as released"
"""Name of the cut of `thoughts.released` among the versions of scorers."""
AUTO = "auto"
"""Thought format of a model without a declared one."""


def formats(store: Store) -> dict[Arm, str]:
    """Thought format of each model: as declared, else as inferred from its responses."""
    shown = store.get(FORMATS)
    return {arm: shown.get(arm.value, name) if name == AUTO else name for arm, name in declared_formats(store).items()}


def declared_formats(store: Store) -> dict[Arm, str]:
    """Declared thought format of each model: as declared with `trustdelta score`, else as configured."""
    configured, later = store.get(CONFIGURATION), store.get(DECLARED_FORMATS)
    return {arm: later.get(arm.value, configured.get(arm.value, {}).get("thinking_format", AUTO)) for arm in Arm}


def score_all(
    store: Store,
    benchmarks: Mapping[str, Benchmark],
    progress: Progress,
    judges: Sequence[Judge] = (),
    workers: Workers | None = None,
) -> dict[Arm, Outline]:
    """Score every stored response again."""
    store.clear_scores()
    return score_missing(store, benchmarks, progress, judges, workers)


def score_missing(
    store: Store,
    benchmarks: Mapping[str, Benchmark],
    progress: Progress,
    judges: Sequence[Judge] = (),
    workers: Workers | None = None,
) -> dict[Arm, Outline]:
    """Score the stored responses without a score (all where a scorer changed), and outline all responses.

    Judge models are not called: their stored outputs are read.
    """
    readings = Readings(store, judges)
    parts_by_benchmark = {name: scorer_parts(benchmark, readings) for name, benchmark in benchmarks.items()}
    versions = versions_of(parts_by_benchmark)
    before = store.get(SCORERS)
    if before != versions:
        for line in changed(before, versions):
            progress.note(line)
        store.clear_scores()
        store.put(SCORERS, versions)
    marks, prompts = formats(store), {p.id: p for p in store.prompts()}
    outlines = {}
    for arm in Arm:
        job = PageScorer(arm, marks[arm], parts_by_benchmark).job(judges=bool(judges))
        outlines[arm] = score_pages(store, arm, job, prompts, progress, workers or Workers(1))
    return outlines


def outlines_of(store: Store, benchmarks: Mapping[str, Benchmark], judges: Sequence[Judge] = ()) -> dict[Arm, Outline]:
    """The outlines of all responses of a scored run; nothing is scored or written.

    Raises StoreError where a scorer or the parser changed since, or a response has no score.
    """
    readings = Readings(store, judges)
    parts_by_benchmark = {name: scorer_parts(benchmark, readings) for name, benchmark in benchmarks.items()}
    stored = store.get(SCORERS)
    if lines := changed(stored, versions_of(parts_by_benchmark)):
        raise StoreError(f"{store.path}: {lines[0]}; run `trustdelta score {store.folder}` first.")
    marks, prompts = formats(store), {p.id: p for p in store.prompts()}
    outlines = {}
    for arm in Arm:
        score = PageScorer(arm, marks[arm], parts_by_benchmark)
        outlines[arm] = Outline(prompts)
        for rows in store.packed_responses(arm, CHUNK):
            page = [(prompts[key], draw, body, False) for key, draw, body in rows]
            outlines[arm].add([(key, draw) for key, draw, _ in rows], outline_of(score(page)))
    return outlines


def versions_of(parts_by_benchmark: Mapping[str, ScorerParts]) -> dict[str, str]:
    """Versions of the scorers, and of what reads responses."""
    scorers = {s.name: s.version for pairs in parts_by_benchmark.values() for s, _ in pairs}
    released = any(part is Part.RELEASED for pairs in parts_by_benchmark.values() for _, part in pairs)
    return {**VERSIONS, "reasoning traces": PARSER, **({RELEASED: RELEASED_VERSION} if released else {}), **scorers}


def score_pages(
    store: Store,
    arm: Arm,
    job: Job[Page, Scored],
    prompts: Mapping[str, Prompt],
    progress: Progress,
    workers: Workers,
) -> Outline:
    """Score and outline one model's responses, page by page; each page's scores are stored when it is done."""
    done, outline = store.scored(arm), Outline(prompts)
    count = store.count(arm)
    if count > len(done):
        progress.start(f"scoring the {arm.value}'s responses", count - len(done))
    size = PAGE if workers.pay_for(job, count - len(done)) else CHUNK
    under_way: deque[Page] = deque()

    def pages() -> Iterator[Page]:
        for rows in store.packed_responses(arm, size):
            page = [(prompts[key], draw, body, (key, draw) not in done) for key, draw, body in rows]
            under_way.append(page)
            yield page

    for scored in workers.map(job, pages(), count - len(done)):
        page = under_way.popleft()
        store.put_score_rows(scored[0])
        outline.add([(prompt.id, draw) for prompt, draw, _, _ in page], outline_of(scored))
        if missing := sum(row[3] for row in page):
            progress.advance(missing)
    return outline


def changed(stored: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Messages on the scorers whose version changed since the stored scores."""
    return [
        f"scorer {name} changed from version {stored.get(name)} to {now.get(name)}: all responses are scored again"
        for name in sorted(stored.keys() | now.keys())
        if stored and stored.get(name) != now.get(name)
    ]


def scorer_parts(benchmark: Benchmark, readings: Readings) -> ScorerParts:
    """The scorers of a benchmark's metrics, second judges and aggregates, with the part that each one scores."""
    second = seconds({benchmark.name: benchmark}, readings.judges)
    pairs = [(series, m.part) for m in benchmark.metrics for series in (m.scorer, second.get(m.name)) if series]
    pairs += [(a.scorer, a.part) for a in benchmark.aggregates]
    pairs += [(a.label, Part.ANSWER) for a in benchmark.aggregates if a.label]
    pairs += [(name, Part.RELEASED) for name in benchmark.released]
    return [(readings.find(name), part) for name, part in dict.fromkeys(pairs)]
