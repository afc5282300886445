"""Hostile strings in a report, opened in a real headless Chromium: nothing runs, nothing is asked of the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import browser, shown
from hostile_strings import LEAST, strings
from report_fixtures import EXTRAS, RESULT, poisoned, poisoned_extras

from trustdelta.report.html import render
from trustdelta.report.markdown import render as render_markdown

CHROMIUM = browser()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium"),
]


def saved(folder: Path, name: str, html: str) -> Path:
    """A page on disk."""
    path = folder / name
    path.write_bytes(html.encode("utf-8", "backslashreplace"))
    return path


def file_name(number: int, text: str) -> str:
    """A file name that holds as much of a hostile string as a file system takes."""
    return f"{number} {text.replace('/', '∕').replace(chr(0), '')[:60].encode('utf-8', 'replace').decode()}.html"


def test_no_hostile_string_runs_or_loads_anything(tmp_path: Path) -> None:
    """Each as model output, thought, prompt, model name, reason and file name: 0 executions, 0 requests."""
    corpus = strings()
    assert len(set(corpus)) >= LEAST
    pages = []
    for number, text in enumerate(corpus):
        html = render(poisoned(RESULT, text), poisoned_extras(EXTRAS, text))
        assert html.count(f"top.postMessage(`ran`+{number},") > 10 or "postMessage" not in text
        pages.append(saved(tmp_path, file_name(number, text), html))
    assert CHROMIUM is not None
    seen = shown(pages, CHROMIUM)
    assert seen.frames == len(corpus)
    assert (seen.ran, seen.requests) == ((), ())


def test_the_same_strings_run_where_they_are_taken_for_markup(tmp_path: Path) -> None:
    """The browser and the proxy do see what runs: unescaped, the same strings run and load by the dozen."""
    pages = [saved(tmp_path, f"{n}.html", f"<!DOCTYPE html><title>x</title><p>{t}") for n, t in enumerate(strings())]
    assert CHROMIUM is not None
    seen = shown(pages[:90], CHROMIUM)
    assert len(set(seen.ran)) > 30
    assert len(seen.requests) > 30


def test_markdown_reports_hold_no_markup() -> None:
    """In Markdown no hostile string leaves an unescaped tag, link, image or formula."""
    for text in strings():
        written = render_markdown(poisoned(RESULT, text), poisoned_extras(EXTRAS, text))
        for mark in ("<script", "<img", "<svg", "<iframe", "<style", "](javascript", "![x]("):
            assert mark not in written.replace("\\<", "‹").lower().replace("\\!", "¡").replace("\\]", "›"), text
