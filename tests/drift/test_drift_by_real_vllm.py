"""Exact drift from the hidden states of vLLM itself; run where it is installed (docs/engines.md)."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from trustdelta.cli.main import app

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed"),
    pytest.mark.filterwarnings("default"),
]

LINES = ("how do i cut the bread?", "the address is scarlet.", "what is 3 plus 4? the answer is 7. thank you.")


def drift(*arguments: str) -> Any:
    """What the command prints as JSON; its errors are raised."""
    whole = ["drift", *arguments, "--quiet", "--json"]
    done = CliRunner().invoke(app, whole, standalone_mode=False, catch_exceptions=False)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("bfloat16", 2**-8)])
def test_states_of_vllm_give_the_drift_of_the_models(tmp_path: Path, dtype: str, tolerance: float) -> None:
    """In both directions: relative to that in float32, within the precision of the type."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join([*LINES, " ".join(LINES * 6)]))
    served = drift("vllm:organism:instruct", "vllm:organism:sft", "--text", str(corpus), "--dtype", dtype)
    local = drift("organism:instruct", "organism:sft", "--text", str(corpus), "--dtype", "float32")
    assert (served["mode"], local["mode"]) == ("vllm", "one_pass")
    for direction in ("kl_candidate_to_baseline", "kl_baseline_to_candidate"):
        ours, own = served[direction]["all"], local[direction]["all"]
        assert ours["tokens"] == own["tokens"]
        assert ours["nats_per_token"] == pytest.approx(own["nats_per_token"], rel=tolerance)


def test_one_model_against_itself(tmp_path: Path) -> None:
    """Both passes of vLLM compute the same states."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(LINES))
    itself = drift("vllm:organism:sft", "vllm:organism:sft", "--text", str(corpus))
    assert itself["kl_candidate_to_baseline"]["all"]["nats_per_token"] == 0.0
