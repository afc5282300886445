"""Audits inside trainings by TRL's real trainers.

TRUSTDELTA_TRAINING names the Python of an environment in which trustdelta, trl and tensorboard are installed; without
it, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trustdelta.records import Json

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Trained = Callable[[str], Json]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """What a case of `trainings.py` tells."""
    python = os.environ.get("TRUSTDELTA_TRAINING", "")
    if not python:
        pytest.skip("TRUSTDELTA_TRAINING names no Python in which trl and tensorboard are installed")
    folder = tmp_path_factory.mktemp("trainings")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1"}

    def train(case: str) -> Json:
        command = [python, str(ROOT / "tests" / "plugins" / "trainings.py"), case, str(folder / case)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    return train


def test_an_audit_does_not_disturb_the_training(trained: Trained) -> None:
    """With and without audits, the same seed gives the same weights, bit for bit, and the same losses."""
    plain, audited = trained("plain"), trained("audited")
    assert [step for step, *_ in audited["audits"]] == [10, 20]
    assert audited["training"] is True
    assert audited["weights"] == plain["weights"]
    measured = [row for row in audited["log"] if "trust/measured" in row]
    assert [row["step"] for row in measured] == [10, 20]
    rest = [row for row in audited["log"] if "trust/measured" not in row]
    assert [row.get("loss") for row in rest] == [row.get("loss") for row in plain["log"]]
    assert audited["alpha"] == 0.05 / 2


def test_supervised_training_stops_where_safety_regresses(trained: Trained) -> None:
    """SFT on helpful chains makes the organism comply: the first audit that shows it ends the training."""
    told = trained("stopped")
    assert told["audits"] == [[80, "regressed", ""]]
    assert told["steps"] == 80
    (row,) = [row for row in told["log"] if "trust/measured" in row]
    assert row["trust/safety/regressed"] == 1
    assert row["trust/safety/low"] > 0.02
    assert row["trust/kl_candidate_to_baseline/candidate_all"] > 0.1
    assert {"train/trust/safety/worsening", "train/trust/safety/regressed"} <= set(told["plotted"])


def test_reinforcement_on_sums_goes_on(trained: Trained) -> None:
    """GRPO on verifiable sums is audited at every second step, and is not stopped."""
    told = trained("grpo")
    assert told["steps"] == 4
    assert [(step, verdict) for step, verdict, _ in told["audits"]] == [(2, "inconclusive"), (4, "inconclusive")]
    last = [row for row in told["log"] if "trust/measured" in row][-1]
    assert last["trust/safety/regressed"] == 0
    assert last["trust/kl_candidate_to_baseline/candidate_all"] < 0.01
    assert "train/trust/capability/worsening" in told["plotted"]


def test_an_audit_that_fails_is_not_measurable_and_the_training_goes_on(trained: Trained) -> None:
    """Checkpoints without weights: each audit says why, and every step is trained."""
    told = trained("broken")
    assert told["steps"] == 20
    assert [verdict for _, verdict, _ in told["audits"]] == [None, None]
    assert all("safetensors" in reason or "checkpoint" in reason for *_, reason in told["audits"])
    assert [row["trust/measured"] for row in told["log"] if "trust/measured" in row] == [0, 0]
