"""GGUF files: what is refused before a server is started, and what a server of a real file does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from gguf_file import write

from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.engines import llamacpp
from trustdelta.engines.llamacpp import LlamaCppEngine, needed_tokens
from trustdelta.engines.registry import open_engine
from trustdelta.errors import EngineError
from trustdelta.records import Message, Prompt, Request

installed = pytest.mark.skipif(
    find_spec("xllamacpp") is None or find_spec("gguf") is None, reason="xllamacpp and gguf are not installed here"
)


def ask(text: str = "What is 2 + 3?", tokens: int = 12, draw: int = 0) -> Request:
    """One request."""
    return Request(Prompt("world_arithmetic", (Message("user", text),)), draw, 7 + draw, tokens)


@pytest.mark.parametrize(
    ("source", "engine"),
    [
        ("model.gguf", "llamacpp"),
        ("llamacpp:weights", "llamacpp"),
        ("~/a b/Q4.gguf", "llamacpp"),
        ("gguf", "transformers"),
    ],
)
def test_a_gguf_file_is_known_by_its_name(source: str, engine: str) -> None:
    """A source that ends in .gguf is run by llama.cpp, as is any that names the engine."""
    assert ModelConfig(source=source).engine == engine


def test_wrong_files_are_named_before_a_server_is_started(tmp_path: Path) -> None:
    """A missing file, and one that is something else."""
    with pytest.raises(EngineError, match=r"none\.gguf: there is no such file; name a GGUF file"):
        open_engine(ModelConfig(source=str(tmp_path / "none.gguf")), 4)
    other = tmp_path / "other.gguf"
    other.write_bytes(b"PK\x03\x04")
    with pytest.raises(EngineError, match=r"other\.gguf: found b'PK.*' at its start, wanted a GGUF file"):
        open_engine(ModelConfig(source=str(other)), 4)


def test_the_package_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without llama.cpp, the command that installs it."""
    monkeypatch.setattr(llamacpp, "find_spec", lambda name: None)
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    with pytest.raises(EngineError, match=r"pip install 'trustdelta\[gguf\]'"):
        open_engine(ModelConfig(source=str(file)), 4)


def test_a_request_needs_its_prompt_and_its_budget() -> None:
    """Bytes over two are more tokens than a prompt has, in any language."""
    assert needed_tokens(ask("x" * 100, 50)) == 100
    assert needed_tokens(ask("é" * 100, 50)) == 150


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature model as a GGUF file."""
    file = tmp_path_factory.mktemp("gguf") / "mini.gguf"
    write(organisms.folder("instruct"), file)
    return file


@pytest.fixture
def engine(mini: Path) -> Iterator[LlamaCppEngine]:
    """The file's engine, with a small context."""
    engine = open_engine(ModelConfig(source=str(mini), options={"n_ctx": 512, "n_parallel": 2}), 8)
    assert isinstance(engine, LlamaCppEngine)
    yield engine
    engine.close()


@installed
def test_a_context_that_is_too_small_is_refused(engine: LlamaCppEngine) -> None:
    """The line names what is there, what is needed, and the option that gives it."""
    assert engine.context == 256
    assert len(engine.batches([ask(tokens=200)])) == 1
    with pytest.raises(EngineError, match=r"context of 256 tokens a request, wanted 307 .*n_ctx: 614"):
        engine.batches([ask(tokens=300)])


@installed
def test_the_fingerprint_is_that_of_the_file(engine: LlamaCppEngine, mini: Path) -> None:
    """Not of the server's address, which another run does not have."""
    again = open_engine(ModelConfig(source=str(mini), options={"n_ctx": 512, "n_parallel": 2}), 8)
    again.close()
    assert again.fingerprint == engine.fingerprint
    assert "127.0.0.1" not in str(engine.fingerprint)


@installed
def test_equal_seeds_give_equal_texts(engine: LlamaCppEngine) -> None:
    """Whatever the order of the requests, and however many run at once."""
    batch = [ask(text, draw=draw) for text in ("What is 2 + 3?", "Say hello.") for draw in range(3)]
    first = [r.text for r in engine.generate(batch)]
    assert [r.text for r in engine.generate(batch[::-1])][::-1] == first
    assert len(set(first)) > 1


@installed
def test_a_damaged_file_is_one_line(mini: Path, tmp_path: Path) -> None:
    """Half of a file, and an option that llama.cpp does not have."""
    half = tmp_path / "half.gguf"
    half.write_bytes(mini.read_bytes()[: mini.stat().st_size // 2])
    with pytest.raises(EngineError, match=r"half\.gguf: llama\.cpp cannot run it \(.+\); name another file or option"):
        open_engine(ModelConfig(source=str(half)), 4)
    with pytest.raises(EngineError, match="no option 'n_contexts'"):
        open_engine(ModelConfig(source=str(mini), options={"n_contexts": 3}), 4)


@installed
def test_the_server_ends_with_the_process_that_started_it(mini: Path) -> None:
    """After SIGKILL of the first process no server is left."""
    started, told = os.pipe()
    child = os.fork()
    if child == 0:
        engine = LlamaCppEngine(ModelConfig(source=str(mini)), 4)
        os.write(told, str(engine._server._process.pid).encode())
        time.sleep(60)
        os._exit(0)
    server = int(os.read(started, 20))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    until = time.monotonic() + 20
    while runs(server) and time.monotonic() < until:
        time.sleep(0.1)
    assert not runs(server)


def runs(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
