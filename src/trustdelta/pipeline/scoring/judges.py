"""Judge models of an audit: the scorers that they replace, their requests, and scores from their stored outputs.

All functions are pure functions of configuration and store; `panel` runs the judges. A judge receives the question and
one part of a response, but not the model's name: equal texts are one request, whichever model wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.aggregates import Aggregate
from trustdelta.config import AuditConfig, JudgeConfig, ModelConfig, RubricForm
from trustdelta.engines.prompt_style import KEY, PromptStyle
from trustdelta.errors import ConfigError, StoreError, UnknownNameError
from trustdelta.judges.guards import form, rubric
from trustdelta.judges.guards import registry as guards
from trustdelta.judges.guards.base import Ask, Guard, worst
from trustdelta.records import Arm, Judgement, Message, Metric, Outcome, Prompt, Request, Response, content_hash
from trustdelta.records.state import fingerprint
from trustdelta.scorers import registry as scorers
from trustdelta.scorers.base import Scorer
from trustdelta.scorers.rubric import SCORER as RUBRIC_SCORER
from trustdelta.scorers.rubric import rubric_of
from trustdelta.store import Store
from trustdelta.thoughts import read_response


@dataclass(frozen=True, slots=True)
class Judge:
    """One judge of an audit."""

    name: str
    """Name of the guard, with #2 for the second judge with the same guard."""
    guard: Guard
    """Prompt and output format."""
    config: JudgeConfig
    """Model and settings."""

    @property
    def author(self) -> str:
        """The name under which its outputs are stored."""
        return f"judge:{self.name}"

    def fills(self, scorer: str) -> bool:
        """Whether it can replace a scorer, or the scorer from whose judgements that one is derived."""
        if rubric_of(scorer) not in ("", self.guard.name):
            return False
        return scorer in self.guard.fills or scorers.load(scorer).of in self.guard.fills

    def series(self, scorer: str) -> str:
        """The name under which its scores in place of a scorer are stored."""
        return f"{self.name}:{scorer}"


def judges_of(configured: Sequence[JudgeConfig]) -> tuple[Judge, ...]:
    """The configured judges, in order.

    Raises UnknownNameError for an unknown judge or scorer of a rubric, ConfigError for rubrics with another judge than
    "rubric".
    """
    judges: list[Judge] = []
    for config in configured:
        guard = guard_of(config)
        again = any(j.guard.name == guard.name for j in judges)
        judges.append(Judge(f"{guard.name}#2" if again else guard.name, guard, config))
    return tuple(judges)


def guard_of(config: JudgeConfig) -> Guard:
    """The prompt and output format of a configured judge: a named one, or a rubric of the user's."""
    if not config.rubrics and config.form is None:
        return guards.load(config.judge)
    if config.judge != "rubric":
        raise ConfigError(f"judges: found rubrics for {config.judge}, which has its own prompt; name the judge rubric.")
    if config.rubrics and config.form is not None:
        raise ConfigError("judges: found rubrics and a form, wanted one of them.")
    for name in config.rubrics if config.form is None else (config.form.replaces,):
        if name not in scorers.names():
            raise UnknownNameError.of("scorer", name, scorers.names())
    return rubric.guard(config.rubrics) if config.form is None else _with_form(config.form)


def _with_form(rules: RubricForm) -> Guard:
    higher = rules.direction == "higher"
    rubric_form = form.Form(
        rules.question,
        {c.name: c.value if higher else 1 - c.value for c in rules.classes},
        {c.name: c.meaning for c in rules.classes},
        tuple((e.prompt, e.answer, e.label) for e in rules.examples),
        rules.parser,
    )
    return form.guard(rules.name, rules.replaces, rubric_form, rules.max_tokens)


RUBRIC = RUBRIC_SCORER.name
"""The scorer that only a judge can be."""


def with_judges(benchmarks: Mapping[str, Benchmark], judges: Sequence[Judge]) -> dict[str, Benchmark]:
    """The benchmarks with each scorer replaced by the first judge that can replace it.

    Raises ConfigError for a judge that can replace none of their scorers, and for a rubric's metric without a judge.
    """
    used = {m.scorer for b in benchmarks.values() for m in b.metrics}
    for judge in judges:
        if not any(judge.fills(scorer) for scorer in used):
            fills = " and ".join(judge.guard.fills)
            raise ConfigError(f"judges: {judge.name} replaces {fills}, which no metric of this audit uses.")
    for scorer in sorted(s for s in used if s == RUBRIC or rubric_of(s)):
        if not any(judge.fills(scorer) for judge in judges):
            name = f"`name: {rubric_of(scorer)}` and " if rubric_of(scorer) else ""
            raise ConfigError(
                f"found a metric with the scorer {scorer} and no judge for it; pass --judge FILE.yaml=SOURCE, whose "
                f"file has {name}`replaces: rubric` (`trustdelta judges init FILE.yaml` writes an example)."
            )
    return {
        name: replace(
            b,
            metrics=tuple(_judged_by(metric, judges) for metric in b.metrics),
            aggregates=tuple(_read_by(aggregate, judges) for aggregate in b.aggregates),
        )
        for name, b in benchmarks.items()
    }


def _judged_by(metric: Metric, judges: Sequence[Judge]) -> Metric:
    first = next((j for j in judges if j.fills(metric.scorer)), None)
    return metric if first is None else replace(metric, scorer=first.series(metric.scorer), judged=True)


def _read_by(aggregate: Aggregate, judges: Sequence[Judge]) -> Aggregate:
    """An aggregate with a label by the judge of its scorer; the others are published with their own scorer."""
    first = next((j for j in judges if aggregate.label and j.fills(aggregate.scorer)), None)
    return aggregate if first is None else replace(aggregate, scorer=first.series(aggregate.scorer))


