"""Reads small files from the Hugging Face hub, with the token of its library, which is sent to its host only."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from trustdelta.errors import NotAvailableError
from trustdelta.parsing import read_text

HUB = "https://huggingface.co"
TRUE = ("1", "ON", "YES", "TRUE")
SECONDS = 20.0
"""Timeout of a silent server in seconds; the whole file may take three times as long."""


def read_file(model: str, path: str, most: int) -> str:
    """The first `most` bytes of a file of a model's main branch as text; HF_ENDPOINT is honoured.

    Raises NotAvailableError, with the next step for a gated or private model.
    """
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or HUB
    if urlsplit(endpoint).scheme not in ("https", "http"):
        raise NotAvailableError(f"HF_ENDPOINT: found {endpoint!r}, wanted an http or https address; correct it.")
    request = urllib.request.Request(f"{endpoint}/{model}/raw/main/{path}")
    if secret := token():
        request.add_unredirected_header("Authorization", f"Bearer {secret}")
    try:
        with urllib.request.build_opener(_SameHost()).open(request, timeout=SECONDS) as reply:
            return _beginning(reply, most).decode("utf-8", "replace")
    except urllib.error.HTTPError as problem:
        problem.close()
        raise NotAvailableError(_refusal(model, path, problem.code, known=bool(secret))) from None
    except (OSError, ValueError, http.client.HTTPException) as problem:
        raise NotAvailableError(
            f"{model}: {path} could not be read ({problem}); check the name and the network."
        ) from None


def _beginning(reply: http.client.HTTPResponse, most: int) -> bytes:
    parts: list[bytes] = []
    until = time.monotonic() + 3 * SECONDS
    while (left := most - sum(map(len, parts))) > 0 and (part := reply.read1(left)):
        parts.append(part)
        if time.monotonic() > until:
            raise TimeoutError(f"it took more than {3 * SECONDS:g} seconds")
    return b"".join(parts)


def _refusal(model: str, path: str, code: int, *, known: bool) -> str:
    if code in (401, 403):
        remedy = (
            "your token does not open it: ask for access on its page" if known else "set HF_TOKEN, or `hf auth login`"
        )
        return f"{model}: {path} is gated, private or absent (HTTP {code}); {remedy}."
    return f"{model}: {path} could not be read (HTTP {code}); check the name and the network."


def token() -> str:
    """The hub's token like in huggingface_hub: HF_TOKEN, else the file of `hf auth login`; "" without.

    HF_HUB_DISABLE_IMPLICIT_TOKEN disables it; HF_TOKEN_PATH, HF_HOME and XDG_CACHE_HOME locate the file. Source:
    huggingface_hub 2.4, `utils/_auth.py` and `constants.py`. Raises NotAvailableError, without the token, for one that
    is invalid in a header.
    """
    if os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").upper() in TRUE:
        return ""
    secret = os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN") or _from_file()
    secret = secret.replace("\r", "").replace("\n", "").strip()
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise NotAvailableError("HF_TOKEN: found characters that no token has; set it again, or `hf auth login`.")
    return secret


def _from_file() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{cache}/huggingface"
    place = os.environ.get("HF_TOKEN_PATH") or f"{home}/token"
    try:
        return read_text(Path(os.path.expandvars(place)).expanduser(), 1 << 16)
    except (OSError, ValueError):
        return ""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects to the same host with the token, and to other hosts without it."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        """The next request; with the token only for the same scheme, host and port."""
        new = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        secret = req.unredirected_hdrs.get("Authorization")
        if new is not None and secret and _origin(newurl) == _origin(req.full_url):
            new.add_unredirected_header("Authorization", secret)
        return new


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
