"""Serves a local page until it is stopped there or by Ctrl-C."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from trustdelta.local_server import LocalServer


def serve(server: LocalServer, content: str, *, open_page: bool) -> None:
    """Print the address of the page, open it in the browser on request, and serve it."""
    import webbrowser

    with server:
        typer.echo(f"{content}: {server.url} (Ctrl-C ends it; the address is for this machine alone)", err=True)
        if open_page:
            webbrowser.open(server.url)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.1)
