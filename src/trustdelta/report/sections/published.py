"""Published vs. corrected scoring: the parts of a change that are behaviour and scoring artefact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trustdelta.records import AuditResult, MetricVerdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import better_words, change

MARK = "_paper"
"""Marks the name of a metric with a paper's original scoring; the corrected metric has the name without it."""

_COLUMNS = (
    Column("Metric"),
    Column("As published", numeric=True),
    Column("Corrected", numeric=True),
    Column("Due to scoring", numeric=True),
    Column("Interpretation"),
)


@dataclass(frozen=True, slots=True)
class Readings:
    """One quantity scored twice on the same responses."""

    published: MetricVerdict
    corrected: MetricVerdict

    @property
    def shift(self) -> float | None:
        """Worsening as published minus worsening as corrected, in the metric's units; None without both."""
        published, corrected = self.published.estimate, self.corrected.estimate
        return None if published is None or corrected is None else published.worsening - corrected.worsening


def readings(result: AuditResult) -> Iterator[Readings]:
    """Published metrics with their corrected counterparts: same benchmark, prompts, part, direction and range."""
    metrics = {m.metric.name: m for m in by_metric(result)}
    for name, published in metrics.items():
        benchmark, _, short = name.rpartition(".")
        partner = metrics.get(f"{benchmark}.{short.replace(MARK, '')}" if benchmark else short.replace(MARK, ""))
        if MARK in short and partner and _alike(published) == _alike(partner):
            yield Readings(published, partner)


def _alike(metric_verdict: MetricVerdict) -> tuple[object, ...]:
    m = metric_verdict.metric
    return m.benchmark, m.strata, m.part, m.better, m.bound, m.signed


def interpretation(read: Readings) -> str:
    """The conclusion from both scorings, by their simultaneous intervals."""
    published, corrected = read.published.estimate, read.corrected.estimate
    if published is None or corrected is None:
        return "no estimate for one of the two"
    worse = [e.low > 0 for e in (published, corrected)]
    better = [e.high < 0 for e in (published, corrected)]
    if worse[0] and not worse[1]:
        return "worse only as published: scoring artefact, not shown to be behaviour"
    if worse[1] and not worse[0]:
        return "worse only as corrected: masked by the published scoring"
    if all(worse):
        return "worse in both: behaviour"
    return "better in both" if all(better) else "no worsening shown in either"


def _row(read: Readings) -> tuple[Inlines, ...]:
    metric = read.corrected.metric
    shift = read.shift
    return (
        (fmt.title(metric), Small(f"{metric.benchmark} · {better_words(metric)}")),
        (change(read.published), Small(_levels(read.published))),
        (change(read.corrected), Small(_levels(read.corrected))),
        (fmt.NONE if shift is None else f"{fmt.signed(metric, shift)} {fmt.unit(metric)}",),
        (interpretation(read),),
    )


def _levels(metric_verdict: MetricVerdict) -> str:
    e = metric_verdict.estimate
    if e is None:
        return fmt.reason(metric_verdict.reason)
    baseline, candidate = (fmt.rate(metric_verdict.metric, v) for v in (e.baseline, e.candidate))
    return f"{baseline} → {candidate}, n = {fmt.count(e.n_pairs)}"


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One row per metric with both scorings; no block without one."""
    del extras
    pairs = list(readings(result))
    if not pairs:
        return ()
    alone = sum(MARK in m.metric.name.rpartition(".")[2] for m in by_metric(result)) - len(pairs)
    intro = (
        "The same responses, scored as in the benchmark’s paper and with its known parsing or judging errors "
        "corrected. The worsening that remains after correction is behaviour. Due to scoring: change as published "
        "minus change as corrected (negative: the published scoring makes the candidate look worse). It has no "
        "interval, because both scorings use the same responses but not always the same prompts."
    )
    if alone:
        intro += (
            f" {fmt.count(alone)} published metrics have no corrected counterpart; they are under “Results by metric”."
        )
    caption = "Changes with 95 % CI, as published and as corrected."
    return (Paragraph((intro,)), Table(caption, _COLUMNS, tuple(map(_row, pairs)), stack=True))


SECTION = Section(33, "published", "Published vs. corrected scoring", build)
