"""Tables about the audits as such: methods, the paper beside the miniature, doses, drift."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from experiments.reproduce import paper
from experiments.reproduce.plan import conversions, unit_of
from experiments.reproduce.results import DESIGNS, Results, metric
from trustdelta.records import TRUST_DIMENSIONS, Arm, AuditResult, Dimension, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Table
from trustdelta.stats.methods import rank_correlation

ALL = (*TRUST_DIMENSIONS, Dimension.CAPABILITY)
HARM, LEAK = "world_safety.harmful_compliance", "world_privacy.leak_rate"
SUM, HARD = "world_arithmetic.easy_accuracy", "world_arithmetic.hard_accuracy"
LEGEND = ", ".join(f"{fmt.SYMBOLS[v]} {fmt.WORDS[v]}" for v in Verdict)


def symbols(audits: Sequence[AuditResult], dimension: Dimension) -> str:
    """The verdicts of several audits in one dimension."""
    words = [d.verdict for a in audits for d in a.dimensions if d.dimension is dimension]
    return " ".join(fmt.SYMBOLS[v] for v in words) or fmt.NONE


def audited(found: Results) -> Table:
    """What was grown or loaded, and which audits there are of it."""
    all_of = conversions(found.scale)
    rows: list[tuple[Inlines, ...]] = []
    for series in ("", *found.scale.series):
        own = [c for c in all_of if c.series == series]
        doses = ", ".join(f"{d:g}" for d in sorted({c.dose for c in own})) if series else ", ".join(found.scale.kinds)
        drawn = sum(found.pair_of[c.name] in found.resampled for c in own)
        cells = (series or "kinds", doses, fmt.count(len(own)), fmt.count(drawn))
        rows.append(tuple((cell,) for cell in cells))
    pairs, cut = (len(found.audits[name]) for name in ("study", "cut"))
    said = (
        f"Conversions of {', '.join(found.scale.bases)}. One whose recipe, base and seed are a shipped model’s is "
        f"loaded, so that there are {pairs} different pairs, each audited once with {found.scale.prompts} "
        f"prompts for each metric; {cut} more with a budget that cuts thoughts off. From pools of answers to all "
        f"questions {found.scale.audits} audits of each conversion that has pools and {found.scale.null_audits} of "
        f"each base against itself are drawn, of {found.scale.resampled_prompts} prompts for each metric."
    )
    titles = (
        Column("Series"),
        Column("Doses"),
        Column("Conversions", numeric=True),
        Column("With pools", numeric=True),
    )
    return Table(said, titles, tuple(rows))


def methods(found: Results) -> Table:
    """The main table: what each conversion did, base by base."""
    columns = (Column("Conversion"), *(Column(d.value.capitalize()) for d in ALL), Column("Drift", numeric=True))
    rows: list[tuple[Inlines, ...]] = []
    for kind in found.scale.kinds:
        audits = found.kind(kind)
        drifts = [d for a in audits if (d := drift(a, "")) is not None]
        nats = fmt.nats(fmean(d[0] for d in drifts)) if drifts else fmt.NONE
        rows.append(((kind,), *((symbols(audits, d),) for d in ALL), (nats,)))
    said = (
        f"Verdicts on each conversion, one sign for each base ({', '.join(found.scale.bases)}); {LEGEND}. "
        f"{found.scale.prompts} prompts for each metric. Drift: nats per token on the candidate’s responses, mean."
    )
    return Table(said, columns, tuple(rows))


def drift(result: AuditResult, benchmark: str) -> tuple[float, float] | None:
    """Nats per token and per response of the candidate relative to the baseline, on the candidate's whole responses."""
    return next(
        (
            (d.nats_per_token, d.nats_per_response)
            for d in result.drift
            if d.text_of is Arm.CANDIDATE and d.part == "all" and d.benchmark == benchmark
        ),
        None,
    )


ARMS = (("instruct", "sft"), ("sft", "sft"), ("rl", "rl"), ("distill", "distill"))


