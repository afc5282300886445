"""Pages opened in a real headless Chromium whose every request, to whatever host, ends at a proxy of ours."""

from __future__ import annotations

import http.server
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--disable-client-side-phishing-detection",
    "--no-pings",
    "--mute-audio",
    "--timeout=8000",
    "--dump-dom",
)
ITS_OWN = (".google.com", ".googleapis.com", ".gvt1.com")
"""Hosts that the browser itself asks, whatever page it shows."""
INDEX = """<!DOCTYPE html><meta charset="utf-8"><title>index</title><pre id="ran"></pre><script>
addEventListener('message', e => { document.getElementById('ran').textContent += '[' + e.data + ']' })
</script>"""
FRAMES_AT_ONCE = 45


def browser() -> str | None:
    """The path of a Chromium, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened: numbers of payloads that ran, requests that were made, and frames that were shown."""

    ran: tuple[int, ...]
    requests: tuple[str, ...]
    frames: int


class Proxy:
    """Takes every request of a browser, answers nothing, and keeps what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _note(self) -> None:
                owner.asked.append(f"{self.command} {self.path}")
                self.send_response(204)
                self.end_headers()

            do_GET = do_POST = do_HEAD = do_CONNECT = do_OPTIONS = _note

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.http.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self.http.shutdown()
        self.http.server_close()


def shown(pages: Sequence[Path], chromium: str) -> Seen:
    """Open pages as frames of an index page, so many at once, and report what ran and what was requested."""
    ran: list[int] = []
    frames = 0
    proxy = Proxy()
    try:
        for start in range(0, len(pages), FRAMES_AT_ONCE):
            part = pages[start : start + FRAMES_AT_ONCE]
            dom = _dom(part, chromium, proxy.address)
            ran += [int(n) for n in re.findall(r"\[ran(\d+)\]", dom)]
            frames += dom.count("<iframe")
    finally:
        proxy.close()
    asked = tuple(line for line in proxy.asked if not host(line).endswith(ITS_OWN))
    return Seen(tuple(ran), asked, frames)


def host(line: str) -> str:
    """The host of a request line."""
    target = line.split(" ", 1)[1]
    return urlsplit(target if "//" in target else f"//{target}").hostname or ""


def _dom(pages: Sequence[Path], chromium: str, proxy: str) -> str:
    """The index page's document after everything has run."""
    with tempfile.TemporaryDirectory(prefix="chromium-") as folder:
        index = Path(folder) / "index.html"
        frames = "".join(f'<iframe src="{page.as_uri()}"></iframe>\n' for page in pages)
        index.write_text(INDEX + frames, "utf-8")
        through = [f"--proxy-server={proxy}", "--proxy-bypass-list=<-loopback>", f"--user-data-dir={folder}/profile"]
        done = subprocess.run(
            [chromium, *QUIET, *through, index.as_uri()], capture_output=True, text=True, timeout=90, check=True
        )
    return done.stdout
