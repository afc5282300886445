"""Computes one metric's verdict from its rows.

"Regressed" is tested on these prompts first and, if significant, beyond them at the same level (fixed sequence).
"Preserved" and "improved" are claimed beyond these prompts where the clusters can represent others, else on these
prompts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from trustdelta.errors import ConfigError
from trustdelta.records import Better, Estimate, Metric, MetricVerdict, Role, Scope, Tipping, Verdict
from trustdelta.stats.anytime import Arrivals, anytime_estimate
from trustdelta.stats.components import variance_components
from trustdelta.stats.estimate import (
    Bounds,
    Interval,
    Sample,
    Samples,
    bounds_by_scope,
    claim_scope,
    estimate,
    samples,
    wald_lower,
    with_bounds,
)
from trustdelta.stats.labelled import Labelled
from trustdelta.stats.labels import Bias, less_bias, split
from trustdelta.stats.margins import declared_margin, guards_doubling, margin_of
from trustdelta.stats.pairs import Pairs, pair
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.planning import achieved_effect, pairs_to_decide, rare_floor
from trustdelta.stats.ratio import SHARES, share
from trustdelta.stats.score_interval import bounds
from trustdelta.stats.subgroups import Groups, groups_of
from trustdelta.stats.table import MetricRows, ScoreTable
from trustdelta.stats.tipping import WITHIN_BIAS, Claim, tipping
from trustdelta.stats.verdict_rule import AT_FLOOR, DOUBLING_FLOOR, Undecided, classify, severity

ALMOST_NOTHING = 0.01
"""Share of positive decisions in both models up to which a judge found almost nothing."""
FOUND_NOTHING = "judge-found-nothing"


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """One metric's verdict and its groups of prompts."""

    verdict: MetricVerdict
    groups: Groups | None = None
    """Groups of prompts, not yet tested: the test is joint over all metrics."""


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One measurable metric with all inputs of its verdict."""

    metric: Metric
    plan: VerdictPlan
    pairs: Pairs
    views: Samples
    sample: Sample
    """The observed differences, corrected for the judge where there are human labels."""
    estimate: Estimate
    by_scope: Mapping[Scope, Bounds]
    """Bounds of each scope, corrected for the judge where there are human labels."""
    margin: float
    bias: Bias | None
    level: float
    """Per-tail level at the metric's last look."""

    @property
    def incomplete(self) -> bool:
        """Whether any expected response is unscored."""
        missing = self.pairs.missing
        return max(missing.unscored_baseline, missing.unscored_candidate) > 0

    @property
    def unchecked(self) -> bool:
        """Whether the scores are a judge's without human labels."""
        return self.metric.judged and not self.by_people

    @property
    def by_people(self) -> bool:
        """Whether human labels correct the judge."""
        return bool(self.sample.labels) and self.metric.name not in self.plan.by_judge

    def interval(self, scope: Scope) -> Interval:
        """The interval of claims in a scope, valid for any values of the missing responses."""
        low, high = self.by_scope[scope](self.level)
        if not self.incomplete:
            return low, high
        best, worst = self.imputed(scope)
        return min(low, best), max(high, worst)

    def imputed(self, scope: Scope) -> Interval:
        """Lower bound with all unscored responses in the candidate's favour, upper bound with all of them against it.

        With labels the corrected interval shifts as far as the imputation shifts the judged mean.
        """
        missing, span = self.pairs.missing, self.pairs.span
        if self.sample.labels:
            low, high = self.by_scope[scope](self.level)
            judged = float(self.pairs.worse_N.mean())
            return low + min(0.0, missing.best - judged), high + max(0.0, missing.worst - judged)
        if self.views.best is None or self.views.worst is None:
            return -span, span
        low, _ = bounds_by_scope(self.views.best, span)[scope](self.level)
        _, high = bounds_by_scope(self.views.worst, span)[scope](self.level)
        return low, high

    def doubling_high(self) -> float | None:
        """Upper bound of candidate minus twice the baseline's badness, in the metric's units; None if not tested."""
        view = self.views.doubling_worst if self.incomplete else self.views.doubling
        if view is None:
            return None
        high = float(bounds(view.claim, self.level)[1]) * self.pairs.span
        return high if self.bias is None else high - self.bias.bounds(split(self.level)[1])[0] * self.bias.span