def beside(found: Results) -> Table:
    """What the paper reports for real models, and under each of its rows the miniature's."""
    columns = (
        Column("Measure, percent or nats"),
        *(Column(t, numeric=True) for t in ("Instruct", "SFT", "RL", "Distilled", "“Reasoning”")),
    )
    rows: list[tuple[Inlines, ...]] = []
    for row in paper.ROWS:
        values = (row.instruct, row.sft, row.rl, row.distill, row.headline)
        rows.append(((f"paper: {row.paper}",), *((_paper(v),) for v in values)))
        for title, cells in _miniature(found, row):
            rows.append(((f"miniature: {title}",), *((c,) for c in cells), (fmt.NONE,)))
    d = paper.DRIFT
    rows.append(((f"paper: {d.paper}",), *((_paper(v),) for v in (d.instruct, d.sft, d.rl, d.distill, d.headline))))
    for at, words in ((1, "nats summed over a response"), (0, "nats per token")):
        cells = [_nats(found, kind, d.metric, at) for _, kind in ARMS[1:]]
        rows.append(((f"miniature: {words}",), (fmt.NONE,), *((c,) for c in cells), (fmt.NONE,)))
    said = (
        f"Paper: {paper.PAPER}, models of 1.5 billion parameters; “reasoning” is its headline, which names no arm. "
        "Miniature: means over the bases, with the verdict on each. Equal rows ask the same question of other things."
    )
    return Table(said, columns, tuple(rows))


def _miniature(found: Results, row: paper.Beside) -> list[tuple[str, list[str]]]:
    """The rows that stand under one of the paper's."""
    if row.metric:
        title = metric(found.kind("sft")[0], row.metric).metric.title
        return [(title, [_level(found, a, k, row.metric) for a, k in ARMS])]
    asked = row.benchmark.removeprefix("world_")
    ways = (("right", f"{asked}, refused"), ("whole_text_refusal", "the same, by a parser that splits nothing"))
    return [(title, [_refused(found, a, k, rule, row.benchmark) for a, k in ARMS]) for rule, title in ways]


def _paper(value: float | None) -> str:
    return fmt.NONE if value is None else f"{value:g}"


def _level(found: Results, arm: str, kind: str, name: str) -> str:
    verdicts = [metric(a, name) for a in found.kind(kind)]
    known = [v.estimate for v in verdicts if v.estimate is not None]
    if not known:
        return fmt.NONE
    level = fmt.fixed(100 * fmean(e.baseline if arm == "instruct" else e.candidate for e in known))
    signs = " ".join(fmt.SYMBOLS[v.verdict] for v in verdicts if v.verdict)
    return level if arm == "instruct" else f"{level} {signs}"


def _refused(found: Results, arm: str, kind: str, rule: str, benchmark: str) -> str:
    """Percent of the answers of a benchmark that count as refusals under a rule."""
    names = [kind + base.removeprefix("instruct") for base in found.scale.bases]
    kept = [found.misread["study"][n]["refused"][rule] for n in names if n in found.misread["study"]]
    side = (Arm.BASELINE if arm == "instruct" else Arm.CANDIDATE).value
    return fmt.fixed(100 * fmean(k[side][benchmark] for k in kept)) if kept else fmt.NONE


def _nats(found: Results, kind: str, benchmark: str, at: int) -> str:
    values = [d[at] for a in found.kind(kind) if (d := drift(a, benchmark)) is not None]
    return fmt.nats(fmean(values)) if values else fmt.NONE


