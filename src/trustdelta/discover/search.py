"""The whole search: mine on one half of the prompts, test on the other half, describe what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import Conditions, conditions_of, joined
from trustdelta.discover.describe import examples_of, places_of
from trustdelta.discover.features import Extract, Feature, extract
from trustdelta.discover.mining import MOST, Hypothesis, members_of, mine
from trustdelta.discover.pairs import Layout, Pair, clusters_of, laid_out
from trustdelta.discover.profiles import Profile, profiles
from trustdelta.discover.testing import adjusted_p_values, cluster_sums
from trustdelta.discover.topics import likeness, with_topics
from trustdelta.records.arrays import Floats, Ints
from trustdelta.records.differences import Difference
from trustdelta.stats.score_interval import bounds, moments

ALPHA = 0.05
"""Chance of any false difference in one search."""
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
    styles = list(profiles(rates.delta, data.extracted, data.conditions, score_C, mined_P))
    hypotheses = mine(delta, data.extracted.features, mined, score_C, MOST - len(styles))
    data, rates, own = _with_styles(data, rates, styles)
    hypotheses = [*own, *hypotheses]
    p_H = _p_values(hypotheses, rates, data, tested_P, rng)
    shown = [(p, h) for p, h in zip(p_H.tolist(), hypotheses, strict=True) if p <= ALPHA]
    describer = _Describer(data, rates, mined_P, tested_P)
    differences = [describer.difference(h, p) for p, h in shown]
    certain = {id(d): _strength(h, describer) for d, (_, h) in zip(differences, shown, strict=True)}
    differences.sort(key=lambda d: (d.p_value, -certain[id(d)]))
    return Outcome(mined_P.size, tested_P.size, len(hypotheses), tuple(differences))


def _with_styles(data: Prepared, rates: Rates, styles: Sequence[Profile]) -> tuple[Prepared, Rates, list[Hypothesis]]:
    """The same with styles as further features, and a hypothesis for each."""
    if not styles:
        return data, rates, []
    count = len(data.extracted.features)
    lead_PS = np.stack([style.lead_P for style in styles], axis=1)
    sides = [sparse.csc_array((sign * lead_PS > 1e-9).astype(float)) for sign in (-1, 1)]
    baseline = sparse.hstack([rates.baseline, sides[0]], format="csc")
    candidate = sparse.hstack([rates.candidate, sides[1]], format="csc")
    features = (*data.extracted.features, *(Feature(style.name) for style in styles))
    own = [Hypothesis(count + i, (style.set,), 0.0) for i, style in enumerate(styles)]
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


def _masked(hypothesis: Hypothesis, rates: Rates, data: Prepared, rows: Ints) -> Floats:
    """The difference of a hypothesis by prompt, 0 outside its set."""
    delta_P = rates.delta[:, [hypothesis.feature]].toarray()[rows, 0]
    return np.asarray(delta_P * members_of(data.conditions, hypothesis.sets)[rows])


def _p_values(
    hypotheses: Sequence[Hypothesis], rates: Rates, data: Prepared, rows: Ints, rng: np.random.Generator
) -> Floats:
    if not hypotheses:
        return np.zeros(0)
    delta_PH = np.stack([_masked(h, rates, data, rows) for h in hypotheses], axis=1)
    return adjusted_p_values(cluster_sums(delta_PH, data.cluster_P[rows]), rng)


def _strength(hypothesis: Hypothesis, describer: _Describer) -> float:
    """Size of the tested statistic, by which equally certain differences are ordered."""
    delta_P = _masked(hypothesis, describer.rates, describer.data, describer.tested_P)
    sums = cluster_sums(delta_P[:, None], describer.data.cluster_P[describer.tested_P])[:, 0]
    return float(abs(sums.sum()) / np.sqrt(np.sum(sums**2)))


@dataclass(frozen=True, slots=True)
class _Describer:
    """Words and numbers of a shown difference."""

    data: Prepared
    rates: Rates
    mined_P: Ints
    tested_P: Ints

    def difference(self, hypothesis: Hypothesis, p_value: float) -> Difference:
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
            p_value=p_value,
            count=rows.size,
            also=self._also(hypothesis, feature),
            places=tuple(
                places_of(conditions, (baseline_P, candidate_P), (self.mined_P, self.tested_P), hypothesis.sets)
            ),
            examples=tuple(examples_of(self.data.pairs, feature, candidate_P - baseline_P, rows)),
        )

    def _interval(self, delta_P: Floats, cluster_P: Ints) -> tuple[float, float]:
        several = np.unique(cluster_P).size
        if several < 2:
            return -1.0, 1.0
        low, high = bounds(moments(delta_P, cluster_P), 0.025)
        return float(low), float(high)

    def _also(self, hypothesis: Hypothesis, feature: Feature) -> tuple[str, ...]:
        names = dict.fromkeys(self.data.extracted.features[f].name for f in hypothesis.also)
        return tuple(name for name in names if name != feature.name)[:5]