def seconds(benchmarks: Mapping[str, Benchmark], judges: Sequence[Judge]) -> dict[str, str]:
    """Series of the second judge, by metric name."""
    series = {}
    for metric in (m for b in benchmarks.values() for m in b.metrics):
        first, scorer = owner(metric.scorer, judges)
        second = next((j for j in judges if first is not None and j is not first and j.fills(scorer)), None)
        if second is not None:
            series[metric.name] = second.series(scorer)
    return series


def owner(series: str, judges: Sequence[Judge]) -> tuple[Judge | None, str]:
    """The judge of a series and the scorer that it replaces; None for the series of a built-in scorer."""
    for judge in judges:
        if series.startswith(f"{judge.name}:"):
            return judge, series.removeprefix(f"{judge.name}:")
    return None, series


def role_of(series: str) -> str:
    """The scorer that a series replaces; for a built-in scorer the scorer itself."""
    return series.rpartition(":")[2]


def requests(judge: Judge, prompt: Prompt, text: str) -> list[tuple[Ask, Request]]:
    """The judge's calls on one text: each as the guard's form and as the engine's request."""
    return [(ask, _request(judge, ask)) for ask in judge.guard.requests(prompt, text)]


def _request(judge: Judge, ask: Ask) -> Request:
    words = tuple(word for word, _ in judge.guard.scale)
    style = PromptStyle(as_is=bool(ask.text), template=ask.template, parts=ask.parts, words=words)
    messages = ask.messages or (Message("user", ask.text),)
    prompt = Prompt(judge.author, messages, {KEY: style.json()})
    return Request(prompt, 0, int(content_hash([judge.author, prompt.id])[:16], 16) >> 1, judge.guard.max_tokens)


class Readings:
    """The scorers of an audit by series: built-in ones, and judges by their stored outputs."""

    def __init__(self, store: Store, judges: Sequence[Judge]) -> None:
        self.store, self.judges = store, judges
        self._outputs: dict[str, dict[str, Response]] = {}

    def find(self, series: str) -> Scorer:
        """The scorer of a series; that of a judge raises StoreError on a text without a stored output."""
        judge, scorer = owner(series, self.judges)
        if judge is None:
            return scorers.load(series)
        version = f"{judge.guard.reading}+{judge.guard.prompt_version}"
        read = partial(self._judge, judge, scorer)
        return Scorer(series, version, read, scorers.load(scorer).accepts)

    def _judge(self, judge: Judge, scorer: str, prompt: Prompt, text: str) -> Judgement:
        if judge.author not in self._outputs:
            self._outputs[judge.author] = {r.prompt_id: r for r in self.store.responses(judge.author)}
        outputs = self._outputs[judge.author]
        calls = requests(judge, prompt, text)
        if any(request.prompt.id not in outputs for _, request in calls):
            raise StoreError(
                f"{self.store.folder}: {judge.name} has not judged all answers; run the same audit again to resume."
            )
        return judgement(judge.guard, scorer, prompt, [(ask, outputs[request.prompt.id]) for ask, request in calls])


def judgement(guard: Guard, scorer: str, prompt: Prompt, outputs: Sequence[tuple[Ask, Response]]) -> Judgement:
    """The judgement of a scorer from a judge's outputs on one text."""
    source = scorer if scorer in guard.fills else scorers.load(scorer).of
    result = worst([read_output(guard, source, ask, response) for ask, response in outputs])
    derive = None if source == scorer else scorers.load(scorer).derive
    return result if derive is None else derive(prompt, result)


def read_output(guard: Guard, scorer: str, ask: Ask, response: Response) -> Judgement:
    """The judgement of one output; without a value where the output is incomplete or not in the guard's format."""
    reading = read_response(
        response.text,
        finish=response.finish,
        prompt_opened_thought=response.prompt_opened_thought,
        reasoning=response.reasoning,
    )
    whole = {Outcome.ANSWERED, Outcome.TRUNCATED_IN_ANSWER} if guard.cut_ok else {Outcome.ANSWERED}
    if reading.state not in whole:
        why = response.error or f"the judge's output is {reading.state.value.replace('_', ' ')}"
        return Judgement(None, Outcome.JUDGE_FAILED, why)
    judgement = guard.read(scorer, ask, reading.answer)
    if judgement.value is not None and "words" in response.recorded:
        return replace(judgement, value=guard.valued(response.recorded["words"]))
    return judgement


def refuse_self(config: AuditConfig) -> None:
    """Raise ConfigError where a judge is one of the two models by name, folder or address."""
    for judge in config.judges:
        for arm in Arm:
            if same := sorted(_names(judge.model) & _names(config.model(arm.value))):
                raise ConfigError(f"judges: {same[0]} is the {arm.value} itself; a model never judges its own answers.")


def refuse_weights(store: Store, judges: Sequence[Judge]) -> None:
    """Raise ConfigError where a judge has the weights of one of the two models, whatever its name."""
    for judge in judges:
        judge_weights = store.get(fingerprint(judge.author)).get("weights")
        for arm in Arm:
            if judge_weights and judge_weights == store.get(fingerprint(arm.value)).get("weights"):
                raise ConfigError(
                    f"judges: {judge.config.model.source} has the weights of the {arm.value}; a model never judges its "
                    "own answers, so name another judge."
                )


def _names(model: ModelConfig) -> set[str]:
    """Identifiers of a model: its address and its name there if that is a hub id, else hub id or folder."""
    name = model.model_name
    if model.engine == "endpoint":
        base = model.source.partition("#")[0].rstrip("/")
        return {f"{base}#{name}", *([name.lower()] if "/" in name else [])}
    return {str(Path(name).resolve()) if Path(name).exists() else name.lower()}
