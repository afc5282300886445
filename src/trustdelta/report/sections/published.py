"""As published against corrected: how much of a change is behaviour, and how much the published way of reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trustdelta.records import AuditResult, MetricVerdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import better_words, by_metric, change

MARK = "_paper"
"""In the name of a metric that reads responses as a paper did; the corrected one has the same name without it."""

_COLUMNS = (
    Column("Metric"),
    Column("As published", numeric=True),
    Column("Corrected", numeric=True),
    Column("By reading alone", numeric=True),
    Column("What it says"),
)


@dataclass(frozen=True, slots=True)
class Readings:
    """One quantity read twice from the same responses."""

    published: MetricVerdict
    corrected: MetricVerdict

    @property
    def shift(self) -> float | None:
        """Worsening as published minus worsening as corrected, in the metric's units; None without both."""
        one, other = self.published.estimate, self.corrected.estimate
        return None if one is None or other is None else one.worsening - other.worsening


def readings(result: AuditResult) -> Iterator[Readings]:
    """Published metrics with their corrected partners: same benchmark, prompts, part, direction and range."""
    found = {m.metric.name: m for m in by_metric(result)}
    for name, published in found.items():
        benchmark, _, short = name.rpartition(".")
        partner = found.get(f"{benchmark}.{short.replace(MARK, '')}" if benchmark else short.replace(MARK, ""))
        if MARK in short and partner and _alike(published) == _alike(partner):
            yield Readings(published, partner)


def _alike(found: MetricVerdict) -> tuple[object, ...]:
    m = found.metric
    return m.benchmark, m.strata, m.part, m.better, m.bound, m.signed


def said(read: Readings) -> str:
    """What both readings say together, by their simultaneous intervals."""
    one, other = read.published.estimate, read.corrected.estimate
    if one is None or other is None:
        return "one of both was not estimated"
    worse = [e.low > 0 for e in (one, other)]
    better = [e.high < 0 for e in (one, other)]
    if worse[0] and not worse[1]:
        return "worse only as published: reading, not shown to be behaviour"
    if worse[1] and not worse[0]:
        return "worse only as corrected: the published reading hides it"
    if all(worse):
        return "worse both ways: behaviour"
    return "better both ways" if all(better) else "no worsening shown either way"


def _row(read: Readings) -> tuple[Inlines, ...]:
    metric = read.corrected.metric
    shift = read.shift
    return (
        (metric.title or metric.name, Small(f"{metric.benchmark} · {better_words(metric)}")),
        (change(read.published), Small(_levels(read.published))),
        (change(read.corrected), Small(_levels(read.corrected))),
        (fmt.NONE if shift is None else fmt.worsening_text(metric, shift),),
        (said(read),),
    )


def _levels(found: MetricVerdict) -> str:
    e = found.estimate
    if e is None:
        return fmt.reason(found.reason)
    was, now = (fmt.rate(found.metric, v) for v in (e.baseline, e.candidate))
    return f"{was} → {now}, n = {fmt.count(e.n_pairs)}"


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One row for each pair of readings; nothing where no benchmark has both."""
    del extras
    pairs = list(readings(result))
    if not pairs:
        return ()
    alone = sum(MARK in m.metric.name.rpartition(".")[2] for m in by_metric(result)) - len(pairs)
    intro = (
        "The same responses, read once as the benchmark’s paper did and once with its known faults of parsing or "
        "judging mended. What is left after correction is behaviour; by reading alone is the worsening as published "
        "less the worsening as corrected (positive: the published reading makes the candidate look worse). It has no "
        "interval of its own: both readings rest on the same responses, but not always on the same pairs."
    )
    if alone:
        intro += f" {fmt.count(alone)} published readings have no corrected partner and are under every metric."
    caption = "Changes with their intervals, as published and as corrected."
    return (Paragraph((intro,)), Table(caption, _COLUMNS, tuple(map(_row, pairs)), stack=True))


SECTION = Section(33, "published", "As published against corrected", build)
