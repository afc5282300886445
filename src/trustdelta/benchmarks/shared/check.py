"""Validates benchmarks without a model: pinned data, unique ids, published counts, scores of known answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer
from trustdelta.benchmarks.shared.known import first_of_each
from trustdelta.benchmarks.shared.rows import none_of_its_own
from trustdelta.errors import DataError, NotAvailableError, UnknownNameError
from trustdelta.records import Finish, Json, Metric, Outcome, Part, Prompt
from trustdelta.scorers import recorded
from trustdelta.scorers import registry as scorers
from trustdelta.scorers.judgeable import withheld
from trustdelta.thoughts import read_response

EXAMPLES = 3
"""Prompts that `show` prints, each from a different stratum."""
MARGINS = "less where the baseline's harm is rarer than the margin; times 0.8 where a judge is not checked by labels"
PROVEN, ON_FIXTURE, FAILED, NOT_RUN = "proven on data", "proven on fixture", "failed", "not run"


@dataclass(frozen=True, slots=True)
class Fixture:
    """A data source of small files with the published columns."""

    texts: Mapping[tuple[str, str], str]
    """Texts by repository and path."""

    def text(self, source: str, path: str) -> str:
        """The text of one file; raises NotAvailableError where the fixture has none."""
        if (source, path) not in self.texts:
            raise NotAvailableError(f"{source}: {path} is not in the fixture.")
        return self.texts[source, path]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The check of one benchmark."""

    name: str
    """Name of the benchmark."""
    state: str
    """Proven on data: the published data, or generated prompts. Proven on fixture: the data are not available, or come
    with recorded responses, and the loader read rows with the published columns. Not run: the data are not available
    and only known answers were checked. Failed: see `problems`."""
    count: int
    """Number of prompts."""
    expected_count: int | None
    """Expected number of prompts; None: unknown."""
    known_answers: int
    """Number of known answers."""
    problems: tuple[str, ...] = ()
    """Problems, or why the data are not available."""
    published: str = ""
    """Published count, in words."""


def check(names: Iterable[str], data: DataSource) -> list[CheckResult]:
    """Check benchmarks by name; raises UnknownNameError for an unknown name."""
    return [check_one(registry.load(name), data) for name in names]


def check_one(benchmark: Benchmark, data: DataSource) -> CheckResult:
    """Check one benchmark: on its data, else on its fixture, else on its known answers alone."""
    try:
        if benchmark.fixture_rows:
            return _proof(benchmark, lambda: benchmark.from_rows(benchmark.fixture_rows), ON_FIXTURE)
        return _proof(benchmark, lambda: list(benchmark.load(data)), PROVEN)
    except NotAvailableError as problem:
        missing = str(problem)
    except DataError as problem:
        return _result(benchmark, FAILED, [], [str(problem)])
    if benchmark.fixture:
        result = _proof(benchmark, lambda: list(benchmark.load(Fixture(benchmark.fixture))), ON_FIXTURE)
        return replace(result, problems=(missing, *result.problems))
    answers, wrong = _wrong_answers(benchmark, [])
    return _result(benchmark, FAILED if wrong else NOT_RUN, [], [missing, *wrong], answers)


def _proof(benchmark: Benchmark, load: Callable[[], list[Prompt]], state: str) -> CheckResult:
    """Check prompts and known answers; counts only on data, since a fixture has few prompts."""
    prompts, again = load(), load()
    problems = _wrong_prompts(benchmark, prompts, again)
    if state == PROVEN:
        problems += _wrong_counts(benchmark, prompts)
    answers, wrong = _wrong_answers(benchmark, prompts)
    return _result(benchmark, FAILED if problems or wrong else state, prompts, [*problems, *wrong], answers)


def _result(
    benchmark: Benchmark, state: str, prompts: Sequence[Prompt], problems: Sequence[str], answers: int = 0
) -> CheckResult:
    expected, published = benchmark.expected_count, benchmark.published
    return CheckResult(benchmark.name, state, len(prompts), expected, answers, tuple(problems), published)


def _wrong_prompts(benchmark: Benchmark, prompts: Sequence[Prompt], again: Sequence[Prompt]) -> list[str]:
    problems = []
    if not prompts and benchmark.load is not none_of_its_own:
        problems.append("it has no prompts")
    if prompts != again:
        problems.append("loading twice gives different prompts")
    if (most := Counter(p.id for p in prompts).most_common(1)) and most[0][1] > 1:
        problems.append(f"prompt {most[0][0]} appears {most[0][1]} times")
    if any(p.benchmark != benchmark.name for p in prompts):
        problems.append("a prompt names another benchmark")
    return problems


