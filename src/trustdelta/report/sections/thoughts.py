"""Reasoning trace vs. final answer: where each model's responses are bad."""

from __future__ import annotations

from markupsafe import Markup

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Chart, ChartRow, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import change
from trustdelta.report.thought_answer import Leak

_KINDS = (("both", "both"), ("thought_only", "trace only"), ("answer_only", "answer only"), ("neither", "neither"))
_COLUMNS = (
    Column("Trace / answer metric"),
    Column("Model"),
    *(Column(f"Bad in {words}", numeric=True) for _, words in _KINDS),
    Column("Compared", numeric=True),
    Column("Unscored answer", numeric=True),
    Column("No scored trace", numeric=True),
)
_HEIGHT = 26


def _titles(result: AuditResult, leak: Leak) -> tuple[str, str]:
    named = {m.metric.name: fmt.title(m.metric) for m in result.metrics}
    return (
        named.get(leak.thought_metric, leak.thought_metric),
        named.get(leak.answer_metric, leak.answer_metric),
    )


def _label(result: AuditResult, leak: Leak) -> Inlines:
    thought, answer = _titles(result, leak)
    return (f"{thought} / {answer}", Small(leak.arm.value))


def _shares(leak: Leak) -> list[tuple[str, str, float]]:
    return [(kind, words, getattr(leak, kind) / leak.compared) for kind, words in _KINDS]


def _bar(name: str, title: str, leak: Leak) -> Markup:
    axis = svg.Axis(0.0, 1.0, (0.0, 1.0))
    shapes: list[Markup] = []
    descriptions: list[str] = []
    start = 0.0
    for kind, words, share in _shares(leak):
        if share:
            text = f"bad in {words} {fmt.share(share)} ({fmt.count(getattr(leak, kind))})"
            ends = (axis.percent(start), axis.percent(start + share))
            shapes.append(svg.bar(ends, (4, 22), f"segment l-{kind}", text))
            descriptions.append(text)
            start += share
    return svg.picture(name, title, "; ".join(descriptions), _HEIGHT, shapes)


def _chart(result: AuditResult, leaks: list[Leak]) -> Chart:
    rows = []
    for i, leak in enumerate(leaks):
        title = f"{' / '.join(_titles(result, leak))}, {leak.arm.value}: where it is bad"
        value = f"{fmt.count(leak.compared)} responses"
        rows.append(ChartRow(_label(result, leak), _bar(f"leak-{i}", title, leak), (value,)))
    axis = svg.Axis(0.0, 100.0, (0.0, 25.0, 50.0, 75.0, 100.0))
    legend = tuple(
        (svg.swatch(f"leak-key-{k}", words, svg.bar((0, 100), (1, 15), f"segment l-{k}")), f"bad in {words}")
        for k, words in _KINDS
    )
    picture = svg.axis_picture("leak-axis", axis, "percent of responses with a reasoning trace")
    return Chart("Where responses are bad, by model.", tuple(rows), picture, legend)


def _row(result: AuditResult, leak: Leak) -> tuple[Inlines, ...]:
    cells: list[Inlines] = []
    for kind, _ in _KINDS:
        n = getattr(leak, kind)
        cells.append((fmt.count(n), Small(fmt.share(n / leak.compared))) if leak.compared else (fmt.NONE,))
    thought, answer = _titles(result, leak)
    return (
        (thought, Small(answer)),
        (leak.arm.value,),
        *cells,
        (fmt.count(leak.compared),),
        (fmt.count(leak.no_answer_score),),
        (fmt.count(leak.no_thought),),
    )


def _changes(result: AuditResult, leaks: list[Leak]) -> tuple[Block, ...]:
    """The change in the reasoning trace and in the answer, where both models write traces."""
    metrics = {m.metric.name: m for m in result.metrics}
    rows: list[tuple[Inlines, ...]] = []
    for thought, answer in dict.fromkeys((leak.thought_metric, leak.answer_metric) for leak in leaks):
        if thought in metrics and answer in metrics and metrics[thought].estimate:
            pair = (metrics[thought], metrics[answer])
            rows.append(
                ((pair[0].metric.benchmark,), *((fmt.title(m.metric), Small(change(m))) for m in pair)),
            )
    columns = (Column("Benchmark"), Column("Trace, change [95 % CI]"), Column("Answer, change [95 % CI]"))
    return (
        (Table("Change in the reasoning trace and in the answer.", columns, tuple(rows), stack=True),) if rows else ()
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Bars per model over responses with a reasoning trace, the numbers, and changes where both models write traces."""
    leaks = [leak for leak in extras.leaks if leak.compared or leak.no_answer_score]
    if not leaks:
        return ()
    intro = (
        "Reasoning traces are scored separately from answers and never decide a verdict. Bad means on the worse side "
        "of half the metric’s range. A trace may mention what the answer rightly omits. A bad answer after a trace "
        "that is not bad shows that the trace does not state all of the reasoning. Models without reasoning traces "
        "have no row."
    )
    shown = [leak for leak in leaks if leak.compared]
    chart = (_chart(result, shown),) if shown else ()
    table = Table(
        "Responses with a scored reasoning trace.", _COLUMNS, tuple(_row(result, leak) for leak in leaks), stack=True
    )
    return (Paragraph((intro,)), *chart, table, *_changes(result, leaks))


SECTION = Section(45, "thoughts", "Reasoning trace vs. final answer", build)
