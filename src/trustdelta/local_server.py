"""A page for one reader: an address with a random port and key on this machine, and no outside request.

A request with another key, host or origin is refused, so that no other page in the browser can read or change anything.
Every reply has a content security policy, is not stored, and sends no referrer, since the address holds the key.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from trustdelta.records import Json

ADDRESS = "127.0.0.1"
LONGEST_BODY = 4096
NOTHING_ALLOWED = "default-src 'none'"


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to one request."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    policy: str = NOTHING_ALLOWED
    """Content security policy."""
    status: HTTPStatus = HTTPStatus.OK


def as_json(value: Json, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """A JSON value as a reply."""
    return Answer(json.dumps(value).encode("utf-8", "backslashreplace"), "application/json", status=status)


class LocalServer(ThreadingHTTPServer, ABC):
    """Serves on the loopback interface until `stop`; a subclass answers `get` and `post`, one request at a time."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__((ADDRESS, port), _Handler)
        self.key = secrets.token_urlsafe(24)
        self.turn = threading.Lock()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names under which a browser on this machine may address the server."""
        return f"{ADDRESS}:{self.server_port}", f"localhost:{self.server_port}"

    @property
    def url(self) -> str:
        """The address of the page, with its key."""
        return f"http://{self.hosts[0]}/{self.key}/"

    def stop(self) -> None:
        """End `serve_forever` from within a request or another thread."""
        threading.Thread(target=self.shutdown, daemon=True).start()

    @abstractmethod
    def get(self, path: str, query: str) -> Answer | None:
        """The reply to a GET request for a path after the key; None where there is no such page."""

    def post(self, path: str, body: Json) -> Answer | None:
        """The reply to a POST request with a JSON object; None where there is no such page."""
        del path, body
        return None


class _Handler(BaseHTTPRequestHandler):
    """Answers the page's requests."""

    server: LocalServer
    timeout = 30
    server_version, sys_version = "trustdelta", ""

    def log_message(self, format: str, *args: object) -> None:
        """Write no log: addresses hold the key."""
        del format, args

    def do_GET(self) -> None:
        """A page or a value."""
        path = self._path()
        if path is None:
            self._send(None)
            return
        path, _, query = path.partition("?")
        with self.server.turn:
            answer = self.server.get(path, query)
        self._send(answer)

    def do_POST(self) -> None:
        """A change."""
        path = self._path()
        body = self._body() if path is not None else None
        if path is None or body is None:
            self._send(None)
            return
        with self.server.turn:
            answer = self.server.post(path, body)
        self._send(answer)

    def _path(self) -> str | None:
        """The path after the key; None for a request of another page, host or key."""
        if self.headers.get("Host") not in self.server.hosts:
            return None
        origin = self.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in self.server.hosts}:
            return None
        _, _, rest = self.path.partition("/")
        key, slash, path = rest.partition("/")
        received = key.encode("utf-8", "replace")
        return path if slash and hmac.compare_digest(received, self.server.key.encode()) else None

    def _body(self) -> Json | None:
        """The JSON object sent; None for anything else."""
        length = self.headers.get("Content-Length", "")
        typed = self.headers.get("Content-Type", "").partition(";")[0].strip() == "application/json"
        if not typed or not length.isdecimal() or int(length) > LONGEST_BODY:
            return None
        try:
            value = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def _send(self, answer: Answer | None) -> None:
        answer = answer or Answer(b"not found\n", "text/plain; charset=utf-8", status=HTTPStatus.NOT_FOUND)
        self.send_response(answer.status)
        for name, value in (
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.body))),
            ("Content-Security-Policy", answer.policy),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
