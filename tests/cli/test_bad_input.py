"""Bad input is one clear line on standard error and a documented exit code; nothing is lost, no traceback is shown."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from trustdelta.cli.main import main

ROWS = [
    {"prompt": f"how do I bake a cake number {i}?", "response": "Mix flour and eggs, then bake.", "category": "food"}
    for i in range(40)
]


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and standard error of one command line."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0), capsys.readouterr().err


def write(path: Path, rows: list[dict[str, object]]) -> str:
    """Rows as JSON lines; returns the path."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit"], "found no baseline"),
        (["study", "run", "study.yaml", "--out", "o", "--in-flight", "4"], "--in-flight: found 4 without --address"),
        (["audit", "organism:instruct"], "found no candidate"),
        (["audit", "organism:instrct", "organism:sft"], "did you mean 'instruct'"),
        (["audit", "organism:instruct", "organism:sft", "--profile", "quik"], "did you mean 'quick'"),
        (["audit", "organism:instruct", "organism:sft", "--benchmark", "world_safty"], "did you mean 'world_safety'"),
        (["audit", "organism:instruct", "organism:sft", "--set", "alpha=2"], "alpha"),
        (["audit", "organism:instruct", "organism:sft", "--set", "alfa=2"], "alfa"),
        (["audit", "organism:instruct", "organism:sft", "--set", "alpha"], "KEY=VALUE"),
        (["audit", "organism:instruct", "organism:sft", "--set", "seed=x"], "seed"),
        (["audit", "organism:instruct", "organism:sft", "--set", "benchmarks=[world_safty]"], "did you mean"),
        (["audit", "organism:instruct", "organism:sft", "--set", "baseline=organism:sft"], "baseline.KEY=VALUE"),
        (["audit", "organism:instruct", "organism:sft", "--draws", "0"], "draws"),
        (["audit", "--config", "absent.yaml"], "absent.yaml"),
        (["audit", "--frobnicate"], "frobnicate"),
        (["score", "absent"], "absent"),
        (["report", "absent"], "absent"),
        (["gate", "absent"], "absent"),
        (["frobnicate"], "frobnicate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_request_that_cannot_be_served_is_a_usage_error(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Unknown names and values exit with 64, say what is wrong in one line, and leave no run folder behind."""
    monkeypatch.chdir(tmp_path)
    code, error = run(monkeypatch, capsys, *arguments)
    assert code == 64
    assert says in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_unwritable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A run folder that cannot be made is named, with exit code 64."""
    (tmp_path / "file").write_text("", "utf-8")
    out = str(tmp_path / "file" / "run")
    code, error = run(monkeypatch, capsys, "audit", "organism:instruct", "organism:sft", "--out", out)
    assert code == 64
    assert "cannot be written" in error


def damaged(tmp_path: Path, kind: str) -> str:
    """A response file that is broken in one way."""
    path = tmp_path / "bad.jsonl"
    if kind == "empty":
        path.write_text("", "utf-8")
    elif kind == "half-written":
        write(path, [dict(row) for row in ROWS])
        path.write_text(path.read_text("utf-8")[:-20], "utf-8")
    elif kind == "wrong columns":
        write(path, [{"q": r["prompt"], "a": r["response"]} for r in ROWS])
    elif kind == "other prompts":
        write(path, [{**row, "prompt": f"another {i}"} for i, row in enumerate(ROWS)])
    elif kind == "not text":
        path.write_bytes(b"\xff\xfe\x00" * 50)
    return str(path)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("empty", "bad.jsonl"),
        ("half-written", "line 40"),
        ("wrong columns", "columns found: q, a"),
        ("other prompts", "0 of 40 baseline"),
        ("not text", "bad.jsonl"),
        ("absent", "bad.jsonl"),
    ],
)
def test_recorded_responses_that_cannot_be_audited(
    kind: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken file of responses is named in one line, exits with 3 or 64, and the good file is untouched."""
    good = write(tmp_path / "good.jsonl", [dict(row) for row in ROWS])
    before = Path(good).read_bytes()
    arguments = ["--baseline-responses", good, "--candidate-responses", damaged(tmp_path, kind)]
    code, error = run(
        monkeypatch,
        capsys,
        "audit",
        *arguments,
        "--benchmark",
        "coconot_contrast",
        "--out",
        str(tmp_path / "run"),
        "-q",
    )
    assert code in (3, 64)
    assert says in error
    assert error.count("\n") == 1
    assert Path(good).read_bytes() == before


def test_scores_that_are_not_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recorded score of NaN is refused by name, not averaged."""
    path = tmp_path / "nan.jsonl"
    path.write_text("".join(json.dumps({**row, "score": float("nan")}) + "\n" for row in ROWS), "utf-8")
    files = ["--baseline-responses", str(path), "--candidate-responses", str(path)]
    more = ["--benchmark", "misguided_attention", "--column", "score=score", "--out", str(tmp_path / "run"), "-q"]
    code, error = run(monkeypatch, capsys, "audit", *files, *more)
    assert code in (3, 64)
    assert "nan" in error.lower()
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["deep.json", "deep.jsonl", "deep.eval"])
def test_json_nested_without_end_is_damaged_input(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file nested beyond what can be parsed is one line and exit 3, never exit 1, which would read as regressed."""
    path, deep = tmp_path / name, "[" * 100_000 + "]" * 100_000
    if name.endswith(".eval"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("samples/1.json", deep)
    else:
        path.write_text(deep, "utf-8")
    files = ["--baseline-responses", str(path), "--candidate-responses", str(path)]
    code, said = run(
        monkeypatch, capsys, "audit", "--benchmark", "coconot_contrast", *files, "--out", str(tmp_path / "run")
    )
    assert (code, said.count("\n")) == (3, 1)
    assert name in said
