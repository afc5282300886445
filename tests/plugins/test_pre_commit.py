"""The policy hook, run by the real pre-commit from this checkout.

TRUSTDELTA_PRE_COMMIT names the Python of an environment in which pre-commit is installed; without it, this test is
skipped. pre-commit installs trustdelta with its dependencies from the package index.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.network]

ROOT = Path(__file__).parents[2]
ENDED = "allow: [{metric: gsm8k.accuracy, reason: known, expires: 2020-01-01}]\n"


def git(*arguments: str, folder: Path) -> None:
    """Run git as somebody."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_hook_stops_a_commit_with_an_ended_allowance(tmp_path: Path) -> None:
    """A sound policy passes and a mistaken one fails with its line; other files do not start the hook."""
    python = os.environ.get("TRUSTDELTA_PRE_COMMIT", "")
    if not python:
        pytest.skip("TRUSTDELTA_PRE_COMMIT names no Python in which pre-commit is installed")
    source, user = tmp_path / "trustdelta", tmp_path / "user"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    user.mkdir()
    git("init", "-q", folder=user)
    environment = os.environ | {"PRE_COMMIT_HOME": str(tmp_path / "home"), "PYTHONPATH": ""}

    def hook(text: str) -> tuple[int, str]:
        (user / "trustdelta.yaml").write_text(text, "utf-8")
        git("add", ".", folder=user)
        command = [python, "-m", "pre_commit", "try-repo", str(source), "trustdelta-policy", "--all-files"]
        done = subprocess.run(command, cwd=user, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = hook("require: [safety]\n")
    assert (code, "Passed" in said) == (0, True), said
    code, said = hook(ENDED)
    assert code != 0
    assert "gsm8k.accuracy ended on 2020-01-01" in said
