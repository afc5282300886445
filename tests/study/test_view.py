"""`trustdelta view`: run folders on a local page, on a real socket."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from report_fixtures import HOSTILE, RESULT, poisoned

from trustdelta.errors import FolderError
from trustdelta.records import AuditResult
from trustdelta.report.verdict_json import dumps
from trustdelta.study.view import ViewServer, runs_in


def saved(folder: Path, result: AuditResult = RESULT) -> Path:
    """A run folder with a verdict."""
    folder.mkdir(parents=True)
    (folder / "verdict.json").write_text(dumps(result), "utf-8")
    return folder


@contextmanager
def served(*folders: Path) -> Iterator[ViewServer]:
    """The page over these folders, on a free port."""
    with ViewServer(folders) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


def get(server: ViewServer, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.request("GET", path, headers=headers)
    reply = connection.getresponse()
    answer = reply.status, reply.read().decode(), {k.lower(): v for k, v in reply.getheaders()}
    connection.close()
    return answer


def test_runs_are_looked_for_in_folders_of_runs(tmp_path: Path) -> None:
    """A run, a folder of runs and a study's folder are all taken; each run is listed once."""
    one, two = saved(tmp_path / "runs" / "a"), saved(tmp_path / "study" / "runs" / "b")
    assert runs_in([tmp_path / "runs", one, tmp_path / "study"]) == [one, two]
    with pytest.raises(FolderError, match=r"found no verdict\.json"):
        runs_in([tmp_path / "none"])


def test_the_list_leads_to_reports_and_comparisons(tmp_path: Path) -> None:
    """Each run has its verdict, coverage and a link to its report; two chosen runs are compared."""
    saved(tmp_path / "first")
    saved(tmp_path / "second", replace(RESULT, candidate=replace(RESULT.candidate, name="organism:rl")))
    with served(tmp_path) as server:
        root = f"/{server.key}/"
        status, page, headers = get(server, root)
        assert status == 200
        assert re.findall(r'href="(run/\d)">(\w+)<', page) == [("run/0", "first"), ("run/1", "second")]
        assert "6 of 6 dimensions" in page
        assert "form-action 'self'" in headers["content-security-policy"]
        report = get(server, f"{root}run/1")
        assert "organism:rl" in report[1]
        assert "Sample browser" not in report[1], "a verdict alone has no samples"
        compared = get(server, f"{root}compare?run=0&run=1")
        assert "Audits side by side" in compared[1]
        assert {p.name for p in (tmp_path / "first").iterdir()} == {"verdict.json"}, "nothing is written"


def test_nothing_from_outside_is_answered_or_loaded(tmp_path: Path) -> None:
    """Another key, host or origin gets 404; no page names an outside address; no path leaves the list."""
    saved(tmp_path / "run")
    with served(tmp_path) as server:
        root = f"/{server.key}/"
        for path, headers in (
            ("/", {}),
            (f"/{server.key}x/", {}),
            (root, {"Host": "evil.example"}),
            (root, {"Origin": "https://evil.example"}),
            (f"{root}run/1", {}),
            (f"{root}run/-1", {}),
            (f"{root}run/../../etc/passwd", {}),
            (f"{root}verdict.json", {}),
        ):
            assert get(server, path, **headers)[0] == 404, path
        for path in ("", "run/0"):
            _, page, headers = get(server, root + path)
            assert not re.search(r"https?://|src=", page)
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"
        assert server.server_address[0] == "127.0.0.1"


def test_too_few_or_damaged_runs_are_explained(tmp_path: Path) -> None:
    """One chosen run is no comparison; a run that cannot be read is listed with the reason and has no link."""
    saved(tmp_path / "good")
    saved(tmp_path / "torn")
    (tmp_path / "torn" / "verdict.json").write_text("{", "utf-8")
    with served(tmp_path) as server:
        root = f"/{server.key}/"
        page = get(server, root)[1]
        assert page.count('href="run/') == 1
        assert "torn/verdict.json" in page
        assert "two or more" in get(server, f"{root}compare?run=0")[1]
        assert "two or more" in get(server, f"{root}compare?run=0&run=99&run=x")[1]


def test_hostile_names_are_text(tmp_path: Path) -> None:
    """No string of a verdict becomes markup in the list."""
    for number, text in enumerate(HOSTILE):
        saved(tmp_path / str(number), poisoned(RESULT, text))
    with served(tmp_path) as server:
        page = get(server, f"/{server.key}/")[1]
    assert not re.search(r"<(script|img|svg|iframe)", page)
    assert page.count("<style") == 1
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
