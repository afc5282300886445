"""Which folder may import what. The table is the architecture; the tests hold it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "trustdelta"

CONTRACT = {"records", "errors", "parsing", "problems", "files", "discovery"}
"""What every layer may import."""

ALLOWED: dict[str, set[str]] = {
    "records": set(),
    "errors": set(),
    "parsing": {"records", "errors"},
    "problems": {"records", "errors", "parsing"},
    "files": {"errors"},
    "discovery": {"errors"},
    "local_server": {"records"},
    "secrets": CONTRACT,
    "config": CONTRACT | {"thoughts"},
    "progress": CONTRACT,
    "store": CONTRACT,
    "bundle": CONTRACT,
    "thoughts": CONTRACT,
    "verdict": CONTRACT | {"stats"},
    "scorers": CONTRACT,
    "stats": CONTRACT,
    "report": CONTRACT,
    "organisms": CONTRACT,
    "pairs": CONTRACT,
    "data": CONTRACT,
    "judges": CONTRACT | {"scorers"},
    "interop": CONTRACT,
    "drift": CONTRACT,
    "discover": CONTRACT | {"scorers", "stats"},
    "own": CONTRACT | {"benchmarks", "config", "data", "interop", "scorers"},
    "benchmarks": CONTRACT | {"scorers", "organisms", "thoughts", "data"},
    "profiles": CONTRACT | {"benchmarks"},
    "engines": CONTRACT | {"secrets", "config", "thoughts", "organisms"},
    "pipeline": CONTRACT
    | {
        "local_server",
        "bundle",
        "config",
        "progress",
        "store",
        "thoughts",
        "verdict",
        "scorers",
        "stats",
        "report",
        "data",
        "interop",
        "drift",
        "discover",
    }
    | {"benchmarks", "engines", "organisms", "own", "pairs", "judges"},
    "resolve": CONTRACT | {"own", "config", "profiles", "pipeline", "organisms", "pairs", "judges"},
    "api": CONTRACT | {"resolve", "config", "profiles", "pipeline", "progress", "report"},
    "study": CONTRACT
    | {"local_server", "resolve", "config", "engines", "pairs", "pipeline", "progress", "report", "stats", "store"}
    | {"benchmarks", "bundle", "profiles"},
    "plugins": CONTRACT
    | {
        "api",
        "resolve",
        "benchmarks",
        "config",
        "data",
        "engines",
        "interop",
        "pipeline",
        "report",
        "scorers",
        "study",
    },
    "cli": CONTRACT
    | {
        "bundle",
        "local_server",
        "progress",
        "study",
        "api",
        "resolve",
        "config",
        "pipeline",
        "report",
        "organisms",
        "own",
        "benchmarks",
        "judges",
        "pairs",
        "data",
        "profiles",
        "scorers",
        "secrets",
    },
    "__main__": {"cli"},
    "": {"api", "config", "errors"},
}
"""Layer (a folder or module of the package; "" is the package itself) to the layers it may import."""

FENCED: dict[str, set[str]] = {
    "torch": {"engines", "drift", "organisms", "study"},
    "transformers": {"engines", "drift", "organisms", "plugins"},
    "vllm": {"engines"},
    "openai": {"engines"},
    "inspect_ai": {"engines", "interop", "plugins"},
    "ray": {"study"},
    "scipy": {"stats", "scorers", "discover"},
    "jinja2": {"report", "engines"},
    "matplotlib": {"report"},
    "sqlite3": {"store"},
    "typer": {"cli"},
    "requests": {"data"},
    "mlflow": {"pipeline"},
    "wandb": {"pipeline"},
    "cryptography": {"bundle"},
}
"""Third-party (or heavy) module to the only layers that may import it."""


def layer(path: Path) -> str:
    """The layer that a source file belongs to; private helpers of a module share its layer."""
    first = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if first.startswith("thought"):
        return "thoughts"
    return "" if first == "__init__" else first


def imports(path: Path) -> Iterator[str]:
    """Every dotted module name that a file imports, at whatever depth."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted(SOURCE.rglob("*.py"))


def name(path: Path) -> str:
    """A test id."""
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_follow_the_table(path: Path) -> None:
    """A file imports only the layers that the table allows to its own layer."""
    home = layer(path)
    assert home in ALLOWED, f"{name(path)}: layer {home!r} is not in the table"
    ours = {m.split(".")[1] for m in imports(path) if m.startswith("trustdelta.")}
    layers = {"thoughts" if m.startswith("thought") else m for m in ours}
    assert layers - {home} <= ALLOWED[home]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_heavy_modules_stay_behind_their_fences(path: Path) -> None:
    """A heavy third-party module is imported only where the table fences it in."""
    for module in {m.split(".")[0] for m in imports(path)} & FENCED.keys():
        assert layer(path) in FENCED[module], f"{name(path)} imports {module}"


@pytest.mark.parametrize("module", ["pipeline.run", "resolve", "cli.main"])
def test_audits_of_recorded_responses_load_no_model_library(module: str) -> None:
    """The code of every audit does without the libraries that run models, which may not be installed."""
    names = "{'torch', 'transformers', 'safetensors', 'tokenizers', 'peft'}"
    code = (
        f"import sys, trustdelta.{module}\n"
        f"loaded = {names} & sys.modules.keys()\n"
        "raise SystemExit(str(loaded) if loaded else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_import_is_light_and_opens_no_socket() -> None:
    """`import trustdelta` loads no heavy module and opens no socket."""
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('a socket was opened')\n"
        "socket.socket = refuse\n"
        "import trustdelta\n"
        "names = {'torch', 'transformers', 'scipy', 'numpy', 'pandas', 'jinja2', 'pydantic', 'rich'}\n"
        "heavy = names & sys.modules.keys()\n"
        "raise SystemExit(f'heavy: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
