"""Estimates one metric's difference with its confidence intervals, in both scopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from trustdelta.records import Estimate, Scope
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.labelled import Labelled
from trustdelta.stats.pairs import Pairs
from trustdelta.stats.ppi import MIN_LABELS, corrected, power
from trustdelta.stats.scopes import Sample, sample
from trustdelta.stats.score_interval import Moments, bounds, p_not_worse, p_worse, wald_low

Interval = tuple[float, float]
Bounds = Callable[[float], Interval]
"""Bounds in the metric's units at a per-tail level."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The observed differences, their worst-case imputations, and the contrasts of the doubling test."""

    observed: Sample | None
    best: Sample | None
    """Unscored responses imputed in the candidate's favour."""
    worst: Sample | None
    """Unscored responses imputed against the candidate."""
    doubling: Sample | None = None
    """Candidate minus twice the baseline's badness, clipped at -1 (which only raises its mean); None if not tested."""
    doubling_worst: Sample | None = None
    """`doubling` with unscored responses imputed against the candidate."""


def samples(pairs: Pairs, *, reaches: bool, doubling: bool = False, human: Labelled | None = None) -> Samples:
    """All samples of one metric; `human`: its pairs with human labels."""
    span = pairs.span
    judged = sample(pairs.worse_N / span, pairs.cluster_N, reaches=reaches, noise_N=pairs.noise_N / span**2)

    def imputed(d_P: Floats) -> Sample | None:
        return sample(d_P, pairs.cluster_P, reaches=reaches)

    twice = np.maximum((pairs.worse_N - pairs.harm_N) / span, -1.0)
    return Samples(
        judged if human is None or judged is None else _labelled(human, judged),
        imputed(pairs.best_P / span),
        imputed(pairs.worst_P / span),
        sample(twice, pairs.cluster_N, reaches=reaches) if doubling else None,
        imputed(np.maximum((pairs.worst_P - pairs.harm_best_P) / span, -1.0)) if doubling else None,
    )


def _labelled(human: Labelled, judged: Sample) -> Sample:
    """The judged sample corrected by human labels; unchanged below `MIN_LABELS` labelled pairs."""
    if human.labels < MIN_LABELS:
        return judged
    span, drawn = human.judged.span, human.drawn
    d_N, d_M = human.judged.worse_N / span, human.worse_M / span
    weight = power(d_N, d_M, drawn)
    here = corrected(d_N, d_M, drawn, weight)
    clustered = judged.beyond is not None and judged.n_clusters < judged.n
    beyond = corrected(d_N, d_M, drawn, weight, human.judged.cluster_N) if clustered else here
    baseline, candidate = human.rates(float(weight))
    return replace(
        judged,
        here=here,
        beyond=None if judged.beyond is None else beyond,
        labels=human.labels,
        rates=(float(baseline), float(candidate)),
    )


def bounds_by_scope(observed: Sample, span: float) -> dict[Scope, Bounds]:
    """The confidence interval of each scope in the metric's units, as a function of its per-tail level."""

    def of(m: Moments) -> Bounds:
        def at(alpha: float) -> Interval:
            low, high = bounds(m, alpha)
            return float(low) * span, float(high) * span

        return at

    by_scope = {Scope.PROMPTS: of(observed.here)}
    return by_scope if observed.beyond is None else by_scope | {Scope.BEYOND: of(observed.beyond)}


def claim_scope(by_scope: Mapping[Scope, object]) -> Scope:
    """The scope in which "preserved" and "improved" are claimed."""
    return Scope.BEYOND if Scope.BEYOND in by_scope else Scope.PROMPTS


def with_bounds(base: Estimate, by_scope: Mapping[Scope, Bounds], ordinary: Mapping[Scope, Bounds]) -> Estimate:
    """The estimate with these intervals; `ordinary` gives the two-sided 95 % intervals."""
    scope = claim_scope(by_scope)
    (low, high), (low_95, high_95) = by_scope[scope](base.alpha), ordinary[scope](0.025)
    here, here_95 = by_scope[Scope.PROMPTS](base.alpha), ordinary[Scope.PROMPTS](0.025)
    return replace(
        base, low=low, high=high, low_95=low_95, high_95=high_95,
        low_here=here[0], high_here=here[1], low_here_95=here_95[0], high_here_95=here_95[1],
    )  # fmt: skip


def estimate(pairs: Pairs, observed: Sample, alpha: float, margin: float) -> Estimate:
    """The metric's estimate in its own units; `alpha` is per tail, `margin` in the metric's units."""
    m, span = observed.claim, pairs.span
    baseline, candidate = observed.rates or (pairs.baseline, pairs.candidate)
    base = Estimate(
        baseline=baseline,
        candidate=candidate,
        worsening=float(m.mean) * span,
        low=-span,
        high=span,
        low_95=-span,
        high_95=span,
        alpha=alpha,
        n_pairs=observed.n,
        n_clusters=observed.n_clusters,
        draws_baseline=pairs.draws[0],
        draws_candidate=pairs.draws[1],
        design_effect=float(m.variance / m.variance_iid) if m.variance_iid > 0 else 1.0,
        df=float(m.df),
        discordance=float(m.up + m.down) * span,
        p_regressed=float(p_worse(observed.here)),
        p_preserved=float(p_not_worse(m, min(margin / span, 1.0))),
        p_improved=float(p_not_worse(m, 0.0)),
        low_here=-span,
        high_here=span,
        low_here_95=-span,
        high_here_95=span,
        p_beyond=None if observed.beyond is None else float(p_worse(observed.beyond)),
        method="SII-PPI" if observed.labels else "SII",
    )
    by_scope = bounds_by_scope(observed, span)
    return with_bounds(base, by_scope, by_scope)


def wald_lower(pairs: Pairs, observed: Sample, alpha: float) -> float:
    """Lower Student-t bound on these prompts in the metric's units; the severity grade needs it."""
    return float(wald_low(observed.here, alpha)) * pairs.span


__all__ = ["Bounds", "Floats", "Ints", "Sample", "Samples", "bounds_by_scope", "estimate", "samples", "wald_lower"]
