"""What changed between two runs of one pair: verdicts then and now, and the difference of their changes."""

from __future__ import annotations

from trustdelta.records import AuditResult, Verdict
from trustdelta.report import blessed
from trustdelta.report import format as fmt
from trustdelta.report.blessed import Since
from trustdelta.report.blocks import Badge, Block, Column, Headline, Inlines, Small, Table

COLUMNS = (
    Column("Metric"),
    Column("Earlier run"),
    Column("Later run"),
    Column("Later − earlier [simultaneous 95 %]", numeric=True),
    Column("Conclusion"),
)


def same_pair(first: AuditResult, second: AuditResult) -> bool:
    """Whether two runs are of one pair by the names of its models; the weights may have changed."""
    return (first.baseline.name, first.candidate.name) == (second.baseline.name, second.candidate.name)


def build(earlier: AuditResult, later: AuditResult) -> tuple[Block, ...]:
    """A sentence, and one row per metric with a verdict."""
    rows = blessed.since(blessed.of(earlier, "", ""), later)
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
        "Positive is better. Intervals hold for all metrics together (MOVER).",
        COLUMNS,
        tuple(map(_row, rows)),
        stack=True,
    )
    return (Headline(None, words), table)


def _row(row: Since) -> tuple[Inlines, ...]:
    metric = row.now.metric
    then = _side(row.then.verdict, row.then.worsening, row) if row.then else (fmt.NONE,)
    now = _side(row.now.verdict, row.now.estimate.worsening if row.now.estimate else None, row)
    return ((fmt.title(metric), Small(metric.benchmark)), then, now, (_difference(row),), (_conclusion(row),))


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
