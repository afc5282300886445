"""The whole search: mine on one half of the prompts, test on the other half, describe what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import Conditions, conditions_of, joined
from trustdelta.discover.describe import examples_of
from trustdelta.discover.features import Extract, Feature, extract
from trustdelta.discover.mining import MOST, Hypothesis, directions, members_of, mine, statistic
from trustdelta.discover.pairs import Layout, Pair, clusters_of, laid_out
from trustdelta.discover.places import Claim, claims_of
from trustdelta.discover.profiles import Profile, profiles
from trustdelta.discover.shown import Shown, ShownPlace, ordered
from trustdelta.discover.testing import Contrasts, adjusted_p_values, cluster_sums
from trustdelta.discover.topics import likeness, with_topics
from trustdelta.records.arrays import Floats, Ints
from trustdelta.records.differences import Difference, Place
from trustdelta.stats.score_interval import bounds, moments

ALPHA = 0.05
"""Chance of any false difference or place in one search."""
FAMILIES = 2
"""Families of tests, whether there is a difference and where, each of which has half of the chance."""
LEAST_PROMPTS = 40
"""Prompts below which nothing can be shown."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything about a run's answers that does not depend on which model wrote which."""

    pairs: Sequence[Pair]
    layout: Layout
    extracted: Extract
    conditions: Conditions
    cluster_P: Ints


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of each feature on each prompt: prompts by features."""

    baseline: sparse.csc_array
    candidate: sparse.csc_array
    delta: sparse.csc_array
    """Candidate minus baseline."""

    def of(self, feature: int) -> tuple[Floats, Floats]:
        """One feature's rates by prompt, baseline first."""
        return tuple(side[:, [feature]].toarray()[:, 0] for side in (self.baseline, self.candidate))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a search."""

    mined: int
    tested: int
    hypotheses: int
    differences: tuple[Difference, ...]


def prepared(pairs: Sequence[Pair], tokens: Sequence[str] = ()) -> Prepared:
    """Features and sets of prompts of these pairs; `tokens`: those with much drift."""
    corpus, layout = laid_out(pairs, tokens)
    return Prepared(pairs, layout, extract(corpus), conditions_of(pairs), clusters_of(pairs))


def halves(category_P: Sequence[str], cluster_P: Ints, rng: np.random.Generator) -> Ints:
    """0 for prompts to mine on and 1 for those to test on; clusters stay whole, categories are divided evenly."""
    first = {int(code): i for i, code in reversed(list(enumerate(cluster_P)))}
    codes = sorted(first)
    rank = rng.permutation(len(codes))
    order = sorted(range(len(codes)), key=lambda i: (category_P[first[codes[i]]], rank[i]))
    half = {codes[i]: n % 2 for n, i in enumerate(order)}
    return np.array([half[int(code)] for code in cluster_P], dtype=np.int64)


def search(data: Prepared, seed: int, layout: Layout | None = None) -> Outcome:
    """Differences between the models; `layout`: another assignment of the same answers to the models."""
    count = len(data.pairs)
    if count < LEAST_PROMPTS:
        return Outcome(count // 2, count - count // 2, 0, ())
    rng = np.random.default_rng([seed, count])
    half_P = halves(data.conditions.category_P, data.cluster_P, rng)
    baseline, candidate = data.extracted.rates(layout or data.layout)
    rates = Rates(baseline, candidate, _difference(baseline, candidate))
    mined_P, tested_P = np.flatnonzero(half_P == 0), np.flatnonzero(half_P == 1)
    delta = _rows(rates.delta, mined_P)
    alike = likeness(delta)
    data = replace(data, conditions=with_topics(data.conditions, alike, _part(data.conditions, mined_P)))
    mined = _part(data.conditions, mined_P)
    score_C = alike.scores(mined.member_CP)
    styles = list(profiles(rates.delta, data.extracted, data.conditions, alike, mined_P))
    hypotheses = mine(delta, data.extracted.features, mined, score_C, MOST - len(styles))
    data, rates, own = _with_styles(data, rates, styles)
    hypotheses = [*own, *hypotheses]
    tested = _tested(hypotheses, data, rates, (mined_P, tested_P), rng)
    shown = [t.hypothesis for t in tested]
    members_HP = np.array([members_of(mined, h.sets) for h in shown]).reshape(len(shown), mined_P.size)
    directions_HP = directions(shown, _rows(rates.delta, mined_P), mined)
    describer = _Describer(data, rates, tested_P)
    in_order = ordered(tested, members_HP, directions_HP, alike.scores(members_HP))
    differences = [describer.difference(t) for t in in_order]
    return Outcome(mined_P.size, tested_P.size, len(hypotheses), tuple(differences))


def _with_styles(data: Prepared, rates: Rates, styles: Sequence[Profile]) -> tuple[Prepared, Rates, list[Hypothesis]]:
    """The same with styles as further features, and a hypothesis for each."""
    if not styles:
        return data, rates, []
    count = len(data.extracted.features)
    shown_PS = np.stack([style.shown_P for style in styles], axis=1)
    sides = [sparse.csc_array((sign * shown_PS > 0).astype(float)) for sign in (-1, 1)]
    baseline = sparse.hstack([rates.baseline, sides[0]], format="csc")
    candidate = sparse.hstack([rates.candidate, sides[1]], format="csc")
    features = (*data.extracted.features, *(Feature(style.name) for style in styles))
    own = [Hypothesis(count + i, (style.set,), 0.0, beyond=True) for i, style in enumerate(styles)]
    extracted = replace(data.extracted, features=features)
    return replace(data, extracted=extracted), Rates(baseline, candidate, _difference(baseline, candidate)), own


def _difference(baseline: sparse.csc_array, candidate: sparse.csc_array) -> sparse.csc_array:
    delta: sparse.csc_array = (candidate - baseline).tocsc()
    delta.data[np.abs(delta.data) < 1e-12] = 0
    delta.eliminate_zeros()
    return delta


def _rows(matrix: sparse.csc_array, rows: Ints) -> sparse.csc_array:
    return matrix.tocsr()[rows].tocsc()


def _part(conditions: Conditions, rows: Ints) -> Conditions:
    category = tuple(conditions.category_P[i] for i in rows)
    return Conditions(conditions.names, conditions.words, conditions.member_CP[:, rows], category)


def _tested(
    hypotheses: Sequence[Hypothesis],
    data: Prepared,
    rates: Rates,
    halves_P: tuple[Ints, Ints],
    rng: np.random.Generator,
) -> list[Shown]:
    """The hypotheses that are shown on the tested half; of those on some prompts only with their place."""
    rows = halves_P[1]
    if not hypotheses:
        return []
    cluster_P = data.cluster_P[rows]
    delta_PH = rates.delta[:, [h.feature for h in hypotheses]].toarray()[rows]
    members_PH = np.stack([members_of(data.conditions, h.sets)[rows] for h in hypotheses], axis=1)
    sums_GH = cluster_sums(delta_PH * members_PH, cluster_P)
    plain = np.array([not h.beyond for h in hypotheses])
    p_H = np.zeros(plain.size)
    p_H[plain] = np.minimum(FAMILIES * adjusted_p_values(sums_GH[:, plain], rng), 1)
    size_H = np.abs(statistic(sums_GH.sum(axis=0), np.sum(sums_GH**2, axis=0)))
    claims = list(claims_of(hypotheses, rates.delta, data.conditions, halves_P))
    size_C, p_C = _contrasts(claims, delta_PH, rows, cluster_P, rng)
    places = {
        claim.hypothesis: ShownPlace(claim.name, claim.members_P, float(p), float(size))
        for claim, p, size in zip(claims, p_C, size_C, strict=True)
        if p <= ALPHA
    }
    return [
        Shown(h, max(float(p_H[i]), places[i].p_value if h.sets else 0.0), float(size_H[i]), places.get(i))
        for i, h in enumerate(hypotheses)
        if p_H[i] <= ALPHA and (not h.sets or i in places)
    ]


def _contrasts(
    claims: Sequence[Claim], delta_PH: Floats, rows: Ints, cluster_P: Ints, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Contrast in standard errors, and adjusted p-value, of each claim."""
    if not claims:
        return np.zeros(0), np.zeros(0)
    members_PC = np.stack([claim.members_P[rows] for claim in claims], axis=1)
    delta_PC = delta_PH[:, [claim.hypothesis for claim in claims]]
    sign_C = np.array([claim.sign for claim in claims])
    tests = Contrasts(delta_PC, members_PC, sign_C)
    return tests.observed(), np.minimum(FAMILIES * tests.p_values(cluster_P, rng), 1)


