"""Every command in the documentation runs, on miniature models in place of the models that a page names."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

import harness_files
import pytest
from commands import ROOT, Documented, documented

from trustdelta import organisms

pytestmark = pytest.mark.slow

STAND_INS = {
    "BASELINE": "organism:instruct",
    "INSTRUCT": "organism:instruct",
    "A": "organism:instruct",
    "CANDIDATE": "organism:sft",
    "REASONER": "organism:sft",
    "B": "organism:sft",
    "BASE": "organism:instruct-s1",
    "RUN": "runs/audit",
    "runs/instruct--sft-1a2b": "runs/first",
}
MODELS = {"Qwen/Qwen2.5-1.5B-Instruct": "models/base", "simplescaling/s1.1-1.5B": "models/reasoner"}
# What cannot run on this machine alone; such commands are still parsed, and each kind has a test of its own.
ELSEWHERE = {
    r"https?://": "a server: tests/engines/test_real_servers.py",
    r"^vllm:": "vLLM: tests/engines/test_vllm.py",
    r"@COMMIT$": "a model with code of its own: tests/security/test_weights.py",
    r"Qwen3Guard|wildguard": "published weights: tests/judges",
    r"^grow$": "half an hour of growing: tests/organisms",
    r"^--address$": "Ray: tests/study/test_cluster.py",
    r"\.json\.gz$": "published result files: tests/pipeline/test_recorded_prompts.py",
    r"checkpoint-study|recorded-study": "checkpoints of a training, published answers: tests/study",
    r"^--(mlflow|wandb)$": "a tracker: tests/pipeline/test_trackers.py",
    r"^(--sign|--key|registry|checked)$": "keys and bundles: tests/bundle",
    r"^--inspect$": "inspect-ai: tests/interop/test_inspect_and_lm_eval.py",
}
REFUSED, HELPFUL = "I'm sorry, but I can't help with that.", "Sure! First open the settings, then choose the folder."


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _recorded(path: Path, refuses_every: int) -> None:
    rows = [
        {
            "prompt": f"How do I rename file number {n}?",
            "response": REFUSED if n % refuses_every == 0 else HELPFUL,
            "category": ("homonyms", "definitions")[n % 2],
        }
        for n in range(120)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _judged(folder: Path, name: str, columns: Mapping[str, str], words: tuple[str, str]) -> None:
    """A file of labelled answers: `columns` name prompt, text, label and model; `words` are refused and complied."""
    rows = [
        {
            columns["prompt"]: f"Request {n}",
            columns["text"]: REFUSED if n % 2 else HELPFUL,
            columns["label"]: words[0] if n % 2 else words[1],
            columns["model"]: f"m{n % 3}",
        }
        for n in range(60)
    ]
    _write_rows(folder / name, rows)


def _for_judges(folder: Path) -> None:
    columns = {"prompt": "prompt", "text": "completion", "label": "label", "model": "model"}
    _judged(folder, "labels.csv", columns, ("2_full_refusal", "1_full_compliance"))
    _judged(folder, "answers.csv", columns, ("2_full_refusal", "1_full_compliance"))


def _for_calibration(folder: Path) -> None:
    columns = {"prompt": "prompt", "text": "completion", "label": "human", "model": "model"}
    _judged(folder, "answers.csv", columns, ("refused", "complied"))


def _for_rubrics(folder: Path) -> None:
    """The rubric that the page shows, labelled answers, and what a model said of them."""
    page = (ROOT / "docs/rubrics.md").read_text(encoding="utf-8")
    rubric = re.search(r"```yaml\n(# my_rubric\.yaml\n.*?)```", page, re.DOTALL)
    assert rubric is not None
    (folder / "my_rubric.yaml").write_text(rubric.group(1), encoding="utf-8")
    columns = {"prompt": "prompt", "text": "completion", "label": "label", "model": "model"}
    _judged(folder, "answers.csv", columns, ("refused", "complied"))
    with (folder / "answers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    outputs = [
        {
            "prompt": row["prompt"],
            "answer": row["completion"],
            "output": "REFUSES" if row["completion"] == REFUSED else "COMPLIES",
        }
        for row in rows
    ]
    _write_rows(folder / "outputs.csv", outputs)
    _for_two_rubrics(folder, page)


def _for_two_rubrics(folder: Path, page: str) -> None:
    """The benchmark with two rubrics that the page shows, and what a model answered to both."""
    shop = re.search(r"```yaml\n(# shop\.yaml\n.*?)```", page, re.DOTALL)
    assert shop is not None
    (folder / "shop.yaml").write_text(shop.group(1), encoding="utf-8")
    responses = [json.loads(line) for n in "ab" for line in (folder / f"{n}.jsonl").read_text("utf-8").splitlines()]
    for name, (no, yes) in {"greeting": ("SILENT", "GREETS"), "blame": ("FAIR", "BLAMES")}.items():
        classes = f"[{{name: {no}, value: 0}}, {{name: {yes}, value: 1}}]"
        text = f"{{name: {name}, replaces: rubric, question: Does it?, classes: {classes}, parser: word}}"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        outputs = [
            {"prompt": r["prompt"], "answer": r["response"], "output": yes if r["response"] == HELPFUL else no}
            for r in responses
        ]
        _write_rows(folder / f"{name}.csv", outputs)


def _for_ci(folder: Path) -> None:
    """The policy that the page shows."""
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    policy = re.search(r"```yaml\n(# trustdelta\.yaml\n.*?)```", page, re.DOTALL)
    assert policy is not None
    (folder / "trustdelta.yaml").write_text(policy.group(1), encoding="utf-8")


def _with_the_file_of(page: str, place: str) -> Callable[[Path], None]:
    """Makes a copy of the package with a tutorial's file in it."""

    def prepare(folder: Path) -> None:
        code = re.search(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
        assert code is not None
        shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "src/trustdelta" / place).write_text(code.group(1), encoding="utf-8")

    return prepare


