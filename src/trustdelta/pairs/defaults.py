"""Settings from the registry of pairs for values that the user left open."""

from __future__ import annotations

from trustdelta.pairs.registry import Pair, find, of_candidate
from trustdelta.records import Json

OPEN = (None, "", "auto")
"""Values that count as not set."""


def pair_of(baseline: str, candidate: str) -> Pair | None:
    """The registered pair of these two models, else the best one of the candidate, else None."""
    return find(baseline, candidate) or next(iter(of_candidate(candidate)), None)


def settings_of(pair: Pair, baseline: str, candidate: str) -> dict[str, dict[str, Json]]:
    """The pair's settings of each model, by arm; those of the baseline only if it is the pair's baseline."""
    known = {arm: {k: v for k, v in pair.settings[arm].items() if v not in OPEN} for arm in ("baseline", "candidate")}
    for values in known.values():
        values.pop("source")
    return known if pair == find(baseline, candidate) else {"baseline": {}, "candidate": known["candidate"]}


def remarks(pair: Pair, system_prompt: str | None) -> list[str]:
    """Remarks of a report on the pair: the relation of baseline and candidate, and a missing system prompt.

    `system_prompt`: the candidate's configured one.
    """
    lines = [f"Registered pair {pair.name}: {pair.method}, {pair.lineage} lineage, {pair.grade} ({pair.evidence})."]
    if pair.needs_system_prompt and not system_prompt:
        lines.append(
            f"{pair.reasoning} reasons only with the system prompt of its card, and none is set: "
            "set the candidate's system_prompt."
        )
    return lines
