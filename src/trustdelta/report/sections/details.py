"""Everything behind each metric's verdict: intervals, counts, what was detectable, cost, how firm it stands."""

from __future__ import annotations

import math
from dataclasses import replace

from trustdelta.records import AuditResult, Components, Effort, Estimate, Metric, MetricVerdict, Scope, Tipping
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Definitions, Fold, Inlines, Paragraph, Section, Small
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import badge, by_metric, change

Item = tuple[str, Inlines]


def _interval(metric: Metric, estimate: Estimate, low: float, high: float) -> str:
    """Bounds of the worsening as a change in the metric's own direction."""
    return fmt.difference_text(metric, replace(estimate, low_95=low, high_95=high))


def _estimates(metric: Metric, estimate: Estimate) -> list[Item]:
    found: list[Item] = [
        ("Difference, 95% interval", (fmt.difference_text(metric, estimate), Small(estimate.method))),
        (
            "95% interval on these prompts",
            (fmt.difference_text(metric, estimate, Scope.PROMPTS), Small("the models’ own randomness alone")),
        ),
        (
            "Intervals that the verdict rests on",
            (
                _interval(metric, estimate, estimate.low_here, estimate.high_here),
                Small(
                    f"on these prompts; {_interval(metric, estimate, estimate.low, estimate.high)} as far as it is "
                    f"claimed; each bound at a level of {fmt.significant(estimate.alpha, 2)}"
                ),
            ),
        ),
    ]
    draws = f"{estimate.draws_baseline:g} / {estimate.draws_candidate:g}"
    return [
        *found,
        ("Pairs, clusters", (f"{fmt.count(estimate.n_pairs)}, {fmt.count(estimate.n_clusters)}",)),
        ("Draws, baseline / candidate", (draws, Small("mean scored draws per prompt"))),
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
        "shared in clusters": parts.cluster,
        "one draw of the baseline": parts.baseline,
        "one draw of the candidate": parts.candidate,
    }
    known = [f"{name} {fmt.significant(v, 2)}" for name, v in named.items() if not math.isnan(v)]
    unknown = [name for name, v in named.items() if math.isnan(v)]
    more = f"unknown with single draws: {', '.join(unknown)}" if unknown else ""
    return ("Variance of one prompt’s difference", (", ".join(known) or fmt.NONE, Small(more)))


def _effort(effort: Effort) -> list[Item]:
    saved = effort.planned - effort.responses
    used = f"{fmt.count(effort.responses)} of {fmt.count(effort.planned)} candidate responses"
    look = f"look {effort.look} of {effort.looks}" if effort.looks else "no early look"
    share = f", {fmt.share(saved / effort.planned)} saved" if effort.planned and saved > 0 else ""
    return [("Cost", (f"{used}{share}", Small(f"{look}, {fmt.fixed(effort.tokens, 0)} tokens each")))]


def _deciding(found: MetricVerdict) -> list[Item]:
    items: list[Item] = []
    if found.detectable is not None:
        seen = fmt.size(found.metric, found.detectable)
        items.append(("Smallest worsening found with 80% power", (seen, Small(f"margin {_margin(found)}"))))
    effort = found.effort
    if effort and effort.to_decide is not None:
        tokens = fmt.count(round(effort.to_decide * effort.tokens))
        words = f"about {fmt.count(effort.to_decide)} more prompts, {tokens} candidate tokens"
        items.append(("To decide it", (words, Small("80% probability if nothing changed, at this spread"))))
    return items


def _margin(found: MetricVerdict) -> str:
    return fmt.size(found.metric, found.margin)


def _tipping(metric: Metric, tip: Tipping) -> Item:
    words = f"{tip.grade}: a net bias of {fmt.size(metric, tip.net_bias * metric.bound)} overturns it"
    plausible = fmt.size(metric, tip.plausible_bias * metric.bound)
    more = f"{fmt.count(tip.wrong_labels)} net wrong labels; plausible {plausible} ({tip.evidence})"
    return ("Tipping point", (words, Small(more)))


def fold(found: MetricVerdict) -> Fold:
    """One metric's figures, closed."""
    metric = found.metric
    items: list[Item] = [("Tier, margin", (f"{metric.tier}, {_margin(found)}",))]
    if found.reason:
        items.insert(0, ("Reason", (fmt.reason(found.reason),)))
    items += _estimates(metric, found.estimate) if found.estimate else []
    items += _deciding(found)
    items += _effort(found.effort) if found.effort else []
    items += [_components(found.components)] if found.components else []
    items += [_tipping(metric, found.tipping)] if found.tipping else []
    judge = metric.judged and found.tipping is None
    items += [("Judge", ("no claim that an error of the judge could overturn",))] if judge else []
    title: Inlines = (f"{metric.title or metric.name}, ", change(found), badge(found))
    return Fold(title, (Definitions(tuple(items)),))


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One closed fold for each metric."""
    del extras
    folds = tuple(fold(found) for found in by_metric(result))
    intro = "Open a metric for every figure that its verdict rests on. Differences are candidate minus baseline."
    return (Paragraph((intro,)), *folds) if folds else ()


SECTION = Section(82, "details", "Every figure", build)
