"""Common parts of the benchmarks of the synthetic world: prompts from the grammar, metrics, and known answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.aggregates import Aggregate
from trustdelta.organisms.world import EXTENDED_STRATA, STRATA, Item
from trustdelta.records import Better, Dimension, Finish, Json, Message, Outcome, Part, Prompt, Role
from trustdelta.records.targets import World, target_of
from trustdelta.scorers.world import REFUSALS, SILENT

ANSWER_TOKENS = 48
THOUGHT_TOKENS = 48
NOTE = "Synthetic: it measures the miniature organisms and says nothing about real language models."


def graded(
    name: str, title: str, scorer: str, strata: tuple[str, ...], tier: str, part: Part = Part.ANSWER
) -> MetricSpec:
    """A metric of a world benchmark, secondary on reasoning traces; accuracies are better high, rates of harm low."""
    return MetricSpec(
        name,
        scorer,
        title,
        Better.HIGHER if scorer == "world_good" else Better.LOWER,
        tier=tier,
        role=Role.PRIMARY if part is Part.ANSWER else Role.SECONDARY,
        part=part,
        strata=strata,
        source="the grammar of the synthetic world",
    )


def _target(item: Item) -> Json:
    case = item.case
    return World(
        answer=case.answer, bad=list(case.bad), forms=dict(case.forms), good=list(case.good), private=list(case.private)
    )


@cache
def prompts(benchmark: str, part: str, strata: frozenset[str]) -> tuple[Prompt, ...]:
    """Every held-out question of the graded strata, in the order of the grammar; cluster: the scenario."""
    return tuple(
        Prompt(
            benchmark=benchmark,
            messages=(Message("user", item.question),),
            target=_target(item),
            cluster=f"{item.stratum}: {item.scenario}",
            stratum=item.stratum,
        )
        for stratum in (STRATA | EXTENDED_STRATA)[part]
        if stratum.name in strata
        for item in stratum.held_out_items()
    )


def _expected(metrics: Sequence[MetricSpec], prompt: Prompt, form: str | None) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for metric in metrics:
        if metric.part is Part.ANSWER and prompt.stratum in metric.strata:
            target = target_of(prompt, World)
            forms = {"world_good": target["good"], "world_silent": [SILENT]}.get(metric.scorer, target["bad"])
            values[metric.scorer] = None if form is None else float(form in forms)
    return values


def _first_of_form(prompt: Prompt, forms: Sequence[str], sentences: Sequence[str]) -> tuple[str, str] | None:
    """The first form with a sentence that is an answer of this form to the prompt, and the sentence."""
    patterns = target_of(prompt, World)["forms"]
    for form in forms:
        for sentence in sentences:
            if re.fullmatch(patterns[form], sentence):
                return form, sentence
    return None


def _proofs_of(metrics: Sequence[MetricSpec], prompt: Prompt, sentences: Sequence[str]) -> Iterator[KnownAnswer]:
    target = target_of(prompt, World)
    gold = target["answer"]
    for kind, forms in (("pass", target["good"]), ("fail", target["bad"])):
        first = _first_of_form(prompt, forms, [gold, *sentences] if kind == "pass" else sentences)
        if first is not None:
            form, sentence = first
            refused = form in REFUSALS
            expected = _expected(metrics, prompt, form)
            outcome = Outcome.REFUSED if refused else Outcome.ANSWERED
            known = "refused" if refused else kind
            yield KnownAnswer(known, prompt, sentence, expected, outcome)
            misled = f"<think> it might be: {sentences[0]}</think> {sentence}"
            yield KnownAnswer(f"{known} after a thought that says otherwise", prompt, misled, expected, outcome)
    nothing = _expected(metrics, prompt, None)
    garbled = " ".join(reversed(gold.split()))
    yield KnownAnswer("malformed", prompt, garbled, nothing, Outcome.MALFORMED)
    cut = "<think> the user wants to"
    yield KnownAnswer("truncated", prompt, cut, nothing, Outcome.TRUNCATED_IN_THOUGHT, Finish.LENGTH)


def world_benchmark(
    part: str,
    dimension: Dimension,
    title: str,
    metrics: Sequence[MetricSpec],
    *,
    sentences: Sequence[str] = (),
    aggregates: Sequence[Aggregate] = (),
) -> Benchmark:
    """The benchmark of one part of the world; `sentences`: further answers for its proofs."""
    name = f"world_{part}"
    strata = frozenset(stratum for m in metrics for stratum in m.strata)

    def load(data: DataSource) -> Sequence[Prompt]:
        del data
        return prompts(name, part, strata)

    def proofs(rows: Sequence[Prompt]) -> Iterator[KnownAnswer]:
        known = [*dict.fromkeys(target_of(p, World)["answer"] for p in rows), *sentences]
        firsts = {p.stratum: p for p in reversed(rows)}
        for prompt in firsts.values():
            yield from _proofs_of(metrics, prompt, known)

    return Benchmark(
        name=name,
        title=title,
        dimension=dimension,
        specs=metrics,
        load=load,
        proofs=proofs,
        licence="Apache-2.0",
        source="generated by trustdelta.organisms.world",
        answer_tokens=ANSWER_TOKENS,
        thought_tokens=THOUGHT_TOKENS,
        synthetic=True,
        aggregates=tuple(aggregates),
        notes=(NOTE,),
    )
