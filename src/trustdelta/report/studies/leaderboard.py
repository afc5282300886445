"""All model pairs in one table: verdicts by dimension, gain and drift; fewest regressions first."""

from __future__ import annotations

import math

from trustdelta.records import Dimension, Verdict, in_order
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Column, Definitions, Inlines, Small, Table, Warn
from trustdelta.report.studies.records import PairRow, StudyResult


def _order(row: PairRow) -> tuple[int, int, float, str]:
    verdicts = [point.verdict for d, point in row.points.items() if d.trust]
    gain = -math.inf if row.gain is None else row.gain
    return (sum(v is Verdict.REGRESSED for v in verdicts), -sum(v.holds for v in verdicts), -gain, row.name)


def _cell(row: PairRow, dimension: Dimension) -> Inlines:
    point = row.points.get(dimension)
    if point is None:
        return (fmt.NONE,)
    detail = point.apart if point.worsening is None else fmt.fixed(-100 * point.worsening, sign=True)
    return (Badge(point.verdict, detail),)


def build(result: StudyResult) -> tuple[Block, ...]:
    """Counts by verdict, and one row per pair."""
    dimensions = in_order(d for r in result.pairs for d in r.points)
    drifted = any(r.drift is not None for r in result.pairs)
    columns = (
        Column("Pair"),
        *(Column(d.value.capitalize()) for d in dimensions),
        *([Column("Drift, nats per token", numeric=True)] if drifted else []),
    )
    rows = tuple(
        (
            (
                r.name,
                Small(" · ".join(word for word in (f"{r.baseline} → {r.candidate}", r.kind) if word)),
                Badge(r.overall),
            ),
            *(_cell(r, d) for d in dimensions),
            *([(fmt.nats(r.drift) if r.drift is not None else fmt.NONE,)] if drifted else []),
        )
        for r in sorted(result.pairs, key=_order)
    )
    counts = {v: sum(r.overall is v for r in result.pairs) for v in Verdict}
    facts = Definitions(tuple((Badge(v), (fmt.count(n),)) for v, n in counts.items() if n), facts=True)
    caption = (
        "Sorted by regressed dimensions, then by dimensions preserved or improved, then by gain. Numbers: mean change "
        "in percent of the metrics’ ranges over the metrics common to all pairs; positive is better."
    )
    blocks: list[Block] = [facts, Table(caption, columns, rows, stack=True)]
    if result.unfinished:
        blocks.append(Warn(f"Excluded because not finished: {', '.join(result.unfinished)}."))
    if changed := [r.name for r in result.pairs if r.exploratory]:
        blocks.append(Warn(f"Exploratory, because the plan was changed after the responses: {', '.join(changed)}."))
    return tuple(blocks)
