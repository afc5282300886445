"""`trustdelta policy`: what is wrong with a policy is said where it is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trustdelta.cli.main import main

SOUND = """
require: [safety]
margins: {xstest.over_refusal: 0.02}
allow: [{metric: gsm8k.accuracy, reason: known, expires: 2999-01-01}]
"""
WRONG = [
    ("require: [saftey]", "require.0"),
    ("allow: [{metric: gsm8k.accuracy, expires: 2999-01-01}]", "allow.0.reason"),
    ("allow: [{metric: gsm8k.accuracy, reason: ' ', expires: 2999-01-01}]", "allow.0.reason"),
    ("margins: {xstest.over_refusal: -1}", "margins.xstest.over_refusal"),
    ("margins: {xstest.over_refusals: 0.02}", "did you mean 'xstest.over_refusal'?"),
    ("allow: [{metric: gsm8k.accuracy, reason: known, expires: 2020-01-01}]", "gsm8k.accuracy ended on 2020-01-01"),
    (
        "allow: [{dimension: bias, reason: a, expires: 2999-01-01}, {dimension: bias, reason: b, expires: 2999-01-02}]",
        "bias is allowed twice for regressed",
    ),
    ("require: [", "cannot be read as YAML"),
]


def run(monkeypatch: pytest.MonkeyPatch, *files: Path) -> int:
    """The exit code of the command for these files."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", "policy", *map(str, files)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_a_sound_policy_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One line and 0, for as many files as are given."""
    file = tmp_path / "trustdelta.yaml"
    file.write_text(SOUND, "utf-8")
    assert run(monkeypatch, file, file) == 0
    assert capsys.readouterr().out.startswith("2 valid: ")


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_mistakes_are_named(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit code 64, and a line with the file, what was found and what to do."""
    file = tmp_path / "trustdelta.yaml"
    file.write_text(text, "utf-8")
    assert run(monkeypatch, file) == 64
    told = capsys.readouterr().err
    assert said in told
    assert str(file) in told
