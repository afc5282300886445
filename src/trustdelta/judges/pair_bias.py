"""A judge's bias on the difference between two models: its pair bias.

For models A and B that answered the same labelled prompts, `b = (J_B - J_A) - (Y_B - Y_A)`: the judged difference of
their rates minus the labelled one. Errors common to both models cancel; the rest is the error of an audit. Over all
ordered pairs its mean is zero by symmetry, so that only spread and bound are informative; for a kind of pair (instruct
to reasoning) the mean is informative too. All statistics are shares (0.06 is six percentage points).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from statistics import NormalDist

import numpy as np

LEAST_MODELS = 4
CONFIDENCE = 0.95
ALL = "all"


@dataclass(frozen=True, slots=True)
class Decision:
    """One judged and labelled answer."""

    model: str
    prompt: str
    judged: float
    """The judge's decision, 0 to 1."""
    labelled: float
    """The human label, 0 to 1."""


Table = Mapping[str, Mapping[str, tuple[float, float]]]
"""Judged and labelled value by model and prompt; several answers to one prompt are averaged."""


def table(decisions: Iterable[Decision]) -> Table:
    """The decisions by model and prompt."""
    values: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for d in decisions:
        values.setdefault(d.model, {}).setdefault(d.prompt, []).append((d.judged, d.labelled))
    return {
        model: {prompt: (_mean([j for j, _ in v]), _mean([y for _, y in v])) for prompt, v in by_prompt.items()}
        for model, by_prompt in values.items()
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def bias(decisions: Table, baseline: str, candidate: str) -> tuple[float, float] | None:
    """The pair's bias on the prompts that both answered, and its sampling variance; None without common prompts."""
    a, b = decisions[baseline], decisions[candidate]
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return None
    errors = np.array([(b[p][0] - b[p][1]) - (a[p][0] - a[p][1]) for p in shared])
    return float(errors.mean()), float(errors.var()) / len(shared)


def pair_bias(decisions: Iterable[Decision], kinds: Mapping[str, str] | None = None) -> dict[str, dict[str, float]]:
    """Statistics over all ordered pairs of models (`all`), and over the pairs of each kind (`kinds`: by model).

    A kind of pair is "KIND to KIND" for two different kinds with at least LEAST_MODELS models together. Empty with
    fewer than LEAST_MODELS models. Each has `models`, `pairs`, `mean`, `spread` (standard deviation), `bound` (of 95 %
    of new pairs: the larger of the observed quantile and Student's prediction bound, at most 1, within which every
    claim lies; no smaller than with half an error among the labels, since few labels can miss all), `noise` (the
    spread due to the finite number of prompts) and `systematic` (the bound without it).
    """
    by_model = table(decisions)
    if len(by_model) < LEAST_MODELS:
        return {}
    pairs = list(permutations(sorted(by_model), 2))
    by_kind = {ALL: _figures(by_model, pairs)}
    kinds = kinds or {}
    for first, second in permutations(sorted(set(kinds.values())), 2):
        members = [(a, b) for a, b in pairs if (kinds.get(a), kinds.get(b)) == (first, second)]
        if len({model for pair in members for model in pair}) >= LEAST_MODELS:
            by_kind[f"{first} to {second}"] = _figures(by_model, members)
    return {name: figures for name, figures in by_kind.items() if figures}


def student(p: float, freedom: int) -> float:
    """Quantile of Student's t by its expansion around the normal one (Abramowitz and Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(p)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))


def _biases(decisions: Table, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float] | None]:
    """`bias` of each pair; a pair in the other order has the negative bias, and is not computed again."""
    known: dict[tuple[str, str], tuple[float, float] | None] = {}
    for a, b in pairs:
        if (b, a) in known:
            value = known[b, a]
            known[a, b] = None if value is None else (0.0 - value[0], value[1])
        else:
            known[a, b] = bias(decisions, a, b)
    return [known[pair] for pair in pairs]


def _figures(decisions: Table, pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    values = [value for value in _biases(decisions, pairs) if value is not None]
    if not values:
        return {}
    b, variance = np.array(values).T
    models = len({model for pair in pairs for model in pair})
    mean, spread, noise = float(b.mean()), float(b.std()), float(np.sqrt(variance.mean()))
    quantile = student((1 + CONFIDENCE) / 2, models - 1)
    observed = float(np.quantile(np.abs(b), CONFIDENCE))
    predicted = abs(mean) + quantile * max(spread, _half_an_error(decisions, pairs, models))
    return {
        "models": models,
        "pairs": len(values),
        "mean": mean,
        "spread": spread,
        "bound": min(max(observed, predicted), 1.0),
        "noise": noise,
        "systematic": min(abs(mean) + quantile * float(np.sqrt(max(spread**2 - noise**2, 0.0))), 1.0),
    }


def _half_an_error(decisions: Table, pairs: Sequence[tuple[str, str]], models: int) -> float:
    """Spread that half an error in one answer of one model makes, as in the estimate from labels (`stats.ppi`).

    The model is in two of `models` pairs, and its error counts one over the number of prompts that both answered.
    """
    shared = [len(decisions[a].keys() & decisions[b].keys()) for a, b in pairs]
    fewest = min(count for count in shared if count)
    return 0.5 / fewest * math.sqrt(2 / models)
