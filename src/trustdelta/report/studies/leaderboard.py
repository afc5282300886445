"""Every pair in one table: verdicts by dimension, beside the gain and the drift; fewest regressions first."""

from __future__ import annotations

import math

from trustdelta.records import TRUST_DIMENSIONS, Dimension, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Column, Definitions, Inlines, Small, Table, Warn
from trustdelta.report.studies.records import PairRow, StudyResult


def _order(row: PairRow) -> tuple[int, int, float, str]:
    found = [row.points[d].verdict for d in TRUST_DIMENSIONS if d in row.points]
    gain = -math.inf if row.gain is None else row.gain
    return (sum(v is Verdict.REGRESSED for v in found), -sum(v.holds for v in found), -gain, row.name)


def _cell(row: PairRow, dimension: Dimension) -> Inlines:
    found = row.points.get(dimension)
    if found is None:
        return (fmt.NONE,)
    said = found.apart if found.worsening is None else f"{fmt.fixed(-100 * found.worsening, sign=True)}"
    return (Badge(found.verdict, said),)


def build(result: StudyResult) -> tuple[Block, ...]:
    """How many pairs there are, and one row for each."""
    dimensions = [d for d in Dimension if any(d in r.points for r in result.pairs)]
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
        "Fewest regressed dimensions first, then most that hold, then most gain. Numbers: mean change in percent of "
        "the metrics’ ranges over the metrics that all pairs have in common; positive is better."
    )
    blocks: list[Block] = [facts, Table(caption, columns, rows, stack=True)]
    if result.unfinished:
        blocks.append(Warn(f"Not finished, and left out: {', '.join(result.unfinished)}."))
    if changed := [r.name for r in result.pairs if r.exploratory]:
        blocks.append(Warn(f"Exploratory, by a plan that was changed after the answers: {', '.join(changed)}."))
    return tuple(blocks)
