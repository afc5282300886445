"""The Dockerfile copies what the package is built from and installs what exists; building it needs a network."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_everything_that_is_copied_exists() -> None:
    """Files and folders, among them those that the build reads."""
    copied = [name for line in re.findall(r"^COPY (.+)$", TEXT, re.MULTILINE) for name in line.split()[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], "src"} <= set(copied)


def test_extras_and_torch_are_those_of_the_project() -> None:
    """Unknown extras would only be a warning of pip; torch is the version of the Makefile."""
    (extras,) = re.findall(r'"/source\[(.+)\]"', TEXT)
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()
    (version,) = re.findall(r"torch==(\S+)", TEXT)
    assert f"torch=={version}\n" in (ROOT / "Makefile").read_text("utf-8")


def test_it_does_not_run_as_root() -> None:
    """Models and data are third-party files."""
    assert re.search(r"^USER (?!root)\w+$", TEXT, re.MULTILINE)
