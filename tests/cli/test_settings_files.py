"""Every command that reads a settings file refuses a bomb, a key that stands twice, and a pipe without a writer."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from trustdelta.cli.main import main

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
ORGANISMS = ("organism:instruct", "organism:sft")
RECORDED = ("--baseline-responses", "a.jsonl", "--candidate-responses", "b.jsonl", "--benchmark", "coconot_original")
COMMANDS = {
    "policy": ("policy", "FILE"),
    "gate": ("gate", "run", "--policy", "FILE"),
    "columns": ("audit", *RECORDED, "--columns", "FILE"),
    "config": ("audit", "--config", "FILE"),
    "plan": ("plan", "--config", "FILE"),
    "study": ("study", "run", "FILE", "--out", "o"),
}
TWICE = {
    "policy": "margins: {xstest.over_refusal: 0.01}\nmargins: {xstest.over_refusal: 0.2}\n",
    "gate": "require: [safety]\nrequire: []\n",
    "columns": "prompt: question\nresponse: text\nprompt: other\n",
    "config": "benchmarks: [xstest]\nalpha: 0.05\nalpha: 0.4\n",
    "plan": "benchmarks: [xstest]\nmargins: {a: 0.1, a: 0.2}\n",
    "study": "pairs: [{name: a, baseline: x, candidate: y, name: b}]\n",
}


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and standard error of one command line."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0), capsys.readouterr().err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with recorded responses and a verdict, in which commands run."""
    from report_fixtures import RESULT

    from trustdelta.report.verdict_json import dumps

    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run/verdict.json").write_text(dumps(RESULT), "utf-8")
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text('{"prompt": "x", "response": "y"}\n', "utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_key_that_stands_twice_is_named(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first of two equal keys was dropped in silence, and with it a narrower margin or a required dimension."""
    (folder / "file.yaml").write_text(TWICE[command], "utf-8")
    code, error = run(monkeypatch, capsys, *(a.replace("FILE", "file.yaml") for a in COMMANDS[command]))
    assert (code, "twice" in error, error.count("\n")) == (64, True, 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bomb_of_aliases_is_refused_at_once(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten lines that stand for a billion values are refused in a second, in one short line."""
    (folder / "file.yaml").write_text(BOMB, "utf-8")
    start = time.process_time()
    code, error = run(monkeypatch, capsys, *(a.replace("FILE", "file.yaml") for a in COMMANDS[command]))
    assert time.process_time() - start < 5
    assert (code, "values" in error, error.count("\n")) == (64, True, 1)
    assert len(error) < 400


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_without_a_writer_does_not_hang(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A FIFO that nobody writes into is refused in one line."""
    monkeypatch.setattr("trustdelta.parsing.PATIENCE", 0.1)
    os.mkfifo(folder / "file.yaml")
    code, error = run(monkeypatch, capsys, *(a.replace("FILE", "file.yaml") for a in COMMANDS[command]))
    assert (code, "pipe" in error, error.count("\n")) == (64, True, 1)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("margins={m: .inf}", "finite"),
        ("margins={m: 1, m: 2}", "twice"),
        ("seed=0x" + "F" * 6000, "64 bits"),
        ("seed=" + "9" * 6000, "64 bits"),
        ("benchmarks=[", "YAML"),
        ("candidate.options={since: !!set {a}}", "YAML"),
        ("alpha=1e400", "alpha"),
        ("alpha=.nan", "alpha"),
        ("effects={1: 2}", "text"),
    ],
    ids=lambda text: text[:24],
)
def test_values_on_the_command_line_are_read_as_strictly(
    setting: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--set` refuses what a file refuses: one line, exit code 64."""
    code, error = run(monkeypatch, capsys, "plan", *ORGANISMS, "--set", setting)
    assert (code, error.count("\n")) == (64, 1)
    assert says in error
    assert len(error) < 400


def test_an_option_given_twice_for_one_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which of two values for one key was meant is not guessed."""
    code, error = run(monkeypatch, capsys, "plan", *ORGANISMS, "--set", "alpha=0.05", "--set", "alpha=0.4")
    assert (code, "alpha twice" in error) == (64, True)
