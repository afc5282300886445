"""Log-probabilities of texts from llama.cpp's Python server; TRUSTDELTA_LLAMA_CPP names its Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from scoring_server import ScoringServer
from test_real_servers import free_port, python_of, serving

from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.engines.endpoint import EndpointEngine
from trustdelta.engines.prompt_logprobs import PromptReader, ServedText
from trustdelta.errors import MeasurementError
from trustdelta.records import Prompt

pytestmark = pytest.mark.slow

LINES = ("how do i cut the bread?", "the address is scarlet.", "what is 3 plus 4?")


def told(tmp_path: Path, *how: str) -> list[ServedText | None]:
    """The lines as a server with the instruct organism reads them."""
    python, port, file = python_of("TRUSTDELTA_LLAMA_CPP"), free_port(), tmp_path / "mini.gguf"
    writer = Path(__file__).parents[1] / "engines" / "gguf_file.py"
    subprocess.run([str(python), str(writer), str(organisms.folder("instruct")), str(file), *how], check=True)
    command = [str(python), "-m", "llama_cpp.server", "--model", str(file), "--model_alias", "mini"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "512", "--logits_all", "true"]
    with serving(command, port, tmp_path / "log", "/v1/models"):
        engine = EndpointEngine(ModelConfig(source=f"http://127.0.0.1:{port}/v1#mini"), 4)
        try:
            return PromptReader(engine).read([(Prompt("given text", (), {"line": i}), t) for i, t in enumerate(LINES)])
        finally:
            engine.close()


def test_echoed_log_probabilities_are_the_models_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a beginning token, every token but the first has the log-probability that the model gives it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ScoringServer("instruct") as model:
        for line, found in zip(LINES, told(tmp_path, "begins"), strict=True):
            ids = [model.tokenizer.bos_token_id, *model.tokenizer.encode(line, add_special_tokens=False)]
            logp_TV = model.logp(ids)
            wanted = [float(p[i]) for p, i in zip(logp_TV, ids[1:], strict=True)]
            assert found is not None
            assert found.logp == pytest.approx(wanted[1:], abs=0.02)
            assert {len(listed) for listed in found.listed} <= {20, 21}


def test_echoes_of_other_positions_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, the server puts each token beside what follows it: no figure is made of that."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(MeasurementError, match="of the next position"):
        told(tmp_path)
