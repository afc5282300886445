"""Methods pooled over families, and their contrasts, each with why nothing is claimed where nothing is."""

from __future__ import annotations

from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Heading, Inlines, Paragraph, Table
from trustdelta.report.studies.records import Contrast, MethodRow, StudyResult

POOLED = (
    Column("Method"),
    Column("Dimension"),
    Column("Pairs / families", numeric=True),
    Column("Mean change [95 %]", numeric=True),
    Column("A further family", numeric=True),
    Column("τ", numeric=True),
    Column("Remark"),
)
CONTRASTS = (
    Column("Methods"),
    Column("Dimension"),
    Column("Families", numeric=True),
    Column("Difference [95 %]", numeric=True),
    Column("p, permutation", numeric=True),
    Column("Least p possible", numeric=True),
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
    said = row.reason or ("they differ" if row.claim else "no difference is claimed")
    return (
        (f"{row.first} − {row.second}, {row.lineage}",),
        (row.dimension.value,),
        (f"{row.n_first} / {row.n_second}",),
        (f"{_points(-row.difference)} {_span(row.high, row.low)}",),
        (fmt.p_value(row.p),),
        (fmt.p_value(row.p_least),),
        (fmt.NONE if row.reason else fmt.p_value(row.p_holm),),
        (f"{kind}; {said}",),
    )


def build(result: StudyResult) -> tuple[Block, ...]:
    """Both tables; nothing where no pair has a value."""
    if not result.methods:
        return ()
    intro = (
        "Random effects over families (Paule–Mandel, modified Knapp–Hartung); a further family is the 95 % "
        "prediction interval. Percent of the metrics’ ranges, within ±100, positive is better. Below three families "
        "nothing is pooled, below four for each method a contrast is descriptive."
    )
    blocks: list[Block] = [
        Paragraph((intro,)),
        Table("Each method by dimension.", POOLED, tuple(_pooled(r) for r in result.methods)),
    ]
    if result.contrasts:
        table = Table("First method minus second.", CONTRASTS, tuple(_contrast(c) for c in result.contrasts))
        blocks += [Heading("Contrasts"), table]
    return tuple(blocks)
