"""Mining on one half of the prompts: which features differ most, on which prompts, without repeats.

Suffixes: P prompts of the half, F features, C sets of prompts, H hypotheses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import LEAST, WIDEST, Conditions
from trustdelta.discover.features import Feature
from trustdelta.records.arrays import Floats, Ints
from trustdelta.scorers.text_language import ENGLISH

LEAST_DISCORDANT = 7
"""Prompts on which the models must differ in a feature; with fewer the other half can hardly show it."""
CHUNK = 1024
"""Features that are searched together."""
CANDIDATES = 500
"""Most hypotheses of each kind that are compared with each other for repeats."""
MOST = 40
"""Most hypotheses that are tested; more would weaken each test."""
LEAST_STATISTIC = 2.3
"""Statistic from which a difference is worth a test."""
CONCENTRATED = 3.5
"""Contrast in standard errors from which a difference is of a set of prompts and not of all."""
OUTSIDE = 0.5
"""Largest ratio of the difference elsewhere to that on a set of prompts for the difference to be of the set."""
BONUS, UNREMARKABLE, REMARKABLE = 0.25, 3.0, 11.0
"""What each standard deviation of a set's score adds to the strength of its hypotheses, from which score to which."""
SAME = 0.6
"""Cosine of two differences from which they are one."""
PER_SET = 5
"""Most hypotheses on one set of prompts."""
ADDED = 0.05
"""How much of the largest strength it is worth as a name that the candidate does it more often."""
RANKED = 0.05
"""How much of the largest strength one rank of a feature is worth as a name."""
NEAR = 0.88
"""Share of the largest statistic of a difference at which a feature may still name it."""
WHOLE = 0.9
"""Share of the statistic on all prompts that a set's must reach for the difference to be of the set."""
WORD_GAIN = 0.05
"""What each further word of the prompts must add to the correlation of its prompts with the difference."""
WORD_CONTRAST = 1.0
"""What each further word adds to the contrast that is needed, in standard errors."""
SPARSE = 0.3
"""Largest share of prompts with a difference for words of the prompts to be joined to a set that contains it."""
WORDS_JOINED = 8
"""Most words of the prompts that name one set."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One difference to be tested: a feature on a set of prompts."""

    feature: int
    sets: tuple[int, ...]
    """Sets of prompts, of which the prompts are in at least one; empty: all prompts."""
    statistic: float
    """On the mined half."""
    apart: float = 0.0
    """Difference on the set less that elsewhere, in standard errors; 0 for all prompts."""
    bonus: float = 0.0
    """Larger where the set's prompts differ from the others in many features."""
    beyond: bool = False
    """Whether it is about what differs beyond the difference elsewhere, for which the contrast alone is the test."""
    also: tuple[int, ...] = ()
    """Features that differ on the same prompts."""

    @property
    def strength(self) -> float:
        """What hypotheses on all prompts, and those on sets of prompts, are ordered by."""
        return min(abs(self.statistic), self.apart) + self.bonus if self.sets else abs(self.statistic)


def statistic(sum_: Floats, squares: Floats) -> Floats:
    """Sum over the root of the sum of squares: changing the models of any prompt leaves the root as it is."""
    return np.asarray(np.divide(sum_, np.sqrt(squares), out=np.zeros_like(sum_), where=squares > 0))


