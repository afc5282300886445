"""KL divergence of the next-token distributions: by model and part, by benchmark, and in full, collapsed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from trustdelta.records import Arm, AuditResult, Drift
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Chart, ChartRow, Column, Fold, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import DIRECTIONS, drift_name, leading_drift, on_policy, text_name

Key = tuple[str, Arm, str, str]
"""Benchmark (empty: all), model that wrote the text, part, method."""

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
    """Both directions of each (benchmark, text, part, method), in order of first appearance."""
    groups: dict[Key, dict[str, Drift]] = {}
    for d in drifts:
        groups.setdefault((d.benchmark, d.text_of, d.part, d.method), {})[d.direction] = d
    return groups


def _row(directions: dict[str, Drift]) -> tuple[Inlines, ...]:
    """One row per text and part: both directions per token; per response the on-policy direction."""
    main = next((d for d in directions.values() if on_policy(d)), next(iter(directions.values())))
    name = text_name(main).removeprefix("the ").capitalize()
    unknown = tuple(
        Small(f"{d.direction}: {fmt.nats(d.nats_per_token)}") for k, d in directions.items() if k not in DIRECTIONS
    )
    return (
        (name, Small(main.benchmark), Small(_floor(main)), *unknown),
        *((fmt.nats(directions[k].nats_per_token) if k in directions else fmt.NONE,) for k in DIRECTIONS),
        (fmt.nats(main.nats_per_response),),
        (fmt.count(main.tokens),),
        (fmt.count(main.responses),),
        (main.method,),
    )


def _floor(drift: Drift) -> str:
    """The numerical noise floor, where it was measured; the drift shown is net of it."""
    floor = drift.floor_nats_per_token
    return "" if floor is None else f"net of a noise floor of {fmt.nats(floor)} nats per token"


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
    """One row per benchmark, in nats per token, on-policy."""
    cells = {(d.benchmark, d.text_of, d.part): d for d in result.drift if d.benchmark and on_policy(d)}
    dimensions = {m.metric.benchmark: m.metric.dimension.value for m in result.metrics}
    names = list(dict.fromkeys(benchmark for benchmark, _, _ in cells))
    if not names:
        return ()
    shown = [(arm, part) for arm, part in _SHOWN if any((name, arm, part) in cells for name in names)]
    sample = {(d.text_of, d.part): d for d in cells.values()}
    titles = (Column(text_name(sample[key]).removeprefix("the ").capitalize(), numeric=True) for key in shown)
    rows: tuple[tuple[Inlines, ...], ...] = tuple(
        (
            (name, Small(dimensions.get(name, ""))),
            *((fmt.nats(cells[name, *k].nats_per_token) if (name, *k) in cells else fmt.NONE,) for k in shown),
        )
        for name in names
    )
    rows += tuple(
        (
            (f"All of {dimension}", Small("dimension")),
            *(
                _of_dimension([cells[n, *k] for n in names if dimensions.get(n) == dimension and (n, *k) in cells])
                for k in shown
            ),
        )
        for dimension in dict.fromkeys(dimensions[n] for n in names if n in dimensions)
        if sum(dimensions.get(n) == dimension for n in names) > 1
    )
    caption = (
        "Drift by benchmark in nats per token (on-policy: the expectation is under the model that wrote the text)."
    )
    return (Table(caption, (Column("Benchmark"), *titles), rows, stack=True),)


def _of_dimension(members: Sequence[Drift]) -> Inlines:
    """Nats per token over several benchmarks (a ratio of sums); a dash where their methods differ."""
    if not members or len({d.method for d in members}) > 1:
        return (fmt.NONE,)
    return (fmt.nats(sum(d.nats_per_token * d.tokens for d in members) / sum(d.tokens for d in members)),)


SCALE = (0.01, 0.1, 1.0)
"""Values in nats per token that the scale explains."""
EVIDENCE = 20.0
"""Likelihood ratio at which text is strong evidence for one of the two models."""


def _scale(drifts: Sequence[Drift]) -> Table:
    """The meaning of three values and of this audit's own: exact consequences of the definition."""
    named = [(f"{value:g} nats per token", value) for value in SCALE]
    named += [(text_name(d).removeprefix("the ").capitalize(), d.nats_per_token) for d in drifts if on_policy(d)]
    columns = (
        Column("Drift"),
        Column("Nats per token", numeric=True),
        Column(f"Tokens until {EVIDENCE:g} : 1", numeric=True),
        Column("Largest change of one token’s probability", numeric=True),
    )
    rows = tuple(((name,), (fmt.nats(nats),), (_tokens(nats),), (_pinsker(nats),)) for name, nats in named)
    caption = (
        f"Scale of drift. Tokens: length of text at which the expected log likelihood ratio reaches ln {EVIDENCE:g}, "
        "strong evidence for the model that wrote it. Change: the probability of any event at a token differs by at "
        "most this, averaged over tokens (Pinsker)."
    )
    return Table(caption, columns, rows, stack=True)


def _tokens(nats: float) -> str:
    return fmt.significant(math.log(EVIDENCE) / nats, 2) if nats > 0 else fmt.NONE


def _pinsker(nats: float) -> str:
    return f"{fmt.fixed(100 * min(math.sqrt(max(nats, 0.0) / 2), 1.0))} pp"


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Definition, leading rows as bars, tables by part and by benchmark, and the rest collapsed."""
    del extras
    if not result.drift:
        return (Paragraph((f"Drift is not comparable: {result.drift_note or 'not measured'}.",)),)
    intro = (
        "Kullback–Leibler (KL) divergence of the two models’ next-token distributions in the same contexts. The "
        "expectation is under the model named first. Nats per token is a ratio of sums over all tokens. Where that "
        "model wrote the text (on-policy), the sum over a response is an unbiased estimate of the divergence of whole "
        "responses."
    )
    groups = _grouped(sorted(result.drift, key=lambda d: d.text_of is Arm.BASELINE))
    whole = tuple(_row(rows) for key, rows in groups.items() if not key[0])
    single = tuple(_row(rows) for key, rows in groups.items() if key[0])
    leading = leading_drift(result)
    blocks: list[Block] = [Paragraph((intro,)), _chart(leading), _scale(leading)]
    if whole:
        blocks.append(Table("Drift over all benchmarks, by text and part.", _columns("Text"), whole, stack=True))
    blocks += _by_benchmark(result)
    if single:
        table = Table("Drift by benchmark, text and part, in both directions.", _columns("Text"), single, stack=True)
        blocks.append(Fold((f"All benchmarks and parts: {fmt.count(len(single))}",), (table,)))
    if result.drift_note:
        blocks.append(Paragraph((result.drift_note,)))
    return tuple(blocks)


SECTION = Section(50, "drift", "Drift (KL divergence)", build)