@dataclass(frozen=True, slots=True)
class _Describer:
    """Words and numbers of a shown difference."""

    data: Prepared
    rates: Rates
    tested_P: Ints

    def difference(self, shown: Shown) -> Difference:
        """One difference for the reader."""
        hypothesis = shown.hypothesis
        features, conditions = self.data.extracted.features, self.data.conditions
        members_P = members_of(conditions, hypothesis.sets) > 0
        rows = self.tested_P[members_P[self.tested_P]]
        baseline_P, candidate_P = self.rates.of(hypothesis.feature)
        low, high = self._interval(candidate_P[rows] - baseline_P[rows], self.data.cluster_P[rows])
        feature = features[hypothesis.feature]
        return Difference(
            answer=feature.name,
            prompts=joined(conditions, hypothesis.sets) if hypothesis.sets else "",
            baseline=float(baseline_P[rows].mean()),
            candidate=float(candidate_P[rows].mean()),
            low=low,
            high=high,
            p_value=shown.p_value,
            count=rows.size,
            also=self._also(hypothesis, feature),
            places=(self._place(shown.place, (baseline_P, candidate_P)),) if shown.place else (),
            examples=tuple(examples_of(self.data.pairs, feature, candidate_P - baseline_P, rows)),
        )

    def _place(self, place: ShownPlace, rates: tuple[Floats, Floats]) -> Place:
        inside = place.members_P[self.tested_P] > 0
        there, elsewhere = (
            (float(rates[0][rows].mean()), float(rates[1][rows].mean()))
            for rows in (self.tested_P[inside], self.tested_P[~inside])
        )
        return Place(place.name, there, elsewhere, int(inside.sum()), place.p_value)

    def _interval(self, delta_P: Floats, cluster_P: Ints) -> tuple[float, float]:
        several = np.unique(cluster_P).size
        if several < 2:
            return -1.0, 1.0
        low, high = bounds(moments(delta_P, cluster_P), 0.025)
        return float(low), float(high)

    def _also(self, hypothesis: Hypothesis, feature: Feature) -> tuple[str, ...]:
        names = dict.fromkeys(self.data.extracted.features[f].name for f in hypothesis.also)
        return tuple(name for name in names if name != feature.name)[:5]
