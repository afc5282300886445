"""One small audit under every engine, in processes of its own: what faults are put to, and what it must end in.

The miniature pair is audited once in process. What it said is then served by real HTTP servers on the loopback
interface, and written to files of recorded responses, so that all engines have the same task.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trustdelta
from trustdelta.records import Arm
from trustdelta.store import Store

HERE = Path(__file__).parent
BATCH = 16
"""Requests in flight at once, and responses of one transaction."""
SIZE: dict[str, Any] = {"prompts_per_metric": 40, "drift_prompts_per_benchmark": 8, "batch_size": BATCH}
BENCHMARK = "world_safety"
QUIET = ("--benchmark", BENCHMARK, "--quiet")
ENGINES = ("transformers", "endpoint", "inspect", "replay", "vllm")
NEEDS = {"inspect": "inspect_ai", "vllm": "vllm"}
"""Packages of engines that may be installed in an environment of their own."""
FOR_VLLM = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "HF_HUB_OFFLINE": "1"}
SMALL_VLLM = "{enforce_eager: true, max_model_len: 512}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a fault, how often it was put and how often what must hold held."""

    fault: str
    held: int
    tried: int
    detail: str = ""

    def __str__(self) -> str:
        mark = "ok  " if self.held == self.tried else "FAIL"
        return f"{mark} {self.held:>4} of {self.tried:<4} {self.fault}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Served:
    """Two servers, one for each model: their ports and the log of what they answered."""

    folder: Path
    ports: Mapping[Arm, int]

    def source(self, arm: Arm) -> str:
        """The model as an audit names it."""
        return f"http://127.0.0.1:{self.ports[arm]}/v1#mini"

    def arrived(self) -> list[str]:
        """One key (model, prompt and seed) for each request that came, however it ended, in order."""
        return self._logged("asked ")

    def answered(self) -> list[str]:
        """One key for each answer that was given, in order."""
        return self._logged("said ")

    def _logged(self, what: str) -> list[str]:
        logs = {arm: self.folder / f"{arm.value}.log" for arm in Arm}
        lines = {arm: log.read_text("utf-8").splitlines() for arm, log in logs.items() if log.is_file()}
        return [f"{arm.value} {line}" for arm, found in lines.items() for line in found if line.startswith(what)]

    def start(self, arm: Arm, *options: str) -> subprocess.Popen[bytes]:
        """Start one model's server and wait until it listens."""
        names = ["--port", str(self.ports[arm]), "--log", str(self.folder / f"{arm.value}.log")]
        answers = ["--answers", str(self.folder / f"{arm.value}.json"), *options]
        process = subprocess.Popen([sys.executable, str(HERE / "serve.py"), *names, *answers], env=environment())
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.ports[arm])) == 0:
                    return process
            time.sleep(0.05)
        raise RuntimeError("the server did not start")

    @contextmanager
    def running(self, *options: str) -> Iterator[dict[Arm, subprocess.Popen[bytes]]]:
        """Both servers, ended at the end."""
        (self.folder / "baseline.log").unlink(missing_ok=True)
        (self.folder / "candidate.log").unlink(missing_ok=True)
        processes = {arm: self.start(arm, *options) for arm in Arm}
        try:
            yield processes
        finally:
            for process in processes.values():
                process.kill()
                process.wait()


