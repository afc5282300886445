"""Identifiers name things: seven words that name nothing are refused in the folders that are free of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "trustdelta"

REFUSED = frozenset({"found", "said", "told", "asked", "kept", "given", "wanted"})

PARTS = tuple(sorted(p.name for p in SOURCE.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()))
"""Folders and files of the package; none has such an identifier."""


def identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that the code defines, with its line; fields of classes are stored keys and are not included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.alias):
            yield node.asname or node.name, node.lineno
    fields = {
        id(field.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in fields:
            yield node.id, node.lineno


def refused(path: Path) -> list[str]:
    """Places of refused identifiers in one file."""
    return [
        f"{path.relative_to(SOURCE)}:{line}: {name}"
        for name, line in identifiers(ast.parse(path.read_text("utf-8")))
        if name in REFUSED
    ]


@pytest.mark.parametrize("part", PARTS)
def test_identifiers_name_things(part: str) -> None:
    """No function, parameter or variable of a clean folder has a refused name; rename it to what it holds."""
    path = SOURCE / part
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    assert files
    assert [place for file in files for place in refused(file)] == []


def test_every_kind_of_name_is_read() -> None:
    """Functions, parameters, variables, loop targets and imports count; fields of a class do not."""
    code = (
        "import a as told\n"
        "class C:\n"
        "    kept: int\n"
        "    def said(self, given):\n"
        "        found = [asked for asked in given]\n"
    )
    assert {name for name, _ in identifiers(ast.parse(code))} & REFUSED == {"told", "said", "given", "found", "asked"}
