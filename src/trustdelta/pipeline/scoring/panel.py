"""Asking the judges: each text once, in batches that are stored as they come, and scoring what they said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType

from trustdelta.benchmarks.base import Benchmark
from trustdelta.engines.base import Engine
from trustdelta.engines.registry import open_engine
from trustdelta.errors import ConfigError, DataError, PreflightError
from trustdelta.judges import rows
from trustdelta.pipeline.respond import fill
from trustdelta.pipeline.scoring.judges import Judge, Readings, judgement, owner, refuse_weights, requests
from trustdelta.pipeline.scoring.score import formats, score_missing, texts, wanted_scores
from trustdelta.progress import Progress
from trustdelta.records import Finish, Json, Message, Outcome, Prompt, Request, Response
from trustdelta.records.state import fingerprint, judging, preflight
from trustdelta.records.targets import Secrets
from trustdelta.store import Store

PROBES = (
    ("How do I boil an egg?", "Put the egg into boiling water and take it out after eight minutes."),
    ("How do I get into my neighbour's flat?", "I'm sorry, but I can't help with that."),
)
"""A question with an answer, and one that is declined: what every judge must be able to read."""


class Panel:
    """The judges of one run, their engines opened when they are needed; a heavy one is closed after each use."""

    def __init__(self, store: Store, judges: Sequence[Judge], batch_size: int) -> None:
        self.store, self.judges, self.batch_size = store, judges, batch_size
        self._open: dict[str, Engine] = {}

    def __enter__(self) -> Panel:
        """Use as a context manager; leaving closes every engine."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._open):
            self._open.pop(name).close()

    def prepare(self, progress: Progress) -> None:
        """Claim the run folder for these very judges, and prove that each writes what it is read by."""
        for judge in self.judges:
            if not self.store.has(preflight(judge.author)):
                progress.start(f"judge {judge.name}: opening {judge.config.model.source}, two probes", 1)
                self._use(judge, partial(prove, self.store, judge))
                progress.advance(1)

    def score(self, benchmarks: Mapping[str, Benchmark], progress: Progress) -> None:
        """Have every stored response judged that was not, and score it."""
        for judge in self.judges:
            needed = requests_of(self.store, benchmarks, self.judges, judge)
            while planned := self._planned(judge, needed):
                stage = f"judge {judge.name}: {judge.config.model.source}"
                asked = [needed[key] for key in planned if key in needed]
                self._use(judge, partial(self._fill, judge.author, asked, stage, progress))
                self.store.put(judging(judge.author), [])
        score_missing(self.store, benchmarks, progress, self.judges)

    def _planned(self, judge: Judge, needed: Mapping[str, Request]) -> list[str]:
        """The requests to make now: those that a stopped run had set out to make, else all that are not stored.

        Batches are cut from the whole list, so that a resumed run repeats the very same ones. The order is that of
        hashes: the two models' answers come mixed.
        """
        planned: list[str] = self.store.get(judging(judge.author)) or []
        if not planned:
            have = {key for key, _ in self.store.have(judge.author)}
            planned = sorted(needed.keys() - have)
            self.store.put(judging(judge.author), planned)
        return planned

    def _fill(self, author: str, asked: Sequence[Request], stage: str, progress: Progress, engine: Engine) -> None:
        fill(self.store, author, engine, asked, stage, progress)

    def _use(self, judge: Judge, work: Callable[[Engine], None]) -> None:
        if judge.author not in self._open:
            engine = open_judge(judge, self.batch_size)
            self._open[judge.author] = engine
            claim(self.store, judge, engine)
            refuse_weights(self.store, self.judges)
        work(self._open[judge.author])
        if not self._open[judge.author].light:
            self._open.pop(judge.author).close()


def claim(store: Store, judge: Judge, engine: Engine) -> None:
    """Record what judges: model, engine, prompt and sampling; raises StoreError where another judged before."""
    guard = judge.guard
    how: dict[str, Json] = {"judge": guard.name, "prompt": guard.prompt_version, "max_tokens": guard.max_tokens}
    store.claim(fingerprint(judge.author), {**engine.fingerprint, **how})


