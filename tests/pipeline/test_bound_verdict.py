"""A verdict belongs to its run: files of another run, and rows that changed since, are refused by name."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import trustdelta
from trustdelta.api import Audit
from trustdelta.cli.main import main
from trustdelta.errors import StoreError
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.pipeline.run import rerun

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs of different audits, `a` and `b`."""
    folder = tmp_path_factory.mktemp("bound")
    for name, candidate in (("a", "organism:sft"), ("b", "organism:instruct")):
        trustdelta.audit(
            "organism:instruct",
            candidate,
            out=folder / name,
            benchmarks=("world_toxicity",),
            prompts_per_metric=24,
            drift=False,
        )
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    """A copy of both, to be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "runs"))


def gate(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> int:
    """The exit code of the gate."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", "gate", str(folder), *more])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def copied(*names: str) -> Callable[[Path], None]:
    """Files of one run put into the other's folder."""

    def spoil(runs: Path) -> None:
        for name in names:
            shutil.copyfile(runs / "b" / name, runs / "a" / name)

    return spoil


def executed(statement: str) -> Callable[[Path], None]:
    """A statement run in the database, its own triggers included."""

    def spoil(runs: Path) -> None:
        with closing(sqlite3.connect(runs / "a" / "run.sqlite")) as db, db:
            db.executescript(statement)

    return spoil


def edited(runs: Path) -> None:
    """The verdict's word changed, and its checksum with it."""
    import hashlib

    path, listed = runs / "a" / "verdict.json", runs / "a" / "SHA256SUMS"
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(path.read_text("utf-8").replace("regressed", "preserved").replace("inconclusive", "preserved"))
    listed.write_text(listed.read_text().replace(old, hashlib.sha256(path.read_bytes()).hexdigest()))


FIRST = "(SELECT id FROM prompts ORDER BY position LIMIT 1)"
SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "verdict": (copied("verdict.json"), "verdict.json"),
    "verdict and sums": (copied("verdict.json", "SHA256SUMS"), "verdict.json"),
    "all files but the store": (
        copied("verdict.json", "SHA256SUMS", "config.yaml", "report.html", "report.md"),
        "verdict.json",
    ),
    "store": (copied("run.sqlite"), "verdict.json"),
    "sums": (copied("SHA256SUMS"), "verdict.json"),
    "report": (copied("report.html"), "report.html"),
    "summary": (copied("report.md"), "report.md"),
    "configuration": (copied("config.yaml"), "config.yaml"),
    "edited verdict and its sum": (edited, "verdict.json"),
    "scores deleted": (executed(f"DELETE FROM scores WHERE prompt_id = {FIRST}"), "rows changed"),
    "responses deleted": (executed(f"DELETE FROM responses WHERE prompt_id = {FIRST}"), "rows changed"),
    "prompt deleted": (executed(f"DELETE FROM prompts WHERE id = {FIRST}"), "rows changed"),
    "binding deleted": (executed("DELETE FROM meta WHERE key = 'made'"), "verdict.json"),
    "binding emptied": (executed("UPDATE meta SET value = '{}' WHERE key = 'made'"), "damaged"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_the_gate_refuses_what_is_not_this_run_s(
    name: str, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3 and one line with the file and the remedy: never the word of another run."""
    spoil, says = SPOILT[name]
    spoil(runs)
    assert gate(monkeypatch, runs / "a") == 3
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert says in said.err


def test_an_untouched_run_passes(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also moved, copied, on media that cannot be written, rendered again and scored again; and the verdict alone."""
    before = gate(monkeypatch, runs / "a")
    assert before != 3
    for again in ("report", "score"):
        monkeypatch.setattr(sys, "argv", ["trustdelta", again, str(runs / "a"), "-q"])
        with pytest.raises(SystemExit):
            main()
        assert gate(monkeypatch, runs / "a") == before
    (runs / "a").rename(runs / "moved ?#%41")
    assert gate(monkeypatch, runs / "moved ?#%41") == before
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda path, mode, **_: mode != os.W_OK)
        assert gate(monkeypatch, runs / "moved ?#%41") == before
    (runs / "alone").mkdir()
    shutil.copyfile(runs / "moved ?#%41/verdict.json", runs / "alone/verdict.json")
    assert gate(monkeypatch, runs / "alone") == before


def test_scoring_again_makes_a_verdict_of_what_is_there(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy that is named is one: scores that went missing come back, and with them the verdict."""
    whole = (runs / "a/verdict.json").read_bytes()
    SPOILT["scores deleted"][0](runs)
    copied("verdict.json", "SHA256SUMS")(runs)
    rerun(runs / "a")
    assert (runs / "a/verdict.json").read_bytes() == whole
    assert Audit.load(runs / "a").result == read_verdict(runs / "a")


@pytest.mark.parametrize("command", ["score", "report", "label", "plan", "export"])
@pytest.mark.parametrize("all_traces", [False, True], ids=["prompt", "prompt and all its rows"])
def test_a_deleted_prompt_is_named(
    command: str, all_traces: bool, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a prompt is missing, every command says so in one line, whether or not its rows are gone too."""
    folder = str(runs / "a")
    with closing(sqlite3.connect(runs / "a/run.sqlite")) as db, db:
        ((lost,),) = db.execute(FIRST[1:-1]).fetchall()
        for table in ("scores", "responses") if all_traces else ():
            db.execute(f"DELETE FROM {table} WHERE prompt_id = ?", (lost,))
        db.execute("DELETE FROM prompts WHERE id = ?", (lost,))
    words = {
        "score": ("score", folder),
        "report": ("report", folder),
        "label": ("judges", "label", folder, "--sheet", str(runs / "labels.csv")),
        "plan": ("plan", "organism:instruct", "organism:sft", "--benchmark", "world_toxicity", "--from", folder),
        "export": ("export", folder, "--inspect", str(runs / "logs")),
    }
    monkeypatch.setattr(sys, "argv", ["trustdelta", *words[command]])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert (left.value.code, said.count("\n")) == (3, 1)
    assert "unexpected" not in said
    assert lost in said or "rows changed" in said or "not those of the frozen plan" in said


def test_a_bomb_beside_the_store_is_refused(runs: Path) -> None:
    """A config.yaml of ten lines that stand for a billion values is not that of the run, at once."""
    (runs / "a/config.yaml").write_text(BOMB, "utf-8")
    with pytest.raises(StoreError, match=r"config\.yaml"):
        rerun(runs / "a")


@pytest.mark.parametrize("name", ["SHA256SUMS", "run.lock", "config.yaml", "verdict.json", "run.sqlite"])
def test_a_pipe_in_a_run_folder_does_not_hang(
    name: str, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A FIFO in the place of any file of a run is one line, or no matter."""
    monkeypatch.setattr("trustdelta.parsing.PATIENCE", 0.1)
    (runs / "a" / name).unlink()
    os.mkfifo(runs / "a" / name)
    for command in ("gate", "score", "report"):
        monkeypatch.setattr(sys, "argv", ["trustdelta", command, str(runs / "a"), "-q"])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr().err
        assert said.count("\n") == (1 if left.value.code in (3, 64) else 0)
        assert "unexpected" not in said
