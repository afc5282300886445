"""What the registry knows of the two models of an audit: settings for whatever the user left open."""

from __future__ import annotations

from trustdelta.pairs.registry import Pair, find, of_candidate
from trustdelta.records import Json

OPEN = (None, "", "auto")
"""Values that say nothing."""


def pair_of(baseline: str, candidate: str) -> Pair | None:
    """The registered pair of these two models, else the best one of the candidate, else None."""
    return find(baseline, candidate) or next(iter(of_candidate(candidate)), None)


def settings_of(pair: Pair, baseline: str, candidate: str) -> dict[str, dict[str, Json]]:
    """What the pair says of each model, by arm; of the baseline only where it is this very one."""
    known = {arm: {k: v for k, v in pair.settings[arm].items() if v not in OPEN} for arm in ("baseline", "candidate")}
    for values in known.values():
        values.pop("source")
    return known if pair == find(baseline, candidate) else {"baseline": {}, "candidate": known["candidate"]}


def remarks(pair: Pair, system_prompt: str | None) -> list[str]:
    """What a report must say of the pair: how baseline and candidate are related, and a system prompt that is missing.

    `system_prompt`: the candidate's, as configured.
    """
    said = [f"Registered pair {pair.name}: {pair.method}, {pair.lineage} lineage, {pair.grade} ({pair.evidence})."]
    if pair.needs_system_prompt and not system_prompt:
        said.append(
            f"{pair.reasoning} thinks only under the system prompt that its card gives, and none is set: "
            "set the candidate's system_prompt."
        )
    return said
