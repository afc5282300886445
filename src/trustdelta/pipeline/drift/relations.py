"""Correlation of KL with worsening, and a check that rates differ by no more than KL allows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from trustdelta.config import Sampling
from trustdelta.drift.sums import PRIMARY, Method
from trustdelta.errors import MeasurementError
from trustdelta.pipeline.drift.results import nats_of, preferred
from trustdelta.pipeline.task import counts
from trustdelta.records import Arm, Association, Better, BoundCheck, Metric, Part, Prompt, Role, content_hash
from trustdelta.records.state import DRIFT_CONTEXTS, fingerprint
from trustdelta.stats.association import Halves, cross_fitted
from trustdelta.stats.kl_bounds import ALPHA, allowed
from trustdelta.store import Store

ENOUGH_DRAWS = 8
"""Minimum number of both models' samples for one prompt's rates to be checked separately."""
ONE_DRAW = (
    "KL and worsening were not correlated: with one sample per prompt both come from the same response, which alone "
    "correlates them; audit with two or more draws."
)

SIGNED = (Method.K1, Method.BITS_PER_BYTE)
"""Estimates that are often negative where KL is small, so that one response's value is not informative."""

Cells = Mapping[str, Mapping[int, float | None]]
"""Score by prompt id and draw; None where there is none."""


class Sums(NamedTuple):
    """Sums over one part of one response."""

    tokens: int
    """Number of tokens."""
    nats: float
    """KL in the direction of the author."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Stored drift and scores of the prompts on which drift was measured."""

    prompts: Mapping[str, Prompt]
    """Prompts by id."""
    drift: Mapping[Arm, Mapping[str, Mapping[int, Mapping[str, Sums]]]]
    """Sums by model, prompt id, draw and part."""
    scores: Mapping[tuple[str, Part, Arm], Cells]
    """Scores by scorer, part and model."""

    def of(self, metric: Metric, arm: Arm) -> Cells:
        """One model's scores on the metric's prompts."""
        scores = self.scores.get((metric.scorer, metric.part, arm), {})
        return {p: v for p, v in scores.items() if counts(metric, self.prompts[p])}


class Relations(NamedTuple):
    """Relations of KL to behaviour, for the result."""

    associations: tuple[Association, ...] = ()
    """Correlations of KL and worsening."""
    association_note: str = ""
    """Why there is no correlation; empty where there is."""
    bounds: tuple[BoundCheck, ...] = ()
    """Checks of rates against KL."""
    bounds_note: str = ""
    """Why no rates were checked; empty where they were."""
    faults: tuple[str, ...] = ()
    """Remarks on violated bounds."""


def relate(store: Store, seed: int, metrics: Iterable[Metric]) -> Relations:
    """Relate KL to every primary metric; empty where no drift was measured."""
    evidence = gather(store)
    if not evidence.drift:
        return Relations()
    primary = [m for m in metrics if m.role is Role.PRIMARY]
    associations = tuple(a for m in primary for a in associated(evidence, m, seed))
    note = bounds_do_not_apply(store)
    bounds = () if note else tuple(b for m in primary for b in checked(evidence, m))
    return Relations(associations, "" if associations else ONE_DRAW, bounds, note, tuple(faults(bounds)))


def gather(store: Store) -> Evidence:
    """Read drift and scores once."""
    drift: dict[Arm, dict[str, dict[int, dict[str, Sums]]]] = {}
    for row in preferred(store):
        if Method(row.method) in SIGNED:
            continue
        of_prompt = drift.setdefault(Arm(row.text_of), {}).setdefault(row.prompt_id, {})
        of_prompt.setdefault(row.draw, {})[row.part] = Sums(row.tokens, nats_of(row))
    if not drift:
        return Evidence({}, {}, {})
    measured = {p for by_prompt in drift.values() for p in by_prompt}
    scores: dict[tuple[str, Part, Arm], dict[str, dict[int, float | None]]] = defaultdict(lambda: defaultdict(dict))
    for s in store.scores():
        if s.prompt_id in measured:
            scores[s.scorer, s.part, s.arm][s.prompt_id][s.draw] = s.value
    return Evidence({p.id: p for p in store.prompts()}, drift, scores)


def associated(evidence: Evidence, metric: Metric, seed: int) -> list[Association]:
    """Cross-fitted correlation of one metric with KL in the part that it scores; none without second samples."""
    parts = ("thought",) if metric.part is Part.THOUGHT else ("answer", "onset")
    associations = []
    for part in parts:
        halves, draws = halves_of(evidence, metric, part)
        if not draws:
            continue
        name = f"{part} nats per token"
        rng = np.random.default_rng(int(content_hash([seed, "association", metric.name, part])[:16], 16))
        try:
            fit = cross_fitted(halves, rng)
        except MeasurementError as problem:
            n, clusters = len(draws), int(np.unique(halves.cluster_N).size)
            associations.append(
                Association(metric.name, name, None, None, None, n, clusters, float(np.mean(draws)), str(problem))
            )
            continue
        associations.append(
            Association(
                metric.name, name, fit.rho, fit.low, fit.high, fit.n_prompts, fit.n_clusters, float(np.mean(draws))
            )
        )
    return associations


@dataclass(slots=True)
class _Columns:
    log_kl: list[list[float]] = field(default_factory=list)
    worse: list[list[float]] = field(default_factory=list)
    log_tokens: list[list[float]] = field(default_factory=list)
    prompt_length: list[list[float]] = field(default_factory=list)
    cluster: list[str] = field(default_factory=list)
    draws: list[int] = field(default_factory=list)


