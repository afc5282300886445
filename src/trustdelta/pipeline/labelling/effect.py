"""What human labels change: each labelled metric beside its result without them, notes, and agreement of labellers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

import numpy as np

from trustdelta.pipeline.labelling.entries import JUDGE, opinions, rows
from trustdelta.pipeline.labelling.frame import HUMAN, STRONG
from trustdelta.pipeline.labelling.items import Key
from trustdelta.pipeline.task import counts
from trustdelta.records import Json, LabelEffect, Metric, MetricVerdict, Part, Role, Verdict
from trustdelta.records.state import LABELS, LabelRow
from trustdelta.report import format as fmt
from trustdelta.stats.label_agreement import Agreement, agreement
from trustdelta.stats.planning import labels_needed
from trustdelta.stats.ppi import MIN_LABELS
from trustdelta.store import Store

COMMAND = "trustdelta judges label"
CORRECTED = {"labelled": HUMAN, "cascade": STRONG}
"""Flag of a metric that labels correct, and whose labels they are."""


def with_effects(
    decided: Sequence[MetricVerdict], unlabelled: Sequence[MetricVerdict], store: Store
) -> tuple[MetricVerdict, ...]:
    """Labelled metrics with their result without labels."""
    judged = {v.metric.name: v for v in unlabelled}
    metrics = [v.metric for v in decided]
    pairs = {kind: pairs_by_metric(store, metrics, kind) for kind in CORRECTED.values()}

    def effect(v: MetricVerdict, kind: str) -> LabelEffect:
        without = judged[v.metric.name]
        return LabelEffect(pairs[kind][v.metric.name], without.estimate, without.verdict, without.reason)

    kinds = [next((kind for flag, kind in CORRECTED.items() if flag in v.flags), None) for v in decided]
    return tuple(v if k is None else replace(v, labels=effect(v, k)) for v, k in zip(decided, kinds, strict=True))


def pairs_by_metric(store: Store, metrics: Iterable[Metric], kind: str = HUMAN) -> dict[str, int]:
    """Number of prompts with labels of both models, by metric."""
    both = pairs_of(rows(store), kind)
    prompts = [p for p in store.prompts() if any(p.id in ids for ids in both.values())]

    def count(metric: Metric) -> int:
        ids = both.get((metric.scorer, metric.part.value), set())
        return sum(p.id in ids and counts(metric, p) for p in prompts)

    return {m.name: count(m) for m in metrics}


def pairs_of(every: Sequence[LabelRow], kind: str = HUMAN) -> dict[tuple[str, str], set[str]]:
    """Prompts with labels of both models, by scorer and part."""
    models: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for scorer, part, prompt_id, arm in opinions(every, kind):
        models[scorer, part, prompt_id].add(arm)
    both: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (scorer, part, prompt_id), arms in models.items():
        if len(arms) == 2:
            both[scorer, part].add(prompt_id)
    return dict(both)


def notes(verdicts: Sequence[MetricVerdict], store: Store) -> list[str]:
    """One line on every labelled metric, on those with too few labels, and on those that labels would decide."""
    if not store.has(LABELS):
        return [line for v in verdicts if (line := _would_decide(v))]
    pairs = pairs_by_metric(store, [v.metric for v in verdicts])
    lines = []
    for v in verdicts:
        count = pairs[v.metric.name]
        if v.labels is not None:
            lines.append(_changed(v, v.labels))
        elif count and v.metric.judged and v.metric.role is Role.PRIMARY:
            lines.append(
                f"{fmt.title(v.metric)}: {count} labelled pairs change nothing yet; they count from {MIN_LABELS} on."
            )
        elif line := _would_decide(v):
            lines.append(line)
    return [*lines, *_agreed(store)]


def _changed(verdict: MetricVerdict, effect: LabelEffect) -> str:
    """Rates and verdict without and with labels."""
    metric = verdict.metric
    by = "a stronger judge's" if "cascade" in verdict.flags else "human"
    head = f"{fmt.title(metric)}: {by} labels of {effect.pairs} pairs"
    if verdict.estimate is None or effect.estimate is None:
        return f"{head}."
    judged, now = (
        f"{fmt.rate(metric, e.baseline)} → {fmt.rate(metric, e.candidate)}" for e in (effect.estimate, verdict.estimate)
    )
    same = effect.verdict is verdict.verdict
    word = "the verdict stays" if same else f"{_word(effect.verdict, effect.reason)} becomes"
    return f"{head} correct the judge's {judged} to {now}; {word} {_word(verdict.verdict, verdict.reason)}."


def _word(verdict: Verdict | None, reason: str) -> str:
    if verdict is None:
        return "without a verdict"
    code = reason.partition(":")[0]
    return fmt.WORDS[verdict] + (f" ({code})" if code and verdict is Verdict.INCONCLUSIVE else "")


def _would_decide(verdict: MetricVerdict) -> str:
    """How many labels would decide a metric whose judge is not reliable enough; empty for any other metric."""
    if verdict.reason != "judge-limited" or verdict.tipping is None or verdict.estimate is None:
        return ""
    room = verdict.tipping.net_bias
    if not 0 < room < 1:
        return ""
    count, pairs = labels_needed(room, verdict.estimate.alpha), verdict.estimate.n_pairs
    some = f"about {count:,} labelled pairs" if count < pairs else f"labels of all {pairs:,} pairs"
    return (
        f"{fmt.title(verdict.metric)}: {some} decide it if people agree with the judge's "
        f"difference: {COMMAND} RUN --metric {verdict.metric.name}"
    )


def agreements(store: Store) -> dict[tuple[str, str], Agreement]:
    """Agreement of the labellers by scorer and part, where at least two labelled the same texts."""
    by_series: dict[tuple[str, str], dict[Key, dict[str, float]]] = defaultdict(dict)
    for key, labels in opinions(rows(store)).items():
        by_series[key[:2]][key] = labels
    agreed = {series: _agreement(labels) for series, labels in sorted(by_series.items())}
    return {series: a for series, a in agreed.items() if a is not None}


def _agreement(labels: dict[Key, dict[str, float]]) -> Agreement | None:
    names = sorted({name for by_labeller in labels.values() for name in by_labeller})
    if len(names) < 2:
        return None
    table = np.array([[by.get(name, math.nan) for name in names] for by in labels.values()])
    return agreement(table, [key[2] for key in labels])


def _agreed(store: Store) -> list[str]:
    lines = []
    for (scorer, part), a in agreements(store).items():
        name = scorer if part == Part.ANSWER.value else f"{scorer} ({part})"
        if math.isnan(a.alpha):
            lines.append(f"Labels for {name}: {a.labellers} people gave all {a.texts} shared texts the same label.")
            continue
        kappa = "" if a.kappa is None else f", Cohen's kappa {_interval(a.kappa, a.kappa_low, a.kappa_high)}"
        alpha = _interval(a.alpha, a.alpha_low, a.alpha_high)
        lines.append(
            f"Labels for {name}: {a.labellers} people agree on {a.texts} shared texts with Krippendorff's alpha "
            f"{alpha}{kappa}."
        )
    return lines


def _interval(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.2f} [{low or 0:.2f}, {high or 0:.2f}]"


def labels_card(store: Store) -> Json:
    """The labels in the report: hash, number of labels by scorer, labellers and their agreement; None without."""
    if not store.has(LABELS):
        return None
    every = rows(store)
    labelled: dict[str, int] = defaultdict(int)
    for row in every:
        labelled[row[0]] += row[4] is not None
    return {
        "sha256": store.get(LABELS)["sha256"],
        "labels": dict(sorted(labelled.items())),
        "undecided": sum(row[4] is None for row in every),
        "labellers": len({row[5] for row in every if not row[5].startswith(JUDGE)}),
        "judges": sorted({row[5].removeprefix(JUDGE) for row in every if row[5].startswith(JUDGE)}),
        "agreement": {f"{s}/{p}": asdict(a) for (s, p), a in agreements(store).items()},
    }
