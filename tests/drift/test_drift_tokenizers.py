"""Models with different tokenizers: bits per byte, marked approximate."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from typer.testing import CliRunner

from trustdelta import organisms
from trustdelta.cli.main import app
from trustdelta.config import dumps
from trustdelta.drift.kernel import token_logp
from trustdelta.pipeline.run import run
from trustdelta.resolve import resolve

METHOD = "bits per byte (approximate)"


@pytest.fixture(scope="module")
def other_tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instruct organism with the last third of its tokenizer's merges taken out: the same text in more tokens."""
    folder = tmp_path_factory.mktemp("other") / "instruct"
    shutil.copytree(organisms.folder("instruct"), folder)
    path = folder / "tokenizer.json"
    told = json.loads(path.read_text())
    told["model"]["merges"] = told["model"]["merges"][: 2 * len(told["model"]["merges"]) // 3]
    path.write_text(json.dumps(told))
    runs_in_float32(folder)
    return folder


def runs_in_float32(folder: Path) -> None:
    """Let a copy run in the type of the shipped organisms on every processor."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dtype": "float32"}))


def drift(*arguments: str) -> Any:
    """What the command prints as JSON."""
    command = ["drift", *arguments, "--quiet", "--json"]
    done = CliRunner().invoke(app, command, standalone_mode=False, catch_exceptions=False)
    return json.loads(done.stdout)


def logp(folder: Path, text: str) -> float:
    """Log-probability of a text after the beginning token, summed over the model's own tokens, in nats."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.tensor([[tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)]])
    with torch.inference_mode():
        found = model(ids).logits[0, :-1].double().log_softmax(-1)
    return float(found.gather(1, ids[0, 1:, None]).sum())


def test_given_texts_have_the_log_ratio_of_both_models(other_tokens: Path, tmp_path: Path) -> None:
    """Each model reads the text in its own tokens; the ratio of sums is in bits over the bytes of the text."""
    lines = ("the address is scarlet.", "how do i cut the bread?")
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(lines))
    found = drift(str(other_tokens), "organism:sft", "--text", str(corpus))
    row = found["kl_candidate_to_baseline"]["all"]
    nats = sum(logp(organisms.folder("sft"), line) - logp(other_tokens, line) for line in lines)
    assert row["method"] == METHOD
    assert row["bits_per_byte"] == pytest.approx(nats / math.log(2) / sum(map(len, lines)), rel=1e-5)
    assert row["nats_per_response"] == pytest.approx(nats / 2, rel=1e-5)
    assert found["kl_baseline_to_candidate"] == {}


def test_own_responses_are_compared_by_part(other_tokens: Path) -> None:
    """Sampled responses: each direction on its author's text, thoughts and answers apart, the end token left out."""
    found = drift(str(other_tokens), "organism:sft", "--benchmark", "world_safety", "--prompts", "4")
    forward, backward = found["kl_candidate_to_baseline"], found["kl_baseline_to_candidate"]
    assert {"all", "thought", "answer"} <= set(forward)
    assert "all" in backward
    assert {row["method"] for row in (*forward.values(), *backward.values())} == {METHOD}
    assert forward["thought"]["bits_per_byte"] > forward["answer"]["bits_per_byte"] > 0
    assert found["mode"] == "log_probabilities"


KILLED = """
import os, signal, sys
from pathlib import Path
import trustdelta.pipeline.drift.chunks as drift
from trustdelta.drift import likelihoods
from trustdelta.pipeline.run import run
from trustdelta.config import load
drift.CHUNK = 4
whole, calls = likelihoods.token_logp, []
def killed(*arguments):
    calls.append(1)
    if len(calls) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*arguments)
likelihoods.token_logp = killed
run(load(Path(sys.argv[1]) / "wanted.yaml"), Path(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["candidate", "baseline"])
def test_kill_9_while_reading_repeats_no_finished_batch(
    reader: str, other_tokens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the second batch that a model reads: the rest alone is read, and drift is the undisturbed run's.

    The readings are gone from the run folder once they have been compared.
    """
    config = resolve(
        str(other_tokens), "organism:sft", benchmarks=("world_safety",), prompts_per_metric=8, design="fixed"
    )
    calls: list[int] = []

    def counted(*arguments: Any) -> torch.Tensor:
        calls.append(1)
        return token_logp(*arguments)

    monkeypatch.setattr("trustdelta.pipeline.drift.chunks.CHUNK", 4)
    monkeypatch.setattr("trustdelta.drift.likelihoods.token_logp", counted)
    undisturbed, batches = run(config, tmp_path / "whole"), len(calls)
    assert batches >= 8
    folder, killed_at = tmp_path / "killed", 2 if reader == "candidate" else batches // 2 + 2
    folder.mkdir()
    (folder / "wanted.yaml").write_text(dumps(config))
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(killed_at)], check=False)
    assert done.returncode == -signal.SIGKILL
    calls.clear()
    assert run(config, folder).drift == undisturbed.drift
    assert len(calls) == batches - (killed_at - 1)
    assert not (folder / "drift-states").exists()


def test_a_model_and_itself_in_other_tokens_differ_by_the_tokenisation_alone(other_tokens: Path) -> None:
    """The same weights over two tokenisations: no drift, and yet not 0: hence the word approximate."""
    same = drift(str(other_tokens), "organism:instruct", "--benchmark", "world_safety", "--prompts", "4")
    row = same["kl_candidate_to_baseline"]["all"]
    assert row["method"] == METHOD
    assert row["bits_per_byte"] > 0
