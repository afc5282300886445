"""A stopped audit goes on where it was; what would change its numbers is named and refused."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from trustdelta import config as configs
from trustdelta.config import AuditConfig
from trustdelta.errors import StoreError
from trustdelta.pipeline.run import rerun, run
from trustdelta.progress import Silent, Wrote
from trustdelta.records import Arm
from trustdelta.records.state import started
from trustdelta.resolve import resolve
from trustdelta.store import Store


class StopsAfter(Silent):
    """Raises KeyboardInterrupt at the n-th step of progress."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Count down, then stop."""
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


class StopsIn(Silent):
    """Raises KeyboardInterrupt at the first step of one stage."""

    def __init__(self, stage: str) -> None:
        self.stage, self.now = stage, ""

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """Remember which stage it is."""
        self.now = stage

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Stop in the stage."""
        if self.now == self.stage:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def config() -> AuditConfig:
    """A small audit of one dimension."""
    return resolve(
        "organism:instruct", "organism:sft", benchmarks=("world_safety",), prompts_per_metric=60, batch_size=16
    )


@pytest.fixture(scope="module")
def whole(config: AuditConfig, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """verdict.json of the audit that nobody stopped."""
    out = tmp_path_factory.mktemp("whole")
    run(config, out)
    return (out / "verdict.json").read_bytes()


@pytest.mark.parametrize("steps", [2, 9, 16])
def test_a_stopped_audit_ends_in_the_same_verdict(
    config: AuditConfig, whole: bytes, tmp_path: Path, steps: int
) -> None:
    """Stopped at whatever point and started again, an audit ends in the same verdict bytes, nothing generated twice."""
    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path, StopsAfter(steps))
    assert not (tmp_path / "verdict.json").exists()
    run(config, tmp_path)
    assert (tmp_path / "verdict.json").read_bytes() == whole
    with Store(tmp_path, write=False) as store:
        for arm in Arm:
            assert store.get(started(arm.value)) == len(store.have(arm))


@pytest.mark.parametrize("stage", ["measuring drift", "scoring the candidate's responses"])
def test_an_audit_stopped_in_a_stage_ends_in_the_same_verdict(
    config: AuditConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Stopped after the first of many chunks of drift or of scoring, an audit ends in the same verdict bytes."""
    monkeypatch.setattr("trustdelta.pipeline.drift.chunks.CHUNK", 16)
    monkeypatch.setattr("trustdelta.pipeline.scoring.score.CHUNK", 16)
    run(config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path / "stopped", StopsIn(stage))
    run(config, tmp_path / "stopped")
    assert (tmp_path / "stopped/verdict.json").read_bytes() == (tmp_path / "whole/verdict.json").read_bytes()


def test_scoring_again_changes_nothing(config: AuditConfig, whole: bytes, tmp_path: Path) -> None:
    """Running a finished audit again, or scoring its folder again, gives the same verdict bytes."""
    run(config, tmp_path)
    run(config, tmp_path)
    rerun(tmp_path)
    assert (tmp_path / "verdict.json").read_bytes() == whole


def test_a_changed_setting_is_named(config: AuditConfig, tmp_path: Path) -> None:
    """The same folder with another setting is refused, and the message names the setting."""
    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path, StopsAfter(8))
    for field, value in {"seed": 1, "prompts_per_metric": 61, "alpha": 0.01, "draws": 2}.items():
        with pytest.raises(StoreError, match=field):
            run(config.replace(**{field: value}), tmp_path)


KILLED = """
import os, signal, sys
from pathlib import Path
from trustdelta import config as configs
from trustdelta.engines import transformers
from trustdelta.pipeline import respond
from trustdelta.pipeline.run import run
from trustdelta.records.state import started
from trustdelta.store import Store

transformers.HAND_OVER_SECONDS = 0.0  # every response is stored when it ends
left = int(sys.argv[3])
put = Store.put_responses

def put_and_die(store, author, responses):
    global left
    put(store, author, responses)
    left -= len(responses)
    if left <= 0 and store.get(started(author)) > len(store.have(author)):  # within a batch
        os.kill(os.getpid(), signal.SIGKILL)

Store.put_responses = put_and_die
run(configs.load(Path(sys.argv[1])), Path(sys.argv[2]))
"""
"""An audit that is killed when it has stored a number of responses, in the middle of a batch."""


@pytest.mark.parametrize("responses", [3, 75, 140])
def test_a_kill_within_a_batch_loses_only_what_had_not_ended(
    config: AuditConfig, whole: bytes, tmp_path: Path, responses: int
) -> None:
    """Responses are stored as they end: after SIGKILL the rest is generated, and the verdict has the same bytes."""
    settings = tmp_path / "config.yaml"
    settings.write_text(configs.dumps(config), "utf-8")
    out = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, str(settings), str(out), str(responses)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -signal.SIGKILL
    with Store(out, write=False) as store:
        stored = {arm: list(store.responses(arm)) for arm in Arm}
        begun = {arm: store.get(started(arm.value)) for arm in Arm}
    assert sum(map(len, stored.values())) >= responses
    assert sum(begun.values()) > sum(map(len, stored.values())), "the kill hit the end of a batch"
    run(config, out)
    assert (out / "verdict.json").read_bytes() == whole
    with Store(out, write=False) as store:
        for arm in Arm:
            lost = begun[arm] - len(stored[arm])
            assert store.get(started(arm.value)) == len(store.have(arm)) + lost
            after = {(r.prompt_id, r.draw): r.token_ids for r in store.responses(arm)}
            assert all(after[r.prompt_id, r.draw] == r.token_ids for r in stored[arm])
