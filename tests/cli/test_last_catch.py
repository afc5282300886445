"""No error leaves the command line as a traceback or with exit code 1, which a gate takes for *regressed*."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from report_fixtures import HOSTILE, RESULT

from trustdelta.cli.libraries import sanitise_logs
from trustdelta.cli.main import main
from trustdelta.cli.output import clean
from trustdelta.errors import DataError, UsageError
from trustdelta.report.verdict_json import dumps, loads


class PanicException(BaseException):
    """As a library in Rust panics: no `Exception`."""


class Unprintable(Exception):
    """An error that cannot even be shown."""

    def __str__(self) -> str:
        raise ValueError("no")


ERRORS: dict[str, tuple[Callable[[], BaseException], int]] = {
    "type": (lambda: TypeError("'<' not supported between instances of 'str' and 'int'"), 3),
    "key": (lambda: KeyError("p1"), 3),
    "value": (lambda: ValueError("line one\nline two\n\n  Traceback"), 3),
    "assertion": (AssertionError, 3),
    "recursion": (lambda: RecursionError("maximum recursion depth exceeded"), 3),
    "memory": (MemoryError, 3),
    "overflow": (lambda: OverflowError("int too large to convert to float"), 3),
    "zero": (lambda: ZeroDivisionError("division by zero"), 3),
    "import": (lambda: ImportError("cannot import name 'x'"), 3),
    "unicode": (lambda: UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), 3),
    "attribute": (lambda: AttributeError("'NoneType' object has no attribute 'x'"), 3),
    "not implemented": (NotImplementedError, 3),
    "runtime": (lambda: RuntimeError("CUDA error: out of memory"), 3),
    "timeout": (lambda: TimeoutError("timed out"), 3),
    "file": (lambda: FileNotFoundError(2, "No such file or directory", "a\nb"), 3),
    "disk": (lambda: OSError(28, "No space left on device"), 3),
    "group": (lambda: ExceptionGroup("several", [ValueError("a"), TypeError("b")]), 3),
    "panic": (lambda: PanicException("called `Option::unwrap()` on a `None` value"), 3),
    "generator": (GeneratorExit, 3),
    "stop": (lambda: StopIteration(1), 3),
    "unprintable": (Unprintable, 3),
    "hostile": (lambda: ValueError("\x1b]0;x\x07\n::error file=a::b\n##[error]c \u202e"), 3),
    "long": (lambda: ValueError("x" * 100_000), 3),
    "own": (lambda: DataError("a.jsonl: line 3 is not JSON; mend it."), 3),
    "usage": (lambda: UsageError("found x, wanted y."), 64),
    "interrupt": (KeyboardInterrupt, 130),
    "abort": (typer.Abort, 130),
}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """What the process would exit with."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.fixture(autouse=True)
def _libraries_as_before() -> Iterator[None]:
    """What a command sets for the whole process is undone."""
    factory, show = logging.getLogRecordFactory(), warnings.showwarning
    yield
    logging.setLogRecordFactory(factory)
    warnings.showwarning = show


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_one_line_and_none_exits_1(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is raised inside a command: one short clean line, and the documented exit code."""
    error, wanted = ERRORS[name]

    def fails(*_: object) -> object:
        raise error()

    monkeypatch.setattr("trustdelta.pipeline.conclude.read_verdict", fails)
    assert run(monkeypatch, "gate", "anywhere") == wanted
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("trustdelta: ")
    assert "##[" not in said.err
    assert clean(said.err) == said.err
    assert len(said.err) < 2000


def test_debug_shows_the_traceback_before_the_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --debug the traceback comes first, cleaned as everything is; the line and the exit code stay the same."""

    def fails(*_: object) -> object:
        raise ValueError("\x1b[31mred\n::error::x")

    monkeypatch.setattr("trustdelta.pipeline.conclude.read_verdict", fails)
    assert run(monkeypatch, "gate", "anywhere", "--debug") == 3
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):")
    assert "in fails" in said
    assert said.splitlines()[-1].startswith("trustdelta: unexpected ValueError")
    assert "\x1b" not in said
    assert not re.search(r"(?m)^\s*::", said)
    assert run(monkeypatch, "gate", "anywhere") == 3
    assert "Traceback" not in capsys.readouterr().err


def test_no_unforeseen_error_repeats_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A library's message may hold a header with a key: neither line nor traceback repeats it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")

    def fails(*_: object) -> object:
        raise ValueError("Invalid header value b'Bearer sk-canary-0123456789'")

    monkeypatch.setattr("trustdelta.pipeline.conclude.read_verdict", fails)
    assert run(monkeypatch, "gate", "anywhere", "--debug") == 3
    said = capsys.readouterr().err
    assert said.count("Bearer [key]") == 3
    assert "canary" not in said


COMMANDS = (
    "::error file=a.py,line=1::boom",
    "  ::set-output name=x::y",
    "\u3000::stop-commands::t",
    "##[error]boom",
    "a ##[set-env name=PATH]x",
    "##vso[task.setvariable variable=x]y",
    "##teamcity[buildStatus text='x']",
    "x\n::add-mask::y",
    "x\r::error::y",
    "x\u2028::error::y",
    "\x1b]0;title\x07x",
    "\x1b[2Jx",
    "\x9b31mx",
    "\u202ex",
    "\ufeff::error::x",
    "a\u200bb",
)


