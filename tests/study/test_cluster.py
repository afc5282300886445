"""Twelve pairs on three nodes of a Ray cluster: a node dies, the driver is killed, the verdicts are the serial ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster as Nodes  # noqa: E402

from trustdelta import config as configs  # noqa: E402
from trustdelta import organisms  # noqa: E402
from trustdelta.records import Arm, Message, Prompt, Request  # noqa: E402
from trustdelta.study.cluster import Cluster, RemoteEngine  # noqa: E402
from trustdelta.study.plan import Study, dumps, load, run_folder  # noqa: E402
from trustdelta.study.run import run_study  # noqa: E402
from trustdelta.study.status import status  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
CANDIDATES = ("sft", "rl", "distill", "sft-replay5", "sft-forgetting", "sft-planted-toxicity")
AT_ONCE, BATCH = 4, 16
PATIENCE = {"health_check_timeout_ms": 60_000}
"""On a busy machine a node that is alive may answer late."""
SETTINGS = f"settings: {{prompts_per_metric: 40, drift: false, batch_size: {BATCH}}}\n"
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


def until(holds: Callable[[], bool], seconds: float = 300.0) -> None:
    """Wait until `holds()` is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not holds():
        time.sleep(0.05)


class Victim:
    """A node of the cluster that dies with a task in flight. Linux: processes are looked up under /proc."""

    def __init__(self, nodes: Nodes, node: Any) -> None:
        self.nodes, self.node, self.held = nodes, node, 0

    def workers(self) -> list[int]:
        """Process ids of the node's workers."""
        raylet = self.node.all_processes["raylet"][0].process.pid
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(ProcessLookupError, FileNotFoundError):
                parent = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]
                found += [int(stat.parent.name)] if int(parent) == raylet else []
        return found

    def stopped_at_work(self) -> bool:
        """Whether a worker is stopped in the middle of generating: Ray names a process by the task that it runs."""
        for pid in self.workers():
            with suppress(ProcessLookupError, FileNotFoundError):
                os.kill(pid, signal.SIGSTOP)
                time.sleep(0.02)  # a signal takes a moment to arrive
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::generate"):
                    self.held += 1
                    continue
                os.kill(pid, signal.SIGCONT)
        return bool(self.held)

    def die(self) -> None:
        """Stop a task in flight, then end the node and all its workers at once."""
        until(self.stopped_at_work)
        workers = self.workers()
        self.nodes.remove_node(self.node, allow_graceful=False)
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_busy_node_and_the_driver_are_killed(study: Study, tmp_path: Path) -> None:
    """Driver killed, then a node with a task in flight: the serial bytes, none lost, only tasks in flight twice."""
    serial, out = tmp_path / "serial", tmp_path / "out"
    run_study(study, serial)
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "_system_config": PATIENCE})
    try:
        victim = Victim(nodes, nodes.add_node(num_cpus=1))
        nodes.add_node(num_cpus=1)
        command = [sys.executable, "-m", "trustdelta.cli.main", "study", "run", str(tmp_path / "study.yaml")]
        driver = subprocess.Popen(
            [*command, "--out", str(out), "--address", nodes.address, "--at-once", str(AT_ONCE), "-q"],
            start_new_session=True,
        )
        until(lambda: (out / "study.yaml").is_file() and sum(s.stored for s in status(study, out)) >= 200)
        os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
        before = status(study, out)
        with Cluster(nodes.address) as cluster:
            killer = threading.Thread(target=victim.die)
            killer.start()
            ran = run_study(study, out, through=cluster.through, at_once=AT_ONCE)
            killer.join()
    finally:
        nodes.shutdown()
    after = status(study, out)
    with_driver, again = sum(s.lost for s in before), cluster.counts["generate sent again"]
    sys.stderr.write(
        f"\nstored when the driver was killed: {sum(s.stored for s in before)}, generated again after it: {with_driver}"
        f"\nbatches in flight on the killed node: {victim.held}, sent again: {again}; tasks {dict(cluster.counts)}\n"
    )
    assert not ran.failed
    assert verdicts(study, out) == verdicts(study, serial)
    assert [s.stored for s in after] == [s.stored for s in status(study, serial)]
    assert with_driver <= AT_ONCE * BATCH
    assert 1 <= victim.held <= again <= victim.held + 1
    assert dumps(load(out / "study.yaml")) == dumps(study)


