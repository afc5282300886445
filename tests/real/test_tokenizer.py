"""The mended tokenizer gives the ids of llama.cpp, which reads the file as the model was trained."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("gguf")
pytest.importorskip("xllamacpp")

import requests
import xllamacpp as llama
from experiments.real.convert import mended_tokenizer
from experiments.real.fetch import fetch

from trustdelta.records import Json

pytestmark = [pytest.mark.slow, pytest.mark.network]

PIECES = (
    "12345 3.14159 1,000,000 007 ½ ² Ⅷ ٣٤٥ 2026-12-01T05:12:00Z $9.99 50% #4 0x1F 1e-9",
    "Grüße, naïve façade — “quoted” … ‘so’ 你好，世界 こんにちは Привет мир مرحبا שלום 🙂👩‍👩‍👧‍👦 e\u0301 \u200b",
    "def f(x):\n    return x**2  # 2 spaces\n\tif a==b: pass\n\r\n{}[]()<>|&^~`'\"\\ https://example.org/a?b=c&d=1",
    "<|im_start|>user\nHi<|im_end|>\n<think>\n7 + 8 = 15\n</think>\nThe answer is 15. <|endoftext|>",
    "I'll don't we're they've CAN'T o'clock  two  spaces   three\n\n\nlines \t tab",
)


def hard_strings() -> list[str]:
    """Random stretches of digits, scripts, code and chat marks, and each piece whole."""
    rng = random.Random(0)
    joined = " ".join(PIECES)
    cut = [joined[(at := rng.randrange(len(joined) - 60)) : at + rng.randint(1, 60)] for _ in range(600)]
    return [*PIECES, *cut]


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's file: downloaded, or in the folder that TRUSTDELTA_REAL_GGUF names."""
    named = os.environ.get("TRUSTDELTA_REAL_GGUF")
    return fetch(Path(named) if named else tmp_path_factory.mktemp("gguf"))


@pytest.fixture
def address(gguf: Path) -> Iterator[str]:
    """A server of llama.cpp with the file."""
    parameters = llama.CommonParams()
    parameters.model.path = str(gguf)
    parameters.hostnames, parameters.port, parameters.ui = ["127.0.0.1"], 0, False
    parameters.n_ctx, parameters.cpuparams.n_threads = 512, 1
    server = llama.Server(parameters)
    yield server.listening_address
    del server


def test_ids_equal_those_of_llama_cpp(gguf: Path, address: str) -> None:
    """Every one of 600 hard strings has the same ids."""
    tokenizer = mended_tokenizer(gguf)
    wrong = []
    for text in hard_strings():
        request: Json = {"content": text, "add_special": False, "parse_special": True}
        ids = requests.post(f"{address}/tokenize", json=request, timeout=60).json()["tokens"]
        if ids != tokenizer(text, add_special_tokens=False)["input_ids"]:
            wrong.append(text)
    assert wrong == []
