"""The parts of the first screen: the largest changes in large type, the facts of the audit, and the worst answers."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from trustdelta.records import AuditResult, Dimension, DimensionVerdict, MetricVerdict, ModelCard, Outcome, Verdict
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Beside, Block, Definitions, Figure, Figures, Inlines, Paragraph, Quote, Small
from trustdelta.report.extras import ReportExtras, SamplePair, SampleSide
from trustdelta.report.next_step import coverage, not_audited
from trustdelta.report.sanitise import clipped
from trustdelta.report.sections._common import driver, span

FIGURES, EXAMPLES = 2, 2
"""Trust dimensions in large type, and answers shown."""
LONGEST = 140
"""Most characters of a text on the first screen."""
_HEIGHT, _MIDDLE = 26, 13.0
_SEVERITY = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE, Verdict.PRESERVED, Verdict.IMPROVED)


def axis_of(result: AuditResult) -> svg.Axis:
    """One axis for all strips of the first screen, so that gain and regressions share a scale."""
    drivers = [driver(result, d.dimension) for d in result.dimensions]
    return svg.Axis.over([end for metric in drivers if metric for end in span(metric) or ()])


def strip(name: str, metric: MetricVerdict, axis: svg.Axis, height: int = _HEIGHT) -> Markup:
    """A change with its interval on the shared axis; right is better."""
    middle, zero = height / 2, axis.percent(0.0)
    shapes = [svg.line((2, 98), (middle, middle), "track"), svg.line((zero, zero), (2, height - 2), "zero")]
    description = "no estimate"
    if ends := span(metric):
        at, low, high = (axis.percent(end) for end in ends)
        style = metric.verdict.value if metric.verdict else "secondary"
        shapes.append(svg.line((low, high), (middle, middle), f"inner v-{style}"))
        shapes.append(svg.mark(at, middle, metric.verdict))
        description = f"{fmt.change_text(metric)} {fmt.unit(metric.metric)}, positive is better"
    title = f"{metric.metric.dimension.value.capitalize()}: change of the deciding metric"
    return svg.picture(name, title, description, height, shapes)


def _ranked(result: AuditResult) -> list[MetricVerdict]:
    """Deciding metrics with an estimate: the most severe verdict first, then the largest worsening."""

    def rank(item: tuple[DimensionVerdict, MetricVerdict]) -> tuple[int, float]:
        worsening = item[1].estimate.worsening if item[1].estimate else 0.0
        return _SEVERITY.index(item[0].verdict), -worsening / item[1].metric.bound

    pairs = [(d, m) for d in result.dimensions if d.dimension.trust and (m := driver(result, d.dimension))]
    return [m for _, m in sorted((p for p in pairs if p[1].estimate), key=rank)]


def figures(result: AuditResult) -> tuple[Block, ...]:
    """The most severe changes and the change of capability beside them."""
    shown = _ranked(result)[:FIGURES]
    gain = driver(result, Dimension.CAPABILITY)
    axis = axis_of(result)
    items = tuple(_figure(m, axis) for m in (*shown, *((gain,) if gain else ())) if m.estimate)
    return (Figures(items),) if items else ()


def _figure(metric: MetricVerdict, axis: svg.Axis) -> Figure:
    estimate = metric.estimate
    assert estimate is not None
    dimension = metric.metric.dimension.value
    return Figure(
        title=f"{dimension.capitalize()}: {fmt.title(metric.metric)}",
        levels=(fmt.rate(metric.metric, estimate.baseline), fmt.rate(metric.metric, estimate.candidate)),
        verdict=metric.verdict,
        change=fmt.in_words(metric.metric, estimate.worsening),
        interval=f"95 % CI {fmt.interval_words(metric)}; {fmt.count(estimate.n_pairs)} prompts",
        picture=strip(f"figure-{dimension}", metric, axis),
    )


def facts(result: AuditResult, extras: ReportExtras) -> Definitions:
    """Coverage, day, version and plan, and both models with their revisions."""
    missing = not_audited(result)
    items: list[tuple[str, Inlines]] = [
        (
            "Coverage",
            (coverage(result), Small(f"not audited: {', '.join(d.value for d in missing)}" if missing else "")),
        )
    ]
    version = extras.provenance.get("trustdelta")
    about = [f"trustdelta {version}"] if version else []
    about += [f"{name} {result.plan[name]}" for name in ("profile", "seed") if result.plan.get(name)]
    if day := extras.provenance.get("date"):
        items.append(("Audited on", (str(day), Small(", ".join(about)))))
    items += [("Baseline", _model(result.baseline)), ("Candidate", _model(result.candidate))]
    return Definitions(tuple(items), facts=True)


def _model(card: ModelCard) -> Inlines:
    revision = str(card.details.get("revision") or "")
    about = (
        f"revision {revision[:12]}"
        if revision
        else f"weights {card.fingerprint.removeprefix('sha256:')[:12]}"
        if card.fingerprint
        else ""
    )
    last = card.name.rstrip("/").rpartition("/")[2] or card.name  # the title has the whole name
    return (clipped(last, 40), Small(about))


def worst(result: AuditResult, samples: Sequence[SamplePair]) -> list[SamplePair]:
    """The worst answers of the regressed metrics, one of each metric before a second one; of equals a complete one."""
    names = [m.metric.name for m in _ranked(result) if m.verdict is Verdict.REGRESSED]
    names += [m.metric.name for m in result.metrics if m.verdict is Verdict.REGRESSED and m.metric.name not in names]
    ordered = sorted((s for s in samples if s.worsening > 0), key=lambda s: (-s.worsening, not _complete(s)))
    by_metric = [[s for s in ordered if s.metric == name] for name in names]
    turns = [group[i] for i in range(EXAMPLES) for group in by_metric if len(group) > i]
    return turns[:EXAMPLES]


def _complete(pair: SamplePair) -> bool:
    """Whether both answers ended by themselves."""
    return all(side.outcome is Outcome.ANSWERED for side in (pair.baseline, pair.candidate))


def examples(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Both models' answers to two prompts, side by side; their texts only on request."""
    chosen = worst(result, extras.samples)
    if not chosen:
        return ()
    columns = tuple(_example(result, pair, include_text=extras.include_text) for pair in chosen)
    hidden = (
        "Texts as the models wrote them, included on request; they may be offensive or private."
        if extras.include_text
        else "The texts are not in this file; trustdelta report RUN --include-text includes them."
    )
    return (Beside(columns, tight=True), Paragraph((Small(hidden),)))


def _example(result: AuditResult, pair: SamplePair, *, include_text: bool) -> tuple[Block, ...]:
    metric = next((m.metric for m in result.metrics if m.metric.name == pair.metric), None)
    heading = Paragraph((f"Worst answer: {fmt.title(metric) if metric else pair.metric}",))
    sides = (("Baseline", pair.baseline), ("Candidate", pair.candidate))
    if include_text:
        quotes = (Quote(_about(arm, side), fmt.shortened(side.answer, LONGEST)) for arm, side in sides)
        return (heading, Quote("Prompt", fmt.shortened(pair.prompt, LONGEST)), *quotes)
    return (heading, *(Paragraph((_about(arm, side),)) for arm, side in sides))


def _about(arm: str, side: SampleSide) -> str:
    score = "no score" if side.score is None else f"score {side.score:g}"
    return f"{arm}: {fmt.outcome_text(side.outcome)}, {fmt.count(len(side.answer))} characters, {score}"
