"""Proves benchmarks without a model: data as pinned, ids unique, count as published, known answers scored as known."""

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
from trustdelta.scorers import registry as scorers
from trustdelta.scorers.judgeable import withheld
from trustdelta.thoughts import read_response

EXAMPLES = 3
"""Prompts that `show` prints, each of another stratum."""
MARGINS = "less where the baseline's harm is rarer than the margin; times 0.8 where a judge is not checked by labels"
PROVEN, ON_FIXTURE, FAILED, NOT_RUN = "proven on data", "proven on fixture", "failed", "not run"


@dataclass(frozen=True, slots=True)
class Fixture:
    """A data source of a benchmark's own small texts with the published columns."""

    texts: Mapping[tuple[str, str], str]

    def text(self, source: str, path: str) -> str:
        """The text of one file; raises NotAvailableError where the fixture has none."""
        if (source, path) not in self.texts:
            raise NotAvailableError(f"{source}: {path} is not in the fixture.")
        return self.texts[source, path]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the check of one benchmark found; `state` is one of those above, `problems` say why.

    Proven on data: on the published data, or on prompts that it makes itself. Proven on fixture: its data cannot be had
    here, or come with recorded responses; the real code read a few rows with the published columns. Not run: its data
    cannot be had here, and only its known answers were checked.
    """

    name: str
    state: str
    count: int
    expected_count: int | None
    known_answers: int
    problems: tuple[str, ...] = ()
    published: str = ""


def check(names: Iterable[str], data: DataSource) -> list[CheckResult]:
    """Check benchmarks by name; raises UnknownNameError for a name that there is not."""
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
        found = _proof(benchmark, lambda: list(benchmark.load(Fixture(benchmark.fixture))), ON_FIXTURE)
        return replace(found, problems=(missing, *found.problems))
    answers, wrong = _wrong_answers(benchmark, [])
    return _result(benchmark, FAILED if wrong else NOT_RUN, [], [missing, *wrong], answers)


def _proof(benchmark: Benchmark, load: Callable[[], list[Prompt]], state: str) -> CheckResult:
    """Prompts as they should be, and known answers judged as known; a fixture has fewer prompts than are published."""
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
            problems.append(f"metric {metric.name} wants strata that no prompt has: {set(metric.strata) - strata}")
    return problems


def _wrong_answers(benchmark: Benchmark, prompts: Sequence[Prompt]) -> tuple[int, list[str]]:
    """How many known answers there are, and which of them are judged otherwise than known."""
    known = list(benchmark.proofs(prompts))
    problems = [problem for answer in known for problem in _differences(answer)]
    return len(known), problems if known else ["it has no known answers"]


def _differences(answer: KnownAnswer) -> list[str]:
    found, outcome = judged(answer.prompt, answer.text, answer.finish, answer.expected)
    problems = [
        f"{answer.kind}: {name} gave {found[name]}, wanted {wanted}"
        for name, wanted in answer.expected.items()
        if found[name] != wanted
    ]
    if outcome is not answer.outcome:
        problems.append(f"{answer.kind}: ended as {outcome.value}, wanted {answer.outcome.value}")
    return problems


def judged(prompt: Prompt, text: str, finish: Finish, wanted: Iterable[str]) -> tuple[dict[str, float | None], Outcome]:
    """What these scorers give for a raw response, and the state it ends in, as an audit would find them."""
    reading = read_response(text, finish=finish)
    values: dict[str, float | None] = {}
    described = reading.state
    for name in wanted:
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
    """What there is to say of one benchmark, as JSON: paper, licence, counts, prompts, metrics, margins, budget.

    `margin_of` gives the largest margin that a metric can have, in its own units.
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
    """The messages of the first prompt of each of at most three strata; personal data of real people are not shown."""
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
