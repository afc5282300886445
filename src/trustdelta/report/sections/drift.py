"""How far the candidate's next-token distribution moved: by text and part, by benchmark, and everything, folded."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from trustdelta.records import Arm, AuditResult, Drift
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Chart, ChartRow, Column, Fold, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import DIRECTIONS, drift_name, leading_drift, on_policy, text_name

Key = tuple[str, Arm, str, str]
"""Benchmark (empty: all), whose text, which part, by which method."""

_SHOWN = ((Arm.CANDIDATE, "all"), (Arm.CANDIDATE, "thought"), (Arm.CANDIDATE, "answer"), (Arm.BASELINE, "all"))


def _columns(first: str) -> tuple[Column, ...]:
    return (
        Column(first),
        *(Column(f"{formula}, nats per token", numeric=True) for formula in DIRECTIONS.values()),
        Column("Nats per response", numeric=True),
        Column("Tokens", numeric=True),
        Column("Responses", numeric=True),
        Column("Method"),
    )


def _grouped(drifts: Sequence[Drift]) -> dict[Key, dict[str, Drift]]:
    """Both directions of each (benchmark, text, part, method) together, in the order of first appearance."""
    groups: dict[Key, dict[str, Drift]] = {}
    for d in drifts:
        groups.setdefault((d.benchmark, d.text_of, d.part, d.method), {})[d.direction] = d
    return groups


def _row(found: dict[str, Drift]) -> tuple[Inlines, ...]:
    """One row per text and part: both directions side by side; per response in the direction of the text's author."""
    main = next((d for d in found.values() if on_policy(d)), next(iter(found.values())))
    name = text_name(main).removeprefix("the ").capitalize()
    unknown = tuple(
        Small(f"{d.direction}: {fmt.nats(d.nats_per_token)}") for k, d in found.items() if k not in DIRECTIONS
    )
    return (
        (name, Small(main.benchmark), Small(_floor(main)), *unknown),
        *((fmt.nats(found[k].nats_per_token) if k in found else fmt.NONE,) for k in DIRECTIONS),
        (fmt.nats(main.nats_per_response),),
        (fmt.count(main.tokens),),
        (fmt.count(main.responses),),
        (main.method,),
    )


def _floor(drift: Drift) -> str:
    """What rounding alone amounts to, where it was measured; the drift shown is what is left."""
    floor = drift.floor_nats_per_token
    return "" if floor is None else f"after subtracting a floor of {fmt.nats(floor)} nats per token"


def _bar(name: str, drift: Drift, axis: svg.Axis) -> Markup:
    style = "drift-candidate" if drift.text_of is Arm.CANDIDATE else "drift-baseline"
    zero = axis.percent(0.0)
    shapes = [
        svg.bar((zero, axis.percent(drift.nats_per_token)), (8, 24), style),
        svg.line((zero, zero), (0, 32), "zero"),
    ]
    return svg.picture(name, drift_name(drift), f"{fmt.nats(drift.nats_per_token)} nats per token", 32, shapes)


def _chart(drifts: Sequence[Drift]) -> Chart:
    axis = svg.Axis.over([d.nats_per_token for d in drifts])
    rows = tuple(
        ChartRow(
            (text_name(d).removeprefix("the ").capitalize(), Small(drift_name(d).split(",")[0])),
            _bar(f"drift-{i}", d, axis),
            (f"{fmt.nats(d.nats_per_token)} nats/token",),
        )
        for i, d in enumerate(drifts)
    )
    return Chart("Drift per token, all benchmarks.", rows, svg.axis_picture("drift-axis", axis, "nats per token"))


def _by_benchmark(result: AuditResult) -> tuple[Block, ...]:
    """One row per benchmark, in nats per token, each text under the direction of its author."""
    found = {(d.benchmark, d.text_of, d.part): d for d in result.drift if d.benchmark and on_policy(d)}
    dimensions = {m.metric.benchmark: m.metric.dimension.value for m in result.metrics}
    names = list(dict.fromkeys(benchmark for benchmark, _, _ in found))
    if not names:
        return ()
    shown = [(arm, part) for arm, part in _SHOWN if any((name, arm, part) in found for name in names)]
    sample = {(d.text_of, d.part): d for d in found.values()}
    titles = (Column(text_name(sample[key]).removeprefix("the ").capitalize(), numeric=True) for key in shown)
    rows: tuple[tuple[Inlines, ...], ...] = tuple(
        (
            (name, Small(dimensions.get(name, ""))),
            *((fmt.nats(found[name, *k].nats_per_token) if (name, *k) in found else fmt.NONE,) for k in shown),
        )
        for name in names
    )
    rows += tuple(
        (
            (f"All of {dimension}", Small("dimension")),
            *(
                _of_dimension([found[n, *k] for n in names if dimensions.get(n) == dimension and (n, *k) in found])
                for k in shown
            ),
        )
        for dimension in dict.fromkeys(dimensions[n] for n in names if n in dimensions)
        if sum(dimensions.get(n) == dimension for n in names) > 1
    )
    caption = "Drift by benchmark in nats per token; the expectation is under the model that wrote the text."
    return (Table(caption, (Column("Benchmark"), *titles), rows, stack=True),)


def _of_dimension(members: Sequence[Drift]) -> Inlines:
    """Nats per token over several benchmarks: a ratio of sums. Methods are not mixed."""
    if not members or len({d.method for d in members}) > 1:
        return (fmt.NONE,)
    return (fmt.nats(sum(d.nats_per_token * d.tokens for d in members) / sum(d.tokens for d in members)),)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """What drift is, the leading rows as bars, tables by part and by benchmark, and the rest in a fold."""
    del extras
    if not result.drift:
        return (Paragraph((f"Drift is not comparable: {result.drift_note or 'it was not measured'}.",)),)
    intro = (
        "Kullback–Leibler divergence between the two models’ next-token distributions, over the same contexts. The "
        "expectation is under the model named first. Per token it is a ratio of sums: all nats over all tokens. Where "
        "that model wrote the text, the sum over a response estimates the divergence of whole responses without bias."
    )
    groups = _grouped(sorted(result.drift, key=lambda d: d.text_of is Arm.BASELINE))
    whole = tuple(_row(found) for key, found in groups.items() if not key[0])
    single = tuple(_row(found) for key, found in groups.items() if key[0])
    blocks: list[Block] = [Paragraph((intro,)), _chart(leading_drift(result))]
    if whole:
        blocks.append(Table("Drift over all benchmarks, by text and part.", _columns("Text"), whole, stack=True))
    blocks += _by_benchmark(result)
    if single:
        table = Table("Drift by benchmark, text and part, in both directions.", _columns("Text"), single, stack=True)
        blocks.append(Fold((f"Every part of every benchmark: {fmt.count(len(single))}",), (table,)))
    if result.drift_note:
        blocks.append(Paragraph((result.drift_note,)))
    return tuple(blocks)


SECTION = Section(50, "drift", "Drift", build)
