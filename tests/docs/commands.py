"""Finds every command in the documentation: lines of fenced blocks that begin with the program's name."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = {"", "sh", "bash", "console"}
# What follows a command on its line is a remark: after a hash, or after two blanks.
REMARK = re.compile(r"\s+#\s.*$|\s{2,}.*$")


@dataclass(frozen=True)
class Documented:
    """One command of one page, as words; `str` of it is what a test is named by."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def _lines(block: str) -> list[str]:
    joined = re.sub(r"\s*\\\n\s*", " ", block)
    return [line.removeprefix("$ ").rstrip() for line in joined.splitlines()]


def documented(program: str) -> list[Documented]:
    """Every documented call of a program, each once per page, in the order of the pages."""
    found: dict[Documented, None] = {}
    for page in PAGES:
        for language, block in FENCE.findall(page.read_text(encoding="utf-8")):
            calls = [line for line in _lines(block) if language in SHELL and line.startswith(f"{program} ")]
            for call in calls:
                found[Documented(page.relative_to(ROOT).as_posix(), tuple(shlex.split(REMARK.sub("", call))))] = None
    return [call for call in found if len(call.words) > 1]
