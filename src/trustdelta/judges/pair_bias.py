"""How far a judge shifts the difference between two models: its pair bias.

For models A and B that answered the same labelled prompts, `b = (J_B - J_A) - (Y_B - Y_A)`: the judged difference of
their rates minus the labelled one. What both models suffer alike cancels; what is left is what an audit would wrongly
report. Over all ordered pairs its mean is zero by symmetry, so that the spread and the bound count; for a kind of pair
(instruct to reasoning) the mean counts too. All figures are shares (0.06 is six points).
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
    """One judged answer with its label: who wrote it, to which prompt, what the judge and the label say (0 to 1)."""

    model: str
    prompt: str
    judged: float
    labelled: float


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


def bias(known: Table, baseline: str, candidate: str) -> tuple[float, float] | None:
    """The pair's bias on the prompts that both answered, and its sampling variance; None where they share none."""
    a, b = known[baseline], known[candidate]
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return None
    errors = np.array([(b[p][0] - b[p][1]) - (a[p][0] - a[p][1]) for p in shared])
    return float(errors.mean()), float(errors.var()) / len(shared)


def pair_bias(decisions: Iterable[Decision], kinds: Mapping[str, str] | None = None) -> dict[str, dict[str, float]]:
    """Figures over all ordered pairs of models (`all`), and over those of each kind where `kinds` names the models'.

    A kind of pair is "KIND to KIND" for two different kinds with at least LEAST_MODELS models together. Empty with
    fewer than LEAST_MODELS models. Each holds `models`, `pairs`, `mean`, `spread` (standard deviation), `bound` (95 %
    of new pairs lie within it: the larger of the observed quantile and Student's prediction bound), `noise` (the spread
    that the finite number of prompts alone explains) and `systematic` (the bound without that noise).
    """
    known = table(decisions)
    if len(known) < LEAST_MODELS:
        return {}
    pairs = list(permutations(sorted(known), 2))
    found = {ALL: _figures(known, pairs)}
    kinds = kinds or {}
    for first, second in permutations(sorted(set(kinds.values())), 2):
        some = [(a, b) for a, b in pairs if (kinds.get(a), kinds.get(b)) == (first, second)]
        if len({model for pair in some for model in pair}) >= LEAST_MODELS:
            found[f"{first} to {second}"] = _figures(known, some)
    return {name: figures for name, figures in found.items() if figures}


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


def _figures(known: Table, pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    values = [found for a, b in pairs if (found := bias(known, a, b)) is not None]
    if not values:
        return {}
    b, variance = np.array(values).T
    models = len({model for pair in pairs for model in pair})
    mean, spread, noise = float(b.mean()), float(b.std()), float(np.sqrt(variance.mean()))
    quantile = student((1 + CONFIDENCE) / 2, models - 1)
    observed = float(np.quantile(np.abs(b), CONFIDENCE))
    return {
        "models": models,
        "pairs": len(values),
        "mean": mean,
        "spread": spread,
        "bound": max(observed, abs(mean) + quantile * spread),
        "noise": noise,
        "systematic": abs(mean) + quantile * float(np.sqrt(max(spread**2 - noise**2, 0.0))),
    }
