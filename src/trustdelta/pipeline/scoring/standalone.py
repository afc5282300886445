"""A judge outside an audit, to be measured: a built-in scorer by name, or a model as NAME=SOURCE or NAME:SCORER=SOURCE.

A model's outputs are stored in a separate folder, so that a stopped measurement resumes and no text is judged twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from trustdelta.config import JudgeConfig
from trustdelta.errors import UnknownNameError
from trustdelta.pipeline.respond import fill
from trustdelta.pipeline.scoring.judges import Judge, guard_of, judgement, requests
from trustdelta.pipeline.scoring.panel import check_judge, claim, open_judge
from trustdelta.progress import Progress
from trustdelta.records import Judgement, Prompt
from trustdelta.records.state import preflight
from trustdelta.scorers import registry as scorers
from trustdelta.scorers.base import Scorer
from trustdelta.store import Store

BATCH = 128


def measured(spec: str, config: JudgeConfig | None, folder: Path, progress: Progress) -> Scorer:
    """The scorer to be measured. `config`: the judge's model, None for a built-in scorer; `folder`: for its outputs.

    Raises UnknownNameError for an unknown scorer or judge, or a scorer that the judge cannot replace.
    """
    if config is None:
        return scorers.load(spec)
    guard = guard_of(config)
    scorer = named_scorer(spec) or next(iter(guard.fills))
    judge = Judge(guard.name, guard, config)
    if not (scorer in scorers.names() and judge.fills(scorer)) and scorer not in guard.fills:
        raise UnknownNameError.of(f"scorer that {guard.name} replaces", scorer, guard.fills)
    many = partial(judge_many, judge, scorer, folder, progress)
    return Scorer(
        judge.series(scorer),
        f"{guard.reading}+{guard.prompt_version}",
        lambda prompt, text: many([(prompt, text)])[0],
        judge_many=many,
    )


def named_scorer(spec: str) -> str:
    """The scorer in NAME:SCORER=SOURCE; "" without one."""
    return spec.partition("=")[0].partition(":")[2]


def without_scorer(spec: str) -> str:
    """NAME=SOURCE of NAME:SCORER=SOURCE."""
    name, sign, source = spec.partition("=")
    return name.partition(":")[0] + sign + source


def judge_many(
    judge: Judge, scorer: str, folder: Path, progress: Progress, pairs: Sequence[tuple[Prompt, str]]
) -> list[Judgement]:
    """A model's judgements of texts; equal texts are judged once, stored ones not again."""
    calls = [requests(judge, prompt, text) for prompt, text in pairs]
    queue = {request.prompt.id: request for each in calls for _, request in each}
    with Store(folder, write=True, create=True) as store:
        left = sorted(queue.keys() - {key for key, _ in store.have(judge.author)})
        if left:
            engine = open_judge(judge, BATCH)
            try:
                claim(store, judge, engine)
                if not store.has(preflight(judge.author)):
                    check_judge(store, judge, engine)
                fill(store, judge.author, engine, [queue[key] for key in left], f"judge {judge.name}", progress)
            finally:
                engine.close()
        outputs = {r.prompt_id: r for r in store.responses(judge.author)}
    return [
        judgement(judge.guard, scorer, prompt, [(ask, outputs[request.prompt.id]) for ask, request in each])
        for (prompt, _), each in zip(pairs, calls, strict=True)
    ]
