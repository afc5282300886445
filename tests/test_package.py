"""The package as users get it: wheel and sdist, installed in a clean environment, away from the repository.

TRUSTDELTA_BUILD names a Python 3.11 with the package `build`; without it, these tests are skipped. The dependencies
come from the package index.
"""

from __future__ import annotations

import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.network]

ROOT = Path(__file__).parents[1]
DATA = (".safetensors", ".json", ".toml", ".css", ".j2", ".typed", ".npz")
"""Endings of files that are no code and must be there as well."""
AUDIT = (
    *("audit", "organism:instruct", "organism:sft", "--benchmark", "world_safety", "--out", "run"),
    *("--set", "prompts_per_metric=20", "--set", "drift_prompts_per_benchmark=2"),
)


def run(*command: str | Path, folder: Path, ok: tuple[int, ...] = (0,)) -> str:
    """What a command prints, in a folder of its own and without the repository on its path."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in ok, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist, built from a clean copy; the wheel is built from the sdist."""
    python = os.environ.get("TRUSTDELTA_BUILD", "")
    if not python:
        pytest.skip("TRUSTDELTA_BUILD names no Python with the package build")
    folder = tmp_path_factory.mktemp("package")
    run("git", "clone", "-q", "--depth", "1", f"file://{ROOT}", folder / "clone", folder=folder)
    run(python, "-m", "build", "--outdir", folder / "dist", folder / "clone", folder=folder)
    return folder


def inside(folder: Path) -> set[str]:
    """Files of the package in the clone, as paths below `trustdelta`."""
    source = folder / "clone" / "src"
    return {p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts}


def test_wheel_and_sdist_hold_every_file_and_are_small(built: Path) -> None:
    """Weights, pins, templates and organisms are in both; tests, docs and shared data are in no wheel."""
    (wheel,), (sdist,) = built.glob("dist/*.whl"), built.glob("dist/*.tar.gz")
    wanted = inside(built)
    assert {Path(name).suffix for name in wanted} & set(DATA) >= {".safetensors", ".json", ".toml", ".css", ".j2"}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == wanted
    with tarfile.open(sdist) as archive:
        names = {name.partition("/src/")[2] for name in archive.getnames()}
    assert wanted <= names
    assert wheel.stat().st_size < 32 << 20
    assert sdist.stat().st_size < 64 << 20


@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
def test_an_installed_package_audits_away_from_the_repository(built: Path, kind: str) -> None:
    """A clean environment: version, an audit of two organisms, its gate, and the fixture that it brings."""
    python, place, away = os.environ["TRUSTDELTA_BUILD"], built / kind, built / f"away-{kind}"
    run(python, "-m", "venv", place, folder=built)
    (package,) = built.glob(f"dist/*.{kind}")
    pip = (place / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
    run(*pip, "torch==2.13.0", folder=built)
    run(*pip, "-c", ROOT / "constraints.txt", f"{package}[local,tables]", "pytest", folder=built)
    away.mkdir()
    (away / "trustdelta.yaml").write_text("require: [safety]\n", "utf-8")
    command = place / "bin" / "trustdelta"
    assert run(command, "--version", folder=away).startswith("trustdelta 0.1.0\n")
    assert "regressed" in run(command, *AUDIT, folder=away)
    run(command, "gate", "run", "--policy", "trustdelta.yaml", folder=away, ok=(1,))
    assert "sound" in run(command, "policy", "trustdelta.yaml", folder=away)
    assert "trust_audit" in run(place / "bin" / "python", "-m", "pytest", "--fixtures", "-q", folder=away, ok=(0, 5))