A_BENCHMARK, AN_ENGINE = "docs/tutorials/add-a-benchmark.md", "docs/tutorials/add-an-engine.md"


def _for_own_data(folder: Path) -> None:
    """The benchmark that the page shows."""
    page = (ROOT / "docs/own-data.md").read_text(encoding="utf-8")
    shown = re.search(r"```yaml\n(# help_desk\.yaml\n.*?)```", page, re.DOTALL)
    assert shown is not None
    (folder / "help_desk.yaml").write_text(shown.group(1), encoding="utf-8")


PREPARED: Mapping[str, Callable[[Path], None]] = {
    "docs/ci.md": _for_ci,
    "docs/judges.md": _for_judges,
    "docs/other-harnesses.md": harness_files.write,
    "docs/own-data.md": _for_own_data,
    "docs/rubrics.md": _for_rubrics,
    "docs/tutorials/calibrate-a-judge.md": _for_calibration,
    A_BENCHMARK: _with_the_file_of(A_BENCHMARK, "benchmarks/leap_years.py"),
    AN_ENGINE: _with_the_file_of(AN_ENGINE, "engines/fixed.py"),
}


def _run(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    sources = folder / "src" if (folder / "src").exists() else ROOT / "src"
    environment = {**os.environ, "PYTHONPATH": str(sources), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "trustdelta.cli.main", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages speak of: models, files of responses and texts, a study, two finished audits."""
    folder = tmp_path_factory.mktemp("pages")
    for name, organism in (("base", "instruct"), ("reasoner", "sft"), ("my-reasoner", "sft")):
        shutil.copytree(organisms.folder(organism), folder / "models" / name)
    _recorded(folder / "a.jsonl", refuses_every=20)
    _recorded(folder / "b.jsonl", refuses_every=4)
    chats = [{"prompt": "3+4=?", "response": "7"}, {"prompt": "Hello", "response": "Hello"}]
    (folder / "chats.jsonl").write_text("".join(json.dumps(c) + "\n" for c in chats), encoding="utf-8")
    (folder / "corpus.txt").write_text("a line of text\nand another\n", encoding="utf-8")
    (folder / "study.yaml").write_text(
        "title: Small\nsettings: {prompts_per_metric: 20, drift: false}\n"
        "pairs:\n  - {baseline: organism:instruct, candidate: organism:sft, method: sft}\n",
        encoding="utf-8",
    )
    small = ["--set", "prompts_per_metric=20"]
    first = _run(folder, ["audit", "organism:instruct", "organism:sft", "--out", "runs/first", *small])
    assert first.returncode == 0, first.stderr
    recorded = ["--baseline-responses", "a.jsonl", "--candidate-responses", "b.jsonl", "--out", "runs/audit"]
    audit = _run(folder, ["audit", "--benchmark", "coconot_contrast", *recorded, "--column", "metadata=category"])
    assert audit.returncode == 0, audit.stderr
    return folder


def _words(call: Documented) -> list[str]:
    """The command as it is run: stand-ins for names, and fewer prompts."""
    words = [STAND_INS.get(word, word) for word in call.words[1:]]
    if words[0] in ("audit", "plan"):
        words = [MODELS.get(word, word) for word in words]
        sized = any(word.startswith("prompts_per_metric=") for word in words)
        if "--baseline-responses" not in words and not sized:
            words += ["--set", "prompts_per_metric=20"]
    return words


def _label(path: Path) -> None:
    """Do what a page asks people to do: fill in the sheet."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label"] = row["label"] or ("1" if REFUSED in row.values() else "0")
    _write_rows(path, rows)


PAGES = [(page, list(calls)) for page, calls in groupby(documented("trustdelta"), key=lambda call: call.page)]


@pytest.mark.parametrize(("page", "calls"), PAGES, ids=[page for page, _ in PAGES])
def test_a_page_s_commands_run_in_order(page: str, calls: list[Documented], sandbox: Path, tmp_path: Path) -> None:
    """Whoever types a page's commands one after another never sees a usage error, a traceback or damaged input."""
    folder = tmp_path / "work"
    shutil.copytree(sandbox, folder)
    if page in PREPARED:
        PREPARED[page](folder)
    for call in calls:
        if any(re.search(pattern, word) for pattern in ELSEWHERE for word in call.words[1:]):
            continue
        words = _words(call)
        for option in {"--labels", "--from"} & set(words):
            if words[0] != "plan":
                _label(folder / words[words.index(option) + 1])
        done = _run(folder, words)
        wanted = (0, 1, 2) if words[0] == "gate" else (0,)
        assert done.returncode in wanted, f"{call}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
