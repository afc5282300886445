"""Suggestions of a baseline say how sure they are, and read the hub only when that is allowed."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from trustdelta.errors import NotAvailableError
from trustdelta.pairs import suggest
from trustdelta.pairs.cards import front_matter

INSTRUCT = "Qwen/Qwen2.5-7B-Instruct"


def card(folder: Path, text: str) -> str:
    """A model folder with this card; returns its path."""
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text(text, "utf-8")
    return str(folder)


@pytest.mark.parametrize(
    ("head", "sure", "baseline"),
    [
        (f"base_model: {INSTRUCT}\nbase_model_relation: finetune", "certain", INSTRUCT),
        (f"base_model: {INSTRUCT}\nbase_model_relation: adapter", "certain", INSTRUCT),
        (f"base_model: {INSTRUCT}", "likely", INSTRUCT),
        (f"base_model:\n- {INSTRUCT}", "likely", INSTRUCT),
        (f"base_model: [{INSTRUCT}, a/b-chat]", "possible", INSTRUCT),
        (f"base_model: [{INSTRUCT}]\nbase_model_relation: merge", "possible", INSTRUCT),
        (f"base_model: {INSTRUCT}\nbase_model_relation: quantized", "possible", INSTRUCT),
        ("base_model: microsoft/phi-4", "likely", "microsoft/phi-4"),
        ("base_model: Qwen/Qwen2.5-Math-1.5B", "possible", "Qwen/Qwen2.5-1.5B-Instruct"),
        ("base_model: some/base-7b", "possible", "some/base-7b"),
    ],
)
def test_a_local_card_suggests(head: str, sure: str, baseline: str, tmp_path: Path) -> None:
    """What the card's base_model is, and how it is related, decides how sure the suggestion is."""
    found = suggest(card(tmp_path / "m", f"---\n{head}\n---\n# Model\n"))
    assert (found[0].sure, found[0].baseline) == (sure, baseline)
    assert found[0].why


@pytest.mark.parametrize(
    "text", ["", "# no front matter", "---\n[1, 2]\n---\n", "---\n: : :\n---\n", "---\na: b\n---\n"]
)
def test_a_card_that_says_nothing_suggests_nothing(text: str, tmp_path: Path) -> None:
    """An absent, damaged or silent front matter is no suggestion, and no error."""
    assert suggest(card(tmp_path / "m", text)) == ()


def test_adapter_configuration_names_its_parent(tmp_path: Path) -> None:
    """A folder without a card still says what its adapter was trained on."""
    (tmp_path / "adapter_config.json").write_text(f'{{"base_model_name_or_path": "{INSTRUCT}"}}', "utf-8")
    assert [s.baseline for s in suggest(str(tmp_path))] == [INSTRUCT]


def test_the_registry_is_asked_first() -> None:
    """A registered candidate needs no card; conventional baselines are less sure than strict ones."""
    (strict,) = suggest("simplescaling/s1.1-7B")
    assert (strict.sure, strict.baseline) == ("certain", INSTRUCT)
    assert [s.sure for s in suggest("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B")] == ["likely", "possible"]


def test_the_hub_is_not_read_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without leave to use the network, an unknown hub id is an error that names the option, and no socket opens."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    with pytest.raises(NotAvailableError, match="--network"):
        suggest("someone/unknown-model")
    with pytest.raises(NotAvailableError, match="OWNER/NAME"):
        suggest("no such folder", allow_network=True)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub on this machine that knows one model."""

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/someone/reasoner/raw/main/README.md"
            body = f"---\nbase_model: {INSTRUCT}\n---\n".encode()
            self.send_response(200 if known else 404)
            self.end_headers()
            if known:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("hub")
def test_the_hub_is_read_when_allowed() -> None:
    """With leave, the card on the hub is read; a model that is not there is one clear line."""
    assert [s.baseline for s in suggest("someone/reasoner", allow_network=True)] == [INSTRUCT]
    with pytest.raises(NotAvailableError, match=r"someone/absent.*404"):
        suggest("someone/absent", allow_network=True)


def test_front_matter_survives_a_byte_order_mark() -> None:
    """A card saved with a byte order mark reads as one without."""
    assert front_matter("\ufeff---\na: 1\n---\n") == {"a": 1}
