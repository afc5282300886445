"""Runs side by side: which of them can be compared, in what, and their values there."""

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
from trustdelta.report.studies.records import Comparison, PairRow, Point, Setting, StudyResult
from trustdelta.report.studies.side_by_side import as_json, render_html, render_markdown
from trustdelta.store import Store
from trustdelta.study.compare import point, whole_drift
from trustdelta.study.curves import asked, common_metrics, primary

COUNTED = ("candidate_responses", "candidate_responses_planned", "hash", "labels")
"""What a plan says that follows from other settings, or from the run itself."""


@dataclass(frozen=True)
class Run:
    """One audit: its name, its result, and the hash of its prompts by benchmark ("" over all: no store beside it)."""

    name: str
    result: AuditResult
    prompts: Mapping[str, str]

    def key(self, metric: str) -> str:
        """What two runs must share for a metric's values to be comparable, beside the baseline."""
        found = next(m for m in primary(self.result) if m.metric.name == metric)
        benchmark = found.metric.benchmark
        prompts = self.prompts.get(benchmark) or self.prompts.get("", "")
        return content_hash([asdict(replace(found.metric, title="", source="")), prompts])


def read_run(folder: Path, name: str) -> Run:
    """A finished run. Raises FolderError or StoreError as `read_verdict` does."""
    result = read_verdict(folder)
    if not (folder / "run.sqlite").is_file():
        return Run(name, result, {"": str(result.plan.get("prompts", ""))})
    ids: dict[str, list[str]] = {}
    with Store(folder, write=False) as store:
        for prompt in store.prompts():
            ids.setdefault(prompt.benchmark, []).append(prompt.id)
    return Run(name, result, {benchmark: content_hash(sorted(found)) for benchmark, found in ids.items()})


def side_by_side(folders: Sequence[Path]) -> Comparison:
    """Runs grouped by baseline. Raises UsageError below two runs."""
    if len({folder.resolve() for folder in folders}) < 2:
        raise UsageError("found fewer than two runs, wanted two or more: trustdelta compare RUN1 RUN2.")
    runs = [read_run(folder, name) for folder, name in zip(folders, named(folders), strict=True)]
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.result.baseline.fingerprint, []).append(run)
    return Comparison(
        tuple(run.name for run in runs), tuple(group(own) for own in groups.values()), tuple(differing(runs))
    )


def named(folders: Sequence[Path]) -> list[str]:
    """A name for each folder: as much of the end of its path as tells it from the others."""
    parts = [folder.resolve().parts for folder in folders]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    raise UsageError("found a run named twice, wanted each once.")


def group(runs: Sequence[Run]) -> StudyResult:
    """Runs against one baseline."""
    common = {d: common_metrics((run.result for run in runs), d) for d in Dimension}
    notes = [
        f"{d.value}: the runs have no metric in common, so they are shown by their verdicts alone."
        for d, names in common.items()
        if not names and sum(bool(asked(run.result, d)) for run in runs) > 1
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
    """One run: a value in each dimension in which it is comparable with the others, else the reason."""
    result = run.result
    points: dict[Dimension, Point] = {}
    for found in result.dimensions:
        names = common[found.dimension]
        why = apart(run, runs, names)
        points[found.dimension] = Point(found.verdict, apart=why) if why else point(result, names, found.verdict)
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


def apart(run: Run, runs: Sequence[Run], names: Sequence[str]) -> str:
    """Why a run's value over these metrics does not belong beside the others', or "".

    What most runs have is the rule; among equally many, what the first run has.
    """
    if not names:
        return "" if len(runs) == 1 else "not comparable: other metrics"
    for name in names:
        keys = [other.key(name) for other in runs if name in {m.metric.name for m in primary(other.result)}]
        if run.key(name) != Counter(keys).most_common(1)[0][0]:
            return f"not comparable: other prompts or scoring of {name}"
    return ""


def differing(runs: Sequence[Run]) -> Iterator[Setting]:
    """The settings that are not the same in all runs."""
    told = [dict(described(run.result)) for run in runs]
    for name in dict.fromkeys(name for one in told for name in one):
        values = tuple(one.get(name, "") for one in told)
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


def write(found: Comparison, out: Path) -> list[Path]:
    """Write compare.html, compare.md and compare.json into a folder, which is made."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FolderError(f"{out}: cannot be made ({problem.strerror}); pass another --out.") from None
    texts = {"html": render_html(found), "md": render_markdown(found), "json": as_json(found)}
    return [save_text(out / f"compare.{ending}", text) for ending, text in texts.items()]
