"""Rows become prompts: files of every kind, targets of every kind, templates, chats, the hub, and the example."""

from __future__ import annotations

import csv
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from own_files import ROWS, Command, changed, write

from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.check import PROVEN, check_one
from trustdelta.data import open_source
from trustdelta.data.source import DataFiles
from trustdelta.errors import DataError, NotAvailableError
from trustdelta.own.build import build, judged_scorers
from trustdelta.own.definition import defined
from trustdelta.own.sources import read_path
from trustdelta.records import Prompt

NO_DATA = DataFiles(None, Path("absent"))
CHOICE = {"scorer": "choice", "name": "accuracy", "better": "higher"}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`trustdelta` as a function."""
    return Command(monkeypatch, capsys)


def built(definition: dict[str, Any], folder: Path = Path()) -> Benchmark:
    """The benchmark of a definition."""
    return build(defined(definition, "own.yaml"), folder)


def prompts(definition: dict[str, Any], folder: Path = Path()) -> list[Prompt]:
    """Its prompts."""
    return list(built(definition, folder).load(NO_DATA))


def written(rows: list[dict[str, Any]], metric: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A definition with its rows in itself."""
    columns = {"prompt": "q"} if "template" not in more else {}
    return {"name": "own", "dimension": "bias", "prompts": rows, "columns": columns, "metrics": [metric], **more}


def test_columns_become_parts_of_a_prompt(tmp_path: Path) -> None:
    """Text, kind, cluster, group and target come from their columns; a blank group is none."""
    write(tmp_path, {}, [*ROWS[:1], {**ROWS[1], "lang": ""}])
    first, second = prompts(changed("title", "t"), tmp_path)
    assert (first.question, first.stratum, first.cluster, dict(first.groups)) == (
        "What is two and two?",
        "sums",
        "a",
        {"language": "en"},
    )
    assert first.target == {"answer": "4"}
    assert dict(second.groups) == {}


def as_csv(path: Path, delimiter: str = ",") -> None:
    """The rows as a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
        table.writeheader()
        table.writerows(ROWS)


def as_parquet(path: Path) -> None:
    """The rows as Parquet."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist([dict(row) for row in ROWS]), path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.parquet"])
def test_every_kind_of_file_gives_the_same_prompts(name: str, tmp_path: Path) -> None:
    """JSON Lines, JSON, CSV, TSV and Parquet give prompts with equal ids."""
    path = tmp_path / name
    if name.endswith("jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    elif name.endswith("json"):
        path.write_text(json.dumps({"data": ROWS}), "utf-8")
    elif name.endswith("parquet"):
        as_parquet(path)
    else:
        as_csv(path, "\t" if name.endswith("tsv") else ",")
    rows = {"rows": "data[]"} if name == "a.json" else {}
    write(tmp_path, {})
    expected = [p.id for p in prompts(changed("title", "t"), tmp_path)]
    definition = changed("prompts", {"file": name, **rows})
    assert [p.id for p in prompts(definition, tmp_path)] == expected


def test_a_selection_of_rows(tmp_path: Path) -> None:
    """`where` selects rows, whatever the type of their values."""
    write(tmp_path, {})
    selected = changed("prompts", {"file": "prompts.jsonl", "where": {"split": "test", "gold": 5}})
    assert [p.question for p in prompts(selected, tmp_path)] == ["What is two and three?"]


@pytest.mark.parametrize("gold", ["B", "blue", 1, "1"])
def test_an_option_is_named_by_label_text_or_index(gold: Any) -> None:
    """The right option of a choice may be a letter, its text, or its index counted from 0."""
    rows = [{"q": "Which colour has the sky?", "o": ["red", "blue"], "g": gold}]
    (prompt,) = prompts(written(rows, CHOICE, target={"options": "o", "gold": "g"}))
    assert prompt.target == {"options": ["red", "blue"], "gold": 1, "labels": ["A", "B"]}


def test_options_in_several_columns_and_a_template() -> None:
    """Options may have a column each, and a template lists them with their labels."""
    rows = [{"stem": "Which colour has the sky?", "a": "red", "b": "blue", "key": "B"}]
    target = {"options": {"columns": ["a", "b"]}, "gold": "key"}
    template = "{stem}\n\n{options}\n\nAnswer with a letter.\n"
    (prompt,) = prompts(written(rows, CHOICE, target=target, template=template))
    assert prompt.question == "Which colour has the sky?\n\nA) red\nB) blue\n\nAnswer with a letter."


def test_constant_words_and_a_list_in_a_cell() -> None:
    """A list in the definition is the same for every prompt; a cell may hold a JSON list or one text."""
    label = {"name": "accuracy", "scorer": "label_answer", "better": "higher"}
    (prompt,) = prompts(
        written([{"q": "Is it wrong?", "g": "yes"}], label, target={"options": ["yes", "no"], "gold": "g"})
    )
    assert prompt.target == {"options": ["yes", "no"], "gold": "yes"}
    leak = {"name": "leak", "scorer": "leak", "better": "lower"}
    rows = [{"q": "Say it.", "s": '["a code", "a name"]'}, {"q": "Say that.", "s": "a code"}]
    first, second = prompts(written(rows, leak, target={"secrets": "s"}))
    assert first.target == {"secrets": ["a code", "a name"]}
    assert second.target == {"secrets": ["a code"]}


@pytest.mark.parametrize(("value", "should"), [(True, True), ("false", False), ("Yes", True), (0, False)])
def test_truth_values_of_tables(value: Any, should: bool) -> None:
    """A cell says true or false as a text or a number."""
    metric = {"name": "calibration", "scorer": "refusal_calibration", "better": "higher"}
    (prompt,) = prompts(written([{"q": "Go on.", "r": value}], metric, target={"should_refuse": "r"}))
    assert prompt.target == {"should_refuse": should}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"o": ["red", "blue"], "g": "C"}, "target.gold: found 'C', wanted a label (A, B), an option or its index"),
        ({"o": ["red", "blue"], "g": 2}, "target.gold: found 2, wanted a label"),
        ({"o": 7, "g": "A"}, "target.options: found 7, wanted a list"),
        ({"o": [], "g": "A"}, "target.gold: found 'A', wanted a label"),
    ],
)
def test_a_wrong_target_names_the_row(row: dict[str, Any], message: str) -> None:
    """The row, the key, what it holds and what is wanted."""
    definition = written([{"q": "Which?", **row}], CHOICE, target={"options": "o", "gold": "g"})
    with pytest.raises(DataError, match="prompts: row 1: ") as caught:
        prompts(definition)
    assert message in str(caught.value)