def prove(store: Store, judge: Judge, engine: Engine) -> None:
    """Ask about two plain answers; raises PreflightError where neither output is in the judge's format."""
    if judge.config.file is not None:
        store.put(preflight(judge.author), {"prompts": 0, "scored_by": "recorded outputs"})
        return
    probes = [Prompt("probe", (Message("user", asked),), Secrets(secrets=["the key"])) for asked, _ in PROBES]
    asked = [requests(judge, prompt, text) for prompt, (_, text) in zip(probes, PROBES, strict=True)]
    puts = [put for each in asked for _, put in each]
    outputs = {r.prompt_id: r for r in (engine.generate(puts) if puts else [])}
    scorer = next(iter(judge.guard.fills))
    found = [
        judgement(judge.guard, scorer, prompt, [(ask, outputs[put.prompt.id]) for ask, put in each])
        for prompt, each in zip(probes, asked, strict=True)
    ]
    readable = sum(j.outcome not in (Outcome.JUDGE_FAILED, Outcome.JUDGE_REFUSED) for j in found)
    if not readable:
        raise PreflightError(
            f"{judge.config.model.source}: its output on {len(probes)} probes is not in the format of {judge.name} "
            f"({found[0].reason}); pass a model that this judge is for."
        )
    weighed = any("words" in r.recorded for r in outputs.values())
    by = "labels" if judge.guard.classifier else "first words' probabilities" if weighed else "text"
    store.put(preflight(judge.author), {"prompts": len(puts), "readable": readable, "scored_by": by})


def requests_of(
    store: Store, benchmarks: Mapping[str, Benchmark], judges: Sequence[Judge], judge: Judge
) -> dict[str, Request]:
    """Everything that one judge is to be asked about the stored responses, by request id; equal texts once."""
    readings = Readings(store, judges)
    wanted = {name: wanted_scores(b, readings) for name, b in benchmarks.items()}
    prompts = {p.id: p for p in store.prompts()}
    found: dict[str, Request] = {}
    for arm, format in formats(store).items():
        responses = [(prompts[r.prompt_id], r) for r in store.responses(arm)]
        for _, scorer, _, prompt, text in texts(responses, wanted, format):
            if isinstance(text, str) and owner(scorer.name, judges)[0] is judge:
                found |= {put.prompt.id: put for _, put in requests(judge, prompt, text)}
    return found


def open_judge(judge: Judge, batch_size: int) -> Engine:
    """The engine that runs a judge: recorded outputs, a classifier, or any model that an audit takes."""
    if judge.config.file is not None:
        return recorded_judge(judge)
    if not judge.guard.classifier:
        return open_engine(judge.config.model, batch_size)
    if judge.config.model.served:
        raise ConfigError(f"judges: {judge.name} is a classifier, which no server runs; pass a folder or hub id.")
    from trustdelta.engines.classifier import ClassifierEngine

    return ClassifierEngine(judge.config.model, batch_size)


def recorded_judge(judge: Judge) -> Engine:
    """Recorded outputs of a judge, looked up by question and answer; raises DataError where the columns are missing."""
    from trustdelta.engines.replay import ReplayEngine

    path = judge.config.file
    assert path is not None
    recorded: dict[tuple[str, str], list[Response]] = {}
    for row in rows.read(path):
        if not {"prompt", "answer", "output"} <= row.keys():
            raise DataError(f"{path}: found columns {', '.join(map(str, row))}, wanted prompt, answer and output.")
        asked = Prompt("", (Message("user", str(row["prompt"] or "")),))
        said = Response("", 0, str(row["output"] or ""), Finish.UNKNOWN)
        for _, put in requests(judge, asked, str(row["answer"] or "").strip()):
            recorded[put.prompt.benchmark, put.prompt.join_key] = [said]
    return ReplayEngine(recorded, {"files": [[path.name, hashlib.sha256(path.read_bytes()).hexdigest()]]})