def test_a_model_with_gpus_has_one_process_until_it_is_closed() -> None:
    """One GPU in Ray's books: a second model gets it once the first is closed; a process that died begins again."""
    folder = str(organisms.folder("instruct"))
    models = {arm.value: {"source": folder} for arm in Arm}
    config = configs.check({**models, "benchmarks": ["world_safety"], "batch_size": 4})
    prompts = [Prompt("world_safety", (Message("user", f"say {n}"),)) for n in range(4)]
    requests = [Request(p, 0, seed=n, max_tokens=8) for n, p in enumerate(prompts)]
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 1})
    try:
        with Cluster(nodes.address) as cluster:
            first = RemoteEngine(cluster, config, Arm.BASELINE)
            before = [r.text for r in first.generate(requests)]
            assert first.actors is not None
            actor = first.actors.actors[0].actor
            os.kill(ray.get(actor.__ray_call__.remote(lambda self: os.getpid())), signal.SIGKILL)
            assert [r.text for r in first.generate(requests)] == before
            assert ray.available_resources().get("GPU", 0) == 0
            first.close()
            second = RemoteEngine(cluster, config, Arm.CANDIDATE)
            assert [r.text for r in second.generate(requests)] == before
            second.close()
    finally:
        nodes.shutdown()
    assert cluster.counts["generate sent"] == 4
    assert cluster.counts["generate sent again"] == 1


def test_one_model_takes_the_gpus_that_are_free(tmp_path: Path) -> None:
    """Three processes wanted, two GPUs there: two are at work together, and the third is not waited for."""
    folder = str(organisms.folder("instruct"))
    config = configs.check(
        {**{arm.value: {"source": folder} for arm in Arm}, "benchmarks": ["world_safety"], "batch_size": 4}
    )
    prompts = [Prompt("world_safety", (Message("user", f"say {n}"),)) for n in range(48)]
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 4, "num_gpus": 2})
    try:
        with Cluster(nodes.address, in_flight=3) as cluster:
            engine = RemoteEngine(cluster, config, Arm.BASELINE)
            assert engine.actors is not None
            batches = engine.batches([Request(p, 0, seed=n, max_tokens=32) for n, p in enumerate(prompts)])

            def texts(batch: list[Request]) -> list[str]:
                return [r.text for r in engine.generate(batch)]

            one = [texts(b) for b in batches]
            assert engine.actors.most == 1
            second = engine.actors.actors[1]
            until(lambda: second.ready)
            with ThreadPoolExecutor(engine.batches_at_once) as pool:
                three = list(pool.map(texts, batches))
            assert three == one
            assert engine.actors.most == 2
            engine.close()
            until(lambda: ray.available_resources().get("GPU", 0) == 2)
    finally:
        nodes.shutdown()


@pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed")
def test_vllm_engines_are_processes_of_the_cluster(tmp_path: Path) -> None:
    """A pair whose models vLLM runs, each with one GPU in Ray's books: the verdict of the same pair in one process."""
    options = {"enforce_eager": True}
    models = {
        arm.value: {"source": f"vllm:organism:{name}", "options": options}
        for arm, name in zip(Arm, ("instruct", "sft"), strict=True)
    }
    settings = {"prompts_per_metric": 20, "drift": False, "batch_size": BATCH}
    study = Study.model_validate(
        {"benchmarks": ["world_safety"], "settings": settings, "pairs": [{"name": "one", **models}]}
    )
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 1})
    try:
        with Cluster(nodes.address) as cluster:
            there = run_study(study, tmp_path / "out", through=cluster.through)
    finally:
        nodes.shutdown()
    here = run_study(study, tmp_path / "serial")
    assert not there.failed
    assert not here.failed
    assert verdicts(study, tmp_path / "out") == verdicts(study, tmp_path / "serial")


def test_batches_of_one_pair_are_under_way_together(tmp_path: Path) -> None:
    """One pair with three batches under way says what it says one batch after the other."""
    pair = {"name": "one", "baseline": {"source": "organism:instruct"}, "candidate": {"source": "organism:sft"}}
    settings = {"prompts_per_metric": 40, "drift": False, "batch_size": BATCH}
    study = Study.model_validate({"benchmarks": ["world_safety"], "settings": settings, "pairs": [pair]})
    run_study(study, tmp_path / "serial")
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 3})
    try:
        with Cluster(nodes.address) as cluster:
            ran = run_study(study, tmp_path / "out", through=cluster.through)
    finally:
        nodes.shutdown()
    assert not ran.failed
    assert cluster.batches_at_once(study.pairs[0].candidate) == 3
    assert verdicts(study, tmp_path / "out") == verdicts(study, tmp_path / "serial")


def test_a_task_that_dies_is_sent_again_and_counted(tmp_path: Path) -> None:
    """A worker process that is killed in its first task costs one sending, not the study."""
    mark = tmp_path / "died"

    def dies_once(method: str, config_yaml: str, arm: Arm, given: tuple[str, ...]) -> str:
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{method} {given[0]}"

    with Cluster() as cluster:
        cluster.task = ray.remote(dies_once)
        assert cluster.call("generate", "", Arm.CANDIDATE, "done") == "generate done"
    assert dict(cluster.counts) == {"generate sent": 2, "generate sent again": 1}
