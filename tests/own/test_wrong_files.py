"""A wrong file of a benchmark is one line with the file, the key, what was found and what is wanted; nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from own_files import DEFINITION, ROWS, Command, changed, write


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`trustdelta` as a function."""
    return Command(monkeypatch, capsys)


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
)
COMMIT = "0" * 40

DEFINITIONS: list[tuple[str, Any, str]] = [
    # keys
    ("metric", [], "metric: there is no such key (did you mean 'metrics'?"),
    ("metrics.0.scorr", "number", "metrics.0.scorr: there is no such key (did you mean 'scorer'?"),
    ("columns.promt", "question", "columns.promt: there is no such key (did you mean 'prompt'?"),
    ("prompts", {"fil": "prompts.jsonl"}, "prompts.fil: there is no such key (did you mean 'file'?"),
    ("known.0.score", {"accuracy": 1}, "known.0.score: there is no such key (did you mean 'scores'?"),
    ("name", ..., "name: it is missing"),
    ("metrics.0.better", ..., "metrics.0.better: it is missing"),
    ("known.0.scores", ..., "known.0.scores: it is missing"),
    # types and values
    ("name", "Our sums", "name: found 'Our sums', wanted at most 60 lower-case letters, digits and underscores"),
    ("name", 7, "name: found 7, wanted a text"),
    ("name", "xstest", "name: 'xstest' is the name of a built-in benchmark; choose another one."),
    ("title", ["a"], "title: found ['a'], wanted a text"),
    ("dimension", "saftey", "dimension: found 'saftey', wanted safety, toxicity"),
    ("dimension", "saftey", "did you mean 'safety'?"),
    ("dimension", "House Rules", "or a name of your own in lower-case letters"),
    ("metrics", [], "metrics: found [], wanted at least 1 entries"),
    ("metrics", "number", "metrics: found 'number', wanted a list"),
    ("metrics.0.better", "up", "metrics.0.better: found 'up', wanted one of higher, lower"),
    ("metrics.0.margin", "wide", "metrics.0.margin: found 'wide', wanted a number"),
    ("metrics.0.margin", -0.1, "metrics.0.margin: found -0.1, wanted more than 0"),
    ("metrics.0.tier", "D", "metrics.0.tier: found 'D', wanted one of A, B, C"),
    ("metrics.0.primary", "often", "metrics.0.primary: found 'often', wanted true or false"),
    ("metrics.0.part", "thougt", "did you mean 'thought'?"),
    ("answer_tokens", 0, "answer_tokens: found 0, wanted at least 1"),
    ("answer_tokens", "many", "answer_tokens: found 'many', wanted a whole number"),
    ("known.0.outcome", "refussed", "known.0.outcome: found 'refussed', wanted one of answered, refused"),
    ("known.0.scores", {"accuracy": "high"}, "known.0.scores.accuracy: found 'high', wanted a number"),
    ("known.0.scores", {"accuracy": 2}, "known.0.scores.accuracy: found 2, wanted 0 to 1"),
    ("known.0.scores", {"acuracy": 1}, "known.0.scores: there is no metric 'acuracy' (did you mean 'accuracy'?"),
    ("metrics", DEFINITION["metrics"] * 2, "found two metrics named 'accuracy', wanted different names"),
    # scorers and what they need
    ("metrics.0.scorer", "numbr", "metrics.0.scorer: there is no scorer 'numbr' (did you mean 'number'?"),
    ("target", {}, "target.answer: it is missing; the scorer 'number' needs answer"),
    ("target.anser", "gold", "target.anser: no scorer of these metrics reads it (did you mean 'answer'?"),
    ("target.answer", 4, "target.answer: found 4, wanted a column, a list, or {columns: [...]}"),
    # places of prompts
    ("prompts", {"file": "a.csv", "written": [{"question": "x"}]}, "prompts: found file and written, wanted one of"),
    ("prompts", {}, "prompts: found none, wanted one of file, written and recorded"),
    ("prompts", {"hub": "o/n", "file": "a.csv"}, "prompts: found a part of hub, revision and file"),
    ("prompts", {"hub": "o/n", "file": "a.csv", "revision": "main"}, "found 'main', wanted a commit of 40 hex digits"),
    ("prompts", {"hub": "n", "file": "a.csv", "revision": COMMIT}, "prompts.hub: found 'n', wanted OWNER/NAME"),
    ("prompts", {"hub": "o/n", "file": "../a.csv", "revision": COMMIT}, "wanted a path inside the data set"),
]


