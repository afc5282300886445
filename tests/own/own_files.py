"""A benchmark of one's own in a folder, and the command line run on it in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from trustdelta.cli.main import main

ROWS: tuple[dict[str, Any], ...] = (
    {"question": "What is two and two?", "kind": "sums", "source": "a", "lang": "en", "gold": 4, "split": "test"},
    {"question": "What is two and three?", "kind": "sums", "source": "a", "lang": "en", "gold": 5, "split": "test"},
    {
        "question": "What is two times five?",
        "kind": "products",
        "source": "b",
        "lang": "en",
        "gold": 10,
        "split": "dev",
    },
)
DEFINITION: dict[str, Any] = {
    "name": "our_sums",
    "title": "Our sums",
    "dimension": "house_rules",
    "licence": "CC0-1.0",
    "prompts": "prompts.jsonl",
    "columns": {"prompt": "question", "stratum": "kind", "cluster": "source", "groups": {"language": "lang"}},
    "target": {"answer": "gold"},
    "metrics": [{"name": "accuracy", "scorer": "number", "better": "higher", "margin": 0.05}],
    "known": [
        {"response": "The answer is 4.", "scores": {"accuracy": 1}},
        {"prompt": "What is two and three?", "response": "The answer is 6.", "scores": {"accuracy": 0}},
        {"response": "There is much to be said here.", "scores": {"accuracy": None}, "outcome": "malformed"},
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The definition with one value replaced, added, or (`...`) removed; steps of the path are separated by dots."""
    definition: dict[str, Any] = json.loads(json.dumps(DEFINITION))
    *parents, last = path.split(".")
    node: Any = definition
    for part in parents:
        node = node[int(part) if part.isdecimal() else part]
    key = int(last) if last.isdecimal() else last
    if value is ...:
        del node[key]
    else:
        node[key] = value
    return definition


def write(folder: Path, definition: Mapping[str, Any] | str, rows: Any = ROWS) -> Path:
    """The YAML file and its prompts in a folder; returns the YAML file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    text = definition if isinstance(definition, str) else yaml.safe_dump(dict(definition), sort_keys=False)
    path = folder / "own.yaml"
    path.write_text(text, "utf-8")
    return path


class Command:
    """Runs `trustdelta` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of one command line."""
        self.monkeypatch.setattr(sys, "argv", ["trustdelta", *map(str, arguments)])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        done = self.capsys.readouterr()
        return int(left.value.code or 0), done.out, done.err
