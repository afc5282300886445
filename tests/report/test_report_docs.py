"""The examples in the report's guides are real: policies parse, workflows are YAML, commands have these options."""

from __future__ import annotations

import datetime
import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from trustdelta.cli.main import app
from trustdelta.cli.policy import check_policy
from trustdelta.report.policy import parse

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", (DOCS / "ci.md").read_text("utf-8"), re.DOTALL)
POLICY, PRE_COMMIT, ACTION = (text for language, text in BLOCKS if language == "yaml")
ROOT = DOCS.parent
WORKFLOW = (ROOT / "examples" / "trustdelta-audit.yml").read_text("utf-8")


def commands(text: str) -> list[list[str]]:
    """Every trustdelta command in a text, split as a shell does."""
    joined = re.sub(r"\n\s+--", " --", text)
    return [
        shlex.split(line.split("||")[0]) for line in re.findall(r"(?m)(?:^|run: |>\n\s+)(trustdelta [a-z].*)", joined)
    ]


def test_the_example_policy_is_a_policy(tmp_path: Path) -> None:
    """It parses, uses every key that a policy has, and `trustdelta policy` finds no mistake in it."""
    policy = parse(POLICY)
    assert set(type(policy).model_fields) == set(yaml.safe_load(POLICY))
    assert policy.allow[0].target == "world_bias.stereotype_rate"
    (tmp_path / "trustdelta.yaml").write_text(POLICY, "utf-8")
    assert check_policy(tmp_path / "trustdelta.yaml", datetime.date(2026, 12, 1)) == []


def test_the_example_of_the_action_names_its_inputs() -> None:
    """Every input exists, and every one that is required is given."""
    (step,) = yaml.safe_load(ACTION)
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    assert step["with"].keys() <= inputs.keys()
    assert {name for name, spec in inputs.items() if spec.get("required")} <= step["with"].keys()


def test_the_example_workflow_is_safe() -> None:
    """It is YAML with read permission alone, and no input is pasted into a shell command."""
    workflow = yaml.safe_load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["audit"]["steps"]
    assert not [step for step in steps if "${{" in step.get("run", "")]
    assert [words[1] for words in commands(WORKFLOW)] == ["policy", "audit", "gate"]


@pytest.mark.parametrize(
    "words", commands(WORKFLOW) + [c for kind, text in BLOCKS if not kind for c in commands(text)], ids=" ".join
)
def test_commands_have_these_options(words: list[str]) -> None:
    """The command line's own parser takes every example, options and values."""
    command = typer.main.get_command(app).commands[words[1]]  # type: ignore[attr-defined]
    assert command.make_context(words[1], words[2:]).params


def test_the_example_hook_is_ours() -> None:
    """The documented pre-commit hook is one that this repository offers, and its command is parsed."""
    (repository,) = yaml.safe_load(PRE_COMMIT)["repos"]
    (offered,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in repository["hooks"]] == [offered["id"]]
    assert offered["entry"] == "trustdelta policy"
    assert re.search(offered["files"], "configs/trustdelta.yaml")
    assert not re.search(offered["files"], "my-trustdelta.yaml")
