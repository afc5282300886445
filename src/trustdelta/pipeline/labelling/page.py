"""The local page for labelling: one address with a random port and key on this machine, and no outside request.

Text of models reaches the page as JSON and is set as text, never as markup. The content security policy allows one
style sheet and one script by their hashes, and requests to this server only. A request with another key, host or
origin is refused, so that no other page in the browser can read or set labels.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from trustdelta.errors import BusyError, TrustdeltaError, UsageError
from trustdelta.pipeline.labelling.session import Session
from trustdelta.records import Json
from trustdelta.report.sanitise import visible_lines

ADDRESS = "127.0.0.1"
LONGEST_BODY = 4096
_FOLDER = Path(__file__).parent


@cache
def page() -> tuple[bytes, str]:
    """The page, and its content security policy."""
    style, script = ((_FOLDER / name).read_text("utf-8") for name in ("page.css", "page.js"))
    text = (_FOLDER / "page.html").read_text("utf-8").replace("/*style*/", style).replace("/*script*/", script)
    digests = {
        kind: base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        for kind, part in (("style", style), ("script", script))
    }
    policy = (
        f"default-src 'none'; style-src 'sha256-{digests['style']}'; script-src 'sha256-{digests['script']}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text.encode(), policy


class LabelServer(ThreadingHTTPServer):
    """Serves one session on the loopback interface until `stop` or a request to stop."""

    daemon_threads = True

    def __init__(self, session: Session, *, include_text: bool = False, port: int = 0) -> None:
        super().__init__((ADDRESS, port), _Handler)
        self.session, self.include_text = session, include_text
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

    def state(self) -> Json:
        """The current item as the page shows it."""
        session, item = self.session, self.session.current
        counts: dict[str, Json] = {"done": session.done, "total": len(session.listed), "left": session.seconds_left}
        if item is None:
            return {**counts, "item": None}
        shown = {
            "id": item.id,
            "question": item.form.question,
            "classes": [{"name": c.name, "meaning": c.meaning} for c in item.form.classes],
            "prompt": visible_lines(item.prompt),
            "text": visible_lines(item.text),
            "hidden": item.hidden and not self.include_text,
        }
        return {**counts, "item": shown}


class _Handler(BaseHTTPRequestHandler):
    """Answers the page's requests."""

    server: LabelServer
    timeout = 30
    server_version, sys_version = "trustdelta", ""

    def log_message(self, format: str, *args: object) -> None:
        """Write no log: addresses hold the key."""
        del format, args

    def do_GET(self) -> None:
        """The page, and the current item."""
        path = self._path()
        if path == "":
            body, policy = page()
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", body, policy)
        elif path == "item":
            with self.server.turn:
                self._json(HTTPStatus.OK, self.server.state())
        else:
            self._refuse()

    def do_POST(self) -> None:
        """A label, an undo, or the end."""
        path = self._path()
        body = self._body() if path in ("label", "undo", "stop") else None
        if body is None:
            self._refuse()
            return
        with self.server.turn:
            self._json(*self._change(str(path), body))

    def _change(self, path: str, body: Json) -> tuple[HTTPStatus, Json]:
        """What a request changes, and the state after it."""
        try:
            if path == "label":
                self._label(body)
            elif path == "undo":
                self.server.session.undo()
            else:
                self.server.stop()
        except TrustdeltaError as problem:
            status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(problem, BusyError) else HTTPStatus.CONFLICT
            return status, {**self.server.state(), "error": str(problem)}
        return HTTPStatus.OK, self.server.state()

    def _label(self, body: Json) -> None:
        """Store the label of the item shown; `choice`: place of the class, None where it cannot be decided."""
        item, choice = self.server.session.current, body.get("choice")
        classes = item.form.classes if item is not None else ()
        if isinstance(choice, bool) or not (choice is None or (isinstance(choice, int) and 0 <= choice < len(classes))):
            raise UsageError(f"labels: found the choice {choice!r}, wanted one of {len(classes)} classes.")
        self.server.session.put(str(body.get("id")), None if choice is None else classes[choice].value)

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

    def _json(self, status: HTTPStatus, value: Json) -> None:
        self._send(status, "application/json", json.dumps(value).encode("utf-8", "backslashreplace"))

    def _refuse(self) -> None:
        self._send(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"not found\n")

    def _send(self, status: HTTPStatus, kind: str, body: bytes, policy: str = "default-src 'none'") -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
