"""Short forms of `experiments/perf/reliability.py`: each fault once or a few times, what must hold held."""

from __future__ import annotations

from collections.abc import Iterable

import changes
import kills
import mutations
import pytest
import servers
import surroundings
from scene import Row, Scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The small audit under every engine."""
    return Scene(tmp_path_factory.mktemp("scene"))


def held(rows: Iterable[Row]) -> None:
    """Every fault was put, and what must hold held each time."""
    found = list(rows)
    assert found
    assert [str(row) for row in found if row.held != row.tried] == []


def test_damage_to_a_run_folder_changes_no_verdict(scene: Scene) -> None:
    """Random damage is repaired, does not matter, or ends with exit code 3 and the name of a file."""
    held(mutations.mutations(scene, 12, seed=7, engines=("replay",)))


@pytest.mark.slow
def test_damage_to_stored_states_of_drift_changes_no_verdict(scene: Scene) -> None:
    """The same for a run that was stopped between the two passes of drift."""
    held(mutations.mutations(scene, 12, seed=7, engines=("two_pass",)))


@pytest.mark.slow
def test_what_changed_is_named(scene: Scene) -> None:
    """Nine changes of what numbers rest on: each named, none reused in silence."""
    rows = list(changes.changes(scene))
    assert len(rows) == 9
    held(rows)


@pytest.mark.slow
def test_no_room_left(scene: Scene) -> None:
    """Where files may not grow an audit ends in one line, and goes on when they may."""
    held(surroundings.tight_disk(scene, (64 << 10,)))


@pytest.mark.slow
def test_full_disk(scene: Scene) -> None:
    """The same on a file system without room; a row of none where no file system can be mounted."""
    held(surroundings.full_disk(scene, (16 << 10, 100 << 10)))


@pytest.mark.slow
def test_a_folder_that_may_only_be_read(scene: Scene) -> None:
    """One line for each command, and not a byte changes."""
    scene.reference("replay")
    held(surroundings.read_only(scene))


@pytest.mark.slow
def test_kills(scene: Scene) -> None:
    """A kill of each engine's audit and of a server."""
    held(kills.kills(scene, 6, seed=3))


@pytest.mark.slow
def test_servers_that_fail(scene: Scene) -> None:
    """A storm of faults, closed doors, and silence."""
    held(servers.storms(scene, 1))
    held(servers.closed_doors(scene))
    held(servers.no_answer((4.0,)))


@pytest.mark.slow
def test_surroundings(scene: Scene) -> None:
    """Clock, open files, and a second audit of the same folder."""
    held(surroundings.clock(scene))
    held(surroundings.few_files(scene, (16, 48)))
    held(surroundings.two_audits(scene, 1))
