"""An audit that could not run a dimension says so: in the verdict, on the first screen and to a gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustdelta.cli.main import main
from trustdelta.records import Dimension, Verdict
from trustdelta.report.terminal import render
from trustdelta.report.verdict_json import loads

PAIR = ("audit", "organism:instruct", "organism:instruct-s1", "--no-drift", "--quiet", "--limit", "40")


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["trustdelta", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of two dimensions, of which the data of one are out of reach."""
    out = tmp_path_factory.mktemp("coverage") / "run"
    assert run(*PAIR, "--benchmark", "world_ethics", "--benchmark", "advglue", "--offline", "--out", str(out)) == 0
    return out


def test_a_dimension_without_data_is_not_measurable_and_so_is_the_audit(folder: Path) -> None:
    """Robustness was asked for and not run: the audit is not *preserved*, whatever ethics is."""
    result = loads((folder / "verdict.json").read_text("utf-8"))
    by_dimension = {d.dimension: d for d in result.dimensions}
    assert by_dimension[Dimension.ROBUSTNESS].verdict is Verdict.NOT_MEASURABLE
    assert by_dimension[Dimension.ROBUSTNESS].reason.startswith("not run: advglue: ")
    assert by_dimension[Dimension.ETHICS].verdict is not Verdict.NOT_MEASURABLE
    assert result.overall is Verdict.NOT_MEASURABLE


def test_the_first_screen_counts_what_was_run(folder: Path) -> None:
    """A row for the dimension, and the count in the headline."""
    shown = render(loads((folder / "verdict.json").read_text("utf-8")))
    assert "1 of 2 trust dimensions were run." in " ".join(shown.split())
    assert any(line.startswith("robustness") and "not measurable" in line for line in shown.splitlines())


def test_a_gate_without_a_policy_stops(folder: Path, tmp_path: Path) -> None:
    """Exit code 3, and the JUnit file holds the dimension as an error."""
    junit = tmp_path / "junit.xml"
    assert run("gate", str(folder), "--junit", str(junit)) == 3
    assert 'name="robustness"' in junit.read_text("utf-8")
    assert "advglue" in junit.read_text("utf-8")


def test_settings_override_a_saved_configuration(folder: Path, tmp_path: Path) -> None:
    """Flags of settings hold beside --config; flags that choose models or data are refused by name."""
    saved = str(folder / "config.yaml")
    assert run("audit", "--config", saved, "--seed", "3", "--quiet", "--out", str(tmp_path / "again")) == 0
    plan = json.loads((tmp_path / "again" / "verdict.json").read_text("utf-8"))["plan"]
    assert plan["seed"] == 3
    assert run("audit", "--config", saved, "--benchmark", "gsm8k", "--out", str(tmp_path / "other")) == 64
