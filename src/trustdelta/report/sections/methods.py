"""How a verdict is made, what it guarantees, and what an undecided metric would need."""

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
from trustdelta.report.sections._common import by_dimension, label

_GRAMMAR = (
    (Verdict.IMPROVED, "the whole interval lies on the better side of no change."),
    (Verdict.PRESERVED, "the interval excludes a worsening as large as the margin."),
    (
        Verdict.REGRESSED,
        "the whole interval lies on the worse side of no change; material if beyond the margin.",
    ),
    (Verdict.INCONCLUSIVE, "none of these: the data allow both no change and a worsening beyond the margin."),
    (Verdict.NOT_MEASURABLE, "too many responses, or too unequal shares of them, could not be scored."),
)


def _undecided(found: MetricVerdict) -> tuple[Inlines, ...]:
    used = found.estimate.n_pairs if found.estimate else 0
    return (
        label(found.metric),
        (fmt.reason(found.reason) or fmt.NONE,),
        (fmt.size(found.metric, found.margin),),
        (fmt.size(found.metric, found.detectable) if found.detectable is not None else fmt.NONE,),
        (fmt.count(used),),
        (fmt.count(found.pairs_needed) if found.pairs_needed is not None else fmt.NONE,),
        (_cost(found),),
    )


def _cost(found: MetricVerdict) -> str:
    """Candidate tokens that deciding would still take."""
    effort = found.effort
    if effort is None or effort.to_decide is None:
        return fmt.NONE
    return fmt.count(round(effort.to_decide * effort.tokens))


def _needs(every: list[MetricVerdict]) -> tuple[Block, ...]:
    rows = tuple(_undecided(found) for found in every if found.verdict is Verdict.INCONCLUSIVE)
    columns = (
        Column("Metric"),
        Column("Reason"),
        Column("Margin", numeric=True),
        Column("Detectable effect", numeric=True),
        Column("Pairs used", numeric=True),
        Column("Pairs needed", numeric=True),
        Column("Candidate tokens to get there", numeric=True),
    )
    caption = "Undecided metrics: the worsening found with 80% power, and the pairs that would decide at the margin."
    return (Heading("What the undecided would need"), Table(caption, columns, rows, stack=True)) if rows else ()


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """The verdict grammar, what it promises, what the undecided would need, and the A/A check."""
    del extras
    every = [found for _, group in by_dimension(result) for found in group]
    intro = (
        "Both models answer the same prompts. Each prompt gives one difference (the mean over draws), and the metric’s "
        "estimate is their mean over the prompts that both models could be scored on. One interval per primary metric "
        "holds simultaneously over all primary metrics, and the verdict is read off it, in this order:"
    )
    rules = (
        "Regressed and preserved exclude each other for one metric, so one share of the error rate pays for both; the "
        "rate is shared among metrics, so neither their number nor their dependence raises it. Margins come from the "
        "declared plan, never from the results. A dimension has the worst of its primary metrics’ verdicts. Regressed "
        "is claimed on these prompts first, where only the models’ own randomness counts, and then beyond them; "
        "preserved and improved are claimed beyond them where their clusters can stand for others. Secondary metrics "
        "carry ordinary 95% intervals and no verdict."
    )
    promised = tuple((text,) for text in result.guarantees)
    blocks: list[Block] = [
        Paragraph((intro,)),
        Definitions(tuple((Badge(verdict), (text,)) for verdict, text in _GRAMMAR)),
        *((Heading("What is promised"), Bullets(promised)) if promised else ()),
        *(
            (Warn(f"Exploratory: changed after the candidate had answered: {'; '.join(result.exploratory)}."),)
            if result.exploratory
            else ()
        ),
        Paragraph((rules,)),
        *_needs(every),
        *_self_check(result.aa),
    ]
    return tuple(blocks)


def _self_check(check: AACheck | None) -> tuple[Block, ...]:
    """The A/A check."""
    words = (
        "Not made: it needs two or more responses of the baseline to a prompt."
        if check is None
        else f"The baseline’s own responses, split {fmt.count(check.splits)} times at random into two sham models and "
        f"audited: {fmt.count(check.false_regressions)} metrics falsely regressed, in "
        f"{fmt.count(check.splits_with_false_regression)} splits; {fmt.share(check.preserved_share)} of the metrics "
        f"preserved. {'Too many: no verdict is given.' if check.failed else 'No alarm.'}"
    )
    return (Heading("The baseline against itself (A/A check)"), Paragraph((words,)))


SECTION = Section(80, "methods", "How a verdict is made", build)
