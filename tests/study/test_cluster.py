"""Twelve pairs on three nodes of a Ray cluster: a node dies, the driver is killed, the verdicts are the serial ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster as Nodes  # noqa: E402

from trustdelta.records import Arm  # noqa: E402
from trustdelta.study.cluster import Cluster  # noqa: E402
from trustdelta.study.plan import Study, dumps, load, run_folder  # noqa: E402
from trustdelta.study.run import run_study  # noqa: E402
from trustdelta.study.status import PairStatus, status  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
CANDIDATES = ("sft", "rl", "distill", "sft-replay5", "sft-forgetting", "sft-planted-toxicity")
SETTINGS = "settings: {prompts_per_metric: 40, drift: false, batch_size: 16}\n"
BENCHMARKS = "benchmarks: [world_safety, world_ethics]\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Six conversions of each of two baselines."""
    pairs = [
        f"  - {{baseline: organism:instruct{s}, candidate: organism:{c}{s}}}" for s in ("", "-s1") for c in CANDIDATES
    ]
    (tmp_path / "study.yaml").write_text(SETTINGS + BENCHMARKS + "pairs:\n" + "\n".join(pairs), "utf-8")
    return load(tmp_path / "study.yaml")


def verdicts(study: Study, out: Path) -> list[bytes]:
    """The bytes of every verdict."""
    return [(run_folder(out, p) / "verdict.json").read_bytes() for p in study.pairs]


def stored(study: Study, out: Path) -> list[PairStatus]:
    """States by pair."""
    return status(study, out)


def until(holds: Callable[[], bool], seconds: float = 300.0) -> None:
    """Wait until `holds()` is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not holds():
        time.sleep(0.2)


def test_a_lost_node_and_a_killed_driver_change_nothing(study: Study, tmp_path: Path) -> None:
    """Killed driver, then a node removed while the study goes on: the serial bytes, and only tasks in flight twice."""
    serial, out = tmp_path / "serial", tmp_path / "out"
    run_study(study, serial)
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        others = [nodes.add_node(num_cpus=1) for _ in range(2)]
        command = [sys.executable, "-m", "trustdelta.cli.main", "study", "run", str(tmp_path / "study.yaml")]
        driver = subprocess.Popen(
            [*command, "--out", str(out), "--address", nodes.address, "--at-once", "4", "-q"], start_new_session=True
        )
        until(lambda: (out / "study.yaml").is_file() and sum(s.stored for s in stored(study, out)) >= 200)
        os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
        before = sum(s.stored for s in stored(study, out))
        with Cluster(nodes.address) as cluster:

            def lose_a_node() -> None:
                until(lambda: sum(s.stored for s in stored(study, out)) > before + 300)
                nodes.remove_node(others[0], allow_graceful=False)

            timer = threading.Thread(target=lose_a_node)
            timer.start()
            ran = run_study(study, out, through=cluster.through, at_once=4)
            timer.join()
        assert not ran.failed
        assert verdicts(study, out) == verdicts(study, serial)
        lost = sum(s.lost for s in stored(study, out))
        sys.stderr.write(f"\nstored when killed {before}; lost in flight {lost}; tasks {dict(cluster.counts)}\n")
        assert [s.stored for s in stored(study, out)] == [s.stored for s in stored(study, serial)]
        assert lost <= 4 * 2 * 16
    finally:
        nodes.shutdown()
    assert dumps(load(out / "study.yaml")) == dumps(study)


def test_a_task_that_dies_is_sent_again_and_counted(tmp_path: Path) -> None:
    """A worker process that is killed in its first task costs one sending, not the study."""
    mark = tmp_path / "died"

    def dies_once(method: str, config_yaml: str, arm: Arm, given: tuple[str, ...]) -> str:
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{method} {given[0]}"

    with Cluster() as cluster:
        cluster.task = ray.remote(dies_once).options(max_retries=0)
        assert cluster.ask("generate", "", Arm.CANDIDATE, "done") == "generate done"
    assert dict(cluster.counts) == {"generate sent": 2, "generate sent again": 1}
