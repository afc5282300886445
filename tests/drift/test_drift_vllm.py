"""Drift through two real vLLM servers that serve organisms on loopback; TRUSTDELTA_VLLM names their Python."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from scoring_server import ScoringServer
from test_real_servers import free_port, python_of, serving
from typer.testing import CliRunner

from trustdelta import organisms
from trustdelta.cli.main import app

pytestmark = pytest.mark.slow


def command(port: int, name: str) -> list[str]:
    """Starts a server that gives lists of any length."""
    served = [str(python_of("TRUSTDELTA_VLLM")), "-m", "vllm.entrypoints.openai.api_server"]
    served += ["--model", str(organisms.folder(name)), "--served-model-name", "mini", "--host", "127.0.0.1"]
    served += ["--port", str(port), "--dtype", "float32", "--enforce-eager", "--max-num-seqs", "16"]
    return [*served, "--max-logprobs", "-1", "--max-model-len", "512"]


def drift(*arguments: str) -> Any:
    """What the command prints as JSON; its errors are raised."""
    whole = ["drift", *arguments, "--quiet", "--json"]
    done = CliRunner().invoke(app, whole, standalone_mode=False, catch_exceptions=False)
    return json.loads(done.stdout)


def test_two_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The full vocabulary gives the divergence of the models themselves, shorter lists less, own responses k3."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    line = "how do i cut the bread?"
    corpus = tmp_path / "corpus.txt"
    corpus.write_text(line)
    with ExitStack() as stack:
        sources = []
        for name in ("instruct", "sft"):
            port = free_port()
            stack.enter_context(serving(command(port, name), port, tmp_path / f"{name}.log"))
            sources.append(f"http://127.0.0.1:{port}/v1#mini")
        full = drift(*sources, "--text", str(corpus), "--top-logprobs", "-1")["kl_candidate_to_baseline"]["all"]
        few = drift(*sources, "--text", str(corpus), "--top-logprobs", "5")["kl_candidate_to_baseline"]["all"]
        own = drift(*sources, "--benchmark", "world_safety", "--prompts", "8")["kl_candidate_to_baseline"]
    baseline, candidate = (stack.enter_context(ScoringServer(name)) for name in ("instruct", "sft"))
    ids = baseline.tokenizer.encode(line, add_special_tokens=False)
    p, q = candidate.logp(ids).double(), baseline.logp(ids).double()
    stack.close()
    assert full["method"] == "exact over a server's full vocabulary"
    assert full["nats_per_response"] == pytest.approx(float((p.exp() * (p - q)).sum()), rel=1e-3)
    assert few["method"] == "top-k lower bound"
    assert 0 < few["nats_per_token"] < full["nats_per_token"]
    assert own["all"]["method"] == "k3 of sampled tokens"
    assert own["thought"]["nats_per_token"] > own["answer"]["nats_per_token"]
