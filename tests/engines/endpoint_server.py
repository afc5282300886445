"""A real HTTP server on the loopback interface that answers like an OpenAI-compatible one, and fails on demand."""

from __future__ import annotations

import hashlib
import http.server
import json
import math
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from trustdelta.records import Json, Message, Prompt, Request

MODEL = "mini"


def ask(number: int, *, draw: int = 0, max_tokens: int = 64) -> Request:
    """A request with a seed that differs by prompt and draw."""
    prompt = Prompt("test", (Message("user", f"question {number}"),), target=number)
    return Request(prompt, draw, seed=(number + 1) * 7919 + draw + (1 << 40), max_tokens=max_tokens)


def completion(body: Json) -> dict[str, Json]:
    """The deterministic reply to one request of three tokens or more: a function of messages and seed alone."""
    spoken = json.dumps([body["messages"], body.get("seed")])
    room = body.get("max_tokens", 3)
    text = f"answer {hashlib.sha256(spoken.encode()).hexdigest()[:8]}"
    return {
        "id": "x",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop" if room >= 3 else "length",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": min(3, room)},
    }


class EndpointServer:
    """Serves until left. `fault(body, attempt)` names how an attempt at a request fails, or None.

    Faults: a status code as text ("429" comes with Retry-After), a code and a body, drop, garbage, html, empty, hang,
    drip. `reply` makes the JSON of a good answer. `routes` are further paths with their JSON. `seen` holds every chat
    body, `headers` the headers of every request, `attempts` the number of attempts by question and seed, `first_seen`
    when the first chat came.
    """

    def __init__(
        self,
        fault: Callable[[Json, int], str | None] | None = None,
        reply: Callable[[Json], dict[str, Json]] = completion,
        routes: dict[str, Json] | None = None,
        port: int = 0,
    ) -> None:
        self.fault, self.reply = fault or (lambda body, attempt: None), reply
        self.routes = {"/v1/models": {"data": [{"id": MODEL, "created": 1}]}} if routes is None else routes
        self.seen: list[Json] = []
        self.first_seen = math.inf
        self.headers: list[dict[str, str]] = []
        self.attempts: dict[str, int] = {}
        self.most_at_once = 0
        self.now = 0
        self.lock = threading.Lock()
        self.leaving = threading.Event()
        self.retry_after = "0"
        self.cookie = "session=none"
        owner = self

        class Handler(_Handler):
            server_owner = owner

        self.http = _Server(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def base_url(self) -> str:
        """Address without the model."""
        return f"http://127.0.0.1:{self.http.server_port}/v1"

    @property
    def source(self) -> str:
        """Address with the model, as a configuration names it."""
        return f"{self.base_url}#{MODEL}"

    def __enter__(self) -> Self:
        """Start serving."""
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leaving.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def arrive(self, body: Json) -> int:
        """Count one attempt; returns how many there were before it."""
        with self.lock:
            key = json.dumps([body["messages"], body.get("seed")])
            before = self.attempts.get(key, 0)
            self.attempts[key] = before + 1
            self.seen.append(body)
            self.first_seen = min(self.first_seen, time.monotonic())
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
            return before

    def depart(self) -> None:
        """One attempt is over."""
        with self.lock:
            self.now -= 1


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server_owner: EndpointServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._route(self.server_owner.routes.get(self.path))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            found = self.server_owner.routes.get(self.path)
            self._route(found(body) if callable(found) else found)
            return
        attempt = self.server_owner.arrive(body)
        try:
            self._chat(body, self.server_owner.fault(body, attempt))
        finally:
            self.server_owner.depart()

    def _route(self, found: Json) -> None:
        self.server_owner.headers.append(dict(self.headers))
        status = found if isinstance(found, int) else 404 if found is None else 200
        self._send(status, json.dumps({"error": {"message": "no"}} if status != 200 else found).encode())

    def _chat(self, body: Json, fault: str | None) -> None:
        self.server_owner.headers.append(dict(self.headers))
        good = json.dumps(self.server_owner.reply(body)).encode()
        if fault is None:
            self._send(200, good)
        elif fault.isdigit():
            told = f"refused {self.headers['authorization']} {self.headers['openai-organization'] or ''}"
            refused = {"error": {"message": told.strip()}}
            self._send(int(fault), json.dumps(refused).encode())
        elif re.match(r"\d{3} ", fault):
            self._send(int(fault[:3]), fault[4:].encode())
        elif fault in ("garbage", "html", "empty"):
            kind = "text/html" if fault == "html" else "application/json"
            self._send(200, {"garbage": good[:-9], "html": b"<html>", "empty": b'{"choices": []}'}[fault], kind)
        elif fault == "drop":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        else:
            self._slowly(good, fault)

    def _slowly(self, good: bytes, fault: str) -> None:
        self.close_connection = True
        if fault == "drip":  # headers at once, then a byte now and then: no single read ever times out
            self._head(200, len(good), "application/json")
            for byte in good:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.server_owner.leaving.wait(0.05):
                    return
        self.server_owner.leaving.wait(60)

    def _send(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self._head(status, len(content), kind)
        self.wfile.write(content)

    def _head(self, status: int, length: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(length))
        self.send_header("set-cookie", self.server_owner.cookie)
        if status == 429:
            self.send_header("retry-after", self.server_owner.retry_after)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
