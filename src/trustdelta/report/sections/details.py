"""All statistics of each metric: intervals, counts, detectable effect, cost, variance, tipping point."""

from __future__ import annotations

import math
from dataclasses import replace

from trustdelta.records import AuditResult, Components, Effort, Estimate, Metric, MetricVerdict, Scope, Tipping
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Definitions, Fold, Inlines, Paragraph, Section, Small
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import badge, change

Item = tuple[str, Inlines]


def _interval(metric: Metric, estimate: Estimate, low: float, high: float) -> str:
    """Bounds of the worsening as a change; positive is better."""
    return fmt.estimate_text(metric, replace(estimate, low_95=low, high_95=high))


def _estimates(metric: Metric, estimate: Estimate) -> list[Item]:
    items: list[Item] = [
        ("Change, 95 % CI", (fmt.estimate_text(metric, estimate), Small(estimate.method))),
        (
            "95 % CI on these prompts",
            (fmt.estimate_text(metric, estimate, Scope.PROMPTS), Small("sampling noise of the models only")),
        ),
        (
            "Simultaneous intervals of the verdict",
            (
                _interval(metric, estimate, estimate.low_here, estimate.high_here),
                Small(
                    f"on these prompts; {_interval(metric, estimate, estimate.low, estimate.high)} in the scope of the "
                    f"claim; level per bound {fmt.significant(estimate.alpha, 2)}"
                ),
            ),
        ),
    ]
    draws = f"{estimate.draws_baseline:g} / {estimate.draws_candidate:g}"
    return [
        *items,
        ("Prompts, clusters", (f"{fmt.count(estimate.n_pairs)}, {fmt.count(estimate.n_clusters)}",)),
        ("Samples per prompt, baseline / candidate", (draws, Small("mean over scored samples"))),
        ("Design effect, degrees of freedom", (f"{fmt.fixed(estimate.design_effect, 2)}, {fmt.fixed(estimate.df)}",)),
        ("Discordance", (fmt.share(estimate.discordance / metric.bound),)),
        (
            "p regressed, preserved, improved",
            (", ".join(fmt.p_value(p) for p in (estimate.p_regressed, estimate.p_preserved, estimate.p_improved)),),
        ),
    ]


def _components(parts: Components) -> Item:
    named = {
        "between prompts": parts.between,
        "within clusters": parts.cluster,
        "one sample of the baseline": parts.baseline,
        "one sample of the candidate": parts.candidate,
    }
    known = [f"{name} {fmt.significant(v, 2)}" for name, v in named.items() if not math.isnan(v)]
    unknown = [name for name, v in named.items() if math.isnan(v)]
    more = f"not identified with one sample per prompt: {', '.join(unknown)}" if unknown else ""
    return ("Variance of one prompt’s difference", (", ".join(known) or fmt.NONE, Small(more)))


def _effort(effort: Effort) -> list[Item]:
    saved = effort.planned - effort.responses
    used = f"{fmt.count(effort.responses)} of {fmt.count(effort.planned)} candidate responses"
    analysis = f"interim analysis {effort.look} of {effort.looks}" if effort.looks else "no interim analysis"
    share = f", {fmt.share(saved / effort.planned)} saved" if effort.planned and saved > 0 else ""
    return [("Cost", (f"{used}{share}", Small(f"{analysis}, {fmt.fixed(effort.tokens, 0)} tokens each")))]


def _deciding(metric_verdict: MetricVerdict) -> list[Item]:
    items: list[Item] = []
    if metric_verdict.detectable is not None:
        detectable = fmt.size(metric_verdict.metric, metric_verdict.detectable)
        items.append(("Detectable worsening (80 % power)", (detectable, Small(f"margin {_margin(metric_verdict)}"))))
    effort = metric_verdict.effort
    if effort and effort.to_decide is not None:
        tokens = fmt.count(round(effort.to_decide * effort.tokens))
        words = f"about {fmt.count(effort.to_decide)} more prompts, {tokens} candidate tokens"
        items.append(("Needed to decide", (words, Small("with 80 % probability under no change, at this variance"))))
    return items


def _margin(metric_verdict: MetricVerdict) -> str:
    return fmt.size(metric_verdict.metric, metric_verdict.margin)


def _tipping(metric: Metric, tip: Tipping) -> Item:
    words = f"{tip.grade}: a net bias of {fmt.size(metric, tip.net_bias * metric.bound)} overturns the verdict"
    plausible = fmt.size(metric, tip.plausible_bias * metric.bound)
    more = f"{fmt.count(tip.wrong_labels)} net wrong labels; plausible bias {plausible} ({tip.evidence})"
    return ("Tipping point", (words, Small(more)))


def fold(metric_verdict: MetricVerdict) -> Fold:
    """One metric's statistics, collapsed."""
    metric = metric_verdict.metric
    items: list[Item] = [("Tier, margin", (f"{metric.tier}, {_margin(metric_verdict)}",))]
    if metric_verdict.reason:
        items.insert(0, ("Reason", (fmt.reason(metric_verdict.reason),)))
    items += _estimates(metric, metric_verdict.estimate) if metric_verdict.estimate else []
    items += _deciding(metric_verdict)
    items += _effort(metric_verdict.effort) if metric_verdict.effort else []
    items += [_components(metric_verdict.components)] if metric_verdict.components else []
    items += [_tipping(metric, metric_verdict.tipping)] if metric_verdict.tipping else []
    judge = metric.judged and metric_verdict.tipping is None
    items += [("Judge", ("no claim that a judge error could overturn",))] if judge else []
    title: Inlines = (f"{fmt.title(metric)}, ", change(metric_verdict), badge(metric_verdict))
    return Fold(title, (Definitions(tuple(items)),))


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One collapsed block per metric."""
    del extras
    folds = tuple(fold(m) for m in by_metric(result))
    intro = "Expand a metric for all its statistics. Positive changes are better."
    return (Paragraph((intro,)), *folds) if folds else ()


SECTION = Section(82, "details", "All statistics", build)