def mine(
    delta: sparse.csc_array, features: Sequence[Feature], conditions: Conditions, score_C: Floats, most: int = MOST
) -> list[Hypothesis]:
    """At most `most` hypotheses; `delta`: candidate minus baseline, prompts by features; `score_C`: of `topics`.

    At most half of them are about sets of prompts, the most concentrated first; the others are about all prompts, the
    largest statistic first. A feature may be in both.
    """
    usable_F = np.flatnonzero(np.diff(delta.indptr) >= LEAST_DISCORDANT)
    bonus_C = BONUS * np.clip(score_C - UNREMARKABLE, 0, REMARKABLE - UNREMARKABLE)
    every: list[Hypothesis] = []
    for start in range(0, usable_F.size, CHUNK):
        part_F = usable_F[start : start + CHUNK]
        every += _searched(delta[:, part_F].toarray(), part_F, conditions, bonus_C)
    every = _strongest(every)
    whole = [h for h in every if not h.sets]
    local = dict.fromkeys(h for h in (_widened(h, delta, conditions) for h in every) if h.sets)
    ordered = sorted(local, key=lambda h: (-h.strength, h.feature))
    chosen = _spread(distinct(ordered, delta, features, conditions))[: most // 2]
    return chosen + distinct(whole, delta, features, conditions)[: most - len(chosen)]


def _spread(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """At most PER_SET hypotheses on each set of prompts."""
    count: Counter[tuple[int, ...]] = Counter()
    chosen = []
    for hypothesis in hypotheses:
        count[hypothesis.sets] += 1
        if count[hypothesis.sets] <= PER_SET:
            chosen.append(hypothesis)
    return chosen


def _strongest(every: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The strongest hypotheses on sets of prompts, and the strongest on all prompts."""
    ordered = sorted((h for h in every if abs(h.statistic) >= LEAST_STATISTIC), key=lambda h: (-h.strength, h.feature))
    return [h for h in ordered if h.sets][:CANDIDATES] + [h for h in ordered if not h.sets][:CANDIDATES]


def _searched(delta_PF: Floats, index_F: Ints, conditions: Conditions, bonus_C: Floats) -> Iterator[Hypothesis]:
    """Each feature on all prompts, and on the set on which it is concentrated, if any."""
    large_C = np.flatnonzero(conditions.member_CP.sum(axis=1) >= LEAST // 2)
    members_CP, square_PF = conditions.member_CP[large_C], delta_PF**2
    sum_F, squares_F = delta_PF.sum(axis=0), square_PF.sum(axis=0)
    whole_F = statistic(sum_F, squares_F)
    if large_C.size:
        sum_CF, squares_CF = members_CP @ delta_PF, members_CP @ square_PF
        count_C, total = members_CP.sum(axis=1)[:, None], delta_PF.shape[0]
        rest_C = np.maximum(total - count_C, 1)
        inside_CF, outside_CF = sum_CF / np.maximum(count_C, 1), (sum_F - sum_CF) / rest_C
        means, squares = (inside_CF, outside_CF), (squares_CF, squares_F - squares_CF)
        statistic_CF = statistic(sum_CF, squares_CF)
        own_CF = np.sign(inside_CF) * outside_CF < OUTSIDE * np.abs(inside_CF)
        apart_CF = own_CF * np.sign(inside_CF) * contrast(means, squares, (count_C, rest_C))
        liked_CF = apart_CF + np.where(apart_CF > CONCENTRATED, bonus_C[large_C][:, None], 0)
        best_F, each = liked_CF.argmax(axis=0), np.arange(index_F.size)
        apart_F, set_F = apart_CF[best_F, each], statistic_CF[best_F, each]
        for f in np.flatnonzero(apart_F > CONCENTRATED):
            c = int(large_C[best_F[f]])
            yield Hypothesis(int(index_F[f]), (c,), float(set_F[f]), float(apart_F[f]), float(bonus_C[c]))
    yield from (Hypothesis(index, (), t) for index, t in zip(index_F.tolist(), whole_F.tolist(), strict=True))


def contrast(means: tuple[Floats, Floats], squares: tuple[Floats, Floats], counts: tuple[Floats, Floats]) -> Floats:
    """Mean difference within a set of prompts less that elsewhere, in standard errors.

    Each side has one differing prompt more in its variance, so that a side without any has a spread.
    """
    parts = zip(means, squares, counts, strict=True)
    variance = sum((s - n * m**2 + 1) / np.maximum(n, 1) ** 2 for m, s, n in parts)
    return np.asarray((means[0] - means[1]) / np.sqrt(variance))


def members_of(conditions: Conditions, sets: Sequence[int]) -> Floats:
    """1 where a prompt is in one of the sets, or everywhere where there is none."""
    if not sets:
        return np.ones(conditions.member_CP.shape[1])
    return np.asarray(conditions.member_CP[list(sets)].max(axis=0))


def distinct(
    strong: Sequence[Hypothesis],
    delta: sparse.csc_array,
    features: Sequence[Feature],
    conditions: Conditions,
) -> list[Hypothesis]:
    """One hypothesis for each group, named by the feature that says most.

    A group differs on the same prompts, or is about the same number of answers.
    """
    if not strong:
        return []
    rows_HP, free = directions(strong, delta, conditions), np.ones(len(strong), dtype=bool)
    chosen: list[Hypothesis] = []
    for i in range(len(strong)):
        if free[i] and len(chosen) < MOST:
            one = [_same_number(h, strong[i], features) for h in strong]
            alike = np.flatnonzero(free & ((np.abs(rows_HP @ rows_HP[i]) >= SAME) | one))
            free[alike] = False
            chosen.append(_named([strong[int(k)] for k in alike], features))
    return chosen


def _same_number(first: Hypothesis, second: Hypothesis, features: Sequence[Feature]) -> bool:
    """Whether two hypotheses are about one number of the same answers."""
    number = features[first.feature].number
    return bool(number) and first.sets == second.sets and features[second.feature].number == number


def directions(hypotheses: Sequence[Hypothesis], delta: sparse.csc_array, conditions: Conditions) -> Floats:
    """Each hypothesis' difference by prompt, of length one."""
    rows_HP = delta[:, [h.feature for h in hypotheses]].toarray().T
    if len(hypotheses):
        rows_HP *= np.array([members_of(conditions, h.sets) for h in hypotheses])
    return np.asarray(rows_HP / np.maximum(np.linalg.norm(rows_HP, axis=1, keepdims=True), 1e-12))


def _named(alike: Sequence[Hypothesis], features: Sequence[Feature]) -> Hypothesis:
    """The group's member that says most among those that are nearly as strong as the strongest."""
    largest = alike[0].strength
    near = [h for h in alike if h.strength >= NEAR * largest]
    worth = {h: RANKED * features[h.feature].rank + ADDED * (h.statistic > 0) for h in near}
    best = max(near, key=lambda h: h.strength / largest + worth[h])
    also = dict.fromkeys(h.feature for h in alike if h.feature != best.feature)
    return replace(best, also=tuple(also))


def _widened(hypothesis: Hypothesis, delta: sparse.csc_array, conditions: Conditions) -> Hypothesis:
    """The same on prompts with one of several words, where these contain nearly the whole difference."""
    if hypothesis.sets and not conditions.words[hypothesis.sets[0]]:
        return hypothesis
    delta_P = delta[:, [hypothesis.feature]].toarray()[:, 0]
    if np.count_nonzero(delta_P) > SPARSE * delta_P.size:
        return hypothesis
    words = np.array([c for c, w in enumerate(conditions.words) if w and w not in ENGLISH], dtype=np.int64)
    if not words.size:
        return hypothesis
    sets, sign = list(hypothesis.sets), float(np.sign(hypothesis.statistic))
    best = sign * float(_correlations(members_of(conditions, sets)[None], delta_P)[0]) if sets else 0.0
    while len(sets) < WORDS_JOINED:
        covered_P = members_of(conditions, sets) if sets else np.zeros(delta_P.size)
        union_WP = np.maximum(conditions.member_CP[words], covered_P)
        gain_W = sign * _correlations(union_WP, delta_P)
        gain_W[union_WP.sum(axis=1) < covered_P.sum() + 2] = 0  # a word must add two prompts
        if gain_W.max() < best + WORD_GAIN:
            break
        best = float(gain_W.max())
        sets.append(int(words[gain_W.argmax()]))
    same = not sets or set(sets) == set(hypothesis.sets)
    return hypothesis if same else _narrowed(hypothesis, sets, delta_P, members_of(conditions, sets))


def _narrowed(hypothesis: Hypothesis, sets: Sequence[int], delta_P: Floats, members_P: Floats) -> Hypothesis:
    """The hypothesis on these sets where they contain nearly the whole difference, else as it is."""
    sum_, squares = float(members_P @ delta_P), float(members_P @ delta_P**2)
    inside, outside = sum_ / members_P.sum(), (delta_P.sum() - sum_) / max((1 - members_P).sum(), 1)
    t = sum_ / max(squares, 1e-12) ** 0.5
    apart = float(np.sign(inside) * contrasts(members_P[None], delta_P)[0])
    far = apart > CONCENTRATED + WORD_CONTRAST * (len(sets) - 1) and members_P.mean() <= WIDEST
    own = bool(hypothesis.sets) or abs(outside) < OUTSIDE * abs(inside)
    if far and own and abs(t) >= WHOLE * abs(hypothesis.statistic):
        return replace(hypothesis, sets=tuple(sets), statistic=t, apart=apart)
    return hypothesis


def _correlations(members_CP: Floats, delta_P: Floats) -> Floats:
    """Correlation over prompts of belonging to each set with a difference."""
    share_C, centred_P = members_CP.mean(axis=1), delta_P - delta_P.mean()
    spread_C = np.sqrt(share_C * (1 - share_C) * max(float(np.mean(centred_P**2)), 1e-12))
    return np.asarray(members_CP @ centred_P / delta_P.size / np.maximum(spread_C, 1e-9))


def contrasts(members_CP: Floats, delta_P: Floats) -> Floats:
    """Contrast of one feature's difference on each set of prompts."""
    count_C, square_P = members_CP.sum(axis=1), delta_P**2
    rest_C = np.maximum(delta_P.size - count_C, 1)
    sum_C, squares_C = members_CP @ delta_P, members_CP @ square_P
    means = (sum_C / np.maximum(count_C, 1), (delta_P.sum() - sum_C) / rest_C)
    return contrast(means, (squares_C, square_P.sum() - squares_C), (count_C, rest_C))


def feature_contrasts(members_P: Floats, delta_PF: Floats) -> Floats:
    """Contrast of each feature's difference on one set of prompts."""
    count, square_PF = members_P.sum(), delta_PF**2
    rest = max(members_P.size - count, 1)
    sum_F, squares_F = members_P @ delta_PF, members_P @ square_PF
    means = (sum_F / max(count, 1), (delta_PF.sum(axis=0) - sum_F) / rest)
    return contrast(means, (squares_F, square_PF.sum(axis=0) - squares_F), (np.array(count), np.array(rest)))
