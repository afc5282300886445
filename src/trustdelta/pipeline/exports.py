"""A finished run for the Hugging Face hub: results of registered benchmarks, and the model card's section."""

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
from trustdelta.parsing import read_text
from trustdelta.pipeline.conclude import finished, read_verdict
from trustdelta.pipeline.scoring.score import formats, read
from trustdelta.records import Arm, AuditResult, MetricVerdict, Score, Verdict
from trustdelta.report.model_card import placed, section
from trustdelta.store import Store


@dataclass(frozen=True, slots=True)
class HubResults:
    """The files written, and by benchmark why there is none."""

    paths: tuple[Path, ...]
    left_out: dict[str, str]


def export_results(folder: Path, out: Path) -> HubResults:
    """Write the candidate's results of registered benchmarks that were asked whole and could be measured."""
    result = read_verdict(folder)
    with Store(folder, write=False) as store:
        finished(store)
        date = made_at(store)
        asked: dict[str, int] = {}
        for prompt in store.prompts():
            asked[prompt.benchmark] = asked.get(prompt.benchmark, 0) + 1
    paths, left_out = [], {}
    for name, count in sorted(asked.items()):
        found = metric_of(result, name)
        if why := why_not(name, count, found):
            left_out[name] = why
        elif found is not None and found.estimate is not None:
            estimate = found.estimate
            notes = f"zero-shot, {estimate.n_pairs} of {count} problems scored, trustdelta {version('trustdelta')}"
            paths.append(write_result(out, name, 100 * estimate.candidate, date, notes))
    return HubResults(tuple(paths), left_out)


def metric_of(result: AuditResult, benchmark: str) -> MetricVerdict | None:
    """The metric of a benchmark that the hub shows."""
    name = REGISTERED[benchmark].metric if benchmark in REGISTERED else ""
    return next((m for m in result.metrics if m.metric.name == name), None)


def why_not(benchmark: str, asked: int, found: MetricVerdict | None) -> str:
    """Why a benchmark's result is no result for the hub; empty where it is one."""
    if benchmark not in REGISTERED:
        return "not known to be registered"
    whole = registry.load(benchmark).expected_count
    if asked != whole:
        return f"{asked} of {whole} prompts asked"
    if found is None or found.estimate is None or found.verdict is Verdict.NOT_MEASURABLE:
        return "not measurable"
    return ""


def export_card(folder: Path, card: Path) -> Path:
    """Write or renew the audit's section in a model card; the rest of the file stays as it is.

    Raises UsageError where the file cannot be read or its marks do not match.
    """
    try:
        before = read_text(card) if card.exists() else ""
    except (OSError, ValueError) as problem:
        raise UsageError(f"{card}: cannot be read ({problem}); wanted a model card in UTF-8.") from None
    return save_text(card, placed(before, section(read_verdict(folder), version("trustdelta"))))


def export_inspect(folder: Path, out: Path) -> list[Path]:
    """Write `ARM--BENCHMARK.eval` into `out` for each model and benchmark of a finished run; returns the paths.

    Raises StoreError where the run was not finished or is damaged, UsageError where inspect-ai is not installed.
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
    """When a store was last written: ISO date and time with an offset."""
    return datetime.datetime.fromtimestamp(store.path.stat().st_mtime, datetime.UTC).isoformat(timespec="seconds")


def model_name(source: str) -> str:
    """A model's name as PROVIDER/MODEL, which is what Inspect's readers expect."""
    name = re.sub(r"^organism:", "organism/", source)
    return name if "/" in name else f"local/{name}"