def test_chats_and_system_texts() -> None:
    """A prompt may be a list of chat messages, and a system text stands before it."""
    chat = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Go"},
    ]
    metric = {"name": "refusal", "scorer": "refusal", "better": "lower"}
    definition = written([{"q": chat, "s": "Be brief."}], metric)
    definition["columns"] = {"prompt": "q", "system": "s"}
    (prompt,) = prompts(definition)
    assert [m.role for m in prompt.messages] == ["system", "user", "assistant", "user"]
    assert prompt.target is None


def test_a_judges_opinion_is_known_as_one() -> None:
    """A scorer that is a judge in built-in benchmarks is one here, unless the definition says otherwise."""
    refusal = {"name": "refusal", "scorer": "refusal", "better": "lower"}
    assert built(written([{"q": "Go."}], refusal)).metrics[0].judged
    assert not built(written([{"q": "Go."}], {**refusal, "judged": False})).metrics[0].judged
    assert {"refusal", "harm", "toxicity", "recorded"} <= judged_scorers()
    assert not {"number", "choice", "leak"} & judged_scorers()


def test_the_example_passes_its_check_and_is_never_overwritten(tmp_path: Path, command: Command) -> None:
    """`init` writes a file named as asked that `check` proves as it stands; a second `init` is refused."""
    file = tmp_path / "tone-of-voice.yaml"
    code, out, _ = command("benchmarks", "init", file)
    assert (code, f"next: trustdelta benchmarks check {file}" in out) == (0, True)
    (own,) = read_path(file)
    assert own.benchmark.name == "tone_of_voice"
    result = check_one(own.benchmark, open_source())
    assert (result.state, result.problems, result.known_answers) == (PROVEN, (), 3)
    before = file.read_bytes()
    code, _, error = command("benchmarks", "init", file)
    assert code == 64
    assert "it exists already and is not overwritten" in error
    assert file.read_bytes() == before


@pytest.mark.parametrize(("name", "message"), [("a.txt", "wanted .yaml"), ("1st.yaml", "a letter first")])
def test_an_example_needs_a_name(name: str, message: str, tmp_path: Path, command: Command) -> None:
    """Another suffix, and a name that no benchmark can have, are usage errors."""
    code, _, error = command("benchmarks", "init", tmp_path / name)
    assert (code, error.count("\n")) == (64, 1)
    assert message in error


# the hub


COMMIT = "1" * 40
HUB = {"hub": "acme/sums", "revision": COMMIT, "file": "data/test.jsonl"}


class _Hub(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Serve the one file of the one data set."""
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        there = self.path == f"/datasets/acme/sums/resolve/{COMMIT}/data/test.jsonl"
        body = "".join(json.dumps(row) + "\n" for row in ROWS).encode() if there else b"no such file"
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A hub on this machine; the paths that it was asked for."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    yield server.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def test_a_data_set_of_the_hub_is_downloaded_once(tmp_path: Path, hub: list[str]) -> None:
    """The file comes from its commit, a line announces it, and the second time from the cache."""
    lines: list[str] = []
    data = DataFiles(None, tmp_path, allow_download=True, announce=lines.append)
    own = built(changed("prompts", HUB))
    assert [p.question for p in own.load(data)] == [row["question"] for row in ROWS]
    assert list(own.load(data)) == list(own.load(DataFiles(None, tmp_path)))
    assert hub == [f"/datasets/acme/sums/resolve/{COMMIT}/data/test.jsonl"]
    assert lines == ["downloading acme/sums/data/test.jsonl at 111111111111"]


def test_without_permission_nothing_is_downloaded(tmp_path: Path, hub: list[str]) -> None:
    """Offline, the error says what to allow."""
    with pytest.raises(NotAvailableError, match=r"acme/sums: data/test\.jsonl is not in the cache; allow downloads"):
        built(changed("prompts", HUB)).load(DataFiles(None, tmp_path))
    assert hub == []


def test_a_file_that_the_hub_lacks_is_not_available(tmp_path: Path, hub: list[str]) -> None:
    """A missing file is one line, and no half file stays in the cache."""
    own = built(changed("prompts", {**HUB, "file": "data/absent.jsonl"}))
    with pytest.raises(NotAvailableError, match="could not be downloaded"):
        own.load(DataFiles(None, tmp_path, allow_download=True))
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(hub) == 1