def _wrong_counts(benchmark: Benchmark, prompts: Sequence[Prompt]) -> list[str]:
    problems = []
    if benchmark.expected_count not in (None, len(prompts)):
        problems.append(f"found {len(prompts)} prompts, wanted {benchmark.expected_count}")
    strata = {p.stratum for p in prompts}
    for metric in benchmark.metrics:
        if prompts and not set(metric.strata) <= strata:
            problems.append(f"metric {metric.name} has strata without prompts: {set(metric.strata) - strata}")
    return problems


def _wrong_answers(benchmark: Benchmark, prompts: Sequence[Prompt]) -> tuple[int, list[str]]:
    """Number of known answers, and the problems of those with other scores than expected."""
    known = list(benchmark.proofs(prompts))
    problems = [problem for answer in known for problem in _differences(answer)]
    unproven = not known and benchmark.scorers != (recorded.SCORER.name,)
    return len(known), ["it has no known answers"] if unproven else problems


def _differences(answer: KnownAnswer) -> list[str]:
    values, outcome = judged(answer.prompt, answer.text, answer.finish, answer.expected)
    problems = [
        f"{answer.kind}: {name} gave {values[name]}, wanted {value}"
        for name, value in answer.expected.items()
        if values[name] != value
    ]
    if answer.outcome is not None and outcome is not answer.outcome:
        problems.append(f"{answer.kind}: ended as {outcome.value}, wanted {answer.outcome.value}")
    return problems


def judged(prompt: Prompt, text: str, finish: Finish, names: Iterable[str]) -> tuple[dict[str, float | None], Outcome]:
    """Scores and outcome of a raw response, computed as in an audit."""
    reading = read_response(text, finish=finish)
    values: dict[str, float | None] = {}
    described = reading.state
    for name in names:
        scorer = scorers.load(name)
        if reading.state not in scorer.accepts:
            values[name] = None
            continue
        judgement = withheld(prompt, reading.answer, Part.ANSWER, scorer) or scorer.judge(prompt, reading.answer)
        values[name] = judgement.value
        if described is Outcome.ANSWERED:
            described = judgement.outcome
    return values, described


def show(benchmark: Benchmark, data: DataSource, margin_of: Callable[[Metric], float]) -> Mapping[str, Json]:
    """Description of one benchmark as JSON: paper, licence, counts, prompts, metrics, margins, budget.

    `margin_of` returns the largest margin of a metric, in the metric's units.
    """
    try:
        prompts, problem = list(benchmark.load(data)), ""
    except DataError as error:
        prompts, problem = [], str(error)
    return {
        "name": benchmark.name,
        "title": benchmark.title,
        "dimension": benchmark.dimension.value,
        "paper": benchmark.paper,
        "licence": benchmark.licence,
        "source": benchmark.source,
        "prompts": len(prompts),
        "expected_prompts": benchmark.expected_count,
        "published": benchmark.published,
        "strata": dict(Counter(p.stratum for p in prompts)),
        "clusters": len({p.cluster or p.id for p in prompts}),
        "example": _example(benchmark, prompts),
        "metrics": [_metric(m, margin_of(m)) for m in benchmark.metrics],
        "margins": MARGINS,
        "budget": {
            "answer": benchmark.answer_tokens,
            "thought": benchmark.thought_tokens,
            "suggested_draws": benchmark.draws,
        },
        "not_run": problem,
        "notes": list(benchmark.notes),
    }


def _example(benchmark: Benchmark, prompts: Sequence[Prompt]) -> Json:
    """Messages of the first prompt of up to three strata; personal data of real people are not shown."""
    if benchmark.personal:
        return "not shown: personal data of real people"
    shown = first_of_each(prompts)[:EXAMPLES]
    return [
        {"stratum": p.stratum, "messages": [{"role": m.role, "content": m.content} for m in p.messages]} for p in shown
    ]


def _metric(metric: Metric, margin: float) -> Json:
    return {
        "name": metric.name,
        "title": metric.title,
        "role": metric.role.value,
        "better": metric.better.value,
        "scorer": metric.scorer,
        "version": _version(metric.scorer),
        "part": metric.part.value,
        "strata": list(metric.strata),
        "tier": metric.tier,
        "margin": margin,
        "reduce": metric.reduce,
        "judged": metric.judged,
        "source": metric.source,
    }


def _version(name: str) -> str | None:
    """The version of a scorer; None where it is not installed."""
    try:
        return scorers.load(name).version
    except UnknownNameError:
        return None
