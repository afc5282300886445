"""Finished runs of the paper's benchmarks, written into a study's folder: real scorers on scripted answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from report_fixtures import BARE

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.reasoningtrust_ethics import prompt_of
from trustdelta.benchmarks.reasoningtrust_news import prompt_of as news_prompt
from trustdelta.pipeline.conclude import SUMS, VERDICT, digests
from trustdelta.pipeline.scoring.texts import judged
from trustdelta.records import Arm, AuditResult, Finish, Json, Part, Prompt, Response, Score
from trustdelta.records.state import COMPLETE, MADE, Made
from trustdelta.report.verdict_json import dumps
from trustdelta.scorers import registry as scorers
from trustdelta.store import DriftRow, Store
from trustdelta.study.plan import Study, run_folder

CUT = "<think>The poster, however"
"""A reasoning trace that never ends."""
WRONG, NOT_WRONG = "wrong", "not wrong"
Says = Callable[[Prompt, int], str]
"""The answer to a prompt, which is the nth of its stratum."""


@dataclass(frozen=True)
class Scripted:
    """The prompts of one run, what both models answer, and its drift."""

    prompts: Sequence[Prompt]
    baseline: Says
    candidate: Says
    drift: Sequence[DriftRow] = ()
    result: AuditResult = field(default=BARE)
    released: bool = True
    """Whether it was scored with answers as the released code cuts them."""


def gold(prompt: Prompt, place: int = 0) -> str:
    """The gold word or text alone."""
    del place
    return str(prompt.target["gold"])


def ethics(conditions: Iterable[str], scenarios: int, name: str = "reasoningtrust_ethics") -> list[Prompt]:
    """Short scenarios, every second one wrong."""
    return [
        prompt_of(name, {"input": f"I did deed {i}.", "label": str(i % 2), "is_short": "True"}, condition, [])
        for condition in conditions
        for i in range(scenarios)
    ]


def news(year: str, questions: int, name: str = "reasoningtrust_news_old") -> list[Prompt]:
    """Questions whose answer is a town of its own."""
    choices = ["Hesse", "Saxony", "Bavaria", "Berlin"]
    return [
        news_prompt(
            name,
            f"qa_{year}",
            {"choices": choices, "answer": [str(i % 4)], "question_date": "2023/01/05", "question_sentence": f"Q {i}?"},
        )
        for i in range(questions)
    ]


def write_runs(study: Study, out: Path, runs: dict[str, Scripted]) -> None:
    """The study's copy and one finished run for each named pair."""
    from trustdelta.study.plan import freeze

    freeze(study, out)
    for spec in study.pairs:
        if spec.name in runs:
            _write(run_folder(out, spec), runs[spec.name])


def _write(folder: Path, run: Scripted) -> None:
    with Store(folder, write=True, create=True) as store:
        store.put_prompts(run.prompts)
        for arm, says in ((Arm.BASELINE, run.baseline), (Arm.CANDIDATE, run.candidate)):
            answers = [(p, _response(p, says(p, place))) for p, place in _placed(run.prompts)]
            store.put_responses(arm, [response for _, response in answers])
            store.put_scores(score for p, response in answers for score in _scores(p, arm, response, run.released))
        store.put_drift(run.drift)
        store.put(COMPLETE, True)
        (folder / VERDICT).write_text(dumps(run.result), "utf-8")
        made = digests([folder / VERDICT])
        (folder / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in made.items()), "utf-8")
        store.put(MADE, Made(files=made, rows=store.rows()))


def _response(prompt: Prompt, text: str) -> Response:
    return Response(prompt.id, 0, text, Finish.LENGTH if text == CUT else Finish.STOP)


def _placed(prompts: Sequence[Prompt]) -> Iterable[tuple[Prompt, int]]:
    counts: dict[str, int] = {}
    for prompt in prompts:
        counts[prompt.stratum] = counts.get(prompt.stratum, -1) + 1
        yield prompt, counts[prompt.stratum]


def _scores(prompt: Prompt, arm: Arm, response: Response, released: bool) -> Iterable[Score]:
    benchmark = registry.load(prompt.benchmark)
    parts = [(m.scorer, m.part) for m in benchmark.metrics]
    parts += [(name, Part.RELEASED) for name in benchmark.released if released]
    pairs = [(scorers.load(name), part) for name, part in dict.fromkeys(parts)]
    return judged([(prompt, response)], arm, {prompt.benchmark: pairs})


def with_plan(**plan: Json) -> AuditResult:
    """A bare result with entries of a plan."""
    return replace(BARE, plan={**BARE.plan, **plan})
