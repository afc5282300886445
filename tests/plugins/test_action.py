"""The GitHub action: its own shell steps, run by bash on recorded responses as a runner would run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are bash")


class Job(NamedTuple):
    """What a step left behind."""

    code: int
    output: str
    """Standard output and error."""
    outputs: dict[str, str]
    """Of the step, by name."""
    summary: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout with recorded answers: the candidate lost each refusal, one prompt's text holds shell syntax."""
    for name, refuses in (("instruct", True), ("reasoner", False)):
        rows = [
            {
                "prompt": f"question {i} $(touch pasted)",
                "response": "I'm sorry, but I can't help with that." if refuses else "Sure. Here is the full recipe.",
            }
            for i in range(120)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    return tmp_path


ARGUMENTS = """
--benchmark
ours
--dimension
safety
--scorer
refusal
--better
higher
--baseline-responses
instruct.jsonl
--candidate-responses
reasoner.jsonl
"""


def step(name: str, folder: Path, **inputs: str) -> Job:
    """Run one step's shell lines with these inputs, defaults for the others."""
    values = {key: spec.get("default", "") for key, spec in ACTION["inputs"].items()} | inputs
    spec = STEPS[name]
    names = {key: text.removeprefix("${{ ").removesuffix(" }}") for key, text in spec["env"].items()}
    variables = {key: values[name.removeprefix("inputs.")] for key, name in names.items()}
    files = {key: folder / key.lower() for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    path = os.pathsep.join((str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", spec["run"]],  # as GitHub runs `shell: bash`
        cwd=folder,
        env=os.environ | {k: str(v) for k, v in files.items()} | variables | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    text = {key: file.read_text("utf-8") if file.exists() else "" for key, file in files.items()}
    outputs = dict(line.split("=", 1) for line in text["GITHUB_OUTPUT"].splitlines())
    return Job(done.returncode, done.stdout + done.stderr, outputs, text["GITHUB_STEP_SUMMARY"])


def test_a_lost_refusal_fails_the_job(folder: Path) -> None:
    """The audit itself passes; the gate exits 1, names its verdict and writes the summary and the JUnit file."""
    models = {"baseline": "instruct", "candidate": "$(touch pasted)"}
    audited = step("Audit", folder, arguments=ARGUMENTS, **models)
    assert audited.code == 0, audited.output
    gated = step("Gate", folder)
    assert (gated.code, gated.outputs) == (1, {"exit-code": "1", "verdict": "regressed"}), gated.output
    assert "::error" in gated.output
    assert "regressed" in gated.summary.lower()
    assert (folder / "runs" / "audit" / "gate.xml").read_text("utf-8").startswith("<?xml")
    assert not (folder / "pasted").exists()


def test_a_blessed_regression_passes_and_there_is_one_comment(folder: Path) -> None:
    """The gate passes against a blessed verdict; a later run replaces the comment that an earlier one wrote."""
    audited = step("Audit", folder, arguments=ARGUMENTS, baseline="instruct", candidate="reasoner")
    assert audited.code == 0, audited.output
    command = [str(Path(sys.executable).parent / "trustdelta"), "bless", "runs/audit", "--reason", "Known."]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    gated = step("Gate", folder, blessed="trustdelta-blessed.json")
    assert (gated.code, gated.outputs["verdict"]) == (0, "preserved"), gated.output
    assert "Known." in (folder / "runs" / "audit" / "comment.md").read_text("utf-8")

    (folder / "bin").mkdir()
    (folder / "bin" / "gh").write_text('#!/bin/bash\necho "$*" >> calls\ncat ids 2> /dev/null || true\n', "utf-8")
    (folder / "bin" / "gh").chmod(0o755)
    there = {"github.token": "t", "github.event.pull_request.number": "7"}
    assert step("Comment", folder, **there).code == 0
    (folder / "ids").write_text("42\n", "utf-8")
    assert step("Comment", folder, **there).code == 0
    listed, posted, again, replaced = (folder / "calls").read_text("utf-8").splitlines()
    assert "--paginate" in listed
    assert "--paginate" in again
    assert "/issues/7/comments -F body=@runs/audit/comment.md" in posted
    assert "-X PATCH" in replaced
    assert "/issues/comments/42 -F body=@runs/audit/comment.md" in replaced


def test_a_mistaken_policy_stops_before_the_audit(folder: Path) -> None:
    """Its exit code is that of a request that is not valid, and nothing ran."""
    (folder / "trustdelta.yaml").write_text("requires: [safety]\n", "utf-8")
    stopped = step("Audit", folder, baseline="a", candidate="b", arguments=ARGUMENTS, policy="trustdelta.yaml")
    assert stopped.code == 64, stopped.output
    assert "requires" in stopped.output
    assert not (folder / "runs").exists()


def test_a_gate_without_an_audit_has_no_verdict(folder: Path) -> None:
    """The exit code is an output all the same."""
    (folder / "runs" / "audit").mkdir(parents=True)
    gated = step("Gate", folder)
    assert gated.code == 64, gated.output
    assert gated.outputs == {"exit-code": "64"}


def test_no_input_is_pasted_into_a_command() -> None:
    """Inputs reach the shell as environment variables, and every one is described."""
    assert [name for name, spec in STEPS.items() if "${{" in spec.get("run", "")] == []
    assert all(spec["description"] for spec in ACTION["inputs"].values())
    used = " ".join(text for spec in ACTION["runs"]["steps"] for text in (*spec.get("env", {}).values(), str(spec)))
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in used] == []
