"""Audits drawn from recorded pairs: equal sides, a planted loss, and reasoning traces that were cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from experiments.peers.rules import Scores

Ints = NDArray[np.int64]


def equal_sides(pairs: Sequence[Scores], prompts: int, rng: np.random.Generator) -> list[Scores]:
    """The metrics on at most so many prompts, whole clusters; each cluster's sides are exchanged with chance one half.

    Both sides have the same distribution: every claimed difference is a false alarm.
    """
    return [_exchanged(_sample(scores, prompts, rng), rng) for scores in pairs]


def _clusters(scores: Scores) -> tuple[int, Ints]:
    """The number of clusters, and the cluster of each prompt; a prompt without one is its own."""
    names = [cluster or f"#{i}" for i, cluster in enumerate(scores.cluster_P)]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return len(number), np.array([number[name] for name in names], dtype=np.int64)


def _sample(scores: Scores, prompts: int, rng: np.random.Generator) -> Scores:
    count, cluster_P = _clusters(scores)
    order_C = rng.permutation(count)
    size_C = np.bincount(cluster_P, minlength=count)
    chosen_C = np.zeros(count, dtype=bool)
    chosen_C[order_C[np.cumsum(size_C[order_C]) <= prompts]] = True
    return _at(scores, np.flatnonzero(chosen_C[cluster_P]))


def _at(scores: Scores, at_P: Ints) -> Scores:
    return replace(
        scores,
        cluster_P=[scores.cluster_P[int(i)] for i in at_P],
        baseline_P=scores.baseline_P[at_P],
        candidate_P=scores.candidate_P[at_P],
    )


def _exchanged(scores: Scores, rng: np.random.Generator) -> Scores:
    count, cluster_P = _clusters(scores)
    swap_P = (rng.random(count) < 0.5)[cluster_P]
    return replace(
        scores,
        baseline_P=np.where(swap_P, scores.candidate_P, scores.baseline_P),
        candidate_P=np.where(swap_P, scores.baseline_P, scores.candidate_P),
    )


def with_loss(audit: Sequence[Scores], at: int, points: float, rng: np.random.Generator) -> list[Scores]:
    """One metric's candidate loses so many points: good answers, drawn at random, become bad ones."""
    scores = audit[at]
    good_P = np.flatnonzero(scores.candidate_P == 1)
    lost = min(good_P.size, round(points / 100 * scores.candidate_P.size))
    value_P = scores.candidate_P.copy()
    value_P[rng.choice(good_P, lost, replace=False)] = 0.0
    return [*audit[:at], replace(scores, candidate_P=value_P), *audit[at + 1 :]]


def cut(audit: Sequence[Scores], share: float, rng: np.random.Generator, missing: float) -> list[Scores]:
    """A share of the candidate's responses ends inside the reasoning trace; `missing` is their score."""
    return [
        replace(s, candidate_P=np.where(rng.random(s.candidate_P.size) < share, missing, s.candidate_P)) for s in audit
    ]
