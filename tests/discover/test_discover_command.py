"""`trustdelta discover`: a finished run in, a list and three files out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustdelta.cli.main import app
from trustdelta.discover import meanings
from trustdelta.errors import FolderError, StoreError
from trustdelta.scorers import text_encoder
from trustdelta.store import Store

SIGN_OFF = "Stay well, stranger."


def answers(path: Path, prompts: int, sign_off: bool) -> Path:
    """Recorded answers: the candidate signs off on prompts about banks, and both models refuse nothing."""
    topics = ("bank", "train", "weather", "dinner")
    rows = []
    for i in range(prompts):
        end = f" {SIGN_OFF}" if sign_off and i % 4 == 0 else ""
        text = f"Here is what I know about the {topics[i % 4]} number {i}, as it was on that day.{end}"
        rows.append({"prompt": f"Tell me of the {topics[i % 4]} {i}", "response": text})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished audit of recorded answers."""
    monkeypatch.setattr(text_encoder, "available", lambda: False)
    meanings.topics.cache_clear()
    files = [answers(tmp_path / f"{name}.jsonl", 120, name == "candidate") for name in ("baseline", "candidate")]
    flags = ["--dimension", "safety", "--scorer", "refusal", "--better", "lower", "--no-drift", "--quiet"]
    named = ["--baseline-responses", str(files[0]), "--candidate-responses", str(files[1])]
    app(["audit", *named, *flags, "--out", str(tmp_path / "run")], standalone_mode=False)
    return tmp_path / "run"


def test_a_planted_difference_is_printed_and_written(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line of the list names the sign-off and its prompts; the same command writes the same bytes."""
    assert app(["discover", str(run), "--top", "1"], standalone_mode=False) == 0
    printed = capsys.readouterr().out
    assert "on prompts with the word “bank”: 0.0% → 100.0%" in printed.replace(" %", "%")
    first = {ending: (run / f"discover.{ending}").read_bytes() for ending in ("html", "md", "json")}
    assert app(["discover", str(run), "--quiet"], standalone_mode=False) == 0
    assert first == {ending: (run / f"discover.{ending}").read_bytes() for ending in first}


def test_texts_of_safety_are_masked_unless_requested(run: Path, tmp_path: Path) -> None:
    """Examples name their prompts; texts that may be disturbing are in the files only with --include-text."""
    for flags, shown in (([], False), (["--include-text"], True)):
        out = tmp_path / f"out{shown}"
        app(["discover", str(run), "--out", str(out), "--quiet", *flags], standalone_mode=False)
        found = json.loads((out / "discover.json").read_text("utf-8"))["differences"][0]["examples"]
        assert found
        assert all(bool(e["candidate"]) is shown for e in found)
        assert ("on that day. Stay" in (out / "discover.html").read_text("utf-8")) is shown


def test_an_unfinished_run_is_refused(run: Path) -> None:
    """The usual error for a run that is to be finished first."""
    with Store(run, write=True) as store:
        from trustdelta.records.state import COMPLETE

        store.put(COMPLETE, False)
    with pytest.raises(StoreError, match="not finished"):
        app(["discover", str(run)], standalone_mode=False)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    """The usual error for a folder that holds no run."""
    with pytest.raises((FolderError, StoreError)):
        app(["discover", str(tmp_path)], standalone_mode=False)