def doses(found: Results, series: str) -> Table:
    """A series: what was lost and gained at each dose, over bases and conversion seeds."""
    pooled = series == "replay"
    columns = (
        Column(f"Dose, {unit_of(series)}"),
        Column("Conversions", numeric=True),
        *(
            Column(t, numeric=n)
            for t, n in (
                ("Harm complied with, points worse", True),
                ("Safety", False),
                ("Secrets leaked, points worse", True),
                ("Privacy", False),
                ("Sums, points better", True),
                ("Drift, nats per token", True),
            )
        ),
        *([Column("Found in drawn audits, fixed / sequential, %", numeric=True)] if pooled else []),
    )
    rows: list[tuple[Inlines, ...]] = []
    for dose, members in found.series(series).items():
        audits = [a for _, a in members]
        nats = [d[0] for a in audits if (d := drift(a, "")) is not None]
        row = [
            f"{dose:g}",
            str(len(audits)),
            worse(audits, HARM),
            symbols(audits, Dimension.SAFETY),
            worse(audits, LEAK),
            symbols(audits, Dimension.PRIVACY),
            worse(audits, HARD, sign=-1.0),
            fmt.nats(fmean(nats)) if nats else fmt.NONE,
        ]
        row += [_found(found, [c.name for c, _ in members])] if pooled else []
        rows.append(tuple((cell,) for cell in row))
    said = f"One sign for each conversion; {LEGEND}."
    if pooled:
        said += (
            " Found: share of the audits drawn from pools, which are smaller, in which harm complied with or secrets "
            "leaked are called regressed."
        )
    return Table(said, columns, tuple(rows))


def worse(audits: Sequence[AuditResult], name: str, sign: float = 1.0) -> str:
    """Mean worsening of one metric in points, or its gain with sign -1."""
    values = worsening(audits, name)
    return fmt.fixed(100 * sign * fmean(values), sign=True) if values else fmt.NONE


def worsening(audits: Sequence[AuditResult], name: str) -> list[float]:
    """The worsening of one metric in every audit that has an estimate of it."""
    return [e.worsening for a in audits if (e := metric(a, name).estimate) is not None]


def _found(found: Results, names: Sequence[str]) -> str:
    shares = []
    for design in DESIGNS:
        hits = [
            any(a[design]["metrics"][m]["verdict"] == Verdict.REGRESSED for m in (HARM, LEAK))
            for name in names
            for a in found.drawn(name)["audits"]
        ]
        shares.append(fmt.fixed(100 * fmean(hits), 0))
    return " / ".join(shares)


def drifts(found: Results) -> tuple[Block, ...]:
    """Does drift go with what was lost? Over all pairs, and over the doses of the replay series."""
    lines = [_correlated(found)]
    members = found.series("replay")
    if len(members) > 1:
        audits = {dose: [a for _, a in rows] for dose, rows in members.items()}
        nats = [fmean(d[0] for a in rows if (d := drift(a, "")) is not None) for rows in audits.values()]
        for title, name in (("harm complied with", HARM), ("secrets leaked", LEAK)):
            lost = [fmean(worsening(rows, name)) for rows in audits.values()]
            rho = rank_correlation(np.array(nats), np.array(lost))
            dosed = rank_correlation(np.array(list(audits), dtype=np.float64), np.array(lost))
            if rho is not None and dosed is not None:
                lines.append(
                    f"Over the means of the {len(lost)} replay doses, {title}: {fmt.fixed(rho, 2, sign=True)} with "
                    f"drift, {fmt.fixed(dosed, 2, sign=True)} with the dose."
                )
    lines.append(
        "Drift is measured on the candidate’s responses in its own context, an open thought, which a baseline seldom "
        "meets."
    )
    return (Paragraph((" ".join(lines),)),)


def _correlated(found: Results) -> str:
    """The sentence on drift and worsening over pairs."""
    known = [
        f"{c.dimension} {fmt.fixed(c.rho, 2, sign=True)} ({c.pairs})" for c in found.correlations if c.rho is not None
    ]
    none = [f"{c.dimension} ({c.pairs})" for c in found.correlations if c.rho is None]
    said = (
        "Rank correlation of drift with worsening over the pairs that could be measured, and of how many of "
        f"{len(found.audits['study'])}: {', '.join(known) or 'none'}."
    )
    return said + (f" None where all are worse by the same, or too few: {', '.join(none)}." if none else "")
