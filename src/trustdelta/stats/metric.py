"""One metric of one audit: from its rows to its verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from trustdelta.errors import ConfigError
from trustdelta.records import TRUST_DIMENSIONS, Better, Estimate, Metric, MetricVerdict, Role, Tipping, Verdict
from trustdelta.stats.anytime import Arrivals, anytime_estimate
from trustdelta.stats.components import variance_components
from trustdelta.stats.estimate import Floats, Ints, Sample, Samples, estimate, influence, samples, wald_lower
from trustdelta.stats.labels import Bias, corrected, less_bias, split
from trustdelta.stats.margins import margin_of
from trustdelta.stats.pairs import Pairs, pair
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.planning import achieved_effect, pairs_to_decide, rare_floor
from trustdelta.stats.ratio import SHARES, share
from trustdelta.stats.score_interval import bounds, p_worse
from trustdelta.stats.table import MetricRows, ScoreTable
from trustdelta.stats.tipping import Claim, tipping
from trustdelta.stats.verdict_rule import Undecided, severity, word


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One metric's verdict with what the families of metrics need of it."""

    verdict: MetricVerdict
    p_regressed: float
    influence: tuple[Ints, Floats]
    passes_alone: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One measurable metric with everything that its verdict rests on."""

    metric: Metric
    plan: VerdictPlan
    pairs: Pairs
    views: Samples
    seen: Sample
    estimate: Estimate
    margin: float
    bias: Bias | None

    @property
    def bounded(self) -> bool:
        """Whether claims must hold under worst-case and best-case imputation."""
        return self.plan.limits.needs_bounds(self.pairs.missing)

    @property
    def unchecked(self) -> bool:
        """Whether a judge gave the scores and nobody checked it."""
        return self.metric.judged and not self.seen.labels

    def imputed(self, level: float) -> tuple[float, float]:
        """Lower bound with every unscored response in the candidate's favour, upper bound with every one against it.

        With labels the corrected interval moves by what the imputation moves the judged mean.
        """
        span = self.pairs.span
        if self.views.best is None or self.views.worst is None:
            return -span, span
        if self.seen.labels:
            low, high = (float(b) * span for b in bounds(self.seen.moments, level))
            judged = float(self.pairs.worse_N.mean())
            return low + min(0.0, self.pairs.missing.best - judged), high + max(0.0, self.pairs.missing.worst - judged)
        return (
            float(bounds(self.views.best.moments, level)[0]) * span,
            float(bounds(self.views.worst.moments, level)[1]) * span,
        )


def judge(metric: Metric, table: ScoreTable, plan: VerdictPlan, alpha: float, bias: Bias | None = None) -> Judged:
    """Pair one metric's rows, estimate, and say the word; `alpha` is its per-tail level, `bias` its judge's."""
    rows = _rows(metric, table, metric.scorer)
    pairs = pair(rows, metric, interim=plan.interim)
    early = plan.anytime or metric.name in plan.look_alpha
    moved = bias if bias is not None and (early or not bias.own) else None
    views = samples(pairs, plan.clusters, None if bias is None or moved else _human(metric, table, plan))
    known = pairs.baseline if pairs.worse_N.size else None
    margin = margin_of(metric, plan, known, signed=pairs.signed, checked=bias is not None)
    if views.seen is None:
        return _unpaired(metric, plan, pairs, margin)
    level = plan.look_alpha.get(metric.name, alpha)
    if metric.reduce in SHARES:
        return _ratio(metric, table, plan, pairs, (level, margin))
    seen, found = views.seen, estimate(pairs, views.seen, level, margin)
    judged: Callable[[float], tuple[float, float]] = partial(_judged_bounds, seen, pairs.span)
    if plan.anytime:
        largest = table.largest_cluster(metric.benchmark)
        independent = seen.few_clusters and not plan.clusters.force_clusters
        arrivals = Arrivals.of(pairs, table.place_P[pairs.prompt_N], None if independent else largest)
        found, judged = anytime_estimate(found, arrivals, margin), arrivals.bounds
    if moved is not None:
        seen = replace(seen, moments=less_bias(seen.moments, moved), labels=moved.pairs)
        found = corrected(
            estimate(pairs, seen, level, margin), judged, moved, plan.judge_alpha.get(metric.name, split(alpha))
        )
    case = _Case(metric, plan, pairs, views, seen, found, margin, bias)
    verdict = replace(_draft(case), components=variance_components(rows, pairs.span))
    if metric.role is Role.PRIMARY:
        verdict = _say(case, verdict)
    return Judged(verdict, _p_regressed(case), influence(pairs), _passes_alone(case, verdict))


def _judged_bounds(seen: Sample, span: float, alpha: float) -> tuple[float, float]:
    """The judged interval in the metric's units."""
    low, high = bounds(seen.moments, alpha)
    return float(low) * span, float(high) * span


