"""The README is short, and its first screen is the output of `make demo`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT

from trustdelta.benchmarks import registry
from trustdelta.report.terminal import KEY

README = (ROOT / "README.md").read_text("utf-8")
SCREEN = README.split("```\n")[1]
WORDS = 600
"""Most words of the README, commands and tables included."""


def test_the_readme_is_short() -> None:
    """A reader is done in two or three minutes."""
    assert len(README.split()) < WORDS


def test_the_first_screen_has_today_s_titles_and_columns() -> None:
    """Each row is a primary metric of the real pair's audit under its title; the table's key is the terminal's."""
    table = SCREEN.split("\n\n")[1].splitlines()
    head, _, *rows, key = table
    metric = slice(head.index("Metric"), head.index("Base") - 2)
    shown = " ".join(row[metric] for row in rows)
    named = {"strongreject.harmful_refusal", "xstest.over_refusal"}
    titles = [m.title for name in ("strongreject", "xstest") for m in registry.load(name).metrics if m.name in named]
    assert shown.split() == " ".join(titles).split()
    assert key == KEY


@pytest.mark.slow
def test_the_first_screen_is_the_output_of_the_demo(tmp_path: Path) -> None:
    """The first command of the demo prints the first screen, character by character."""
    command = re.search(
        r"^demo: install\n.*\n\t\$\(BIN\)/trustdelta (.*) --out ", (ROOT / "Makefile").read_text("utf-8"), re.M
    )
    assert command is not None
    words = [*command[1].split(), "--out", str(tmp_path / "demo")]
    done = subprocess.run(
        [sys.executable, "-m", "trustdelta.cli.main", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.rpartition("report: ")[0] == SCREEN
