"""Model judges of an audit: whose place they take, what they are asked, and their stored outputs read as scores.

Everything here is a pure function of configuration and store; `judging` asks them. A judge is given the question and
one part of a response, never the model's name or arm: equal texts are one request, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, JudgeConfig, ModelConfig
from trustdelta.engines.prompt_style import KEY, PromptStyle
from trustdelta.errors import ConfigError, StoreError, UnknownNameError
from trustdelta.judges.guards import registry as guards
from trustdelta.judges.guards import rubric
from trustdelta.judges.guards.base import Ask, Guard, worst
from trustdelta.records import Arm, Judgement, Message, Metric, Outcome, Prompt, Request, Response, content_hash
from trustdelta.records.state import fingerprint
from trustdelta.scorers import registry as scorers
from trustdelta.scorers.base import Scorer
from trustdelta.store import Store
from trustdelta.thoughts import read_response


@dataclass(frozen=True, slots=True)
class Judge:
    """One judge of an audit; its name is its guard's, with #2 where both judges have the same guard."""

    name: str
    guard: Guard
    config: JudgeConfig

    @property
    def author(self) -> str:
        """Under whom its outputs are stored."""
        return f"judge:{self.name}"

    def fills(self, scorer: str) -> bool:
        """Whether it can take a scorer's place, or that of the one whose judgement the scorer derives its own from."""
        return scorer in self.guard.fills or scorers.load(scorer).of in self.guard.fills

    def series(self, scorer: str) -> str:
        """The name under which its scores in a scorer's place are stored."""
        return f"{self.name}:{scorer}"


def judges_of(configured: Sequence[JudgeConfig]) -> tuple[Judge, ...]:
    """The configured judges, in order.

    Raises UnknownNameError for a judge or a rubric's scorer that there is not, ConfigError for rubrics given to another
    judge than "rubric".
    """
    found: list[Judge] = []
    for given in configured:
        guard = _with_rubrics(given) if given.rubrics else guards.load(given.judge)
        again = any(j.guard.name == guard.name for j in found)
        found.append(Judge(f"{guard.name}#2" if again else guard.name, guard, given))
    return tuple(found)


def _with_rubrics(given: JudgeConfig) -> Guard:
    if given.judge != "rubric":
        raise ConfigError(f"judges: found rubrics for {given.judge}, which has its own prompt; name the judge rubric.")
    for name in given.rubrics:
        if name not in scorers.names():
            raise UnknownNameError.of("scorer", name, scorers.names())
    return rubric.guard(given.rubrics)


def with_judges(benchmarks: Mapping[str, Benchmark], judges: Sequence[Judge]) -> dict[str, Benchmark]:
    """The benchmarks with every metric that a judge can fill decided by the first that can.

    Raises ConfigError for a judge that fills none of their scorers.
    """
    used = {m.scorer for b in benchmarks.values() for m in b.metrics}
    for judge in judges:
        if not any(judge.fills(scorer) for scorer in used):
            fills = " and ".join(judge.guard.fills)
            raise ConfigError(f"judges: {judge.name} fills {fills}, and no metric of this audit is scored by that.")
    return {
        name: replace(b, metrics=tuple(_judged_by(metric, judges) for metric in b.metrics))
        for name, b in benchmarks.items()
    }


def _judged_by(metric: Metric, judges: Sequence[Judge]) -> Metric:
    first = next((j for j in judges if j.fills(metric.scorer)), None)
    return metric if first is None else replace(metric, scorer=first.series(metric.scorer), judged=True)


def seconds(benchmarks: Mapping[str, Benchmark], judges: Sequence[Judge]) -> dict[str, str]:
    """By metric name, the series of the judge that gives a second opinion."""
    found = {}
    for metric in (m for b in benchmarks.values() for m in b.metrics):
        first, scorer = owner(metric.scorer, judges)
        other = next((j for j in judges if first is not None and j is not first and j.fills(scorer)), None)
        if other is not None:
            found[metric.name] = other.series(scorer)
    return found


