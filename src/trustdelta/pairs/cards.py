"""Suggests a baseline from the base models that a model's card names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trustdelta.errors import NotAvailableError
from trustdelta.pairs.hub import read_file
from trustdelta.pairs.registry import CHOICES, of_candidate, table
from trustdelta.parsing import MOST_DATA, parse_yaml, read_text
from trustdelta.records import Json

SURE = ("certain", "likely", "possible")
"""Degrees of confidence of a suggestion, best first."""

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
INSTRUCT = re.compile(r"instruct|[-_](it|chat|dpo|sft|rlvr)\b|assistant|r1-distill|think", re.IGNORECASE)
CARD_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggested baseline for a candidate."""

    baseline: str
    sure: str
    """One of SURE."""
    why: str


def suggest(candidate: str, *, allow_network: bool = False) -> tuple[Suggestion, ...]:
    """Baselines for a candidate (hub id or local folder), surest first; empty without evidence.

    From the registry, else from the `base_model` of the model's card. A card is read from a local folder; from the hub
    only with `allow_network`. Raises NotAvailableError if the card is not local and must not be fetched.
    """
    known = [
        Suggestion(p.baseline, _surety(p.lineage, p.grade), f"registry: {p.lineage} lineage, {p.grade} ({p.evidence})")
        for p in of_candidate(candidate)
    ]
    if known:
        return tuple(known)
    folder = Path(candidate)
    suggestions = _from_card(
        folder_card(folder) if folder.is_dir() else hub_card(candidate, allow_network=allow_network)
    )
    return tuple(sorted(dict.fromkeys(suggestions), key=lambda s: SURE.index(s.sure)))


def folder_card(folder: Path) -> dict[str, Json]:
    """Front matter of a folder's README.md, with the parent from adapter_config.json or config.json."""
    readme = folder / "README.md"
    card = front_matter(readme.read_text("utf-8", "replace")[:CARD_BYTES]) if readme.is_file() else {}
    for file, key in (("adapter_config.json", "base_model_name_or_path"), ("config.json", "_name_or_path")):
        named = read_json(folder / file).get(key)
        if isinstance(named, str) and HUB_ID.fullmatch(named):
            card.setdefault("base_model", named)
    return card


def hub_card(model: str, *, allow_network: bool) -> dict[str, Json]:
    """Front matter of a model's card on the hub; raises NotAvailableError."""
    if not HUB_ID.fullmatch(model):
        raise NotAvailableError(
            f"{model}: found no such folder, and it is not a hub id (OWNER/NAME); pass one of both."
        )
    if not allow_network:
        raise NotAvailableError(
            f"{model}: its card is not here; pass a local folder, or allow the hub to be read (--network)."
        )
    return front_matter(read_file(model, "README.md", CARD_BYTES))


def front_matter(text: str) -> dict[str, Json]:
    """The YAML block at the start of a card; empty if there is none or it is not a mapping."""
    match = re.match(r"\ufeff?---\s*\n(.*?)\n---\s*(\n|$)", text, re.DOTALL)
    try:
        values = parse_yaml(match.group(1)) if match else None
    except ValueError:
        values = None
    return values if isinstance(values, dict) else {}


def read_json(path: Path) -> dict[str, Json]:
    """A JSON object from a file; empty if the file is absent, damaged or holds another value."""
    try:
        values = json.loads(read_text(path, MOST_DATA))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def base_models(card: Mapping[str, Json]) -> tuple[str, ...]:
    """The base models of a card, in order."""
    named = card.get("base_model") or []
    listed = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    return tuple(str(n).strip() for n in listed if str(n).strip())


def _from_card(card: Mapping[str, Json]) -> Iterator[Suggestion]:
    """Suggestions from a card's parents: the parent itself, and the baselines of other models of that parent."""
    parents = base_models(card)
    relation = str(card.get("base_model_relation") or "")
    merged = relation == "merge" or len(parents) > 1
    baselines = {p.baseline for p in table().values()}
    for parent in parents:
        if relation == "quantized":
            yield Suggestion(parent, "possible", f"its card names it a quantised copy of {parent}: audit that model")
        elif parent in baselines or INSTRUCT.search(parent):
            sure = "possible" if merged else "certain" if relation in ("finetune", "adapter") else "likely"
            note = f" ({relation})" if relation else ""
            yield Suggestion(parent, sure, f"its card names {parent} as base_model{note}" + "; one of several" * merged)
        else:
            for pair in table().values():
                if parent == pair.parent:
                    why = f"its card names {parent}; {pair.name} of the same parent is compared with {pair.baseline}"
                    yield Suggestion(pair.baseline, "possible", why)
            why = f"its card names {parent}, which does not look instruction-tuned: find a baseline of that parent"
            yield Suggestion(parent, "possible", why)


def _surety(lineage: str, grade: str) -> str:
    """Confidence from lineage and grade: certain only for strict, verified lineage; one degree less for each step."""
    steps = CHOICES["lineage"].index(lineage) + CHOICES["grade"].index(grade)
    return SURE[min(steps, len(SURE) - 1)]
