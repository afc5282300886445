"""Exports of a finished run: hub results of registered benchmarks, a section of a model card, Inspect logs."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from trustdelta.benchmarks import registry
from trustdelta.errors import UsageError
from trustdelta.files import save_text
from trustdelta.interop.hub_results import REGISTERED, write_result
from trustdelta.interop.inspect_logs import LoggedResponse, LogSpec, write_log
from trustdelta.parsing import read_text, reason
from trustdelta.pipeline.conclude import finished, read_verdict
from trustdelta.pipeline.scoring.score import formats
from trustdelta.pipeline.scoring.texts import read
from trustdelta.records import Arm, AuditResult, MetricVerdict, Score, Verdict
from trustdelta.report.model_card import placed, section
from trustdelta.store import Store


@dataclass(frozen=True, slots=True)
class HubResults:
    """Result of an export to the hub format."""

    paths: tuple[Path, ...]
    """Files that were written."""
    left_out: dict[str, str]
    """Reason, by benchmark without a file."""


def export_results(folder: Path, out: Path) -> HubResults:
    """Write the candidate's results of registered benchmarks that were run in full and are measurable."""
    result = read_verdict(folder)
    with Store(folder, write=False) as store:
        finished(store)
        date = made_at(store)
        prompt_counts: dict[str, int] = {}
        for prompt in store.prompts():
            prompt_counts[prompt.benchmark] = prompt_counts.get(prompt.benchmark, 0) + 1
    paths, left_out = [], {}
    for name, count in sorted(prompt_counts.items()):
        metric = metric_of(result, name)
        if why := why_not(name, count, metric):
            left_out[name] = why
        elif metric is not None and metric.estimate is not None:
            estimate = metric.estimate
            notes = f"zero-shot, {estimate.n_pairs} of {count} problems scored, trustdelta {version('trustdelta')}"
            paths.append(write_result(out, name, 100 * estimate.candidate, date, notes))
    return HubResults(tuple(paths), left_out)


def metric_of(result: AuditResult, benchmark: str) -> MetricVerdict | None:
    """The verdict of the metric that the hub shows for a benchmark."""
    name = REGISTERED[benchmark].metric if benchmark in REGISTERED else ""
    return next((m for m in result.metrics if m.metric.name == name), None)


def why_not(benchmark: str, prompts: int, metric: MetricVerdict | None) -> str:
    """Why a benchmark's result is not exported; empty where it is."""
    if benchmark not in REGISTERED:
        return "not registered"
    whole = registry.load(benchmark).expected_count
    if prompts != whole:
        return f"{prompts} of {whole} prompts used"
    if metric is None or metric.estimate is None or metric.verdict is Verdict.NOT_MEASURABLE:
        return "not measurable"
    return ""


def export_card(folder: Path, card: Path) -> Path:
    """Write or replace the audit's section in a model card; the rest of the file does not change.

    Raises UsageError where the file cannot be read or its marks do not match.
    """
    try:
        before = read_text(card) if card.exists() else ""
    except (OSError, ValueError) as problem:
        raise UsageError(f"{card}: cannot be read ({reason(problem)}); wanted a model card in UTF-8.") from None
    return save_text(card, placed(before, section(read_verdict(folder), version("trustdelta"))))


def export_inspect(folder: Path, out: Path) -> list[Path]:
    """Write `ARM--BENCHMARK.eval` into `out` for each model and benchmark of a finished run; returns the paths.

    Raises StoreError where the run is unfinished or damaged, UsageError where inspect-ai is not installed.
    """
    with Store(folder, write=False) as store:
        config, marks = finished(store), formats(store)
        prompts = {p.id: p for p in store.prompts()}
        scores: dict[tuple[Arm, str, int], list[Score]] = defaultdict(list)
        for score in store.scores():
            scores[score.arm, score.prompt_id, score.draw].append(score)
        made = made_at(store)
        paths = []
        for arm in Arm:
            logged: dict[str, list[LoggedResponse]] = defaultdict(list)
            for r in store.responses(arm):
                own = tuple(scores[arm, r.prompt_id, r.draw])
                prompt = prompts[r.prompt_id]
                logged[prompt.benchmark].append(LoggedResponse(prompt, r, read(r, marks[arm]), own))
            for benchmark, responses in sorted(logged.items()):
                spec = LogSpec(
                    model_name(config.model(arm.value).source), benchmark, arm.value, made, version("trustdelta")
                )
                paths.append(write_log(out / f"{arm.value}--{benchmark}.eval", spec, responses))
    return paths


def made_at(store: Store) -> str:
    """Time of the last write to a store: ISO date and time with an offset."""
    return datetime.datetime.fromtimestamp(store.path.stat().st_mtime, datetime.UTC).isoformat(timespec="seconds")


def model_name(source: str) -> str:
    """A model's name as PROVIDER/MODEL, the form that Inspect expects."""
    name = re.sub(r"^organism:", "organism/", source)
    return name if "/" in name else f"local/{name}"