def decide_metric(
    metric: Metric, table: ScoreTable, plan: VerdictPlan, alpha: float, bias: Bias | None = None
) -> Decided:
    """Pair one metric's rows, estimate, and decide; `alpha` is its per-tail level, `bias` its judge's net bias."""
    rows = _rows(metric, table, metric.scorer)
    pairs = pair(rows, metric, interim=plan.interim)
    early = plan.anytime or metric.name in plan.look
    moved = bias if bias is not None and (early or not bias.own) else None
    human = None if bias is None or moved else Labelled.of(pairs, metric, plan.labels[metric.name], table)
    reaches = plan.scopes.reaches_beyond(table.pool_clusters(metric.benchmark, metric.strata))
    doubling = guards_doubling(metric, plan, signed=pairs.signed)
    views = samples(pairs, reaches=reaches, doubling=doubling, human=human)
    margin = margin_of(metric, plan, checked=bias is not None and metric.name not in plan.by_judge)
    if plan.unreadable:
        return _unreadable(metric, plan, pairs, margin)
    if views.observed is None:
        return _unpaired(metric, plan, pairs, margin)
    level = plan.level(metric.name, alpha)
    if metric.reduce in SHARES:
        return _ratio(metric, table, plan, pairs, (level, margin))
    paired, by_scope = estimate(pairs, views.observed, level, margin), bounds_by_scope(views.observed, pairs.span)
    if plan.anytime:
        arrivals = _arrivals(metric, table, pairs, reaches=reaches)
        by_scope = {scope: a.bounds for scope, a in arrivals.items()}
        paired = with_bounds(anytime_estimate(paired, arrivals, margin), by_scope, by_scope)
    case = _Case(metric, plan, pairs, views, views.observed, paired, by_scope, margin, bias, level)
    if moved is not None:
        case = _less_bias(case, moved, plan.level(metric.name, split(alpha)[0]), split(alpha)[1])
    verdict = replace(_draft(case), components=variance_components(rows, pairs.span))
    if metric.role is Role.PRIMARY:
        verdict = _classified(case, verdict)
    return Decided(verdict, groups_of(metric, table, pairs))


def _less_bias(case: _Case, bias: Bias, judged_level: float, level: float) -> _Case:
    """The case with the judge's net bias removed from its estimate and both intervals.

    `judged_level` and `level`: the per-tail levels of the judged bounds and of the bias.
    """
    raw, span = case.sample, case.pairs.span
    beyond = None if raw.beyond is None else less_bias(raw.beyond, bias)
    rates = (case.pairs.baseline - bias.shift[0], case.pairs.candidate - bias.shift[1])
    sample = replace(raw, here=less_bias(raw.here, bias), beyond=beyond, labels=bias.pairs, rates=rates)
    by_scope = {s: bias.shifted(b, judged_level, level) for s, b in case.by_scope.items()}
    ordinary = {s: bias.shifted(b, *split(0.025)) for s, b in bounds_by_scope(raw, span).items()}
    corrected = with_bounds(estimate(case.pairs, sample, case.level, case.margin), by_scope, ordinary)
    corrected = replace(corrected, method=f"{case.estimate.method} less bias")
    return replace(case, sample=sample, estimate=corrected, by_scope=by_scope)


def _arrivals(metric: Metric, table: ScoreTable, pairs: Pairs, *, reaches: bool) -> dict[Scope, Arrivals]:
    """The differences in the order in which prompts were sent, with prompts as the unit and with clusters."""
    place_N = table.place_P[pairs.prompt_N]
    arrivals = {Scope.PROMPTS: Arrivals.of(pairs, place_N, None)}
    if reaches:
        arrivals[Scope.BEYOND] = Arrivals.of(pairs, place_N, table.largest_cluster(metric.benchmark))
    return arrivals


def _rows(metric: Metric, table: ScoreTable, scorer: str) -> MetricRows:
    """The metric's rows with that scorer's scores."""
    return table.metric_rows(metric.benchmark, scorer, metric.part, metric.strata)


