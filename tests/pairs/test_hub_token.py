"""Reading the hub: its token goes where the user would send it, and nowhere else."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trustdelta.errors import NotAvailableError
from trustdelta.pairs.hub import read_file, token

SECRET = "hf_" + "x" * 34
NAMES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_DISABLE_IMPLICIT_TOKEN")


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No token of whoever runs the tests."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")


Reply = tuple[int, dict[str, str], bytes]


class Hub:
    """A server that replies by path and keeps the token that came with each request."""

    def __init__(self, replies: Callable[[str], Reply]) -> None:
        self.seen: list[tuple[str, str | None]] = []
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.seen.append((self.path, self.headers.get("Authorization")))
                code, headers, body = replies(self.path)
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


Start = Callable[[Callable[[str], Reply]], Hub]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start servers; the first one is the hub."""
    hubs: list[Hub] = []

    def started(replies: Callable[[str], Reply]) -> Hub:
        hubs.append(Hub(replies))
        monkeypatch.setenv("HF_ENDPOINT", hubs[0].address)
        return hubs[-1]

    yield started
    for hub in hubs:
        hub.server.shutdown()
        hub.server.server_close()


def test_the_token_is_sent_to_the_hub(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gated model's card is read with the token that huggingface_hub would send."""
    hub = start(lambda path: (200, {}, b"card"))
    monkeypatch.setenv("HF_TOKEN", f"{SECRET}\n")
    assert read_file("a/b", "README.md", 100) == "card"
    assert hub.seen == [("/a/b/raw/main/README.md", f"Bearer {SECRET}")]


def test_without_a_token_none_is_sent(start: Start) -> None:
    """Nobody who is not logged in sends anything."""
    hub = start(lambda path: (200, {}, b"card"))
    read_file("a/b", "README.md", 100)
    assert hub.seen == [("/a/b/raw/main/README.md", None)]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_the_token_follows_a_renamed_model_and_goes_to_no_other_host(
    code: int, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect within the hub keeps the token; one to another port, host or scheme leads on without it."""
    monkeypatch.setenv("HF_TOKEN", SECRET)
    elsewhere: list[Hub] = []

    def replies(path: str) -> Reply:
        if path.startswith("/old"):
            return code, {"Location": "/new/b/raw/main/README.md"}, b""
        if path.startswith("/far"):
            return code, {"Location": f"{elsewhere[0].address}/x"}, b""
        if path.startswith("/host"):
            return code, {"Location": f"http://localhost:{hub.server.server_port}/x"}, b""
        return 200, {}, b"card"

    hub = start(replies)
    elsewhere.append(start(lambda path: (200, {}, b"other")))
    assert read_file("old/b", "README.md", 100) == "card"
    assert [secret for _, secret in hub.seen] == [f"Bearer {SECRET}"] * 2
    assert read_file("far/b", "README.md", 100) == "other"
    assert elsewhere[0].seen == [("/x", None)]
    hub.seen.clear()
    assert read_file("host/b", "README.md", 100) == "card"
    assert hub.seen[1] == ("/x", None)


def test_tokens_are_found_as_the_hub_s_own_library_finds_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Environment before file, the older name too, four ways to name the file, and a switch that sends none."""
    assert token() == ""
    (tmp_path / "huggingface").mkdir()
    (tmp_path / "huggingface/token").write_text("in_cache\n")
    assert token() == "in_cache"
    (tmp_path / "token").write_text("in_home")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert token() == "in_home"
    (tmp_path / "other").write_text(" in_path \r\n")
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "other"))
    assert token() == "in_path"
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", "older")
    assert token() == "older"
    monkeypatch.setenv("HF_TOKEN", "newer")
    assert token() == "newer"
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    assert token() == ""


def test_the_library_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is read as huggingface_hub reads it."""
    hub = pytest.importorskip("huggingface_hub")
    for value in (SECRET, f" {SECRET}\r\n", ""):
        monkeypatch.setenv("HF_TOKEN", value)
        assert (hub.get_token() or "") == token()


@pytest.mark.parametrize("wrong", ["a b", "tökén", "a\tb", "x\x00y", "\ud83d\ude00"])
def test_a_token_that_no_header_holds_is_not_repeated(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no token is refused without its text in the message."""
    monkeypatch.setattr("os.environ", {"HF_TOKEN": wrong})
    with pytest.raises(NotAvailableError, match="no token has") as refused:
        token()
    assert wrong not in str(refused.value)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ((401, {}, b""), "HTTP 401.*hf auth login"),
        ((403, {}, b""), "HTTP 403.*hf auth login"),
        ((404, {}, b""), "HTTP 404"),
        ((500, {}, b""), "HTTP 500"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "HTTP 302"),
        ((302, {"Location": "/a/b/raw/main/README.md"}, b""), "HTTP 302"),
        ((200, {"Transfer-Encoding": "chunked"}, b"zz\r\nnope"), "could not be read"),
    ],
    ids=range(7),
)
def test_what_the_hub_refuses_is_one_line(reply: Reply, says: str, start: Start) -> None:
    """Refusals, loops, files of this machine and broken replies are one line with what to do."""
    start(lambda path: reply)
    with pytest.raises(NotAvailableError, match=says) as refused:
        read_file("a/b", "README.md", 100)
    assert "\n" not in str(refused.value)


def test_a_large_file_is_read_to_its_limit_only(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than a card is cut, and a refusal says that a token was there."""
    monkeypatch.setenv("HF_TOKEN", SECRET)
    start(lambda path: (200, {}, b"x" * 1_000_000) if "big" in path else (403, {}, b""))
    assert read_file("big/b", "README.md", 1000) == "x" * 1000
    with pytest.raises(NotAvailableError, match="your token does not open it") as refused:
        read_file("a/b", "README.md", 1000)
    assert SECRET not in str(refused.value)
