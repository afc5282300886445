"""Servers that answer with too much, too deep, elsewhere, or with our own key: one line, and little memory."""

from __future__ import annotations

import gzip
import http.server
import json
import resource
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from functools import cache, reduce
from typing import Any

import pytest
from endpoint_server import ask, completion

from trustdelta.config import ModelConfig
from trustdelta.engines.bounded_client import MOST_CHAT, inflated
from trustdelta.engines.endpoint import EndpointEngine, Patience
from trustdelta.engines.endpoint_wire import Fault, read_reply
from trustdelta.errors import EngineError
from trustdelta.records import Finish, Json, Response

KEY = "sk-canary-4Tz-9Qw7LmXc2VbN"
QUICK = Patience(request_seconds=20.0, attempts=2, first_wait=0.01)
Answer = tuple[int, dict[str, str], bytes]
Chat = Callable[[Json], Answer]


class Server:
    """Answers chats with bytes of the test's choice; `seen` holds every path and who was authorised by what."""

    def __init__(self, chat: Chat) -> None:
        self.seen: list[tuple[str, str | None]] = []
        self.routes: dict[str, Answer] = {"/v1/models": plain({"data": [{"id": "mini"}]})}
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, reply: Answer) -> None:
                server.seen.append((self.path, self.headers.get("Authorization")))
                code, headers, body = reply
                self.send_response(code)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.answer(server.routes.get(self.path, (404, {}, b"{}")))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.startswith("/v1/chat") or self.path not in server.routes:
                    self.answer(chat(body) if "completions" in self.path or "moved" in self.path else (404, {}, b"{}"))
                else:
                    self.answer(server.routes[self.path])

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


Serve = Callable[[Chat], Server]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start servers; the key is in the environment."""
    monkeypatch.setenv("TRUSTDELTA_API_KEY", KEY)
    monkeypatch.setenv("no_proxy", "*")
    started: list[Server] = []

    def start(chat: Chat) -> Server:
        started.append(Server(chat))
        return started[-1]

    yield start
    for server in started:
        server.http.shutdown()
        server.http.server_close()


def plain(value: Json, **headers: str) -> Answer:
    """A JSON answer."""
    return 200, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def packed(raw: bytes, coding: str = "gzip") -> Answer:
    """An answer in a content coding."""
    return 200, {"Content-Type": "application/json", "Content-Encoding": coding}, raw


def answered(server: Server) -> Response:
    """One response of the server's model; a failure of every request is the response's error."""
    engine = EndpointEngine(ModelConfig(source=f"{server.base}#mini"), 4, QUICK)
    try:
        (found,) = engine._loop.run(engine._all([ask(1)]))
    finally:
        engine.close()
    return found


@cache
def bomb(size: int) -> bytes:
    """So many blanks in a JSON text, packed to a thousandth."""
    packer, block = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), b" " * (1 << 20)
    # After a full flush nothing refers to an earlier block, so that one packed block stands for all.
    blanks = (packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)) * (size >> 20)
    crc = zlib.crc32(b"{}", reduce(lambda crc, _: zlib.crc32(block, crc), range(size >> 20), 0))
    trailer = struct.pack("<LL", crc, (size + 2) & 0xFFFFFFFF)
    return gzip.compress(b"", 9, mtime=0)[:10] + blanks + packer.compress(b"{}") + packer.flush() + trailer


def test_the_bomb_is_gzip() -> None:
    """What the tests below send unpacks to blanks and a JSON text."""
    assert gzip.decompress(bomb(2 << 20)) == b" " * (2 << 20) + b"{}"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "gzip, identity", "gzip, gzip"])
def test_a_reply_is_bounded_before_it_is_unpacked(coding: str, serve: Serve) -> None:
    """A gigabyte in a megabyte of gzip, once or twice packed, is a fault, and costs little memory."""
    raw = bomb(1 << 30)
    server = serve(lambda body: packed(gzip.compress(raw, mtime=0) if coding == "gzip, gzip" else raw, coding))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = answered(server)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    assert found.finish is Finish.ERROR
    assert f"more than {MOST_CHAT:,} bytes" in found.error
    assert grown < 8 * MOST_CHAT


@pytest.mark.parametrize("route", ["/v1/models", "/version"])
def test_what_a_server_says_of_itself_is_bounded_too(route: str, serve: Serve) -> None:
    """A bomb behind another route is as if the server said nothing there."""
    server = serve(lambda body: plain(completion(body)))
    server.routes[route] = packed(bomb(256 << 20))
    assert answered(server).text.startswith("answer")


@pytest.mark.parametrize(
    ("raw", "codings"),
    [
        (b"{}", ""),
        (b"{}", "identity"),
        (gzip.compress(b"{}", mtime=0), "gzip"),
        (gzip.compress(b"{", mtime=0) + gzip.compress(b"}", mtime=0), "GZIP"),
        (zlib.compress(b"{}"), "deflate"),
        (zlib.compress(b"{}")[2:-4], "deflate"),
        (gzip.compress(zlib.compress(b"{}"), mtime=0), "deflate, gzip"),
        (b"", "gzip"),
    ],
)
def test_codings_of_servers_are_read(raw: bytes, codings: str) -> None:
    """Gzip, also in parts, deflate with and without its frame, several in a row, and none."""
    assert inflated(raw, codings, 100) == (b"{}" if raw else b"")


@pytest.mark.parametrize(
    ("raw", "codings", "says"),
    [
        (gzip.compress(b"x" * 101, mtime=0), "gzip", "more than 100 bytes"),
        (gzip.compress(b"x" * 60, mtime=0) * 2, "gzip", "more than 100 bytes"),
        (gzip.compress(b"x" * 50, mtime=0)[:-9], "gzip", "cut off"),
        (b"\x1f\x8b\x08 nonsense", "gzip", "cannot be decompressed"),
        (b"{}", "br", "which was not requested"),
        (b"{}", "zstd", "which was not requested"),
        (b"{}", "compress", "which was not requested"),
    ],
)
def test_what_cannot_be_unpacked_is_a_fault(raw: bytes, codings: str, says: str) -> None:
    """Too long, cut off, damaged, or in a coding that nobody asked for."""
    with pytest.raises(Fault, match=says):
        inflated(raw, codings, 100)


DEEP = ('{"choices": [{"finish_reason": "stop", "message": {"content": ' + "[" * 50_000).encode()


PARTS = json.dumps({"choices": [{"finish_reason": "stop", "message": {"content": "HERE"}}]}).replace(
    '"HERE"', '[{"type": "text", "content": ' * 450 + '"x"' + "}]" * 450
)


def with_content(content: Json) -> Json:
    """A completion with this content."""
    return {"choices": [{"finish_reason": "stop", "message": {"content": content}}], "usage": {}}


@pytest.mark.parametrize(
    "reply",
    [
        (200, {}, DEEP),
        (400, {}, b'{"error":' * 50_000),
        (200, {}, PARTS.encode()),
        (200, {}, b"[" * 900 + b"]" * 900),
        (400, {"Content-Type": "application/json"}, b'{"error":' * 450 + b"1" + b"}" * 450),
        (200, {}, b'{"choices": ' + b"9" * 5000 + b"}"),
    ],
    ids=["open", "error", "content", "list", "error inside", "number"],
)
def test_a_reply_without_end_is_a_fault(reply: Answer, serve: Serve) -> None:
    """JSON that nests too deeply, in an answer or in an error, is the response's error and no traceback."""
    found = answered(serve(lambda body: reply))
    assert found.finish is Finish.ERROR
    assert 0 < len(found.error) <= 400


