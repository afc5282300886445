"""The verdict rule, its guarantees, and the sample sizes that inconclusive metrics need."""

from __future__ import annotations

from trustdelta.records import AACheck, AuditResult, MetricVerdict, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import (
    Badge,
    Block,
    Bullets,
    Column,
    Definitions,
    Heading,
    Inlines,
    Paragraph,
    Section,
    Table,
    Warn,
)
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import label

_RULE = (
    (Verdict.IMPROVED, "the whole interval is on the better side of no change."),
    (Verdict.PRESERVED, "the interval excludes a worsening as large as the margin."),
    (
        Verdict.REGRESSED,
        "the whole interval is on the worse side of no change; if also beyond the margin, it exceeds the margin.",
    ),
    (
        Verdict.INCONCLUSIVE,
        "none of these: the data are consistent with both no change and a worsening beyond the margin.",
    ),
    (Verdict.NOT_MEASURABLE, "too many responses, or too different shares of them, could not be scored."),
)


def _undecided(metric_verdict: MetricVerdict) -> tuple[Inlines, ...]:
    scored = metric_verdict.estimate.n_pairs if metric_verdict.estimate else 0
    return (
        label(metric_verdict.metric),
        (fmt.reason(metric_verdict.reason) or fmt.NONE,),
        (fmt.size(metric_verdict.metric, metric_verdict.margin),),
        (
            fmt.size(metric_verdict.metric, metric_verdict.detectable)
            if metric_verdict.detectable is not None
            else fmt.NONE,
        ),
        (fmt.count(scored),),
        (fmt.count(metric_verdict.pairs_needed) if metric_verdict.pairs_needed is not None else fmt.NONE,),
        (_cost(metric_verdict),),
    )


def _cost(metric_verdict: MetricVerdict) -> str:
    """Further candidate tokens needed to decide the metric."""
    effort = metric_verdict.effort
    if effort is None or effort.to_decide is None:
        return fmt.NONE
    return fmt.count(round(effort.to_decide * effort.tokens))


def _needs(metrics: list[MetricVerdict]) -> tuple[Block, ...]:
    rows = tuple(_undecided(m) for m in metrics if m.verdict is Verdict.INCONCLUSIVE)
    columns = (
        Column("Metric"),
        Column("Reason"),
        Column("Margin", numeric=True),
        Column("Detectable worsening", numeric=True),
        Column("Prompts scored", numeric=True),
        Column("Prompts needed", numeric=True),
        Column("Candidate tokens needed", numeric=True),
    )
    caption = (
        "Inconclusive metrics: the worsening detected with 80 % power, and the prompts needed to decide at the margin."
    )
    return (
        (Heading("Sample sizes needed by inconclusive metrics"), Table(caption, columns, rows, stack=True))
        if rows
        else ()
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """The verdict rule, its guarantees, needed sample sizes, and the A/A check."""
    del extras
    metrics = by_metric(result)
    intro = (
        "Both models answer the same prompts. Each prompt yields one paired difference (of means over samples); the "
        "metric’s estimate is the mean difference over the prompts scored for both models. Each primary metric has one "
        "confidence interval, simultaneous over all primary metrics, which determines the verdict in this order:"
    )
    rules = (
        "Regressed and preserved exclude each other for a metric, so that both use the same share of the error rate; "
        "the rate is split among metrics, so that neither their number nor their dependence raises it. Margins come "
        "from the declared plan, never from the results. A dimension has the worst verdict of its primary metrics. "
        "Regressed is claimed first on these prompts (sampling noise of the models only), then for similar prompts; "
        "preserved and improved are claimed for similar prompts where there are enough independent clusters. Secondary "
        "metrics carry no verdict. Tables show ordinary 95 % intervals; “All statistics” holds the simultaneous ones."
    )
    changed = "; ".join(result.exploratory)
    guarantees = tuple((text,) for text in result.guarantees)
    blocks: list[Block] = [
        Paragraph((intro,)),
        Definitions(tuple((Badge(verdict), (text,)) for verdict, text in _RULE)),
        *((Heading("Guarantees"), Bullets(guarantees)) if guarantees else ()),
        *((Warn(f"Exploratory: the plan was changed after the responses: {changed}."),) if changed else ()),
        Paragraph((rules,)),
        *_needs(metrics),
        *_self_check(result.aa),
    ]
    return tuple(blocks)


def _self_check(check: AACheck | None) -> tuple[Block, ...]:
    """The A/A check."""
    return (Heading("A/A check (baseline vs. itself)"), Paragraph((_aa_text(check),)))


def _aa_text(check: AACheck | None) -> str:
    if check is None:
        return "A/A check not run: it needs at least two baseline responses per prompt."
    splits, alarms = fmt.count(check.splits), check.splits_with_false_regression
    false = "no false alarm" if not alarms else f"{fmt.count(alarms)} with a false alarm"
    result = f"A/A check {'failed' if check.failed else 'passed'} ({splits} random splits, {false})"
    count = f"False regressions: {fmt.count(check.false_regressions)}"
    preserved = f"{fmt.share(check.preserved_share)} of the metrics preserved"
    consequence = " More false alarms than the error rate allows: no verdict is given." if check.failed else ""
    return f"{result}: the baseline’s responses, split at random into two models. {count}, {preserved}.{consequence}"


SECTION = Section(80, "methods", "Statistical method", build)
