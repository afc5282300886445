"""A model folder that is slightly wrong is one line with a remedy: no traceback, no hang, no audit of another thing."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path

import pytest
from wrong_models import SPOILT, template

from trustdelta import organisms
from trustdelta.cli.main import main
from trustdelta.config import ModelConfig
from trustdelta.engines.deadline import Overdue, deadline
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.errors import EngineError, TrustdeltaError
from trustdelta.records import Message, Prompt, Request

HARMLESS = {"config: architectures text", "tokenizer: unknown class"}
"""Faults that do not reach what is run: the model is read as it was meant."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of a miniature model."""
    return Path(shutil.copytree(organisms.folder("instruct"), tmp_path / "model"))


def asked(folder: Path) -> str:
    """One answer of the model in a folder."""
    engine = TransformersEngine(ModelConfig(source=str(folder), device="cpu"))
    prompt = Prompt("b", (Message("user", "hello"),))
    (found,) = engine.generate([Request(prompt, 0, 1, 4)])
    return found.text


@pytest.mark.parametrize("name", SPOILT)
def test_a_wrong_folder_is_one_line(name: str, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Template, configuration, sampling, weights, index or tokenizer: what is wrong is named in one line."""
    monkeypatch.setattr("trustdelta.engines.render.LIMIT", 0.5)
    right = asked(model) if name in HARMLESS else ""
    SPOILT[name](model)
    if name in HARMLESS:
        assert asked(model) == right
        return
    start = time.process_time()
    with pytest.raises(TrustdeltaError) as refused:
        asked(model)
    assert time.process_time() - start < 10
    line = str(refused.value)
    assert "\n" not in line
    assert 40 < len(line) < 500
    assert refused.value.exit_code in (3, 64)


def test_the_command_says_it_in_one_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On the command line it is exit code 3 and one line, whatever the library prints on the way."""
    SPOILT["weights: layer missing"](model)
    monkeypatch.setattr(
        sys, "argv", ["trustdelta", "audit", str(model), "organism:sft", "--out", str(tmp_path / "run"), "-q"]
    )
    with pytest.raises(SystemExit) as left:
        main()
    said = capfd.readouterr()
    assert (left.value.code, said.out, said.err.count("\n")) == (3, "", 1)
    assert "lack 3 of the model's tensors" in said.err


def test_powers_that_unpack_arguments_are_no_powers(model: Path) -> None:
    """A template may hold two stars in its text and unpack arguments; only a power is refused."""
    text = (
        "{% macro m(a) %}**{{ a }}**{% endmacro %}{{ m(**{'a': 1}) }}"
        "{% for m in messages %}<|user|> {{ m['content'] }}{% endfor %}<|assistant|>"
    )
    template(text)(model)
    assert asked(model)
    template(text + "{{ 2 ** 3 }}")(model)
    with pytest.raises(EngineError, match="power"):
        asked(model)


def test_work_without_end_is_interrupted_in_any_thread() -> None:
    """What overruns its limit is interrupted there and nowhere else; what does not is left alone."""
    found: list[str] = []

    def endless(name: str, limit: float) -> None:
        try:
            with deadline(limit):
                until = time.monotonic() + 1.5
                while time.monotonic() < until:
                    pass
            found.append(f"{name} done")
        except Overdue:
            found.append(f"{name} overdue")

    threads = [threading.Thread(target=endless, args=pair) for pair in (("a", 0.3), ("b", 30.0))]
    for thread in threads:
        thread.start()
    with deadline(30):
        total = sum(range(1000))
    for thread in threads:
        thread.join()
    assert (sorted(found), total) == (["a overdue", "b done"], 499_500)
