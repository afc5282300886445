"""Downloads a file into the cache: whole and accepted, or not at all.

A file has no name in the cache before its last byte has been received and accepted, so that a process that is killed
leaves nothing which a later one could read.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from trustdelta.errors import ConfigError, FolderError, NotAvailableError
from trustdelta.files import save_stream

CACHE_VARIABLE = "TRUSTDELTA_CACHE"
DATA_VARIABLE = "TRUSTDELTA_DATA"
ADDRESS_VARIABLE = "TRUSTDELTA_DATA_URL"
UPSTREAM = "https://raw.githubusercontent.com"
MIRROR = f"set {DATA_VARIABLE} or --data-dir to a mirror folder, or {ADDRESS_VARIABLE} to a mirror's address"
SILENT_SECONDS = 60.0
"""Longest time without a byte."""
LEAST_RATE = 1000.0
"""Fewest bytes per second over any longer time."""
PART = 1 << 16
_UNREACHABLE: set[str] = set()
"""Hosts that this process could not connect to."""


def upstream() -> str:
    """The address below which pinned files lie: TRUSTDELTA_DATA_URL, else GitHub's; raises ConfigError."""
    address = os.environ.get(ADDRESS_VARIABLE, "").rstrip("/") or UPSTREAM
    if urlsplit(address).scheme not in ("https", "http"):
        raise ConfigError(f"{ADDRESS_VARIABLE}: found {address!r:.80}, wanted an http or https address; correct it.")
    return address


def retrieve(url: str, target: Path, accept: Callable[[IO[bytes]], None] = lambda file: None) -> None:
    """Download one file to `target`, unless `accept` raises on its bytes.

    A server that cannot be reached is not asked again, so that a machine without a network waits once. Raises
    NotAvailableError for a failed download, FolderError for a cache that cannot be written; then nothing is left.
    """
    if (host := urlsplit(url).netloc) in _UNREACHABLE:
        raise _unreachable(url, host)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=target.parent)  # noqa: SIM115 - closed below
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise FolderError(
            f"cannot write {target.parent}: {reason}; set {CACHE_VARIABLE} to a writable folder with free space."
        ) from None
    with file:
        _receive(url, host, file)
        file.seek(0)
        accept(file)
        file.seek(0)
        save_stream(target, file)


def _receive(url: str, host: str, file: IO[bytes]) -> None:
    """Write the body of the reply to `file`; raises NotAvailableError."""
    import requests
    import urllib3

    headers = {"Accept-Encoding": "identity"}  # so that the stated length is that of the file
    try:
        with requests.get(url, headers=headers, stream=True, timeout=SILENT_SECONDS) as reply:
            if reply.status_code != requests.codes.ok:
                raise _failed(url, _refusal(reply.status_code))
            _copy(url, reply.raw, file)
    except requests.exceptions.SSLError:
        cure = "set REQUESTS_CA_BUNDLE to a file with your organisation's certificates"
        raise _failed(url, f"the certificate of {host} is not trusted here; {cure}, or {MIRROR}") from None
    except (requests.ConnectionError, requests.Timeout):
        _UNREACHABLE.add(host)
        raise _unreachable(url, host) from None
    except (urllib3.exceptions.ReadTimeoutError, TimeoutError):
        raise _slow(url) from None
    except (urllib3.exceptions.HTTPError, requests.RequestException, OSError, ValueError) as problem:
        raise _failed(url, f"the connection broke off ({type(problem).__name__}); run the command again") from None


def _copy(url: str, body: IO[bytes], file: IO[bytes]) -> None:
    """Copy the body as it arrives. Raises NotAvailableError for a slow server."""
    began, received = time.monotonic(), 0
    while part := body.read1(PART):  # type: ignore[attr-defined]
        file.write(part)
        received += len(part)
        seconds = time.monotonic() - began
        if seconds > SILENT_SECONDS and received < LEAST_RATE * seconds:
            raise _slow(url)


def _refusal(code: int) -> str:
    if code in (404, 410):
        return f"the server has no such file (HTTP {code}); {MIRROR}"
    if code in (401, 403, 407):
        return f"the server refuses it (HTTP {code}); {MIRROR}"
    return f"the server answers HTTP {code}; try again later, or {MIRROR}"


def _slow(url: str) -> NotAvailableError:
    return _failed(url, f"the server sends less than {LEAST_RATE:g} bytes a second; try again later, or {MIRROR}")


def _failed(url: str, cause: str) -> NotAvailableError:
    return NotAvailableError(f"{url} could not be downloaded: {cause}.")


def _unreachable(url: str, host: str) -> NotAvailableError:
    cause = f"data not on this machine, {host} not reachable; try again later, or {MIRROR}."
    return NotAvailableError(f"{url} could not be downloaded: {cause}", cause)
