"""Data of the report's figures and samples beyond the verdict, read from the store."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import DataSettings
from trustdelta.pipeline.drift.places import places_of
from trustdelta.pipeline.drift.results import nats_of, preferred
from trustdelta.pipeline.report_samples import samples
from trustdelta.pipeline.scoring.aggregates import aggregate_rows
from trustdelta.pipeline.scoring.columns import Means, StoredScores
from trustdelta.pipeline.task import configured, counts
from trustdelta.pipeline.undeclared import CODE
from trustdelta.records import Arm, AuditResult, Better, Json, Metric, MetricVerdict, Prompt
from trustdelta.records.state import FINISHED_ON, PLAN, fingerprint
from trustdelta.report import thought_answer
from trustdelta.report.extras import DriftPlaces, DriftPoint, ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.store import Store


def report_extras(store: Store, result: AuditResult, settings: DataSettings, scores: StoredScores) -> ReportExtras:
    """Per-prompt worsenings, KL and regression, and samples of each metric with a verdict."""
    prompts = {p.id: p for p in store.prompts()}
    benchmarks = configured(settings)
    personal = frozenset(name for name, b in benchmarks.items() if b.personal)
    unread = any(v.reason.startswith(CODE) for v in result.metrics)
    means = {} if unread else scores.means()
    worsening = {v.metric.name: per_prompt(v.metric, prompts, means) for v in result.metrics}
    return ReportExtras(
        worsening={name: list(values.values()) for name, values in worsening.items()},
        drift_points=drift_points(store, result.metrics, worsening),
        samples=samples(store, scores, by_metric(result), worsening, personal),
        include_text=settings.include_text,
        provenance={**provenance(store), "data": data_of(benchmarks, prompts.values(), settings)},
        leaks=thought_answer.cross([v.metric for v in result.metrics], () if unread else store.scores(), prompts),
        drift_places=without_personal(places_of(store), prompts, personal),
        aggregates=aggregate_rows(list(benchmarks.values()), prompts, means),
        command=f"trustdelta audit --config {shlex.quote(str(store.folder / 'config.yaml'))} --out NEW_FOLDER",
    )


def per_prompt(metric: Metric, prompts: Mapping[str, Prompt], means: Means) -> dict[str, float]:
    """Worsening of each prompt with scores of both models; positive means that the candidate is worse."""
    sign = -1.0 if metric.better is Better.HIGHER else 1.0
    worsening = {}
    for prompt_id, arms in means.get((metric.scorer, metric.part.value), {}).items():
        prompt = prompts[prompt_id]
        if counts(metric, prompt) and len(arms) == len(Arm):
            worsening[prompt_id] = sign * (arms[Arm.CANDIDATE] - arms[Arm.BASELINE])
    return worsening


def drift_points(
    store: Store, metrics: Iterable[MetricVerdict], worsening: Mapping[str, Mapping[str, float]]
) -> list[DriftPoint]:
    """KL of the first sample, and worsening, of each prompt whose candidate response was teacher-forced."""
    nats = {
        row.prompt_id: nats_of(row) / row.tokens
        for row in preferred(store)
        if (row.text_of, row.draw, row.part) == ("candidate", 0, "all")
    }
    return [
        DriftPoint(v.metric.dimension, nats[prompt_id], value)
        for v in metrics
        if v.verdict is not None
        for prompt_id, value in worsening[v.metric.name].items()
        if prompt_id in nats
    ]


def without_personal(places: DriftPlaces, prompts: Mapping[str, Prompt], personal: Collection[str]) -> DriftPlaces:
    """The same without spans of responses to benchmarks with personal data of real people."""
    return replace(places, spans=tuple(s for s in places.spans if prompts[s.prompt_id].benchmark not in personal))


def data_of(
    benchmarks: Mapping[str, Benchmark], prompts: Iterable[Prompt], settings: DataSettings
) -> dict[str, dict[str, Json]]:
    """Title, licence and number of prompts of each benchmark that was run; digests of the files of the user's own."""
    number = Counter(p.benchmark for p in prompts)
    own = settings.own or {}
    return {
        name: {
            "title": b.title,
            "licence": b.licence or "not stated",
            "prompts": number[name],
            **({"files": dict(own[name].data)} if name in own and own[name].data else {}),
        }
        for name, b in benchmarks.items()
        if number[name]
    }


def provenance(store: Store) -> dict[str, Json]:
    """Versions and fingerprints behind the numbers."""
    import trustdelta

    day = store.get(FINISHED_ON)
    return {
        **({"date": day} if day else {}),
        "trustdelta": trustdelta.__version__,
        "python": platform.python_version(),
        "plan": store.get(PLAN),
        "baseline": store.get(fingerprint("baseline")),
        "candidate": store.get(fingerprint("candidate")),
    }