class Scene:
    """The reference audit and the same task for every engine, below one folder.

    `two_pass` is the transformers engine with drift measured by one model after the other.
    """

    def __init__(self, folder: Path, pythons: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.pythons = dict(pythons or {})
        trustdelta.audit(
            "organism:instruct", "organism:sft", benchmarks=(BENCHMARK,), out=folder / "transformers", **SIZE
        )
        self.served = Served(folder, {arm: free_port() for arm in Arm})
        for arm in Arm:
            rows = list(asked(folder / "transformers", arm))
            lines = (json.dumps({"prompt": p, "response": r}) for p, r in rows)
            (folder / f"{arm.value}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
            (folder / f"{arm.value}.json").write_text(json.dumps(dict(rows)), "utf-8")

    def arguments(self, engine: str) -> list[str]:
        """The command line of the audit under one engine, without its run folder."""
        if engine == "replay":
            files = [part for arm in Arm for part in (f"--{arm.value}-responses", f"{self.folder / arm.value}.jsonl")]
            return ["audit", *files, *QUIET, "--set", "batch_size=16"]
        pair = ["organism:instruct", "organism:sft"]
        more: dict[str, Any] = {}
        if engine == "endpoint":
            pair = [self.served.source(arm) for arm in Arm]
        elif engine == "two_pass":
            more = {"drift_mode": "two_pass"}
        elif engine == "inspect":
            pair = ["inspect:openai-api/loopback/mini"] * 2
            urls = {arm: self.served.source(arm).partition("#")[0] for arm in Arm}
            more = {f"{arm.value}.options": f"{{base_url: '{url}'}}" for arm, url in urls.items()}
        elif engine == "vllm":
            pair = [f"vllm:{source}" for source in pair]
            more = {f"{arm.value}.options": SMALL_VLLM for arm in Arm} | {"drift": "false"}
        return ["audit", *pair, *QUIET, *(p for k, v in {**SIZE, **more}.items() for p in ("--set", f"{k}={v}"))]

    def python(self, engine: str) -> str:
        """The interpreter that can run an engine, as told or this one; empty where it cannot."""
        if engine in self.pythons or engine not in NEEDS:
            return self.pythons.get(engine, sys.executable)
        return sys.executable if find_spec(NEEDS[engine]) else ""

    def reference(self, engine: str) -> bytes:
        """verdict.json of the audit that nothing happened to; made on first use, while no server of ours runs."""
        out = self.folder / engine
        if not (out / "verdict.json").is_file():
            with self.served.running() if engine == "endpoint" else nullcontext():
                done = command(*self.arguments(engine), "--out", str(out))
            if done.returncode:
                raise RuntimeError(f"the reference audit failed: {done.stderr}")
        return verdict(out)


def asked(run: Path, arm: Arm) -> Iterator[tuple[str, str]]:
    """Prompt and answer (with its thought) of every stored response of one model."""
    with Store(run, write=False) as store:
        prompts = {p.id: p.messages[-1].content for p in store.prompts()}
        for r in store.responses(arm):
            yield prompts[r.prompt_id], r.text.removesuffix("</s>")


def verdict(out: Path) -> bytes:
    """The verdict of a run without what its addresses change: identical audits have identical bytes."""
    raw = (out / "verdict.json").read_bytes()
    return re.sub(rb"http://127\.0\.0\.1:\d+", b"http://server", raw)


def program(*arguments: str, python: str = "") -> list[str]:
    """The command line as a process's arguments."""
    return [python or sys.executable, "-m", "trustdelta.cli.main", *arguments]


FIXED = {"OMP_NUM_THREADS": "1", "no_proxy": "127.0.0.1", "LOOPBACK_API_KEY": "none", **FOR_VLLM}
"""What is the same for every process; Inspect asks for a key by the name of its server."""


def environment(**more: str) -> dict[str, str]:
    """This process's environment without anybody's keys, proxies and threads."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().endswith(("_KEY", "_TOKEN", "_PROXY"))}
    source = str(Path(trustdelta.__file__).parents[1])
    return {**kept, **FIXED, "PYTHONPATH": source, **more}


def command(*arguments: str, python: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    words = program(*arguments, python=python)
    return subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=600, check=False, **options)


def one_line(done: subprocess.CompletedProcess[str], *codes: int) -> bool:
    """Whether a command ended with one of the codes and one line that says why."""
    return done.returncode in codes and done.stderr.count("\n") == 1 and done.stderr.startswith("trustdelta: ")


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
