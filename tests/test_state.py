"""The state of a run: typed values under names that never change."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from trustdelta.errors import StoreError
from trustdelta.records import Arm, state
from trustdelta.records.state import COMPLETE, DRIFT_CONTEXTS, LOOKS, NOTES, Contexts, Key, fingerprint
from trustdelta.store import Store

OF_AUTHOR = (state.fingerprint, state.preflight, state.probes, state.started, state.judging)
OF_ARM = (state.drift_floor, state.drift_floor_dtypes, state.drift_places)


def keys() -> list[Key[Any]]:
    """Every key, those of a model for the candidate."""
    plain = [value for value in vars(state).values() if isinstance(value, Key)]
    return [*plain, *(of("candidate") for of in OF_AUTHOR), *(of(Arm.CANDIDATE) for of in OF_ARM)]


def test_no_two_values_share_a_name() -> None:
    """Each key stores its value under a name of its own."""
    names = [key.name for key in keys()]
    assert len(names) == len(set(names))


def test_stored_names_are_those_of_earlier_versions() -> None:
    """Run folders of earlier versions are read by these names."""
    assert {key.name for key in keys()} >= {
        *("version", "config", "complete", "made", "notes", "coupling", "formats", "declared_formats", "scorers"),
        *("looks", "candidate_planned", "noise_floor", "label_pairs", "labels", "drift_note", "drift_given"),
        *("drift_mode", "drift_comparability", "drift_read", "drift_contexts", "drift_yardstick"),
        *("fingerprint:configuration", "fingerprint:plan", "fingerprint:budgets", "fingerprint:candidate"),
        *("preflight:candidate", "probes:candidate", "started:candidate", "judging:candidate"),
        *("drift_floor:candidate", "drift_floor_dtypes:candidate", "drift_places:candidate"),
    }


def test_a_value_is_read_as_it_was_written(tmp_path: Path) -> None:
    """A value is stored, told from none, replaced and forgotten."""
    with Store(tmp_path, write=True, create=True) as store:
        assert (store.has(DRIFT_CONTEXTS), store.get(DRIFT_CONTEXTS)) == (False, {"same": 0, "different": 0})
        store.put(DRIFT_CONTEXTS, Contexts(same=2, different=1))
    with Store(tmp_path, write=True) as store:
        assert (store.has(DRIFT_CONTEXTS), store.get(DRIFT_CONTEXTS)) == (True, {"same": 2, "different": 1})
        store.put(COMPLETE, False)
        assert (store.has(COMPLETE), store.get(COMPLETE)) == (True, False)
        store.forget([DRIFT_CONTEXTS, COMPLETE])
        assert not store.has(DRIFT_CONTEXTS)
        assert not store.has(COMPLETE)


def test_an_empty_value_is_made_afresh(tmp_path: Path) -> None:
    """What one station adds to an empty value is not in the next one's."""
    with Store(tmp_path, write=True, create=True) as store:
        store.get(LOOKS)["done"]["metric"] = 1
        store.get(NOTES).append("note")
        assert store.get(LOOKS) == {"done": {}, "stops": {}}
        assert store.get(NOTES) == []


def test_an_empty_fingerprint_is_one(tmp_path: Path) -> None:
    """Work that was made by nothing in particular is not mixed with work that was."""
    with Store(tmp_path, write=True, create=True) as store:
        store.claim(fingerprint("candidate"), {})
        store.claim(fingerprint("candidate"), {})
        with pytest.raises(StoreError, match="candidate changed in seed: was null, now 1"):
            store.claim(fingerprint("candidate"), {"seed": 1})


def test_names_are_the_keys_of_the_table(tmp_path: Path) -> None:
    """A value lies in the table `meta` under its name, as JSON."""
    with Store(tmp_path, write=True, create=True) as store:
        store.put(NOTES, ["one"])
    with sqlite3.connect(tmp_path / "run.sqlite") as database:
        assert database.execute("SELECT value FROM meta WHERE key = 'notes'").fetchone() == ('["one"]',)
