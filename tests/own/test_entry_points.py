"""Installed distributions add benchmarks, scorers, judges and engines by entry points; a broken one is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
from dataclasses import replace

from trustdelta.benchmarks.base import Benchmark, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.tables import ask
from trustdelta.engines.base import EngineBase
from trustdelta.judges.guards import registry
from trustdelta.records import Better, Dimension, Finish, Judgement, Outcome, Response
from trustdelta.scorers.base import Scorer

SCORER = Scorer("acme_length", "3", lambda prompt, text: Judgement(min(len(text) / 100, 1.0)))
BENCHMARK = Benchmark(
    name="acme_greetings",
    title="Greetings",
    dimension=Dimension("brand_voice"),
    specs=[MetricSpec("length", "acme_length", "Length", Better.LOWER)],
    load=lambda data: [ask("acme_greetings", f"Say hello to guest {n}.") for n in range(12)],
    proofs=lambda prompts: [KnownAnswer("short", prompts[0], "Hello you", {"acme_length": 0.09}, Outcome.ANSWERED)],
)


class Engine(EngineBase):
    def __init__(self, model, batch_size):
        raise RuntimeError("no licence for this engine")

    def generate(self, batch):
        return []


def guards():
    return replace(next(iter(registry._REGISTRY.built_in().values())), name="acme_judge")


GUARD = guards()
"""
POINTS = {
    "trustdelta.benchmarks": "acme = acme_trust:BENCHMARK",
    "trustdelta.scorers": "acme = acme_trust",
    "trustdelta.judges": "acme = acme_trust:GUARD",
    "trustdelta.engines": "acme = acme_trust:Engine",
}


def install(folder: Path, module: str, points: dict[str, str]) -> Path:
    """A distribution in a folder, as an installer leaves it."""
    (folder / "acme_trust.py").write_text(module, "utf-8")
    info = folder / "acme_trust-1.4.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-trust\nVersion: 1.4\n", "utf-8")
    text = "".join(f"[{group}]\n{point}\n" for group, point in points.items())
    (info / "entry_points.txt").write_text(text, "utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command with the distribution installed."""
    path = os.pathsep.join([str(folder), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-m", "trustdelta", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)


def test_a_distribution_adds_all_four_kinds(tmp_path: Path) -> None:
    """Its benchmark is listed and proven with its scorer, its judge listed; its failing engine is one line."""
    install(tmp_path, MODULE, POINTS)
    checked = run(tmp_path, "benchmarks", "check", "acme_greetings")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "proven on data    acme_greetings" in checked.stdout
    assert "acme_judge" in run(tmp_path, "judges", "list").stdout
    audit = ("audit", "acme:any", "organism:sft", "--benchmark", "acme_greetings", "--out", "run")
    opened = run(tmp_path, *audit)
    assert opened.returncode == 3
    assert opened.stderr.splitlines()[-1].endswith(
        "acme-trust 1.4: its engine 'acme' fails (RuntimeError: no licence for this engine); upgrade or uninstall it."
    )
    assert "distribution: acme-trust 1.4" in (tmp_path / "run" / "config.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            "import absent_of_acme",
            "fails (ModuleNotFoundError: No module named 'absent_of_acme'); upgrade or uninstall",
        ),
        ("BENCHMARK = 7", "gives int, wanted a benchmark, several, or a module that defines BENCHMARK"),
        (MODULE.replace('"acme_greetings"', '"xstest"'), "its benchmark 'xstest' has the name of another one"),
    ],
    ids=["import", "type", "name"],
)
def test_a_broken_distribution_is_named(module: str, message: str, tmp_path: Path) -> None:
    """One line with the distribution's name and version, and the exit code of a usage error."""
    install(tmp_path, module, {"trustdelta.benchmarks": "acme = acme_trust:BENCHMARK"})
    done = run(tmp_path, "benchmarks", "list")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (64, "", 1)
    assert "acme-trust 1.4: its" in done.stderr
    assert message in done.stderr
