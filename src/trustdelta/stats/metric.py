"""One metric of one audit: from its rows to its verdict.

"Regressed" is claimed on these prompts first and, where that holds, beyond them, at the same level: a fixed sequence
costs nothing. "Preserved" and "improved" are claimed beyond them where their clusters can stand for others, else on
these prompts only.
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
from trustdelta.stats.labels import Bias, less_bias, split
from trustdelta.stats.margins import DOUBLING_FLOOR, declared_margin, guards_doubling, margin_of
from trustdelta.stats.pairs import Pairs, pair
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.planning import achieved_effect, pairs_to_decide, rare_floor
from trustdelta.stats.ratio import SHARES, share
from trustdelta.stats.score_interval import bounds
from trustdelta.stats.subgroups import Groups, groups_of
from trustdelta.stats.table import MetricRows, ScoreTable
from trustdelta.stats.tipping import Claim, tipping
from trustdelta.stats.verdict_rule import Undecided, severity, word


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One metric's verdict, with its groups of prompts still to be tested with those of all metrics."""

    verdict: MetricVerdict
    groups: Groups | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One measurable metric with everything that its verdict rests on.

    `level`: its per-tail level at its last look. `by_scope`: its bounds, corrected for the judge where people labelled.
    """

    metric: Metric
    plan: VerdictPlan
    pairs: Pairs
    views: Samples
    seen: Sample
    estimate: Estimate
    by_scope: Mapping[Scope, Bounds]
    margin: float
    bias: Bias | None
    level: float

    @property
    def incomplete(self) -> bool:
        """Whether any response that the metric wanted is unscored."""
        missing = self.pairs.missing
        return max(missing.unscored_baseline, missing.unscored_candidate) > 0

    @property
    def unchecked(self) -> bool:
        """Whether a judge gave the scores and nobody checked it."""
        return self.metric.judged and not self.seen.labels

    def interval(self, scope: Scope) -> Interval:
        """The interval that claims in a scope rest on: whatever the missing responses were."""
        low, high = self.by_scope[scope](self.level)
        if not self.incomplete:
            return low, high
        best, worst = self.imputed(scope)
        return min(low, best), max(high, worst)

    def imputed(self, scope: Scope) -> Interval:
        """Lower bound with every unscored response in the candidate's favour, upper bound with every one against it.

        With labels the corrected interval moves by what the imputation moves the judged mean.
        """
        missing, span = self.pairs.missing, self.pairs.span
        if self.seen.labels:
            low, high = self.by_scope[scope](self.level)
            judged = float(self.pairs.worse_N.mean())
            return low + min(0.0, missing.best - judged), high + max(0.0, missing.worst - judged)
        if self.views.best is None or self.views.worst is None:
            return -span, span
        low, _ = bounds_by_scope(self.views.best, span)[scope](self.level)
        _, high = bounds_by_scope(self.views.worst, span)[scope](self.level)
        return low, high

    def doubling_high(self) -> float | None:
        """Upper bound of candidate minus twice the baseline's badness, in the metric's units; None where not asked."""
        view = self.views.doubling_worst if self.incomplete else self.views.doubling
        if view is None:
            return None
        high = float(bounds(view.claim, self.level)[1]) * self.pairs.span
        return high if self.bias is None else high - self.bias.bounds(split(self.level)[1])[0] * self.bias.span


def judge(metric: Metric, table: ScoreTable, plan: VerdictPlan, alpha: float, bias: Bias | None = None) -> Judged:
    """Pair one metric's rows, estimate, and say the word; `alpha` is its per-tail level, `bias` its judge's."""
    rows = _rows(metric, table, metric.scorer)
    pairs = pair(rows, metric, interim=plan.interim)
    early = plan.anytime or metric.name in plan.look
    moved = bias if bias is not None and (early or not bias.own) else None
    human = None if bias is None or moved else _human(metric, table, plan)
    reaches = plan.scopes.reaches_beyond(table.pool_clusters(metric.benchmark, metric.strata))
    doubling = guards_doubling(metric, plan, signed=pairs.signed)
    views = samples(pairs, reaches=reaches, doubling=doubling, human=human)
    margin = margin_of(metric, plan, checked=bias is not None)
    if plan.unreadable:
        return _unreadable(metric, plan, pairs, margin)
    if views.seen is None:
        return _unpaired(metric, plan, pairs, margin)
    level = plan.level(metric.name, alpha)
    if metric.reduce in SHARES:
        return _ratio(metric, table, plan, pairs, (level, margin))
    found, by_scope = estimate(pairs, views.seen, level, margin), bounds_by_scope(views.seen, pairs.span)
    if plan.anytime:
        arrivals = _arrivals(metric, table, pairs, reaches=reaches)
        by_scope = {scope: one.bounds for scope, one in arrivals.items()}
        found = with_bounds(anytime_estimate(found, arrivals, margin), by_scope, by_scope)
    case = _Case(metric, plan, pairs, views, views.seen, found, by_scope, margin, bias, level)
    if moved is not None:
        case = _less_bias(case, moved, plan.level(metric.name, split(alpha)[0]), split(alpha)[1])
    verdict = replace(_draft(case), components=variance_components(rows, pairs.span))
    if metric.role is Role.PRIMARY:
        verdict = _say(case, verdict)
    return Judged(verdict, groups_of(metric, table, pairs))


def _less_bias(case: _Case, bias: Bias, judged_level: float, level: float) -> _Case:
    """The case with the judge's net bias taken out of its estimate and of both intervals.

    `judged_level` and `level`: the per-tail levels of the judged bounds and of the bias.
    """
    raw, span = case.seen, case.pairs.span
    beyond = None if raw.beyond is None else less_bias(raw.beyond, bias)
    seen = replace(raw, here=less_bias(raw.here, bias), beyond=beyond, labels=bias.pairs)
    by_scope = {s: bias.moving(b, judged_level, level) for s, b in case.by_scope.items()}
    ordinary = {s: bias.moving(b, *split(0.025)) for s, b in bounds_by_scope(raw, span).items()}
    found = with_bounds(estimate(case.pairs, seen, case.level, case.margin), by_scope, ordinary)
    found = replace(found, method=f"{case.estimate.method} less bias")
    return replace(case, seen=seen, estimate=found, by_scope=by_scope)


def _arrivals(metric: Metric, table: ScoreTable, pairs: Pairs, *, reaches: bool) -> dict[Scope, Arrivals]:
    """The differences in the order in which prompts were asked, prompts alone and in their clusters."""
    place_N = table.place_P[pairs.prompt_N]
    found = {Scope.PROMPTS: Arrivals.of(pairs, place_N, None)}
    if reaches:
        found[Scope.BEYOND] = Arrivals.of(pairs, place_N, table.largest_cluster(metric.benchmark))
    return found


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
        reason = plan.stopped[metric.name]
        return Judged(MetricVerdict(metric, None, pairs.missing, margin, Verdict.INCONCLUSIVE, reason=reason))
    why = plan.limits.breach(pairs.missing) or f"unscored: {pairs.worse_N.size} prompts were scored in both arms"
    verdict = Verdict.NOT_MEASURABLE if metric.role is Role.PRIMARY else None
    flags = ("as-judged",) if metric.judged else ()
    return Judged(MetricVerdict(metric, None, pairs.missing, margin, verdict, flags=flags, reason=why))


def _unreadable(metric: Metric, plan: VerdictPlan, pairs: Pairs, margin: float) -> Judged:
    """A metric of scores that may be of thoughts: no number of it is worth showing."""
    verdict = Verdict.NOT_MEASURABLE if metric.role is Role.PRIMARY else None
    return Judged(MetricVerdict(metric, None, pairs.missing, margin, verdict, reason=plan.unreadable))


def _ratio(metric: Metric, table: ScoreTable, plan: VerdictPlan, pairs: Pairs, levels: tuple[float, float]) -> Judged:
    """A published ratio: an interval and no verdict; raises ConfigError where it was given one."""
    if metric.role is Role.PRIMARY:
        raise ConfigError(f"{metric.name} is a ratio with a denominator for each model and carries no verdict.")
    reaches = plan.scopes.reaches_beyond(table.pool_clusters(metric.benchmark, metric.strata))
    found = share(_rows(metric, table, metric.scorer), pairs, metric, levels, reaches=reaches)
    reason = "" if found else "unscored: a model decided on fewer than two clusters of prompts"
    return Judged(MetricVerdict(metric, found, pairs.missing, levels[1], None, reason=reason))


def _draft(case: _Case) -> MetricVerdict:
    """The verdict before its word: what a secondary metric ends with."""
    conditions = {
        "as-judged": case.unchecked,
        "labelled": bool(case.seen.labels),
        "few-clusters": claim_scope(case.by_scope) is Scope.PROMPTS and case.plan.scopes.estimand == "population",
    }
    return MetricVerdict(
        case.metric,
        case.estimate,
        case.pairs.missing,
        case.margin,
        None,
        flags=tuple(flag for flag, holds in conditions.items() if holds),
        detectable=achieved_effect(case.seen.here, case.level) * case.pairs.span,
        doubling_high=case.doubling_high(),
    )


def _say(case: _Case, draft: MetricVerdict) -> MetricVerdict:
    """The word for a primary metric."""
    scope = claim_scope(case.by_scope)
    low_here, high = case.interval(Scope.PROMPTS)[0], case.interval(scope)[1]
    floor = DOUBLING_FLOOR * case.metric.bound
    doubled = draft.doubling_high is not None and draft.doubling_high >= floor
    said = word(low_here, high, case.margin, doubled=doubled)
    if case.plan.assumption_failed:
        return _inconclusive(case, draft, "assumption-failed")
    if case.incomplete:
        draft = replace(draft, flags=(*draft.flags, "worst-case-bounds"))
    if said is Verdict.INCONCLUSIVE:
        breach = case.plan.limits.breach(case.pairs.missing)
        if breach:
            return replace(draft, verdict=Verdict.NOT_MEASURABLE, reason=breach)
        return _inconclusive(case, draft, _why(case, high, doubled=doubled))
    tip = _tipping(case, said, low_here, high)
    if case.unchecked and case.plan.profile == "certify" and tip is not None and tip.grade == "fragile":
        return replace(_inconclusive(case, draft, "judge-limited"), tipping=tip)
    if said is Verdict.REGRESSED:
        grade = severity(
            low_here, wald_lower(case.pairs, case.seen, case.level), declared_margin(case.metric, case.plan)
        )
        beyond = scope is Scope.BEYOND and case.interval(Scope.BEYOND)[0] > 0
        said_of = Scope.BEYOND if beyond else Scope.PROMPTS
        return replace(draft, verdict=said, severity=grade, tipping=tip, scope=said_of)
    extra = ("shifted-within-margin",) if said is Verdict.PRESERVED and low_here > 0 else ()
    return replace(draft, verdict=said, flags=draft.flags + extra, tipping=tip, scope=scope)


def _why(case: _Case, high: float, *, doubled: bool) -> str:
    """The reason code that is certain of an undecided metric; empty where only its spread kept it undecided."""
    if case.incomplete:
        e = case.estimate
        if word(e.low_here, e.high, case.margin, doubled=doubled) is not Verdict.INCONCLUSIVE:
            return "unscored"
    return "may-have-doubled" if doubled and high < case.margin else ""


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
    share_of_span = min(case.margin / case.pairs.span, 1.0)
    m = case.seen.claim
    why = Undecided(
        known=code or case.plan.stopped.get(case.metric.name, ""),
        n=float(m.n_effective),
        floor=rare_floor(share_of_span, case.level),
        detectable=draft.detectable or 0.0,
        margin=case.margin,
    )
    needed = pairs_to_decide(m, case.seen.n, share_of_span, case.level)
    return replace(draft, verdict=Verdict.INCONCLUSIVE, reason=why.code(), pairs_needed=needed)