def _rows(metric: Metric, table: ScoreTable, scorer: str) -> MetricRows:
    """The metric's rows, as that scorer scored them."""
    return table.metric_rows(metric.benchmark, scorer, metric.part, metric.strata)


def _human(metric: Metric, table: ScoreTable, plan: VerdictPlan) -> Pairs | None:
    """The pairs that people labelled, if the plan names their scorer."""
    scorer = plan.labels.get(metric.name) if metric.judged else None
    return None if scorer is None else pair(_rows(metric, table, scorer), metric, interim=True)


def _unpaired(metric: Metric, plan: VerdictPlan, pairs: Pairs, margin: float) -> Judged:
    """A metric with fewer than two pairs."""
    if metric.name in plan.stopped and metric.role is Role.PRIMARY and not pairs.missing.wanted:
        verdict = MetricVerdict(
            metric, None, pairs.missing, margin, Verdict.INCONCLUSIVE, reason=plan.stopped[metric.name]
        )
        return Judged(verdict, 1.0, influence(pairs), passes_alone=False)
    why = plan.limits.breach(pairs.missing) or f"unscored: {pairs.worse_N.size} prompts were scored in both arms"
    said = Verdict.NOT_MEASURABLE if metric.role is Role.PRIMARY else None
    flags = ("as-judged",) if metric.judged else ()
    verdict = MetricVerdict(metric, None, pairs.missing, margin, said, flags=flags, reason=why)
    return Judged(verdict, 1.0, influence(pairs), passes_alone=False)


def _ratio(metric: Metric, table: ScoreTable, plan: VerdictPlan, pairs: Pairs, levels: tuple[float, float]) -> Judged:
    """A published ratio: an interval and no verdict; raises ConfigError where it was given one."""
    if metric.role is Role.PRIMARY:
        raise ConfigError(f"{metric.name} is a ratio with a denominator for each model and carries no verdict.")
    found = share(_rows(metric, table, metric.scorer), pairs, metric, plan.clusters, levels)
    estimate, few = found or (None, False)
    reason = "" if estimate else "unscored: a model decided on fewer than two clusters of prompts"
    flags = ("few-clusters",) if few else ()
    verdict = MetricVerdict(metric, estimate, pairs.missing, levels[1], None, flags=flags, reason=reason)
    return Judged(verdict, 1.0, influence(pairs), passes_alone=False)


def _draft(case: _Case) -> MetricVerdict:
    """The verdict before its word: what a secondary metric ends with."""
    conditions = {
        "as-judged": case.unchecked,
        "labelled": bool(case.seen.labels),
        "few-clusters": case.seen.few_clusters,
    }
    return MetricVerdict(
        case.metric,
        case.estimate,
        case.pairs.missing,
        case.margin,
        None,
        flags=tuple(flag for flag, holds in conditions.items() if holds),
        detectable=achieved_effect(case.seen.moments, case.estimate.alpha) * case.pairs.span,
    )