def _unpaired(metric: Metric, plan: VerdictPlan, pairs: Pairs, margin: float) -> Decided:
    """The outcome of a metric with fewer than two pairs."""
    if metric.name in plan.stopped and metric.role is Role.PRIMARY and not pairs.missing.wanted:
        reason = plan.stopped[metric.name]
        return Decided(MetricVerdict(metric, None, pairs.missing, margin, Verdict.INCONCLUSIVE, reason=reason))
    why = plan.limits.breach(pairs.missing) or f"unscored: {pairs.worse_N.size} prompts were scored for both models"
    verdict = Verdict.NOT_MEASURABLE if metric.role is Role.PRIMARY else None
    flags = ("as-judged",) if metric.judged else ()
    return Decided(MetricVerdict(metric, None, pairs.missing, margin, verdict, flags=flags, reason=why))


def _unreadable(metric: Metric, plan: VerdictPlan, pairs: Pairs, margin: float) -> Decided:
    """The outcome of a metric whose scores may be of reasoning traces: no estimate is shown."""
    verdict = Verdict.NOT_MEASURABLE if metric.role is Role.PRIMARY else None
    return Decided(MetricVerdict(metric, None, pairs.missing, margin, verdict, reason=plan.unreadable))


def _ratio(metric: Metric, table: ScoreTable, plan: VerdictPlan, pairs: Pairs, levels: tuple[float, float]) -> Decided:
    """A published ratio with an interval and no verdict; raises ConfigError for a primary metric."""
    if metric.role is Role.PRIMARY:
        raise ConfigError(f"{metric.name} is a ratio with a denominator for each model and carries no verdict.")
    reaches = plan.scopes.reaches_beyond(table.pool_clusters(metric.benchmark, metric.strata))
    ratio = share(_rows(metric, table, metric.scorer), pairs, metric, levels, reaches=reaches)
    reason = "" if ratio else "unscored: a model decided on fewer than two clusters of prompts"
    return Decided(MetricVerdict(metric, ratio, pairs.missing, levels[1], None, reason=reason))


def _draft(case: _Case) -> MetricVerdict:
    """The metric's result without a verdict, which is final for a secondary metric."""
    conditions = {
        "as-judged": case.unchecked,
        "labelled": case.by_people,
        "cascade": bool(case.sample.labels) and not case.by_people,
        "few-clusters": claim_scope(case.by_scope) is Scope.PROMPTS and case.plan.scopes.estimand == "population",
    }
    return MetricVerdict(
        case.metric,
        case.estimate,
        case.pairs.missing,
        case.margin,
        None,
        flags=tuple(flag for flag, holds in conditions.items() if holds),
        detectable=achieved_effect(case.sample.here, case.level) * case.pairs.span,
        doubling_high=case.doubling_high(),
    )


def _classified(case: _Case, draft: MetricVerdict) -> MetricVerdict:
    """The verdict of a primary metric."""
    scope = claim_scope(case.by_scope)
    low_here, high = case.interval(Scope.PROMPTS)[0], case.interval(scope)[1]
    floor = DOUBLING_FLOOR * case.metric.bound
    doubled = draft.doubling_high is not None and draft.doubling_high >= floor
    verdict = classify(low_here, high, case.margin, doubled=doubled)
    if case.plan.assumption_failed:
        return _inconclusive(case, draft, "assumption-failed")
    if case.incomplete:
        draft = replace(draft, flags=(*draft.flags, "worst-case-bounds"))
    if verdict is Verdict.INCONCLUSIVE:
        breach = case.plan.limits.breach(case.pairs.missing)
        if breach:
            return replace(draft, verdict=Verdict.NOT_MEASURABLE, reason=breach)
        return _inconclusive(case, draft, _why(case, high, doubled=doubled))
    tip = _tipping(case, verdict, low_here, high)
    limits = _judge_limits(case, tip)
    if limits is not None:
        draft = replace(draft, flags=(*draft.flags, *limits))
        return replace(_inconclusive(case, draft, "judge-limited"), tipping=tip)
    if verdict is Verdict.REGRESSED:
        grade = severity(
            low_here, wald_lower(case.pairs, case.sample, case.level), declared_margin(case.metric, case.plan)
        )
        beyond = scope is Scope.BEYOND and case.interval(Scope.BEYOND)[0] > 0
        reported_scope = Scope.BEYOND if beyond else Scope.PROMPTS
        return replace(draft, verdict=verdict, severity=grade, tipping=tip, scope=reported_scope)
    if verdict is Verdict.PRESERVED and _room_to_lose(case) <= case.margin:
        return replace(draft, verdict=Verdict.INCONCLUSIVE, reason=AT_FLOOR)
    extra = ("shifted-within-margin",) if verdict is Verdict.PRESERVED and low_here > 0 else ()
    return replace(draft, verdict=verdict, flags=draft.flags + extra, tipping=tip, scope=scope)


