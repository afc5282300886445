"""The prompts that a report shows with both models' responses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from trustdelta.pipeline.labelling.entries import opinions, rows
from trustdelta.pipeline.scoring.columns import StoredScores
from trustdelta.pipeline.scoring.score import formats
from trustdelta.pipeline.scoring.texts import read
from trustdelta.records import Arm, Metric, MetricVerdict, Outcome, Response
from trustdelta.report.extras import SamplePair, SampleSide
from trustdelta.store import Store

WORSE, BETTER, EQUAL = 12, 4, 4
"""Prompts of each metric: those with the largest worsening, those with the largest improvement, and unchanged ones."""
MOST = 400
"""Most prompts of a report; with many metrics each has a smaller number, at least three."""
LEAST = 3


def samples(
    store: Store,
    scores: StoredScores,
    metrics: Iterable[MetricVerdict],
    worsening: Mapping[str, Mapping[str, float]],
    personal: Collection[str],
) -> list[SamplePair]:
    """Prompts of each metric with a verdict and both models' first responses, those of a metric in order of worsening.

    `personal`: benchmarks with personal data of real people, which are excluded.
    """
    shown = [v.metric for v in metrics if v.verdict is not None and v.metric.benchmark not in personal]
    each = max(MOST // max(len(shown), 1), LEAST)
    chosen = [(m, prompt_id) for m in shown for prompt_id in selected(worsening[m.name], each)]
    prompts = {p.id: p for p in scores.prompts}
    prompt_ids = {prompt_id for _, prompt_id in chosen}
    first = {arm: store.first_responses(arm, prompt_ids) for arm in Arm}
    scored, marks = scores.first_draws(prompt_ids), formats(store)
    labels = opinions(rows(store))

    def of(arm: Arm, metric: Metric, prompt_id: str) -> SampleSide:
        score = scored.get((metric.scorer, metric.part, prompt_id, arm))
        people = labels.get((metric.scorer, metric.part.value, prompt_id, arm.value), {})
        label = sum(people.values()) / len(people) if people else None
        return side(first[arm].get(prompt_id), marks[arm], score, label)

    return [
        SamplePair(
            prompt_id,
            metric.name,
            "\n".join(m.content for m in prompts[prompt_id].messages),
            of(Arm.BASELINE, metric, prompt_id),
            of(Arm.CANDIDATE, metric, prompt_id),
            worsening[metric.name][prompt_id],
        )
        for metric, prompt_id in chosen
    ]


def selected(worsening: Mapping[str, float], most: int) -> Iterator[str]:
    """Prompts of one metric: the worst first, then unchanged ones, then the most improved."""
    ordered = sorted(worsening, key=lambda prompt_id: (-worsening[prompt_id], prompt_id))
    worse = [p for p in ordered if worsening[p] > 0][:WORSE]
    equal = [p for p in ordered if worsening[p] == 0][:EQUAL]
    better = [p for p in ordered if worsening[p] < 0][-BETTER:]
    room = max(most - len(worse), 0)
    better = better[len(better) - min(len(better), room) :]
    yield from worse[:most]
    yield from equal[: max(room - len(better), 0)]
    yield from better


def side(response: Response | None, format: str, score: float | None, label: float | None = None) -> SampleSide:
    """One model's response, its score and its human label, as the report shows them."""
    if response is None:
        return SampleSide("", Outcome.EMPTY)
    reading = read(response, format)
    return SampleSide(reading.answer, reading.state, reading.thought, score, response.asked, label)
