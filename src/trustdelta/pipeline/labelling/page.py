"""The local page for labelling.

Text of models reaches the page as JSON and is set as text, never as markup. The content security policy allows one
style sheet and one script by their hashes, and requests to this server only.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path

from trustdelta.errors import BusyError, TrustdeltaError, UsageError
from trustdelta.local_server import Answer, LocalServer, as_json
from trustdelta.pipeline.labelling.session import Session
from trustdelta.records import Json
from trustdelta.report.sanitise import visible_lines

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


class LabelServer(LocalServer):
    """Serves one session until it is stopped."""

    def __init__(self, session: Session, *, include_text: bool = False, port: int = 0) -> None:
        super().__init__(port)
        self.session, self.include_text = session, include_text

    def get(self, path: str, query: str) -> Answer | None:
        """The page, and the current item."""
        del query
        if path == "":
            body, policy = page()
            return Answer(body, policy=policy)
        return as_json(self.state()) if path == "item" else None

    def post(self, path: str, body: Json) -> Answer | None:
        """A label, an undo, or the end, and the state after it."""
        if path not in ("label", "undo", "stop"):
            return None
        try:
            if path == "label":
                self._label(body)
            elif path == "undo":
                self.session.undo()
            else:
                self.stop()
        except TrustdeltaError as problem:
            status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(problem, BusyError) else HTTPStatus.CONFLICT
            return as_json({**self.state(), "error": str(problem)}, status)
        return as_json(self.state())

    def _label(self, body: Json) -> None:
        """Store the label of the item shown; `choice`: place of the class, None where it cannot be decided."""
        item, choice = self.session.current, body.get("choice")
        classes = item.form.classes if item is not None else ()
        if isinstance(choice, bool) or not (choice is None or (isinstance(choice, int) and 0 <= choice < len(classes))):
            raise UsageError(f"labels: found the choice {choice!r}, wanted one of {len(classes)} classes.")
        self.session.put(str(body.get("id")), None if choice is None else classes[choice].value)

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