@pytest.mark.parametrize(("path", "value", "message"), DEFINITIONS, ids=[f"{p}-{m[:40]}" for p, _, m in DEFINITIONS])
def test_a_wrong_definition_is_a_usage_error(
    path: str, value: Any, message: str, tmp_path: Path, command: Command
) -> None:
    """`benchmarks check` exits with 64 and one line, which begins with the file."""
    file = write(tmp_path, changed(path, value))
    code, out, error = command("benchmarks", "check", file)
    assert (code, out) == (64, "")
    assert error.count("\n") == 1
    assert error.startswith(f"trustdelta: {file}: ")
    assert message in error


TEXTS = [
    ("name: [a", "cannot be read as YAML"),
    ("- name: a", "found list, wanted a mapping"),
    ("", "found NoneType, wanted a mapping"),
    ("name: a\nname: b\n", "found the key 'name' twice"),
    (LAUGHS, "found more than 100,000 values, aliases counted each time"),
    ("[" * 60, "found a nesting deeper than 40"),
    ("name: !!python/object/apply:os.system ['true']", "cannot be read as YAML"),
    ("name: a\nanswer_tokens: .inf", "found a number that is not finite"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS, ids=[m for _, m in TEXTS])
def test_a_text_that_is_no_settings_is_a_usage_error(text: str, message: str, tmp_path: Path, command: Command) -> None:
    """Damaged, deep, self-multiplying and active YAML is refused in one line."""
    code, out, error = command("benchmarks", "check", write(tmp_path, text))
    assert (code, out, error.count("\n")) == (64, "", 1)
    assert message in error


WITHOUT_SECOND = [ROWS[0], {**ROWS[1], "question": " "}]
DATA: list[tuple[str, Any, Any, str]] = [
    ("prompts", "absent.jsonl", ROWS, "absent.jsonl: there is no such file"),
    ("columns.prompt", "queston", ROWS, "columns.prompt: no row has the column 'queston' (did you mean 'question'?"),
    ("columns.stratum", "kinds", ROWS, "columns.stratum: no row has the column 'kinds' (did you mean 'kind'?"),
    ("columns.groups", {"language": "language"}, ROWS, "columns.groups.language: no row has the column 'language'"),
    ("target.answer", "golden", ROWS, "target.answer: no row has the column 'golden' (did you mean 'gold'?"),
    ("template", "{question} {lung}", ROWS, "template: no row has the column 'lung' (did you mean 'lang'?"),
    ("prompts", {"file": "prompts.jsonl", "where": {"splt": "test"}}, ROWS, "did you mean 'split'?"),
    (
        "prompts",
        {"file": "prompts.jsonl", "where": {"split": "train"}},
        ROWS,
        "no row has 'train'; it holds 'test', 'dev'",
    ),
    ("prompts", {"file": "prompts.jsonl", "rows": "data[]"}, ROWS, "found no rows at 'data[]'"),
    ("title", "t", [*ROWS, ROWS[0]], "rows 1 and 4 hold the same prompt; delete one of them."),
    ("title", "t", WITHOUT_SECOND, "row 2: found no text in the column 'question', wanted a text or chat messages."),
    ("title", "t", [ROWS[0], {**ROWS[1], "gold": None}], "row 2: target.answer: the row has no value of it"),
    ("title", "t", [ROWS[0], {**ROWS[1], "gold": [5]}], "row 2: target.answer: found [5], wanted a text"),
    ("title", "t", [ROWS[0], ["a"]], "row 2 is list, wanted an object with columns"),
    ("metrics.0.strata", ["sum"], ROWS, "metrics.0.strata: no prompt is of the kind 'sum' (did you mean 'sums'?"),
    ("known.0.prompt", "What is two and too?", ROWS, "known.0.prompt: found 'What is two and too?', which is in 0 of"),
    ("known.0.prompt", "What is two", ROWS, "which is in 3 of the 3 prompts, wanted the question of exactly one"),
    ("known.0.scores", {"accuracy": 0}, ROWS, "known.0: number gave 1.0, wanted 0.0"),
    ("known.2.outcome", "refused", ROWS, "known.2: ended as malformed, wanted refused"),
    ("known", [], ROWS, "it has no known answers"),
]


@pytest.mark.parametrize(("path", "value", "rows", "message"), DATA, ids=[f"{p}-{m[:40]}" for p, _, _, m in DATA])
def test_wrong_data_and_wrong_known_answers_fail_the_check(
    path: str, value: Any, rows: Any, message: str, tmp_path: Path, command: Command
) -> None:
    """`benchmarks check` exits with 3, and one line names the problem."""
    code, out, error = command("benchmarks", "check", write(tmp_path, changed(path, value), rows))
    assert (code, error) == (3, "")
    assert [line for line in out.splitlines() if message in line]
    assert out.splitlines()[0].startswith("failed ")


def test_an_audit_refuses_wrong_data_before_a_model_is_opened(tmp_path: Path, command: Command) -> None:
    """The line of `check` is the audit's, with the exit code of a failed measurement."""
    file = write(tmp_path, DEFINITION, [*ROWS, ROWS[0]])
    code, out, error = command(
        "audit", "organism:instruct", "organism:sft", "--benchmark", file, "--out", tmp_path / "r"
    )
    assert (code, out) == (3, "")
    assert "rows 1 and 4 hold the same prompt" in error.splitlines()[-1]
    assert "opening" not in error


PATHS = [
    (
        "absent.yaml",
        "absent.yaml: there is no such file or folder; `trustdelta benchmarks init absent.yaml` writes one.",
    ),
    ("own.txt", "wanted .yaml or .yml or .py"),
    ("empty/", "empty: found no file that ends in .yaml, .yml, .py, wanted at least one."),
    ("our_sms", "did you mean 'our_sums'?"),
    ("xtest", "did you mean 'xstest'?"),
]


@pytest.mark.parametrize(("name", "message"), PATHS)
def test_a_name_that_leads_nowhere_is_a_usage_error(
    name: str, message: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing file, another suffix, an empty folder and a misspelt name exit with 64 and name the next step."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "own.txt").write_text("name: a", "utf-8")
    write(tmp_path / "known", DEFINITION)
    monkeypatch.setenv("TRUSTDELTA_BENCHMARKS", str(tmp_path / "known"))
    monkeypatch.chdir(tmp_path)
    name = f"./{name}" if name == "own.txt" else name
    for line in (("benchmarks", "check", name), ("audit", "organism:instruct", "organism:sft", "--benchmark", name)):
        code, out, error = command(*line)
        assert (code, out, error.count("\n")) == (64, "", 1)
        assert message in error


def test_two_files_of_one_name_are_both_named(tmp_path: Path, command: Command) -> None:
    """A folder with two benchmarks of one name is refused."""
    write(tmp_path, DEFINITION).rename(tmp_path / "first.yaml")
    write(tmp_path, DEFINITION)
    code, _, error = command("benchmarks", "check", tmp_path)
    assert code == 64
    assert f"{tmp_path / 'own.yaml'}: name: 'our_sums' is also the name of {tmp_path / 'first.yaml'}" in error


def test_the_folder_of_the_variable_must_exist(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A TRUSTDELTA_BENCHMARKS that is no folder is named."""
    monkeypatch.setenv("TRUSTDELTA_BENCHMARKS", str(tmp_path / "absent"))
    code, _, error = command("benchmarks", "check", "our_sums")
    assert code == 64
    assert f"TRUSTDELTA_BENCHMARKS: found '{tmp_path / 'absent'}', which is no folder" in error
