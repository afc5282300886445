"""Methods pooled over model families, and their contrasts, with the reason where nothing is claimed."""

from __future__ import annotations

from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Heading, Inlines, Paragraph, Table
from trustdelta.report.studies.records import Contrast, MethodRow, StudyResult

POOLED = (
    Column("Method"),
    Column("Dimension"),
    Column("Pairs / families", numeric=True),
    Column("Mean change [95 %]", numeric=True),
    Column("Prediction interval", numeric=True),
    Column("τ", numeric=True),
    Column("Remark"),
)
CONTRASTS = (
    Column("Methods"),
    Column("Dimension"),
    Column("Families", numeric=True),
    Column("Difference [95 %]", numeric=True),
    Column("p, permutation", numeric=True),
    Column("Smallest attainable p", numeric=True),
    Column("p, Holm", numeric=True),
    Column("Remark"),
)


def _points(value: float | None) -> str:
    return fmt.NONE if value is None else fmt.fixed(100 * value, sign=True)


def _span(high: float | None, low: float | None) -> str:
    return fmt.NONE if high is None or low is None else f"[{_points(-high)}, {_points(-low)}]"


def _pooled(row: MethodRow) -> tuple[Inlines, ...]:
    mean = None if row.mean is None else -row.mean
    tau = fmt.NONE if row.tau is None else fmt.fixed(100 * row.tau)
    return (
        (f"{row.method}, {row.lineage}",),
        (row.dimension.value,),
        (f"{row.n_pairs} / {row.n_families}",),
        (f"{_points(mean)} {_span(row.high, row.low)}" if mean is not None else fmt.NONE,),
        (_span(row.predicted_high, row.predicted_low),),
        (tau,),
        (row.reason,),
    )


def _contrast(row: Contrast) -> tuple[Inlines, ...]:
    kind = "matched families" if row.matched else "families not matched"
    conclusion = row.reason or ("significant difference" if row.claim else "no difference claimed")
    return (
        (f"{row.first} − {row.second}, {row.lineage}",),
        (row.dimension.value,),
        (f"{row.n_first} / {row.n_second}",),
        (f"{_points(-row.difference)} {_span(row.high, row.low)}",),
        (fmt.p_value(row.p),),
        (fmt.p_value(row.p_least),),
        (fmt.NONE if row.reason else fmt.p_value(row.p_holm),),
        (f"{kind}; {conclusion}",),
    )


def build(result: StudyResult) -> tuple[Block, ...]:
    """Both tables; no block where no pair has a value."""
    if not result.methods:
        return ()
    intro = (
        "Random-effects meta-analysis over families (Paule–Mandel, modified Knapp–Hartung), with a 95 % prediction "
        "interval for a new family. Values in percent of the metrics’ ranges; positive is better. Fewer than three "
        "families are not pooled; with fewer than four per method a contrast is descriptive."
    )
    blocks: list[Block] = [
        Paragraph((intro,)),
        Table("Each method by dimension.", POOLED, tuple(_pooled(r) for r in result.methods)),
    ]
    if result.contrasts:
        table = Table("First method minus second.", CONTRASTS, tuple(_contrast(c) for c in result.contrasts))
        blocks += [Heading("Contrasts"), table]
    return tuple(blocks)
