"""All model pairs as a heat map: verdict, deciding metric and change by dimension, ranked among equal coverage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from trustdelta.records import TRUST_DIMENSIONS, Dimension, Verdict, in_order
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Column, Definitions, Inlines, Small, Table, Warn
from trustdelta.report.studies.records import PairRow, StudyResult

_STEPS = (0.01, 0.05, 0.2)
"""Changes, as shares of the range, from which on a cell has the next stronger tint."""


def tint(worsening: float | None) -> int:
    """The strength of a cell's tint from −3 (worse) to 3 (better); 0 without a value."""
    if worsening is None:
        return 0
    strength = sum(abs(worsening) >= step for step in _STEPS)
    return -strength if worsening > 0 else strength


def _order(row: PairRow) -> tuple[int, int, float]:
    verdicts = [point.verdict for d, point in row.points.items() if d.trust]
    gain = -math.inf if row.gain is None else row.gain
    return (sum(v is Verdict.REGRESSED for v in verdicts), -sum(v.holds for v in verdicts), -gain)


def ranked(rows: Sequence[PairRow]) -> Iterator[tuple[PairRow, str]]:
    """Pairs with their rank among those that measured the same dimensions, the widest coverage first."""

    def coverage(row: PairRow) -> tuple[int, list[str]]:
        return -len(row.covered), sorted(d.value for d in row.covered)

    for _, group in groupby(sorted(rows, key=lambda r: (coverage(r), _order(r), r.name)), key=coverage):
        equal = list(group)
        better = [sum(_order(other) < _order(row) for other in equal) for row in equal]
        for row, before in zip(equal, better, strict=True):
            yield row, f"{before + 1} of {len(equal)}" if len(equal) > 1 else fmt.NONE


def cell(row: PairRow, dimension: Dimension) -> Inlines:
    """The verdict of a pair in one dimension, with the change of its deciding metric."""
    point = row.points.get(dimension)
    if point is None:
        return (fmt.NONE,)
    if point.driver is None or point.driver.worsening is None:
        number = None if point.driver else point.worsening
        detail = point.apart if number is None else fmt.fixed(-100 * number, sign=True)
        return (Badge(point.verdict, detail, tint(number)),)
    remarks = (Small(point.driver.title), Small(point.apart))
    return (Badge(point.verdict, point.driver.change, tint(point.driver.worsening)), *remarks)


def build(result: StudyResult) -> tuple[Block, ...]:
    """Counts by verdict, and one row per pair."""
    dimensions = in_order(d for r in result.pairs for d in r.points)
    drifted = any(r.drift is not None for r in result.pairs)
    columns = (
        Column("Pair"),
        *(Column(d.value.capitalize()) for d in dimensions),
        *([Column("Drift, nats per token", numeric=True)] if drifted else []),
        Column("Coverage", numeric=True),
        Column("Rank", numeric=True),
    )
    rows = tuple(
        (
            (
                r.name,
                Small(" · ".join(word for word in (f"{r.baseline} → {r.candidate}", r.kind) if word)),
                Badge(r.overall),
            ),
            *(cell(r, d) for d in dimensions),
            *([(fmt.nats(r.drift) if r.drift is not None else fmt.NONE,)] if drifted else []),
            (f"{len(r.covered)} of {len(TRUST_DIMENSIONS)}",),
            (rank,),
        )
        for r, rank in ranked(result.pairs)
    )
    counts = {v: sum(r.overall is v for r in result.pairs) for v in Verdict}
    facts = Definitions(tuple((Badge(v), (fmt.count(n),)) for v, n in counts.items() if n), facts=True)
    caption = (
        "Each cell: verdict, change of the deciding metric in its own units (points for rates), and that metric; "
        "positive is better. The tint shows the size of the change. Ranks are among pairs with equal coverage: by "
        "regressed dimensions, then by dimensions preserved or improved, then by gain."
    )
    blocks: list[Block] = [facts, Table(caption, columns, rows, stack=True)]
    if result.unfinished:
        blocks.append(Warn(f"Excluded because not finished: {', '.join(result.unfinished)}."))
    if changed := [r.name for r in result.pairs if r.exploratory]:
        blocks.append(Warn(f"Exploratory, because the plan was changed after the responses: {', '.join(changed)}."))
    return tuple(blocks)
