"""Cross-fitted rank correlation of KL and worsening, and the check that rates satisfy Pinsker's bound."""

from __future__ import annotations

from trustdelta.records import Association, AuditResult, BoundCheck
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table, Warn
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import DIRECTIONS

_COLUMNS = (
    Column("Metric"),
    Column("Drift measure"),
    Column("Rank correlation [95 % CI]", numeric=True),
    Column("Prompts", numeric=True),
    Column("Clusters", numeric=True),
    Column("Samples per prompt", numeric=True),
)
_BOUNDS = (
    Column("Metric"),
    Column("Divergence"),
    Column("Baseline", numeric=True),
    Column("Candidate", numeric=True),
    Column("Difference", numeric=True),
    Column("Bound", numeric=True),
    Column("Nats per response", numeric=True),
    Column("Prompts", numeric=True),
    Column("Satisfied"),
)


def _titles(result: AuditResult) -> dict[str, str]:
    return {m.metric.name: fmt.title(m.metric) for m in result.metrics}


def _correlation(association: Association) -> Inlines:
    if association.rho is None:
        return (fmt.NONE, Small(fmt.reason(association.reason)))
    text = fmt.fixed(association.rho, 2, sign=True)
    if association.low is None or association.high is None:
        return (text, Small("descriptive: too few clusters for an interval"))
    return (f"{text} [{fmt.fixed(association.low, 2, sign=True)}, {fmt.fixed(association.high, 2, sign=True)}]",)


def _association(titles: dict[str, str], association: Association) -> tuple[Inlines, ...]:
    return (
        (titles.get(association.metric, association.metric),),
        (association.measure,),
        _correlation(association),
        (fmt.count(association.n_prompts),),
        (fmt.count(association.n_clusters),),
        (f"{association.draws:g}",),
    )


def _bound(titles: dict[str, str], check: BoundCheck) -> tuple[Inlines, ...]:
    return (
        (titles.get(check.metric, check.metric), Small(check.prompt_id)),
        (DIRECTIONS.get(check.direction, check.direction),),
        (fmt.share(check.baseline_rate),),
        (fmt.share(check.candidate_rate),),
        (fmt.share(abs(check.candidate_rate - check.baseline_rate)),),
        (fmt.share(check.limit),),
        (fmt.nats(check.nats_per_response),),
        (fmt.count(check.n_prompts),),
        ("yes" if check.holds else "violated",),
    )


def _bounds(result: AuditResult) -> tuple[Block, ...]:
    """All checks over all prompts, and each prompt that violates its bound."""
    rows = tuple(_bound(_titles(result), b) for b in result.bounds if not b.prompt_id or not b.holds)
    violated = sum(not b.holds for b in result.bounds)
    blocks: list[Block] = []
    if violated:
        warning = (
            f"{fmt.count(violated)} of {fmt.count(len(result.bounds))} rates differ by more than the measured "
            "divergence allows. This is impossible and means a measurement error: trust neither drift nor rates until "
            "its cause is known."
        )
        blocks.append(Warn(warning))
    if rows:
        caption = (
            "Pinsker’s inequality: two models’ rates of the same event differ by at most √(KL / 2). It checks the "
            "measurement, not the models."
        )
        blocks.append(Table(caption, _BOUNDS, rows, stack=True))
    if result.bounds_note:
        blocks.append(Paragraph((result.bounds_note,)))
    return tuple(blocks)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Correlations with their interpretation, then the bounds."""
    del extras
    blocks: list[Block] = []
    if result.associations:
        intro = (
            "Spearman rank correlation over prompts of drift and worsening. Both come from different samples "
            "(cross-fitting), so that noise in one response cannot correlate them. Positive: prompts with more drift "
            "got worse. With few samples per prompt, noise attenuates the correlation, so its size is a lower bound. "
            "Correlation is not causation."
        )
        rows = tuple(_association(_titles(result), a) for a in result.associations)
        caption = "Cross-fitted rank correlation of drift and worsening."
        blocks += [Paragraph((intro,)), Table(caption, _COLUMNS, rows, stack=True)]
    if result.association_note:
        blocks.append(Paragraph((result.association_note,)))
    return (*blocks, *_bounds(result))


SECTION = Section(62, "association", "Correlation of KL and regression", build)
