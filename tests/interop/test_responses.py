"""Recorded responses: every format, the path language, and every way in which a file can be wrong."""

import gzip
import json
import lzma
from pathlib import Path

import pytest

from trustdelta.errors import ConfigError, DataError
from trustdelta.interop.responses import read_recorded
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_paths import split_rows, values
from trustdelta.records import Finish, Json, Message, Prompt

ROWS = [
    {"prompt": "one", "response": "1", "topic": "a", "finish_reason": "stop", "score": 0.5},
    {"prompt": "two", "response": "2", "topic": "b", "finish_reason": "length", "score": None},
]
COLUMNS = ColumnMap.of({"prompt": "prompt", "response": "response", "finish": "finish_reason", "metadata": "topic"})


def _lines(rows: list[Json]) -> str:
    return "".join(json.dumps(r) + "\n" for r in rows)


def _write(tmp_path: Path, name: str, content: str | bytes) -> Path:
    """A file with that content, packed where its name says so."""
    raw = content.encode("utf-8") if isinstance(content, str) else content
    path = tmp_path / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


CSV = "prompt,response,topic,finish_reason,score\none,1,a,stop,0.5\ntwo,2,b,length,\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.jsonl", _lines(ROWS)),
        ("r.jsonl.gz", _lines(ROWS)),
        ("r.jsonl", "\ufeff" + _lines(ROWS).rstrip("\n")),
        ("r.json", json.dumps(ROWS)),
        ("r.csv", CSV),
        ("r.csv.gz", CSV.replace("\n", "\r\n")),
        ("r.tsv", CSV.replace(",", "\t")),
    ],
)
def test_all_formats_give_the_same_rows(tmp_path: Path, name: str, content: str) -> None:
    """JSONL, JSON, CSV and TSV, packed or not, with and without a byte order mark."""
    columns = ColumnMap.of({"finish": "finish_reason", "metadata": ["topic"], "score": "score"})
    found = read_recorded(_write(tmp_path, name, content), columns)
    assert [(r.messages[-1].content, r.text, r.draw) for r in found.rows] == [("one", "1", 0), ("two", "2", 0)]
    assert [r.finish for r in found.rows] == [Finish.STOP, Finish.LENGTH]
    assert [dict(r.scores) for r in found.rows] == [{"score": 0.5}, {}]
    assert [dict(r.metadata) for r in found.rows] == [{"topic": "a"}, {"topic": "b"}]
    assert found.diagnostics.unscored == 1
    assert found.sources[0][0] == name


