"""Downloads from a local server: the pinned bytes arrive, and every failure is one line and leaves nothing."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from trustdelta.data import DataFiles, download, open_source
from trustdelta.data import source as module
from trustdelta.data.pins import Pin
from trustdelta.errors import ConfigError, DataError, FolderError, NotAvailableError, TrustdeltaError

TEXT = b"prompt,label\nhello,1\n"
ZIPPED = io.BytesIO()
with zipfile.ZipFile(ZIPPED, "w") as packed:
    packed.writestr("in/a.csv", TEXT)


class Upstream(http.server.ThreadingHTTPServer):
    """Serves the pinned file, in the way that `how` names."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.how = "whole"
        self.requested: list[str] = []

    @property
    def address(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    """One reply, whole or not."""

    server: Upstream

    def do_GET(self) -> None:
        """Reply as the server is set."""
        self.server.requested.append(self.path)
        if (how := self.server.how).isdecimal():
            self.send_error(int(how))
            return
        body = ZIPPED.getvalue() if self.path.endswith(".zip") else TEXT
        body = body.replace(b"1", b"2") if how == "other bytes" else body
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:9] if how in ("cut", "silent", "slow") else body)
        for byte in body[9:] if how == "slow" else b"":
            time.sleep(0.1)
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
        if how == "silent":
            time.sleep(2)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """The server, as the mirror whose address the user has set; the table of pins holds its file."""
    only = Pin("example/set", "c0ffee", "data/a.csv", "CC0 1.0", hashlib.sha256(TEXT).hexdigest(), size=len(TEXT))
    monkeypatch.setattr(module, "find", lambda repo, path: only)
    monkeypatch.setattr(download, "_UNREACHABLE", set())
    with Upstream() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("TRUSTDELTA_DATA_URL", f"{server.address}/")
        yield server
        server.shutdown()


def files_in(folder: Path) -> list[str]:
    """Names of all files below a folder, hidden ones as well."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_download_is_announced_verified_and_made_once(tmp_path: Path, upstream: Upstream) -> None:
    """A line with the licence, the pinned bytes in the cache, and no second request, also offline."""
    lines: list[str] = []
    data = DataFiles(None, tmp_path, allow_download=True, announce=lines.append)
    assert data.text("example/set", "data/a.csv") == TEXT.decode()
    assert data.text("example/set", "data/a.csv") == DataFiles(None, tmp_path).text("example/set", "data/a.csv")
    assert lines == ["downloading example/set/data/a.csv (licence: CC0 1.0)"]
    assert upstream.requested == ["/example/set/c0ffee/data/a.csv"]
    assert files_in(tmp_path) == ["example/set/c0ffee/data/a.csv"]


def test_a_member_of_an_archive_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, upstream: Upstream) -> None:
    """`archive.zip!member` downloads the archive once and checks the member."""
    only = Pin("example/set", "c0ffee", "all.zip!in/a.csv", "CC0 1.0", hashlib.sha256(TEXT).hexdigest())
    monkeypatch.setattr(module, "find", lambda repo, path: only)
    data = DataFiles(None, tmp_path, allow_download=True)
    assert data.text("example/set", "all.zip!in/a.csv") == data.text("example/set", "all.zip!in/a.csv") == TEXT.decode()
    assert upstream.requested == ["/example/set/c0ffee/all.zip"]


FAILURES = [
    ("404", NotAvailableError, r"no such file \(HTTP 404\); set TRUSTDELTA_DATA"),
    ("403", NotAvailableError, r"refuses it \(HTTP 403\); set TRUSTDELTA_DATA"),
    ("503", NotAvailableError, r"HTTP 503; try again later"),
    ("cut", NotAvailableError, r"broke off \(ProtocolError\); run the command again"),
    ("silent", NotAvailableError, r"less than 1000 bytes a second; try again later"),
    ("slow", NotAvailableError, r"less than 1000 bytes a second; try again later"),
    ("other bytes", DataError, r"is not the pinned file: .*; run the command again, or set TRUSTDELTA_DATA"),
]


@pytest.mark.parametrize(("how", "error", "line"), FAILURES, ids=[how for how, _, _ in FAILURES])
def test_a_failed_download_is_one_line_and_leaves_nothing(
    how: str,
    error: type[TrustdeltaError],
    line: str,
    tmp_path: Path,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line names the address and the cure; the next run downloads the file as if nothing had happened."""
    monkeypatch.setattr(download, "SILENT_SECONDS", 0.5)
    upstream.how = how
    data = DataFiles(None, tmp_path, allow_download=True)
    with pytest.raises(error, match=line) as caught:
        data.text("example/set", "data/a.csv")
    assert "\n" not in str(caught.value)
    assert f"{upstream.address}/example/set/c0ffee/data/a.csv" in str(caught.value)
    assert files_in(tmp_path) == []
    upstream.how = "whole"
    assert data.text("example/set", "data/a.csv") == TEXT.decode()