def _say(case: _Case, draft: MetricVerdict) -> MetricVerdict:
    """The word for a primary metric."""
    low, high, margin, plan = case.estimate.low, case.estimate.high, case.margin, case.plan
    breach = plan.limits.breach(case.pairs.missing)
    if breach:
        extra = ("regressed-even-in-best-case",) if case.imputed(case.estimate.alpha)[0] > 0 else ()
        return replace(draft, verdict=Verdict.NOT_MEASURABLE, flags=draft.flags + extra, reason=breach)
    code = "assumption-failed" if plan.assumption_failed else ""
    if case.bounded:
        draft = replace(draft, flags=(*draft.flags, "worst-case-bounds"))
        code = code or ("unscored" if word(low, high, margin) is not Verdict.INCONCLUSIVE else "")
        best_low, worst_high = case.imputed(case.estimate.alpha)
        low, high = min(low, best_low), max(high, worst_high)
    said = word(low, high, margin)
    tip = _tipping(case, said, low, high)
    if said is Verdict.INCONCLUSIVE or plan.assumption_failed:
        return _inconclusive(case, draft, code)
    if case.unchecked and plan.profile == "certify" and tip is not None and tip.grade == "fragile":
        return replace(_inconclusive(case, draft, "judge-limited"), tipping=tip)
    if said is Verdict.REGRESSED:
        grade = severity(low, wald_lower(case.pairs, case.seen, case.estimate.alpha), margin)
        return replace(draft, verdict=said, severity=grade, tipping=tip)
    extra = ("shifted-within-margin",) if said is Verdict.PRESERVED and low > 0 else ()
    return replace(draft, verdict=said, flags=draft.flags + extra, tipping=tip)


def _tipping(case: _Case, said: Verdict, low: float, high: float) -> Tipping | None:
    """How wrong the scores would have to be to overturn the word."""
    bound = case.metric.bound
    bad = case.estimate.baseline / bound
    rate = bad if case.metric.better is Better.LOWER else 1 - bad
    claim = Claim(said, low / bound, high / bound, case.margin / bound, max(rate, 0.0), case.seen.n)
    if case.bias is None:
        return tipping(claim)
    return tipping(claim, case.bias.plausible / bound, "labels")


def _inconclusive(case: _Case, draft: MetricVerdict, code: str) -> MetricVerdict:
    """INCONCLUSIVE, with its reason code and what deciding would take."""
    level, share = case.estimate.alpha, min(case.margin / case.pairs.span, 1.0)
    why = Undecided(
        known=code or case.plan.stopped.get(case.metric.name, ""),
        few_clusters=case.seen.few_clusters,
        n=float(case.seen.moments.n_effective),
        floor=rare_floor(share, level),
        detectable=draft.detectable or 0.0,
        margin=case.margin,
    )
    needed = pairs_to_decide(case.seen.moments, case.seen.n, share, level)
    return replace(draft, verdict=Verdict.INCONCLUSIVE, reason=why.code(), pairs_needed=needed)


def _p_regressed(case: _Case) -> float:
    """Evidence of a regression for the composite; in the best case where the missing are too unequal."""
    if not case.bounded:
        return float(p_worse(case.seen.moments))
    if case.views.best is None or case.seen.labels:
        return 1.0
    return float(p_worse(case.views.best.moments))


def _passes_alone(case: _Case, verdict: MetricVerdict) -> bool:
    """Whether the metric is below its margin at its dimension's undivided level (for the intersection-union rule)."""
    if not case.plan.intersection_union or verdict.verdict in (None, Verdict.NOT_MEASURABLE):
        return False
    trust = case.metric.dimension in TRUST_DIMENSIONS
    level = case.plan.alpha / len(TRUST_DIMENSIONS) if trust else case.plan.alpha_capability
    high = float(bounds(case.seen.moments, level)[1]) * case.pairs.span
    return max(high, case.imputed(level)[1] if case.bounded else high) < case.margin
