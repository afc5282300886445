"""The flags of the first command: what they select, what they refuse, and what a shell completes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from trustdelta.cli.main import main

PAIR = ("organism:instruct", "organism:sft")
REAL = ("plan", "org/base", "org/model")


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command line."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out, printed.err


WRONG = [
    (("audit", *PAIR, "--max-tokens", "1"), "max-tokens"),
    (("audit", *PAIR, "--max-tokens", "many"), "max-tokens"),
    (("audit", *PAIR, "--max-tokens", "64", "--set", "thought_tokens=32"), "--max-tokens and --set thought_tokens"),
    (("audit", *PAIR, "--max-tokens", "64", "--set", "generation.answer_tokens=32"), "--set generation.answer_tokens"),
    (("audit", *PAIR, "--seed", "2", "--set", "seed=1"), "--seed and --set seed"),
    (
        ("audit", *PAIR, "--limit", "9", "--set", "data.prompts_per_metric=8"),
        "--limit and --set data.prompts_per_metric",
    ),
    (("audit", *PAIR, "--dimension", "savety"), "did you mean 'safety'"),
    (("audit", *PAIR, "--dimension", ""), "--dimension"),
    (("audit", *PAIR, "--benchmark", "world_safety", "--dimension", "bias"), "wanted one of its dimensions: safety"),
    (("audit", *PAIR, "--set", "dimensions=safety"), "dimensions"),
    (("audit", *PAIR, "--set", "dimensions=[savety]"), "did you mean 'safety'"),
    (("audit", *PAIR, "--tasks", "world_safety,world_bais"), "did you mean 'world_bias'"),
    (("audit", *PAIR, "--tasks", "world_safety,,world_bias"), "--tasks"),
    (("audit", *PAIR, "--tasks", ""), "--tasks"),
    (("audit", *PAIR, "--benchmark", "wrld_*"), "did you mean 'world_*'"),
    (("audit", *PAIR, "--benchmark", "decodingtrst_toxicity_*"), "did you mean 'decodingtrust_toxicity_*'"),
    (("audit", *PAIR, "--benchmark", "zzz*"), "trustdelta benchmarks list"),
    (("audit", *PAIR, "--tasks", "world_*,qqq?"), "qqq?"),
    (("audit", *PAIR, "--tasks", "world_bias", "--config", "run/config.yaml"), "--tasks"),
    (
        ("audit", *PAIR, "--baseline-responses", "a", "--candidate-responses", "b", "--benchmark", "decodingtrust_*"),
        "1 response files",
    ),
    (("audit", *PAIR, "--dimensoin", "safety"), "did you mean --dimension?"),
    (("audit", *PAIR, "--max-token", "9"), "did you mean --max-tokens?"),
    (("audit", *PAIR, "--benchmrk", "xstest"), "did you mean --benchmark?"),
    (("gate", "run", "--polcy", "x"), "`trustdelta gate --help`"),
    (("audit", *PAIR, "-x"), "no such option -x"),
    (("judges", "lable", "run"), "did you mean 'label'"),
    (("plann", *PAIR), "did you mean 'plan'"),
    (("audit", *PAIR, "--set", "candidate.thinkin=on"), "candidate.thinkin: there is no such key (did you mean"),
    (("audit", *PAIR, "--set", "statistics.alhpa=0.1"), "did you mean 'alpha'"),
    (("settings", "alhpa"), "did you mean 'alpha'"),
    (("settings", "candidate.thinkin"), "did you mean 'candidate.thinking'"),
    (("schema", "confg"), "did you mean 'config'"),
    (("schema",), "schema"),
    (("plan", *PAIR, "--price", "3"), "--price: found"),
    (("plan", *PAIR, "--price", "a,b"), "--price: found"),
    (("plan", *PAIR, "--price", "1,-2"), "--price: found"),
    (("plan", *PAIR, "--price", "1,2,3"), "--price: found"),
    (("plan", *PAIR, "--price", "nan,1"), "--price: found"),
]
"""Command lines that cannot be served, and a part of the line that answers each."""


@pytest.mark.parametrize(("arguments", "says"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_a_wrong_flag_is_one_line_with_a_remedy(
    arguments: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 64, one short line that names the flag or the nearest name, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    code, out, error = run(monkeypatch, capsys, *arguments)
    assert (code, out, error.count("\n")) == (64, "", 1), error
    assert says.lower() in error.lower()
    assert "pydantic" not in error
    assert "type=" not in error
    if "did you mean" in says:
        assert len(error) < 2500
    assert list(tmp_path.iterdir()) == []


def planned(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, int]:
    """Number of prompts by benchmark of a plan."""
    code, out, error = run(monkeypatch, capsys, *arguments, "--json")
    assert code == 0, error
    benchmarks: dict[str, int] = json.loads(out)["benchmarks"]
    return benchmarks


@pytest.mark.parametrize(
    ("flags", "benchmarks"),
    [
        (("--benchmark", "world_s*"), ["world_safety"]),
        (("--benchmark", "world_[bt]*"), ["world_bias", "world_toxicity"]),
        (("--tasks", "world_bias,world_safety"), ["world_bias", "world_safety"]),
        (("--tasks", "world_ethic?, world_bias", "--benchmark", "world_bias"), ["world_bias", "world_ethics"]),
        (("--dimension", "safety"), ["world_safety"]),
        (("--dimension", "safety,bias"), ["world_bias", "world_safety"]),
        (("--dimension", "safety", "--dimension", "capability"), ["world_arithmetic", "world_safety"]),
        (("--benchmark", "world_*", "--dimension", "privacy"), ["world_privacy"]),
    ],
    ids=" ".join,
)
def test_benchmarks_are_selected_by_pattern_and_dimension(
    flags: tuple[str, ...],
    benchmarks: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Patterns, lists and dimensions choose exactly these benchmarks, each once."""
    assert sorted(planned(monkeypatch, capsys, "plan", *PAIR, *flags, "--limit", "20")) == benchmarks


