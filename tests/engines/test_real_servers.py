"""The endpoint engine against servers that people run, each started for real with a miniature model on loopback.

A server lives in an environment of its own: TRUSTDELTA_TRANSFORMERS_SERVE, TRUSTDELTA_VLLM and TRUSTDELTA_LLAMA_CPP
name the Python of one in which `transformers[serving]`, `vllm`, or `llama-cpp-python[server]` and `gguf` are
installed. Without it, its test is skipped.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from endpoint_server import ask

from trustdelta import organisms
from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.capabilities import (
    LOG_PROBS,
    MIN_P,
    PROMPT_LOG_PROBS,
    SEED,
    STOP_REASON,
    THINKING_SWITCH,
    TOKEN_IDS,
    TOP_K,
    TOP_P,
    Capabilities,
    Support,
)
from trustdelta.engines.endpoint import EndpointEngine
from trustdelta.engines.registry import open_engine
from trustdelta.records import Finish, Json, Message, Prompt, Request, Response
from trustdelta.thoughts import read_response

pytestmark = pytest.mark.slow

KNOWN = ("What is 2 + 3?", "Is it right to steal?", "Who lives in the mill?", "Insult my neighbour.", "Say hello.")
REQUESTS = [ask(i, max_tokens=24) for i in range(20)]
OFFLINE = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
VLLM_CPU = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}


def python_of(variable: str) -> Path:
    """The Python that a variable names; skips the test where it names none."""
    named = os.environ.get(variable, "")
    if not named:
        pytest.skip(f"{variable} names no Python in which this server is installed")
    return Path(named)


@contextmanager
def serving(command: list[str], port: int, log: Path, route: str = "/health") -> Iterator[None]:
    """A server process that is up, and is ended afterwards."""
    environment = os.environ | OFFLINE | VLLM_CPU | {"no_proxy": "127.0.0.1"}
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process:
        try:
            wait_until_up(process, f"http://127.0.0.1:{port}{route}", log)
            yield
        finally:
            process.terminate()


def wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when the server is healthy; fails with its last words where it ends or takes five minutes."""
    until = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"the server did not come up: {log.read_text('utf-8', 'replace')[-2000:]}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@dataclass(frozen=True)
class Seen:
    """Fingerprint, capabilities, and the responses of two runs over the same requests."""

    told: Mapping[str, Json]
    can: Capabilities
    first: list[Response]
    second: list[Response]


def answers(source: str, batch_size: int, **settings: Json) -> Seen:
    """What an engine at a server sees."""
    engine = EndpointEngine(ModelConfig(source=source, **settings), batch_size)
    try:
        runs = [[replace(r, seconds=0.0) for b in engine.batches(REQUESTS) for r in engine.generate(b)] for _ in "12"]
        return Seen(dict(engine.fingerprint), engine.capabilities(), *runs)
    finally:
        engine.close()


def check_whole(seen: Seen) -> None:
    """The same seeds gave the same texts, and every response has text, a reason to end and token counts."""
    assert seen.first == seen.second
    assert all(r.text and r.finish in (Finish.STOP, Finish.LENGTH) and r.prompt_tokens for r in seen.first)
    assert seen.can[STOP_REASON] is Support.YES


def test_transformers_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is answered with text; one at a time, the same seeds give the same texts."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    tool = python_of("TRUSTDELTA_TRANSFORMERS_SERVE").parent / "transformers"
    port, folder = free_port(), str(organisms.folder("instruct"))
    command = [str(tool), "serve", folder, "--host", "127.0.0.1", "--port", str(port)]
    with serving(command, port, tmp_path / "log"):
        seen = answers(f"http://127.0.0.1:{port}/v1#{folder}", batch_size=1)
    check_whole(seen)
    assert seen.can[SEED] is not Support.DROPPED


def test_vllm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty at once with every sampling parameter: all answered and reproducible, template and version are told."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    python, port = python_of("TRUSTDELTA_VLLM"), free_port()
    command = [str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(organisms.folder("instruct"))]
    command += ["--served-model-name", "mini", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--dtype", "float32", "--enforce-eager", "--max-num-seqs", "64"]
    sampling = Sampling(temperature=0.8, top_p=0.95, top_k=0, min_p=0.01)
    with serving(command, port, tmp_path / "log"):
        seen = answers(f"http://127.0.0.1:{port}/v1#mini", batch_size=20, sampling=sampling, thinking="on")
    check_whole(seen)
    assert {seen.can[name] for name in (SEED, TOP_P, MIN_P, THINKING_SWITCH, TOKEN_IDS)} == {Support.YES}
    assert {seen.can[name] for name in (LOG_PROBS, PROMPT_LOG_PROBS)} == {Support.YES}
    assert seen.told["served"]["id"] == "mini"
    assert seen.told["server_version"] != "not told by the server"
    assert seen.told["template"] != "not told by the server"
    assert all(r.prompt_opened_thought for r in seen.first)


def test_llama_cpp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A miniature as GGUF: all answered and reproducible with every sampling parameter; greedy as in this process."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    python, port, file = python_of("TRUSTDELTA_LLAMA_CPP"), free_port(), tmp_path / "mini.gguf"
    written = [str(python), str(Path(__file__).with_name("gguf_file.py")), str(organisms.folder("instruct")), str(file)]
    subprocess.run(written, check=True)
    command = [str(python), "-m", "llama_cpp.server", "--model", str(file), "--model_alias", "mini"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "512"]
    source = f"http://127.0.0.1:{port}/v1#mini"
    with serving(command, port, tmp_path / "log", "/v1/models"):
        seen = answers(source, batch_size=4, sampling=Sampling(temperature=0.8, top_p=0.9, top_k=20, min_p=0.05))
        texts = [greedy(s) for s in (source, "organism:instruct")]
    check_whole(seen)
    assert {seen.can[name] for name in (SEED, TOP_P, TOP_K, MIN_P)} == {Support.YES}
    assert texts[0] == texts[1]


def greedy(source: str) -> list[str]:
    """Answers at temperature 0 to questions that a miniature knows, so that rounding decides nothing."""
    engine = open_engine(ModelConfig(source=source, sampling=Sampling(temperature=0)), 8)
    try:
        prompts = [Prompt("test", (Message("user", q),)) for q in KNOWN]
        found = engine.generate([Request(p, 0, 0, 24) for p in prompts])
    finally:
        engine.close()
    return [r.answer.strip() for r in (read_response(r.text, finish=r.finish) for r in found)]