def test_a_killed_download_leaves_nothing(tmp_path: Path, upstream: Upstream) -> None:
    """A process that is killed while a file arrives leaves no part of it in the cache."""
    upstream.how = "silent"
    program = f"from trustdelta.data.download import retrieve; import pathlib; retrieve({upstream.address + '/a'!r}, "
    killed = subprocess.Popen([sys.executable, "-c", f"{program}pathlib.Path({str(tmp_path / 'a')!r}))"])
    while not upstream.requested:
        time.sleep(0.01)
    time.sleep(0.2)
    killed.kill()
    assert killed.wait() != 0
    assert files_in(tmp_path) == []


def test_nothing_is_requested_offline(tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without permission a missing file is one line with what to allow, and no request."""
    monkeypatch.setenv("TRUSTDELTA_OFFLINE", "1")
    with pytest.raises(NotAvailableError, match="allow downloads"):
        open_source(cache_dir=tmp_path, allow_download=True).text("example/set", "data/a.csv")
    assert upstream.requested == []


def test_an_unreachable_server_is_connected_to_once(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without a network waits for one connection, not for one of every file."""
    upstream.shutdown()
    upstream.server_close()
    data = DataFiles(None, tmp_path, allow_download=True)
    with pytest.raises(NotAvailableError, match=r"127\.0\.0\.1:\d+ not reachable; try again later, or set"):
        data.text("example/set", "data/a.csv")
    monkeypatch.setattr("requests.get", lambda *_, **__: pytest.fail("a second connection"))
    with pytest.raises(NotAvailableError, match="not reachable"):
        data.text("example/set", "data/a.csv")


def test_a_wrong_address_is_named(tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is none is an error of the setting."""
    monkeypatch.setenv("TRUSTDELTA_DATA_URL", "/srv/mirror")
    with pytest.raises(ConfigError, match="TRUSTDELTA_DATA_URL: found '/srv/mirror', wanted an http or https address"):
        DataFiles(None, tmp_path, allow_download=True).text("example/set", "data/a.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_cache_without_permission_is_named(tmp_path: Path, upstream: Upstream) -> None:
    """A cache that cannot be written is not taken for a failed download."""
    tmp_path.chmod(0o500)
    with pytest.raises(FolderError, match="TRUSTDELTA_CACHE"):
        DataFiles(None, tmp_path, allow_download=True).text("example/set", "data/a.csv")
    tmp_path.chmod(0o700)


def test_a_file_in_place_of_the_cache_is_named(tmp_path: Path, upstream: Upstream) -> None:
    """As above, for everyone."""
    (tmp_path / "cache").write_text("a file", "utf-8")
    with pytest.raises(FolderError, match="set TRUSTDELTA_CACHE to a writable folder"):
        DataFiles(None, tmp_path / "cache", allow_download=True).text("example/set", "data/a.csv")