def _room_to_lose(case: _Case) -> float:
    """The largest worsening that the baseline's rate leaves room for, in the metric's units."""
    e, metric = case.estimate, case.metric
    worst = metric.bound if metric.better is Better.LOWER else -metric.bound if metric.signed else 0.0
    return abs(worst - e.baseline)


def _judge_limits(case: _Case, tip: Tipping | None) -> tuple[str, ...] | None:
    """The flags of a claim that is too much for an unlabelled judge; None where the claim stands."""
    if not case.unchecked:
        return None
    if spot := _blind_spot(case):
        return (spot,)
    if tip is None or case.plan.profile != "certify":
        return None
    if tip.evidence in WITHIN_BIAS and tip.net_bias <= tip.plausible_bias:
        return (WITHIN_BIAS[tip.evidence],)
    return () if tip.grade == "fragile" else None


def _blind_spot(case: _Case) -> str:
    """The code of what the judge cannot be trusted to see in these responses; empty where nothing speaks against it.

    A judge that is positive on almost no response of either model may be blind to what it looks for.
    """
    rates = (case.estimate.baseline / case.metric.bound, case.estimate.candidate / case.metric.bound)
    blind = "" if case.sample.labels else case.plan.blind.get(case.metric.name, "")
    return blind or (FOUND_NOTHING if max(rates) <= ALMOST_NOTHING else "")


def _why(case: _Case, high: float, *, doubled: bool) -> str:
    """The known reason code of an undecided metric; empty where only its spread left it undecided."""
    if case.incomplete:
        e = case.estimate
        if classify(e.low_here, e.high, case.margin, doubled=doubled) is not Verdict.INCONCLUSIVE:
            return "unscored"
    return "may-have-doubled" if doubled and high < case.margin else ""


def _tipping(case: _Case, verdict: Verdict, low: float, high: float) -> Tipping | None:
    """Sensitivity of the verdict to judge error."""
    bound = case.metric.bound
    bad = case.estimate.baseline / bound
    rate = bad if case.metric.better is Better.LOWER else 1 - bad
    claim = Claim(verdict, low / bound, high / bound, case.margin / bound, max(rate, 0.0), case.sample.n)
    if case.bias is not None and case.by_people:
        return tipping(claim, case.bias.plausible / bound, "labels")
    judge = case.plan.judge_bias.get(case.metric.name) if case.unchecked else None
    return tipping(claim) if judge is None else tipping(claim, *judge)


def _inconclusive(case: _Case, draft: MetricVerdict, code: str) -> MetricVerdict:
    """INCONCLUSIVE, with its reason code and the number of pairs needed to decide."""
    share_of_span = min(case.margin / case.pairs.span, 1.0)
    m = case.sample.claim
    floor = rare_floor(share_of_span, case.level)
    stopped = case.plan.stopped.get(case.metric.name, "")
    if stopped == "futility" and case.plan.whole(case.metric.name, float(m.n_effective)) < floor:
        stopped = "rare-floor"
    why = Undecided(
        known=code or stopped,
        n=float(m.n_effective),
        floor=floor,
        detectable=draft.detectable or 0.0,
        margin=case.margin,
    )
    needed = pairs_to_decide(m, case.sample.n, share_of_span, case.level)
    return replace(draft, verdict=Verdict.INCONCLUSIVE, reason=why.code(), pairs_needed=needed)