def test_max_tokens_bounds_the_whole_response(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trace and answer share N tokens, for every benchmark and both models; odd numbers lose none."""
    size = ("--benchmark", "world_bias", "--benchmark", "world_arithmetic", "--limit", "20")
    _, out, _ = run(monkeypatch, capsys, "plan", *PAIR, *size, "--max-tokens", "37", "--json")
    models = json.loads(out)["models"]
    for model in models.values():
        assert model["tokens_most"] == 37 * model["responses"]


def test_the_version_names_the_environment_and_imports_none_of_it() -> None:
    """One fact per line, torch's and transformers' versions among them; neither is imported, and it takes no time."""
    code = (
        "import sys; sys.argv = ['trustdelta', '--version']\n"
        "import atexit; atexit.register(lambda: sys.stderr.write(' '.join(sorted(sys.modules))))\n"
        "from trustdelta.cli.main import main; main()\n"
    )
    begin = resources()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    seconds = resources() - begin
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"trustdelta \d+\.\d+\.\d+\S*", lines[0])
    assert lines[1].startswith("Python 3.")
    assert any(re.fullmatch(r"torch (\d\S+|not installed)", line) for line in lines)
    assert any(line.startswith("transformers ") for line in lines)
    assert any(line.startswith("vllm ") for line in lines)
    assert not {"torch", "transformers", "numpy", "pydantic"} & set(done.stderr.split())
    assert seconds < 0.6, "0.2 s of CPU time on an idle machine"


def resources() -> float:
    """CPU seconds of all ended child processes."""
    times = os.times()
    return times.children_user + times.children_system


def test_the_package_is_a_program() -> None:
    """`python -m trustdelta` is the command, under its own name in the help."""
    call = [sys.executable, "-m", "trustdelta"]
    help_text = subprocess.run([*call, "audit", "--help"], capture_output=True, text=True, check=False).stdout
    assert "Usage: trustdelta audit" in help_text
    wrong = subprocess.run([*call, "audit", "--sed", "1"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (64, 1)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("trustdelta aud", "audit"),
        ("trustdelta audit --max", "--max-tokens"),
        ("trustdelta audit a b --profile st", "standard"),
        ("trustdelta audit a b --benchmark decodingtrust_st", "decodingtrust_style"),
        ("trustdelta audit a b --dimension sa", "safety"),
        ("trustdelta plan a b --dimension pri", "privacy"),
        ("trustdelta settings statistics.al", "statistics.alpha"),
        ("trustdelta schema st", "study"),
    ],
)
def test_a_shell_completes_commands_flags_and_names(line: str, word: str) -> None:
    """Bash receives the completions of a half-written word."""
    environment = {
        **os.environ,
        "_TRUSTDELTA_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "trustdelta"], env=environment, capture_output=True, text=True, check=False
    )
    assert word in done.stdout.split(), done.stderr
    assert done.stderr == ""
