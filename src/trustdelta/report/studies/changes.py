"""What changed between two runs of one pair: verdicts then and now, and the difference of their changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from trustdelta.records import AuditResult, Verdict
from trustdelta.report import blessed
from trustdelta.report import format as fmt
from trustdelta.report.blessed import Since
from trustdelta.report.blocks import Badge, Block, Column, Headline, Inlines, Small, Table
from trustdelta.report.studies.records import PairedChange

COLUMNS = (
    Column("Metric"),
    Column("Earlier run"),
    Column("Later run"),
    Column("Later − earlier [simultaneous 95 %]", numeric=True),
    Column("Compared by"),
    Column("Conclusion"),
)


def same_pair(first: AuditResult, second: AuditResult) -> bool:
    """Whether two runs are of one pair by the names of its models; the weights may have changed."""
    return (first.baseline.name, first.candidate.name) == (second.baseline.name, second.candidate.name)


def build(
    earlier: AuditResult, later: AuditResult, paired: Mapping[str, PairedChange] = MappingProxyType({})
) -> tuple[Block, ...]:
    """A sentence, and one row per metric with a verdict; `paired`: the metrics compared prompt by prompt."""
    rows = [_with(paired.get(r.now.metric.name), r) for r in blessed.since(blessed.of(earlier, "", ""), later)]
    if not rows:
        return ()
    worse = [fmt.title(r.now.metric) for r in rows if r.worse]
    better = [fmt.title(r.now.metric) for r in rows if r.better]
    turned = sum(r.then is not None and r.then.verdict is not r.now.verdict for r in rows)
    parts = [f"worse on {fmt.listed(worse)}"] if worse else []
    parts += [f"better on {fmt.listed(better)}"] if better else []
    compared = sum(r.difference is not None for r in rows)
    shown = f"The later run is shown to be {'; '.join(parts)}" if parts else "No change is shown"
    if not compared:
        shown = "No metric is comparable"
    words = f"{shown} ({compared} of {len(rows)} metrics compared). {turned} of {len(rows)} verdicts are different."
    table = Table(
        "Positive is better. Intervals hold for all metrics together. A metric whose prompts were all answered in both "
        "runs is compared prompt by prompt, on these prompts; another one from both runs' intervals, as if they were "
        "independent (MOVER), which is wider.",
        COLUMNS,
        tuple(_row(r, paired.get(r.now.metric.name)) for r in rows),
        stack=True,
    )
    return (Headline(None, words), table)


def _with(change: PairedChange | None, row: Since) -> Since:
    if change is None:
        return row
    return replace(row, difference=change.difference, low=change.low, high=change.high)


def _row(row: Since, change: PairedChange | None) -> tuple[Inlines, ...]:
    metric = row.now.metric
    then = _side(row.then.verdict, row.then.worsening, row) if row.then else (fmt.NONE,)
    now = _side(row.now.verdict, row.now.estimate.worsening if row.now.estimate else None, row)
    by = f"{change.prompts:,} prompts, paired" if change else fmt.NONE if row.difference is None else "MOVER"
    return ((fmt.title(metric), Small(metric.benchmark)), then, now, (_difference(row),), (by,), (_conclusion(row),))


def _side(verdict: Verdict | None, worsening: float | None, row: Since) -> Inlines:
    detail = "" if worsening is None else fmt.signed(row.now.metric, worsening)
    return (Badge(verdict, detail),)


def _difference(row: Since) -> str:
    if row.difference is None or row.low is None or row.high is None:
        return fmt.NONE
    middle, low, high = (fmt.signed(row.now.metric, v) for v in (row.difference, row.high, row.low))
    return f"{middle} [{low}, {high}]"


def _conclusion(row: Since) -> str:
    if row.then is None:
        return "not in the earlier run"
    if not row.comparable:
        return "not comparable: other baseline, prompts or scoring"
    return "worse" if row.worse else "better" if row.better else "no difference shown"
