"""Three newcomers in an empty home folder: what they type, without a guess, and the exit codes that they get."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import harness_files
import pytest
from commands import ROOT

from trustdelta import organisms

RESPONSES = (
    "--baseline-responses a.jsonl --candidate-responses b.jsonl --scorer refusal --dimension safety --better lower"
)

FOLDERS = [
    ("audit instruct reasoner --offline --limit 20 --no-drift --out runs/first", 0),
    ("gate runs/first", 3),  # most dimensions have no data here, which the headline counts
    ("report runs/first --include-text", 0),
]
RUBRIC = [
    ("judges init my_rubric.yaml", 0),
    (f"audit {RESPONSES} --judge my_rubric.yaml=outputs.csv --out runs/rubric", 0),
    ("gate runs/rubric", 2),  # without human labels the judge's difference is no verdict yet
    ("judges label runs/rubric --sheet labels.csv", 0),
]
LM_EVAL = [
    (
        "audit --baseline-responses lm_eval_a.jsonl --candidate-responses lm_eval_b.jsonl --scorer recorded "
        "--better higher --dimension capability --out runs/lm-eval",
        0,
    ),
    ("report runs/lm-eval --table metrics.csv", 0),
]


class Newcomer:
    """A folder to work in, an empty home, and none of the variables of this process."""

    def __init__(self, place: Path) -> None:
        self.work, self.home = place / "work", place / "home"
        self.work.mkdir()
        self.home.mkdir()

    def types(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run one command line."""
        environment = {"HOME": str(self.home), "PATH": os.defpath, "PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-m", "trustdelta", *shlex.split(line)]
        return subprocess.run(
            command, cwd=self.work, env=environment, capture_output=True, text=True, timeout=900, check=False
        )

    def follows(self, script: list[tuple[str, int]]) -> list[str]:
        """Run a script; every exit code is the one of the script. Returns what was printed."""
        done = [self.types(line) for line, _ in script]
        assert [d.returncode for d in done] == [code for _, code in script], [d.stderr for d in done]
        assert not any("Traceback" in d.stderr or "Warning" in d.stderr for d in done)
        return [" ".join(d.stdout.split()) for d in done]


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    """Somebody who just installed the package."""
    return Newcomer(tmp_path)


@pytest.mark.slow
def test_two_local_model_folders(newcomer: Newcomer) -> None:
    """One command audits them; what could not be run is said once, counted in the headline, and stops a gate."""
    for name, organism in (("instruct", "instruct"), ("reasoner", "sft")):
        shutil.copytree(organisms.folder(organism), newcomer.work / name)
    audited, gated, _ = newcomer.follows(FOLDERS)
    assert "1 of 6 trust dimensions were run." in audited
    assert audited.count("(not run: data") == 6  # five trust dimensions, and capability
    assert audited.count("were not run: ") == 1
    assert gated.startswith("not_measurable: Not measurable: safety")
    assert (newcomer.work / "runs/first/report.html").is_file()


def test_responses_and_a_rubric(newcomer: Newcomer) -> None:
    """A judge's outputs in a file decide: the rates are those of the outputs, and the labels to collect are named."""
    rows = {
        name: [(harness_files.question(n), harness_files.answer(n, every)) for n in range(harness_files.N)]
        for name, every in (("a", 20), ("b", 4))
    }
    for name, pairs in rows.items():
        text = "".join(json.dumps({"prompt": q, "response": a}) + "\n" for q, a in pairs)
        (newcomer.work / f"{name}.jsonl").write_text(text, "utf-8")
    with (newcomer.work / "outputs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("prompt", "answer", "output"))
        for question, answer in {pair for pairs in rows.values() for pair in pairs}:
            writer.writerow((question, answer, "REFUSES" if answer == harness_files.REFUSED else "COMPLIES"))
    _, audited, gated, _ = newcomer.follows(RUBRIC)
    assert "5.0% 25.0%" in audited
    assert "judge-limited" in audited
    assert gated.startswith("inconclusive: ")
    assert len((newcomer.work / "labels.csv").read_text("utf-8").splitlines()) > 2


def test_another_harness_logs(newcomer: Newcomer) -> None:
    """Two logs of lm-eval are one command: the recorded scores are compared, with an interval."""
    harness_files.write(newcomer.work)
    audited, _ = newcomer.follows(LM_EVAL)
    assert re.search(r"Recorded score 95\.0% 75\.0% −20\.0 \[", audited)
    assert "recorded" in (newcomer.work / "metrics.csv").read_text("utf-8")


def test_a_judge_file_that_fits_no_text_is_refused(newcomer: Newcomer) -> None:
    """Outputs for other texts are one line and exit 3; the same command reads the corrected file, and so does score."""
    for name in ("a", "b"):
        rows = [{"prompt": harness_files.question(n), "response": f"Answer {n} of {name}."} for n in range(40)]
        (newcomer.work / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    outputs = newcomer.work / "outputs.csv"
    outputs.write_text("prompt,answer,output\nanother,answer,REFUSES\n", "utf-8")
    newcomer.follows(RUBRIC[:1])
    first = newcomer.types(RUBRIC[1][0])
    assert (first.returncode, first.stderr.splitlines()[-1].count("for none of the 80 texts")) == (3, 1)
    outputs.write_text(f"prompt,answer,output\n{harness_files.question(0)},Answer 0 of a.,COMPLIES\n", "utf-8")
    again = newcomer.types(RUBRIC[1][0])
    assert (again.returncode, "79 of 80 texts have no output" in again.stderr) == (0, True)
    outputs.write_text(
        "prompt,answer,output\n"
        + "".join(f"{harness_files.question(n)},Answer {n} of {m}.,COMPLIES\n" for n in range(40) for m in "ab"),
        "utf-8",
    )
    rescored = newcomer.types("score runs/rubric")
    assert (rescored.returncode, "its outputs are read again" in rescored.stderr) == (0, True)
    assert "0.0% 0.0%" in " ".join(rescored.stdout.split())
    assert "its file of outputs changed after it was read" in (newcomer.work / "runs/rubric/report.md").read_text(
        "utf-8"
    )