def halves_of(evidence: Evidence, metric: Metric, part: str) -> tuple[Halves, list[int]]:
    """Prompts with KL and scores in both halves of the candidate's samples, and the number of samples of each."""
    columns = _Columns()
    sign = -1.0 if metric.better is Better.HIGHER else 1.0
    baseline, candidate = evidence.of(metric, Arm.BASELINE), evidence.of(metric, Arm.CANDIDATE)
    for prompt_id, by_draw in sorted(evidence.drift.get(Arm.CANDIDATE, {}).items()):
        before = [v for v in baseline.get(prompt_id, {}).values() if v is not None]
        sums = [[s[part] for draw, s in by_draw.items() if draw % 2 == h and part in s] for h in (0, 1)]
        after = [
            [v for draw, v in candidate.get(prompt_id, {}).items() if draw % 2 == h and v is not None] for h in (0, 1)
        ]
        if not before or not all(sums) or not all(after):
            continue
        prompt = evidence.prompts[prompt_id]
        rates = [math.fsum(s.nats for s in half) / sum(s.tokens for s in half) for half in sums]
        lengths = [[s["all"].tokens for draw, s in by_draw.items() if draw % 2 == h] for h in (0, 1)]
        columns.log_kl.append([float(np.log(max(rate, 1e-12))) for rate in rates])
        columns.worse.append([sign * float(np.mean(half) - np.mean(before)) for half in after])
        columns.log_tokens.append([float(np.log(np.mean(half))) for half in lengths])
        columns.prompt_length.append([float(prompt.characters)] * 2)
        columns.cluster.append(prompt.cluster or prompt.id)
        columns.draws.append(sum(len(half) for half in after))
    cluster_N = np.unique(np.array(columns.cluster, dtype=str), return_inverse=True)[1].astype(np.int64)
    shaped = [
        np.array(c, dtype=float).reshape(-1, 2)
        for c in (columns.log_kl, columns.worse, columns.log_tokens, columns.prompt_length)
    ]
    return Halves(shaped[0], shaped[1], cluster_N, (shaped[2], shaped[3])), columns.draws


def bounds_do_not_apply(store: Store) -> str:
    """Why rates cannot be compared with divergences in this audit; empty where they can.

    Divergences are between the models' distributions in one context, so rates must come from the same distributions.
    """
    if not all(Method(row.method).exact for row in preferred(store)):
        return "Rates were not compared with KL, which is not exact but estimated from log-probabilities."
    plain = Sampling().model_dump()
    for arm in Arm:
        if store.get(fingerprint(arm.value)).get("sampling") != plain:
            return (
                "Rates were not compared with KL, which is between the full distributions (temperature 1, no "
                f"truncation), while the {arm.value} was sampled from another."
            )
    contexts = store.get(DRIFT_CONTEXTS) or {"same": 0, "different": 0}
    if contexts["different"] or not contexts["same"]:
        return "Rates were not compared with KL: the two models received different token ids for one prompt."
    return ""


def checked(evidence: Evidence, metric: Metric) -> list[BoundCheck]:
    """One check for each model's texts over all prompts, and one for each prompt that violates its bound."""
    cells = {arm: evidence.of(metric, arm) for arm in Arm}
    values = {
        v for by_prompt in cells.values() for draws in by_prompt.values() for v in draws.values() if v is not None
    }
    if not values or not values <= {0.0, 1.0}:
        return []
    by_prompt = []
    for own in Arm:
        drift = evidence.drift.get(own, {})
        shared = sorted(p for p in drift if all(0 in cells[arm].get(p, {}) for arm in Arm) and 0 in drift[p])
        if len(shared) > 1:
            events = {arm: [cells[arm][p][0] == 1 for p in shared] for arm in Arm}
            by_prompt.append(check(metric, own, [drift[p][0]["all"].nats for p in shared], events))
        many = [p for p in shared if min(len(drift[p]), *(len(cells[arm][p]) for arm in Arm)) >= ENOUGH_DRAWS]
        for p in many:
            events = {arm: [v == 1 for v in cells[arm][p].values()] for arm in Arm}
            nats = [parts["all"].nats for parts in drift[p].values()]
            bound = check(metric, own, nats, events, prompt_id=p, alpha=ALPHA / len(many))
            by_prompt += [] if bound.holds else [bound]
    return by_prompt


def check(
    metric: Metric,
    own: Arm,
    nats: Sequence[float],
    events: Mapping[Arm, Sequence[bool]],
    prompt_id: str = "",
    alpha: float = ALPHA,
) -> BoundCheck:
    """Compare the difference between two rates of the event "score is 1" with the bound by KL."""
    tallies = {arm: (sum(outcomes), len(outcomes)) for arm, outcomes in events.items()}
    reader = Arm.BASELINE if own is Arm.CANDIDATE else Arm.CANDIDATE
    outcomes = allowed(np.array(nats), tallies[own], tallies[reader], alpha)
    rates = {arm: hits / n for arm, (hits, n) in tallies.items()}
    return BoundCheck(
        metric=metric.name,
        direction=PRIMARY[own],
        candidate_rate=rates[Arm.CANDIDATE],
        baseline_rate=rates[Arm.BASELINE],
        nats_per_response=outcomes.nats,
        limit=outcomes.limit,
        n_prompts=1 if prompt_id else len(nats),
        draws=len(nats) if prompt_id else 1.0,
        holds=outcomes.holds,
        prompt_id=prompt_id,
    )


def faults(bounds: Iterable[BoundCheck]) -> list[str]:
    """A remark for every violated bound."""
    return [
        f"{b.metric}: rates of {b.candidate_rate:.3f} (candidate) and {b.baseline_rate:.3f} (baseline) differ by more "
        f"than {b.direction} of {b.nats_per_response:.3g} nats per response allows, beyond sampling error"
        f"{f' on prompt {b.prompt_id}' if b.prompt_id else ''}: drift or scores were measured wrongly."
        for b in bounds
        if not b.holds
    ]
