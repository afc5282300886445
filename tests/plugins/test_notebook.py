"""The example notebook, executed from its first cell to its last by a real kernel.

TRUSTDELTA_NOTEBOOK names the Python of an environment in which trustdelta, polars, nbclient and ipykernel are
installed; without it, this test is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "audit.ipynb"
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=600, resources={"metadata": {"path": "."}}).execute()
print(nbformat.writes(notebook))
"""


def test_the_notebook_runs_and_shows_the_verdict(tmp_path: Path) -> None:
    """Every cell runs; the audit is displayed as HTML without script, and both frames as tables."""
    python = os.environ.get("TRUSTDELTA_NOTEBOOK", "")
    if not python:
        pytest.skip("TRUSTDELTA_NOTEBOOK names no Python in which nbclient and ipykernel are installed")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1"}
    command = [python, "-c", EXECUTE, str(NOTEBOOK)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    cells = json.loads(done.stdout)["cells"]
    shown = [o["data"].get("text/html", "") for c in cells for o in c.get("outputs", []) if "data" in o]
    pages = ["".join(page) for page in shown]
    assert "▼ regressed" in pages[0]
    assert "<script" not in "".join(pages)
    assert sum("<table" in page for page in pages) == 3


def test_the_stored_notebook_holds_no_output() -> None:
    """Outputs are made by running it, never kept in the repository."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert not [c for c in cells if c.get("outputs") or c.get("execution_count")]