def test_parquet(tmp_path: Path) -> None:
    """Parquet gives the same rows as JSON Lines; a cut file is an error of one line."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "r.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    found = read_recorded(path, COLUMNS)
    assert found.rows == read_recorded(_write(tmp_path, "r.jsonl", _lines(ROWS)), COLUMNS).rows
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cut off or damaged"):
        read_recorded(path, COLUMNS)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", [1]),
        ("b.c", [2]),
        ("l[]", [3, 4]),
        ("o[].x", [5, 6]),
        ("n[][]", [7, 8, 9]),
        ("d.*", [10, 11]),
        ("d.*.none", []),
        ("e.*[].x", [12, 13]),
        ("x.y[]", ["flat"]),
        ("", None),
    ],
)
def test_paths(path: str, expected: list[Json] | None) -> None:
    """Keys, lists, all values of an object, and a key that looks like a path."""
    data = {
        **{"a": 1, "b": {"c": 2}, "l": [3, 4], "o": [{"x": 5}, {"x": 6}], "n": [[7, 8], [9]]},
        **{"d": {"p": 10, "q": 11}, "e": {"p": [{"x": 12}], "q": [{"x": 13}]}, "x.y[]": "flat"},
    }
    assert values(data, path) == ([data] if expected is None else expected)


def test_the_rows_are_where_the_prompts_are() -> None:
    """A full path is cut behind the last step before its end that iterates."""
    assert split_rows("results[].prompt") == ("results[]", "prompt")
    assert split_rows("*.*[].original_question") == ("*.*[]", "original_question")
    assert split_rows("question.english") == ("", "question.english")


def test_nested_draws_have_their_own_reasoning_and_scores(tmp_path: Path) -> None:
    """Lists beside the response list are taken draw by draw; a plain column counts for all draws."""
    data = {"results": [{"p": "q", "out": ["x", "y"], "think": [None, "t"], "s": [0, 1], "stop": "eos"}]}
    columns = {"prompt": "results[].p", "response": "results[].out[]", "reasoning": "results[].think[]"}
    columns |= {"score": "results[].s[]", "finish": "results[].stop"}
    found = read_recorded(_write(tmp_path, "r.json", json.dumps(data)), ColumnMap.of(columns))
    assert [(r.draw, r.text, r.reasoning, r.scores["score"]) for r in found.rows] == [
        (0, "x", None, 0),
        (1, "y", "t", 1),
    ]
    assert {r.finish for r in found.rows} == {Finish.STOP}


def test_system_texts_chats_and_join_keys(tmp_path: Path) -> None:
    """A recorded row has the join key of the prompt with the same messages, whatever way it was written down."""
    chat = [{"role": "system", "content": "be kind"}, {"role": "user", "content": "one "}]
    rows = [{"prompt": "one", "sys": "be kind", "response": "a"}, {"prompt": chat, "sys": None, "response": "b"}]
    found = read_recorded(_write(tmp_path, "r.jsonl", _lines(rows)), ColumnMap.of({"system": "sys"}))
    prompt = Prompt("any", (Message("system", "be kind"), Message("user", "one")))
    assert list(found.by_key()) == [prompt.join_key]
    assert [r.draw for r in found.by_key()[prompt.join_key]] == [0, 1]
    assert found.diagnostics.repeated == 1
    assert found.prompt_rows()[0]["system"] == "be kind"


def test_a_prompt_that_comes_again_is_read_once_with_its_system_text_and_input(tmp_path: Path) -> None:
    """Draws share their messages; the same text under another system text or input is another prompt."""
    asked = [("one", None, None), ("one", "be kind", None), ("one", "be kind", "more"), ("one", None, None)]
    rows: list[Json] = [{"prompt": p, "sys": s, "in": i, "response": f"{n}"} for n, (p, s, i) in enumerate(asked)]
    rows.append({"prompt": "one", "sys": {"text": "be kind"}, "in": None, "response": "4"})
    columns = ColumnMap.of({"prompt": "prompt", "response": "response", "system": "sys", "input": "in"})
    recorded = read_recorded(_write(tmp_path, "r.jsonl", _lines(rows)), columns).rows
    assert recorded[0].messages is recorded[3].messages
    assert [r.draw for r in recorded] == [0, 0, 0, 1, 1]
    assert recorded[1].messages == recorded[4].messages
    assert [[m.content for m in r.messages] for r in recorded[:3]] == [
        ["one"],
        ["be kind", "one"],
        ["be kind", "one\n\nmore"],
    ]
    assert all(r.key == Prompt("", r.messages).join_key for r in recorded)


def test_duplicates_and_empty_responses_are_counted_and_named(tmp_path: Path) -> None:
    """The first row of a (prompt, draw) is kept; what was odd is said in one line each."""
    rows = [{"prompt": "p", "response": "a", "n": 1}, {"prompt": "p", "response": "", "n": 0}]
    rows += [{"prompt": " p ", "response": "b", "n": 1}]
    found = read_recorded(_write(tmp_path, "r.jsonl", _lines(rows)), ColumnMap.of({"draw": "n"}))
    assert [(r.draw, r.text) for r in next(iter(found.by_key().values()))] == [(0, ""), (1, "a")]
    assert found.diagnostics.lines() == ["1 duplicates of 3 (row 3)", "1 empty of 3 (row 2)"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.jsonl", "", "the file is empty"),
        ("r.jsonl", _lines(ROWS) + '{"prompt": "thr', r"line 3 of 3 is cut off \(half-written\?\)"),
        ("r.jsonl", _lines(ROWS[:1]) + "oops\n" + _lines(ROWS[1:]), "line 2 of 3 is not JSON"),
        ("r.json", json.dumps(ROWS)[:-5], "not JSON .* cut off"),
        ("r.json", "[]", "holds no rows"),
        ("r.json", "[1, 2]", "wanted an object"),
        ("r.jsonl", _lines([*ROWS, [1]]), "row 3 is list, wanted an object"),
        (
            "r.jsonl",
            "\n\n" + _lines(ROWS) + "\n \n{oops}\n\n",
            r"line 7 of 7 is not JSON \(Expecting .* line 1 column 2",
        ),
        ("r.jsonl", _lines(ROWS).encode() + b'{"prompt": "\xff"}\n', "not UTF-8 .byte 0xff at offset"),
        ("r.csv", CSV + "three,3", "line 4 does not have the 5 columns"),
        ("r.csv", CSV + '"three', "line 4 is not CSV"),
        ("r.csv", b"prompt,response\n\xff\xfe,1\n", "not UTF-8 .byte 0xff at offset 16"),
        ("r.txt", "x", "unknown file type '.txt'"),
        ("r.jsonl", _lines([{"prompt": None, "response": "x"}]), "row 1 has None as prompt"),
        ("r.jsonl", _lines([{"prompt": "p", "response": {"x": 1}}]), "row 1 has dict as response"),
        ("r.jsonl", _lines([{"question": "p", "text": "x"}]).replace("text", "answr"), "no response column"),
    ],
)
def test_a_file_that_is_wrong_is_named_in_one_line(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    """File, place, and what was wanted."""
    with pytest.raises(DataError, match=message) as caught:
        read_recorded(_write(tmp_path, name, content))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_xz_and_zstandard_are_unpacked(tmp_path: Path) -> None:
    """Both give what the plain file gives; a cut one is named as damaged."""
    plain = _lines(ROWS * 20)
    want = [r.text for r in read_recorded(_write(tmp_path, "r.jsonl", plain)).rows]
    path = _write(tmp_path, "r.jsonl.xz", lzma.compress(plain.encode()))
    assert [r.text for r in read_recorded(path).rows] == want
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(DataError, match="xz file is cut off or damaged"):
        read_recorded(path)
    pyarrow = pytest.importorskip("pyarrow")
    packed: bytes = pyarrow.compress(plain.encode(), codec="zstd", asbytes=True)
    assert [r.text for r in read_recorded(_write(tmp_path, "r.jsonl.zst", packed)).rows] == want
    with pytest.raises(DataError, match="Zstandard file is cut off or damaged"):
        read_recorded(_write(tmp_path, "r.jsonl.zst", packed[: len(packed) // 2]))


def test_a_cut_gzip_file_and_a_missing_file(tmp_path: Path) -> None:
    """Neither ends in a traceback of another library."""
    path = _write(tmp_path, "r.jsonl.gz", _lines(ROWS * 50))
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(DataError, match="gzip file is cut off or damaged"):
        read_recorded(path)
    with pytest.raises(DataError, match="there is no such file"):
        read_recorded(tmp_path / "none.jsonl")


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"high"'])
def test_a_score_that_is_not_a_finite_number_is_an_error(tmp_path: Path, value: str) -> None:
    """It would otherwise be averaged."""
    path = _write(tmp_path, "r.jsonl", f'{{"prompt": "p", "response": "x", "score": {value}}}')
    with pytest.raises(DataError, match=r"row 1 has score .* wanted a finite number"):
        read_recorded(path, ColumnMap.of({"score": "score"}))


def test_a_wrong_column_is_named_with_the_nearest_and_all_columns(tmp_path: Path) -> None:
    """So that the next command can be right."""
    path = _write(tmp_path, "r.jsonl", _lines(ROWS))
    with pytest.raises(DataError, match=r"'respose' is in no row \(did you mean 'response'\?.*prompt, response, topic"):
        read_recorded(path, ColumnMap.of({"response": "respose"}))
    with pytest.raises(DataError, match="leads nowhere"):
        read_recorded(path, ColumnMap.of({"rows": "results[]"}))


def test_lists_of_unequal_length_are_an_error(tmp_path: Path) -> None:
    """A reasoning list that lacks a draw would shift all others."""
    path = _write(tmp_path, "r.jsonl", _lines([{"prompt": "p", "response": ["a", "b"], "think": ["t"]}]))
    with pytest.raises(DataError, match="2 responses but 1 values of 'think"):
        read_recorded(path, ColumnMap.of({"response": "response[]", "reasoning": "think[]"}))


def test_column_maps_come_from_yaml_and_say_what_they_do_not_know(tmp_path: Path) -> None:
    """Unknown roles, wrong types and unreadable files are configuration errors."""
    path = tmp_path / "map.yaml"
    path.write_text("prompt: question\nresponse: output[]\nmetadata: [topic]\nscore: s\n", "utf-8")
    columns = ColumnMap.load(path)
    assert (columns.prompt, columns.scores, columns.metadata) == ("question", {"score": "s"}, {"topic": "topic"})
    assert ColumnMap.of(columns.json()) == columns
    wrong: list[tuple[dict[str, Json], str]] = [
        ({"respons": "x"}, "did you mean 'response'"),
        ({"prompt": 3}, "wanted the name or path"),
        ({"metadata": 3}, "wanted names of columns"),
        ({"prompt_opened_thought": "yes"}, "wanted true, false"),
    ]
    for given, message in wrong:
        with pytest.raises(ConfigError, match=message):
            ColumnMap.of(given)
    path.write_text("- a\n", "utf-8")
    with pytest.raises(ConfigError, match="wanted a mapping"):
        ColumnMap.load(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        ColumnMap.load(tmp_path / "none.yaml")


def test_scores_of_a_second_file_must_have_been_given_to_the_same_text(tmp_path: Path) -> None:
    """A score of another text is left out and reported."""
    responses = _write(
        tmp_path, "r.jsonl", _lines([{"prompt": "p", "response": ["a", "b"]}, {"prompt": "q", "response": ["c"]}])
    )
    judged = [{"prompt": "p", "response": "a", "score": 1}, {"prompt": "p", "response": "other", "score": 1}]
    scores = _write(tmp_path, "s.jsonl", _lines(judged))
    found = read_recorded(responses, ColumnMap.of({"response": "response[]"}), scores=scores)
    assert [dict(r.scores) for r in found.rows] == [{"score": 1.0}, {}, {}]
    assert (found.diagnostics.mismatched, found.diagnostics.unscored) == (1, 2)
    assert [name for name, _ in found.sources] == ["r.jsonl", "s.jsonl"]
    _write(tmp_path, "s.jsonl", _lines([{"prompt": "z", "response": "a", "score": 1}]))
    with pytest.raises(DataError, match="none of its prompts"):
        read_recorded(responses, ColumnMap.of({"response": "response[]"}), scores=scores)


@pytest.mark.parametrize(
    "draw",
    [
        "1.5",
        "true",
        "-1",
        "-1.0",
        '"x"',
        "1e400",
        "1" + "0" * 400,
        "NaN",
        "Infinity",
        "[1]",
        '{"n": 1}',
        "9007199254740993",
    ],
    ids=lambda text: text[:12],
)
def test_a_draw_that_is_no_whole_number_is_named(tmp_path: Path, draw: str) -> None:
    """A draw is never cut to a whole number, and no number is too large for the message."""
    row = f'{{"prompt": "one", "response": "1", "n": {draw}}}\n'
    with pytest.raises(DataError, match=r"row 1 has draw .{1,40}; wanted a whole number from 0 on"):
        read_recorded(_write(tmp_path, "r.jsonl", row), ColumnMap.of({"draw": "n"}))


@pytest.mark.parametrize("draw", ["0", "1.0", '"1"', '"1.0"', "7", "null", '""', "9007199254740991"])
def test_a_whole_number_is_a_draw_however_it_is_written(tmp_path: Path, draw: str) -> None:
    """Tables with gaps write 1.0, and CSV writes texts."""
    row = f'{{"prompt": "one", "response": "1", "n": {draw}}}\n'
    (found,) = read_recorded(_write(tmp_path, "r.jsonl", row), ColumnMap.of({"draw": "n"})).rows
    wanted = json.loads(draw)
    assert found.draw == (0 if wanted in (None, "") else int(float(wanted)))


@pytest.mark.parametrize(
    "score", ["1" + "0" * 400, "1e400", "-1e400", "NaN", '"1e400"', "[1]", '"high"'], ids=lambda text: text[:12]
)
def test_a_score_that_no_float_holds_is_named(tmp_path: Path, score: str) -> None:
    """10 to the 400 is no score: it is refused with its row, in a short line."""
    row = f'{{"prompt": "one", "response": "1", "s": {score}}}\n'
    with pytest.raises(DataError, match=r"row 1 has score .{1,40}; wanted a finite number"):
        read_recorded(_write(tmp_path, "r.jsonl", row), ColumnMap.of({"score": "s"}))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "r.jsonl",
            '{"prompt": "a", "response": "b", "response": "c"}\n',
            "line 1 of 1 is not JSON .*'response' twice",
        ),
        ("r.jsonl", '{"prompt": "a", "response": "b", "x": {"y": 1, "y": 2}}\n', "'y' twice"),
        ("r.json", '[{"prompt": "a", "response": "b", "prompt": "c"}]', "'prompt' twice"),
        ("r.csv", "prompt,response,response\na,b,c\n", "'response' twice"),
        ("r.tsv", "prompt\tresponse\tprompt\na\tb\tc\n", "'prompt' twice"),
        ("r.jsonl", '{"prompt": "a", "response": ' + "[" * 100_000 + "\n", "deep"),
        ("r.jsonl", '{"prompt": "a", "response": "b", "n": ' + "9" * 5000 + "}\n", "digits"),
    ],
    ids=range(7),
)
def test_a_row_that_says_two_things_is_refused(tmp_path: Path, name: str, content: str, says: str) -> None:
    """A column that stands twice, a nesting without end, a number of thousands of digits: one line with its place."""
    with pytest.raises(DataError, match=says) as refused:
        read_recorded(_write(tmp_path, name, content))
    assert len(str(refused.value)) < 500
