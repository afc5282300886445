"""What a folder of a reproduction rests on: kept by the first call, held to by every later one, which has it alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import trustdelta
from experiments.reproduce.jobs import world
from experiments.reproduce.misread import RULES
from experiments.reproduce.plan import CUT_KINDS, CUT_TOKENS, Scale, conversions, fingerprint
from experiments.reproduce.pools import SERIES
from trustdelta.errors import FolderError, StoreError
from trustdelta.records import Json, content_hash
from trustdelta.records.state import Key
from trustdelta.scorers import registry as scorers
from trustdelta.store import Store

FOLDER = "plan"
"""The store that keeps the plan; its lock is that of the whole reproduction."""


def plan_of(scale: Scale) -> dict[str, Json]:
    """All that decides what the files hold. Pools have no ids: they lie in the order of `questions`."""
    asked = world(scale.every)
    rests_on = {
        "version": trustdelta.__version__,
        "scale": asdict(scale),
        "conversions": {c.name: fingerprint(c.organism) for c in conversions(scale)},
        "questions": content_hash([p.id for p in asked.prompts]),
        "metrics": content_hash([asdict(m) for b in asked.benchmarks.values() for m in b.metrics]),
        "scorers": {name: scorers.load(name).version for name, _ in SERIES},
        "cut": [*CUT_KINDS, CUT_TOKENS],
        "rules": [rule.name for rule in RULES],
    }
    return dict(json.loads(json.dumps(rests_on)))


PLAN: Key[dict[str, Json]] = Key("plan", dict)
"""The plan that a folder was made by."""


@contextmanager
def held(out: Path, scale: Scale) -> Iterator[None]:
    """Have a reproduction's folder alone and keep its plan there.

    Raises BusyError where another process has it, StoreError where what lies there was made by another plan.
    """
    with Store(out / FOLDER, write=True, create=True) as store:
        wanted, found = plan_of(scale), store.get(PLAN)
        if not found:
            store.put(PLAN, wanted)
        elif changed := differing(found, wanted):
            raise StoreError(f"{out}: made by another plan ({', '.join(changed)} changed); pass a new --out.")
        yield


def kept_plan(out: Path) -> dict[str, Json]:
    """The plan that a folder was made by; nothing where none is kept."""
    if not (out / FOLDER).is_dir():
        return {}
    with Store(out / FOLDER, write=False) as store:
        return store.get(PLAN)


def differing(one: dict[str, Json], other: dict[str, Json]) -> list[str]:
    """Which parts of two plans differ, by name."""
    return sorted(k for k in one.keys() | other.keys() if one.get(k) != other.get(k))


def read(path: Path) -> Json:
    """A JSON file of a reproduction; raises FolderError where it is missing, StoreError where it is damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise FolderError(f"{path}: not there; finish the reproduction, or pass another folder.") from None
    except (ValueError, OSError) as problem:
        raise StoreError(f"{path}: damaged ({problem}); delete it, and the same command makes it again.") from None
