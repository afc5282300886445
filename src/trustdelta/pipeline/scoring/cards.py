"""Judges in the report: their identity, their failures, and their agreement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from trustdelta.benchmarks.base import Benchmark
from trustdelta.pipeline.scoring.judges import Judge, owner, seconds
from trustdelta.records import Arm, JudgeAgreement, JudgeCard, Outcome, Part
from trustdelta.records.state import fingerprint, preflight, stress_test
from trustdelta.store import Store

UNJUDGED = (Outcome.JUDGE_FAILED, Outcome.JUDGE_REFUSED)
HALF = 0.5
Decisions = dict[tuple[str, Part, Arm], dict[tuple[str, int], bool]]
"""Whether the score is above one half, by (series, part, model) and (prompt, draw)."""


def cards(store: Store, judges: Sequence[Judge]) -> tuple[JudgeCard, ...]:
    """One card for each judge."""
    lost: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    filled: dict[str, set[str]] = defaultdict(set)
    for s in store.scores() if judges else ():
        judge, scorer = owner(s.scorer, judges)
        if judge is not None:
            filled[judge.name].add(scorer)
            if s.outcome in UNJUDGED:
                lost[judge.name][s.arm.value][s.outcome.value] += 1
    return tuple(
        _card(store, j, sorted(filled[j.name]), {arm: dict(c) for arm, c in sorted(lost[j.name].items())})
        for j in judges
    )


def _card(store: Store, judge: Judge, fills: Sequence[str], unjudged: Mapping[str, Mapping[str, int]]) -> JudgeCard:
    identity = store.get(fingerprint(judge.author))
    probe_result = store.get(preflight(judge.author))
    stress = store.get(stress_test(judge.author))
    return JudgeCard(
        name=judge.name,
        source=judge.config.model.source,
        engine=str(identity.get("engine", "")),
        fingerprint=str(identity.get("weights") or ""),
        fills=tuple(fills),
        scored_by=str(probe_result.get("scored_by", "")),
        texts=len(store.have(judge.author)),
        unjudged=unjudged,
        details={k: v for k, v in identity.items() if k not in ("engine", "weights", "source")},
        stress=stress,
    )


def agreements(
    store: Store, benchmarks: Mapping[str, Benchmark], judges: Sequence[Judge]
) -> tuple[JudgeAgreement, ...]:
    """Agreement of first and second judge for every scorer that both replace, by model and part of the response."""
    second = seconds(benchmarks, judges)
    both = {(m.scorer, second[m.name], m.part) for b in benchmarks.values() for m in b.metrics if m.name in second}
    compared = {series for first, second_series, _ in both for series in (first, second_series)}
    decisions: Decisions = defaultdict(dict)
    for s in store.scores() if compared else ():
        if s.scorer in compared and s.value is not None:
            decisions[s.scorer, s.part, s.arm][s.prompt_id, s.draw] = s.value > HALF
    return tuple(
        _agreement((first, second_series), part, arm, decisions)
        for first, second_series, part in sorted(both)
        for arm in Arm
    )


def _agreement(series: tuple[str, str], part: Part, arm: Arm, decisions: Decisions) -> JudgeAgreement:
    first, second = (decisions[name, part, arm] for name in series)
    shared = first.keys() & second.keys()
    n = len(shared)
    if not n:
        return JudgeAgreement(*series, part, arm, 0, None, None)
    equal = sum(first[k] == second[k] for k in shared) / n
    p, q = (sum(side[k] for k in shared) / n for side in (first, second))
    chance = p * q + (1 - p) * (1 - q)
    return JudgeAgreement(*series, part, arm, n, equal, None if chance == 1 else (equal - chance) / (1 - chance))
