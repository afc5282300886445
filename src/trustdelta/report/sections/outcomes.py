"""Response outcomes of both models by benchmark, with every denominator."""

from __future__ import annotations

from markupsafe import Markup

from trustdelta.records import Arm, AuditResult, Outcome
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Chart, ChartRow, Column, Inlines, Section, Small, Table
from trustdelta.report.extras import ReportExtras

_HEIGHT = 26

Counts = dict[Outcome, int]


def _counts(result: AuditResult) -> dict[tuple[str, Arm], Counts]:
    """Responses per outcome, by benchmark and model, in order of first appearance, baseline first."""
    benchmarks = dict.fromkeys(o.benchmark for o in result.outcomes)
    counts: dict[tuple[str, Arm], Counts] = {(b, arm): {} for b in benchmarks for arm in Arm}
    for row in result.outcomes:
        states = counts[row.benchmark, row.arm]
        states[row.outcome] = states.get(row.outcome, 0) + row.count
    return counts


def _bar(name: str, benchmark: str, arm: Arm, counts: Counts) -> Markup:
    total = sum(counts.values()) or 1
    axis = svg.Axis(0.0, 1.0, (0.0, 1.0))
    shapes: list[Markup] = []
    descriptions: list[str] = []
    start = 0.0
    for outcome in Outcome:
        if counts.get(outcome):
            share = counts[outcome] / total
            words = f"{fmt.outcome_text(outcome)} {fmt.share(share)} ({fmt.count(counts[outcome])})"
            ends = (axis.percent(start), axis.percent(start + share))
            shapes.append(svg.bar(ends, (4, 22), f"segment o-{outcome.value}", words))
            start += share
            descriptions.append(words)
    description = "; ".join(descriptions) or "no responses"
    return svg.picture(name, f"{benchmark}, {arm.value}: response outcomes", description, _HEIGHT, shapes)


def _legend(states: list[Outcome]) -> tuple[tuple[Markup, str], ...]:
    items = []
    for outcome in states:
        shape = svg.bar((0, 100), (1, 15), f"segment o-{outcome.value}")
        items.append(
            (svg.swatch(f"outcome-key-{outcome.value}", fmt.outcome_text(outcome), shape), fmt.outcome_text(outcome))
        )
    return tuple(items)


def _table_row(benchmark: str, arm: Arm, counts: Counts, states: list[Outcome]) -> tuple[Inlines, ...]:
    total = sum(counts.values())
    cells: list[Inlines] = [(benchmark,), (arm.value,), (fmt.count(total),)]
    for outcome in states:
        n = counts.get(outcome, 0)
        cells.append((fmt.count(n), Small(fmt.share(n / total))) if n else ("0",))
    return tuple(cells)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Stacked bars of both models per benchmark, then the numbers."""
    del extras
    counts = _counts(result)
    states = [o for o in Outcome if any(c.get(o) for c in counts.values())]
    if not states:
        return ()
    rows = []
    for i, ((benchmark, arm), by_outcome) in enumerate(counts.items()):
        value = f"{fmt.count(sum(by_outcome.values()))} responses"
        bar = _bar(f"outcome-{i}", benchmark, arm, by_outcome)
        rows.append(ChartRow((benchmark, Small(arm.value)), bar, (value,)))
    axis = svg.Axis(0.0, 100.0, (0.0, 25.0, 50.0, 75.0, 100.0))
    picture = svg.axis_picture("outcome-axis", axis, "percent of responses")
    columns = (
        Column("Benchmark"),
        Column("Model"),
        Column("Responses", numeric=True),
        *(Column(fmt.outcome_text(o).capitalize(), numeric=True) for o in states),
    )
    return (
        Chart("Response outcomes by model.", tuple(rows), picture, _legend(states), dense=True),
        Table(
            "Outcome counts. A truncated, empty or failed response is never counted as refused, wrong or safe.",
            columns,
            tuple(_table_row(b, arm, by_outcome, states) for (b, arm), by_outcome in counts.items()),
        ),
    )


SECTION = Section(40, "outcomes", "Response outcomes", build)
