"""What is particular to vLLM in this process; run where it is installed (docs/engines.md)."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.registry import open_engine
from trustdelta.records import Message, Prompt, Request

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed"),
    pytest.mark.filterwarnings("default"),
]


def test_vllm_reads_more_prompts_than_fit_into_a_step() -> None:
    """Seeded requests are all answered where one step cannot read their prompts together."""
    asked = [Prompt("t", (Message("user", f"{i} " + "Who lives in the mill? " * 20),)) for i in range(40)]
    options = {"enforce_eager": True, "max_num_batched_tokens": 512}
    model = ModelConfig(source="vllm:organism:instruct", sampling=Sampling(), options=options)
    engine = open_engine(model, len(asked))
    found = engine.generate([Request(p, 0, i, 4) for i, p in enumerate(asked)])
    engine.close()
    assert sum(r.prompt_tokens for r in found) > 4096
    assert all(r.text for r in found)
