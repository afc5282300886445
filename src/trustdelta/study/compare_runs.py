"""Comparison of runs: which metrics are comparable, and their values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from trustdelta.errors import FolderError, UsageError
from trustdelta.files import save_text
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.records import AuditResult, Dimension, content_hash
from trustdelta.report.studies.changes import same_pair
from trustdelta.report.studies.records import Comparison, PairRow, Point, Setting, StudyResult
from trustdelta.report.studies.side_by_side import as_json, render_html, render_markdown
from trustdelta.store import Store
from trustdelta.study.compare import driver_of, point, whole_drift
from trustdelta.study.curves import audited, common_metrics, metric_names, primary
from trustdelta.study.paired_runs import paired_changes

COUNTED = ("candidate_responses", "candidate_responses_planned", "hash", "labels")
"""Entries of a plan that follow from other settings, or from the run itself."""


@dataclass(frozen=True)
class Run:
    """One finished audit."""

    name: str
    result: AuditResult
    prompts: Mapping[str, str]
    """Hash of the prompts by benchmark; key "" is over all prompts, for a run without its store."""

    def key(self, metric: str) -> str:
        """A key that is equal for two runs whose values of this metric are comparable, given equal baselines."""
        verdict = next(m for m in primary(self.result) if m.metric.name == metric)
        benchmark = verdict.metric.benchmark
        prompts = self.prompts.get(benchmark) or self.prompts.get("", "")
        return content_hash([asdict(replace(verdict.metric, title="", source="")), prompts])


def read_run(folder: Path, name: str) -> Run:
    """A finished run. Raises FolderError or StoreError as `read_verdict` does."""
    result = read_verdict(folder)
    if not (folder / "run.sqlite").is_file():
        return Run(name, result, {"": str(result.plan.get("prompts", ""))})
    ids: dict[str, list[str]] = {}
    with Store(folder, write=False) as store:
        for prompt in store.prompts():
            ids.setdefault(prompt.benchmark, []).append(prompt.id)
    return Run(name, result, {benchmark: content_hash(sorted(own)) for benchmark, own in ids.items()})


def side_by_side(folders: Sequence[Path]) -> Comparison:
    """Runs grouped by baseline. Raises UsageError below two runs."""
    if len({folder.resolve() for folder in folders}) < 2:
        raise UsageError("found fewer than two runs, wanted two or more: trustdelta compare RUN1 RUN2.")
    runs = [read_run(folder, name) for folder, name in zip(folders, named(folders), strict=True)]
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.result.baseline.fingerprint, []).append(run)
    results = tuple(run.result for run in runs)
    one_pair = len(runs) == 2 and same_pair(*results)
    return Comparison(
        tuple(run.name for run in runs),
        tuple(group(own) for own in groups.values()),
        tuple(differing(runs)),
        results if one_pair else (),
        paired_changes(folders, results) if one_pair else {},
    )


def named(folders: Sequence[Path]) -> list[str]:
    """A name for each folder: the shortest unique end of its path."""
    parts = [folder.resolve().parts for folder in folders]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    raise UsageError("found a run named twice, wanted each once.")


def group(runs: Sequence[Run]) -> StudyResult:
    """Comparison of the runs with one baseline."""
    common = {d: common_metrics((run.result for run in runs), d) for d in audited(run.result for run in runs)}
    notes = [
        f"{d.value}: the runs have no common metric, so that only their verdicts are compared."
        for d, names in common.items()
        if not names and sum(bool(metric_names(run.result, d)) for run in runs) > 1
    ]
    baseline = runs[0].result.baseline
    return StudyResult(
        title=f"{baseline.name} ({baseline.fingerprint[:12]})",
        pairs=tuple(row(run, runs, common) for run in runs),
        unfinished=(),
        metrics={d: names for d, names in common.items() if names},
        methods=(),
        contrasts=(),
        correlations={},
        notes=tuple(notes),
    )


def row(run: Run, runs: Sequence[Run], common: Mapping[Dimension, tuple[str, ...]]) -> PairRow:
    """One run: its value in each comparable dimension, else the reason."""
    result = run.result
    points: dict[Dimension, Point] = {}
    for d in result.dimensions:
        names = common[d.dimension]
        why = incomparable(run, runs, names)
        at = Point(d.verdict, apart=why) if why else point(result, names, d.verdict)
        points[d.dimension] = replace(at, driver=driver_of(result, d.dimension))
    return PairRow(
        name=run.name,
        baseline=result.baseline.name,
        candidate=result.candidate.name,
        method="unknown",
        lineage="unknown",
        family=result.baseline.fingerprint,
        overall=result.overall,
        points=points,
        drift=whole_drift(result),
        exploratory=result.exploratory,
    )


def incomparable(run: Run, runs: Sequence[Run], names: Sequence[str]) -> str:
    """Why a run's value over these metrics is not comparable with the others', or "".

    The reference is the majority of the runs; the first run breaks a tie.
    """
    if not names:
        return "" if len(runs) == 1 else "not comparable: other metrics"
    for name in names:
        keys = [r.key(name) for r in runs if name in {m.metric.name for m in primary(r.result)}]
        if run.key(name) != Counter(keys).most_common(1)[0][0]:
            return f"not comparable: other prompts or scoring of {name}"
    return ""


def differing(runs: Sequence[Run]) -> Iterator[Setting]:
    """The settings that differ between runs."""
    settings = [dict(described(run.result)) for run in runs]
    for name in dict.fromkeys(name for setting in settings for name in setting):
        values = tuple(setting.get(name, "") for setting in settings)
        if len(set(values)) > 1:
            yield Setting(name, values)


def described(result: AuditResult) -> Iterator[tuple[str, str]]:
    """Models and plan of one run, as text."""
    for arm, card in (("baseline", result.baseline), ("candidate", result.candidate)):
        yield arm, f"{card.name} {card.fingerprint[:12]}"
        yield f"{arm}, engine and thinking", f"{card.engine}, {card.thinking}"
        yield f"{arm}, sampling", json.dumps(card.sampling, sort_keys=True, default=str)
    for name, value in result.plan.items():
        if name not in COUNTED:
            yield name.replace("_", " "), str(value)


def write(comparison: Comparison, out: Path) -> list[Path]:
    """Write compare.html, compare.md and compare.json into a folder, created if absent."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FolderError(f"{out}: cannot be created ({problem.strerror}); pass another --out.") from None
    texts = {"html": render_html(comparison), "md": render_markdown(comparison), "json": as_json(comparison)}
    return [save_text(out / f"compare.{ending}", text) for ending, text in texts.items()]