def owner(series: str, judges: Sequence[Judge]) -> tuple[Judge | None, str]:
    """The judge that a series belongs to and the scorer whose place it takes; None for a built-in scorer's own."""
    for judge in judges:
        if series.startswith(f"{judge.name}:"):
            return judge, series.removeprefix(f"{judge.name}:")
    return None, series


def role_of(series: str) -> str:
    """The scorer whose place a series of scores takes; a built-in scorer's is its own."""
    return series.rpartition(":")[2]


def requests(judge: Judge, prompt: Prompt, text: str) -> list[tuple[Ask, Request]]:
    """What the judge is asked about one text: each in its own form, and the engine's request for it."""
    return [(asked, _put(judge, asked)) for asked in judge.guard.requests(prompt, text)]


def _put(judge: Judge, asked: Ask) -> Request:
    words = tuple(word for word, _ in judge.guard.scale)
    how = PromptStyle(as_is=bool(asked.text), template=asked.template, parts=asked.parts, words=words)
    messages = asked.messages or (Message("user", asked.text),)
    put = Prompt(judge.author, messages, {KEY: how.json()})
    return Request(put, 0, int(content_hash([judge.author, put.id])[:16], 16) >> 1, judge.guard.max_tokens)


class Readings:
    """The scorers of an audit by series: built-in ones, and judges by their stored outputs."""

    def __init__(self, store: Store, judges: Sequence[Judge]) -> None:
        self.store, self.judges = store, judges
        self._outputs: dict[str, dict[str, Response]] = {}

    def find(self, series: str) -> Scorer:
        """The scorer of a series; a judge's raises StoreError on a text that it was not asked about."""
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
        asked = requests(judge, prompt, text)
        if any(put.prompt.id not in outputs for _, put in asked):
            raise StoreError(
                f"{self.store.folder}: {judge.name} was not asked about all answers; run the same audit again to go on."
            )
        return judgement(judge.guard, scorer, prompt, [(ask, outputs[put.prompt.id]) for ask, put in asked])


def judgement(guard: Guard, scorer: str, prompt: Prompt, outputs: Sequence[tuple[Ask, Response]]) -> Judgement:
    """A judge's outputs on one text, read in a scorer's place."""
    source = scorer if scorer in guard.fills else scorers.load(scorer).of
    found = worst([finding(guard, source, asked, response) for asked, response in outputs])
    derive = None if source == scorer else scorers.load(scorer).derive
    return found if derive is None else derive(prompt, found)


def finding(guard: Guard, scorer: str, asked: Ask, response: Response) -> Judgement:
    """One output read by the guard; what is not whole or not in its format is no outcome."""
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
    found = guard.read(scorer, asked, reading.answer)
    if found.value is not None and "words" in response.recorded:
        return replace(found, value=guard.valued(response.recorded["words"]))
    return found


def refuse_self(config: AuditConfig) -> None:
    """Raise ConfigError where a judge is one of the two audited models by name, folder or address."""
    for judge in config.judges:
        for arm in Arm:
            if same := sorted(_names(judge.model) & _names(config.model(arm.value))):
                raise ConfigError(f"judges: {same[0]} is the {arm.value} itself; a model never judges its own answers.")


def refuse_weights(store: Store, judges: Sequence[Judge]) -> None:
    """Raise ConfigError where a judge has the very weights of an audited model, whatever it is called."""
    for judge in judges:
        mine = store.get(fingerprint(judge.author))
        for arm in Arm:
            theirs = store.get(fingerprint(arm.value))
            if mine.get("weights") and mine.get("weights") == theirs.get("weights"):
                raise ConfigError(
                    f"judges: {judge.config.model.source} has the weights of the {arm.value}; a model never judges its "
                    "own answers, so name another judge."
                )


def _names(model: ModelConfig) -> set[str]:
    """What a model is known by: address, name on its server where that is a hub id, hub id, or folder."""
    name = model.model_name
    if model.engine == "endpoint":
        base = model.source.partition("#")[0].rstrip("/")
        return {f"{base}#{name}", *([name.lower()] if "/" in name else [])}
    return {str(Path(name).resolve()) if Path(name).exists() else name.lower()}