@pytest.mark.parametrize("count", [-1, 10**9, 10**30, 1e300, float("inf"), True, "12", None, [1], {}, 2**63])
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
def test_an_absurd_count_of_tokens_is_no_count(name: str, count: Any) -> None:
    """A count that no request has is a fault; what is no whole number is not told."""
    reply = {**with_content("x"), "usage": {name: count}}
    if isinstance(count, int) and not isinstance(count, bool):
        with pytest.raises(Fault, match=name):
            read_reply(reply, ask(1), opened=False, seconds=0.0)
    else:
        assert read_reply(reply, ask(1), opened=False, seconds=0.0).completion_tokens == 0


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["port", "host", "scheme", "userinfo"])
def test_a_redirect_to_another_host_is_refused(code: int, place: str, serve: Serve) -> None:
    """Neither prompts nor the key go to where a server would send them: the audit stops and names the other host."""
    other = serve(lambda body: plain(completion(body)))
    port = other.base.rsplit(":")[-1].removesuffix("/v1")
    targets = {
        "port": f"{other.base}/chat/completions",
        "host": f"http://localhost:{port}/v1/chat/completions",
        "scheme": f"https://127.0.0.1:{port}/v1/chat/completions",
        "userinfo": f"http://127.0.0.1@localhost:{port}/v1/chat/completions",
    }
    server = serve(lambda body: (code, {"Location": targets[place]}, b""))
    with pytest.raises(EngineError, match="another host"):
        answered(server)
    assert other.seen == []


def test_a_redirect_within_the_host_is_followed(serve: Serve) -> None:
    """A server may move a route; one that moves it in a circle is a fault."""

    def chat(body: Json) -> Answer:
        return 308, {"Location": "/v1/moved"}, b""

    server = serve(chat)
    server.routes["/v1/moved"] = plain(completion({"messages": [], "seed": 1}))
    assert answered(server).text.startswith("answer")
    assert {key for _, key in server.seen} == {f"Bearer {KEY}"}
    server.routes["/v1/moved"] = (308, {"Location": "/v1/chat/completions"}, b"")
    assert "redirects" in answered(server).error


def test_a_key_in_a_model_s_own_text_is_struck_out(serve: Serve) -> None:
    """A server that repeats our key in answer, thought or name gets it into nothing that is stored."""
    import base64

    coded = base64.b64encode(f"user:{KEY}".encode()).decode()

    def chat(body: Json) -> Answer:
        message = {"content": f"you sent {KEY}", "reasoning_content": f"Basic {coded} and {KEY[::-1]}"}
        return plain({"choices": [{"finish_reason": "stop", "message": message}], "usage": {}})

    server = serve(chat)
    server.routes["/version"] = plain({"version": f"1.0 {KEY}"})
    server.routes["/v1/models"] = plain({"data": [{"id": "mini", "owned_by": KEY, "root": [KEY] * 3}]})
    engine = EndpointEngine(ModelConfig(source=f"{server.base}#mini"), 4, QUICK)
    (found,) = engine.generate([ask(1)])
    told = json.dumps(dict(engine.fingerprint))
    engine.close()
    assert found.text == "you sent [key]"
    assert found.reasoning is not None
    assert found.reasoning.startswith("Basic ")
    assert found.reasoning.endswith("[key]")
    for secret in (KEY, KEY[::-1], base64.b64encode(KEY.encode()).decode()[:20], coded[8:]):
        assert secret not in found.reasoning
        assert secret not in told