@pytest.mark.parametrize("name", [*COMMANDS, *HOSTILE], ids=range(len(COMMANDS) + len(HOSTILE)))
@pytest.mark.parametrize("switch", [(), ("--json",)], ids=["text", "json"])
def test_no_name_starts_a_command_or_an_escape_sequence(
    name: str,
    switch: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Names of models, folders, files and options reach standard output and error as plain text in plain lines."""
    monkeypatch.chdir(tmp_path)
    value = json.loads(dumps(RESULT))
    value["baseline"]["name"] = value["candidate"]["name"] = value["summary"] = name
    value["metrics"][0]["metric"]["title"] = name
    spoilt = name.encode("utf-8", "replace").decode().replace("/", "-").replace("\0", "")
    folder = tmp_path / spoilt
    folder.mkdir()
    (folder / "verdict.json").write_text(dumps(loads(json.dumps(value))), "utf-8")
    for words in (
        ("gate", spoilt),
        ("compare", spoilt, spoilt, "--out", f"{spoilt}x"),
        ("report", spoilt),
        ("plan", name, name, "--benchmark", name),
        ("audit", "organism:instruct", "organism:sft", "--set", name),
        ("audit", "organism:instruct", "organism:sft", "--profile", name),
        ("policy", name),
        ("organisms", "show", name),
        ("benchmarks", "show", name),
        (name,),
    ):
        arguments = [w if w in words[:1] or not w.startswith("-") or w.startswith("--") else f"./{w}" for w in words]
        assert run(monkeypatch, *arguments, *switch) != 1 or words[0] == "gate"
        said = capsys.readouterr()
        for text in (said.out, said.err):
            assert not re.search(r"##\w*\[", text)
            assert not re.search(r"(?m)^\s*::", text)
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)


def test_what_libraries_say_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    """Log records, their tracebacks and warnings hold no escape sequence and no line that a CI service acts on."""
    sanitise_logs()
    logger = logging.getLogger("a library")
    handler = logging.StreamHandler(sys.stderr)
    logger.addHandler(handler)
    try:
        logger.warning("loading %s", "\x1b[31mred\n::error::x ##[error]y")
        try:
            raise ValueError("\x1b]0;x\x07\n::error::y")
        except ValueError:
            logger.exception("failed on %s", "\u202e")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            sanitise_logs()
            warnings.warn("\x1b[2J\n::warning::x", stacklevel=1)
    finally:
        logger.removeHandler(handler)
    said = capsys.readouterr().err
    assert "loading \\x1b[31mred" in said
    assert "in test_what_libraries_say_is_cleaned" in said
    assert "trustdelta: UserWarning: " in said
    assert "\x1b" not in said
    assert "##[" not in said
    assert not re.search(r"(?m)^\s*::", said)


def test_a_stop_names_the_command_that_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C in an audit: one line with a command that a shell takes, and that finishes the audit."""
    monkeypatch.chdir(tmp_path)
    words = ("audit", "organism:instruct", "organism:instruct-s1", "--limit", "20", "--no-drift", "--quiet")
    with monkeypatch.context() as patch:
        patch.setattr("trustdelta.pipeline.run.freeze", _interrupted)
        assert run(patch, *words, "--benchmark", "world_ethics", "--out", "my runs") == 130
    error = capsys.readouterr().err
    command = re.search(r"`trustdelta (.*)`", error)
    assert error.count("\n") == 1
    assert command is not None
    assert command[1] == "audit --config 'my runs/config.yaml' --out 'my runs'"
    assert run(monkeypatch, *shlex.split(command[1]), "--quiet") == 0
    assert (tmp_path / "my runs" / "verdict.json").is_file()


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


NOISE = """
import sys, types, warnings, logging
sys.argv = ["trustdelta", "settings", "alpha"]
from trustdelta.cli import settings
describe = settings.lines
def noisy(setting):
    library = types.ModuleType("transformers.utils")
    exec(compile("import warnings\\nwarnings.warn('from a library', FutureWarning)", "x", "exec"), vars(library))
    logging.getLogger("huggingface_hub.utils").warning("from the hub")
    warnings.warn("from the user", UserWarning)
    logging.getLogger("mine").warning("from my code")
    return describe(setting)
settings.lines = noisy
from trustdelta.cli.main import main
main()
"""


@pytest.mark.parametrize(("filters", "shown"), [("", False), ("default", True)])
def test_warnings_of_libraries_are_hidden_and_those_of_the_user_are_not(filters: str, shown: bool) -> None:
    """Developers' warnings of model libraries are noise; PYTHONWARNINGS brings them back."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    environment |= {"PYTHONWARNINGS": filters} if filters else {}
    done = subprocess.run([sys.executable, "-c", NOISE], env=environment, capture_output=True, text=True, check=True)
    assert ("from a library" in done.stderr) == shown
    assert "from the hub" not in done.stderr
    assert "from the user" in done.stderr
    assert "from my code" in done.stderr
