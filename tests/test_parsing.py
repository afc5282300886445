"""Settings and data that somebody else wrote: what is no plain value is refused by name and at once."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.errors import ConfigError
from trustdelta.parsing import MOST_BYTES, load_yaml, parse_json, parse_yaml, read_bytes, short

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
MERGE_BOMB = "a0: &a0 {k: 1}\n" + "".join(
    f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
CHAIN = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 5000))
HEX = "0x" + "F" * 200_000

WRONG_YAML = {
    "a: 1\na: 2": "'a' twice",
    "a: {b: 1, b: 1}": "'b' twice",
    "- {a: 1}\n- {c: 1, d: 2, c: 3}": "'c' twice",
    "'a': 1\n\"a\": 2": "'a' twice",
    "? a\n: 1\na: 2": "'a' twice",
    "a: 1\n!!str a: 2": "'a' twice",
    "x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x": "'<<' twice",
    "{a: 1, ? a : 2}": "'a' twice",
    "deep: [[[{k: 1, k: 2}]]]": "'k' twice",
    BOMB: "values",
    MERGE_BOMB: "values",
    CHAIN: "deeper",
    "[" * 60: "deeper",
    "[" * 500_000: "deeper",
    "{a: " * 60: "deeper",
    "- " * 100_000: "deeper",
    "? " * 5000: "deeper",
    "a: &a [*a]": "holds itself",
    "&a {k: *a}": "holds itself",
    "a: &a\n  b: {c: *a}": "holds itself",
    "a: *gone": "undefined alias",
    "seed: " + "9" * 5000: "64 bits",
    "seed: 9223372036854775808": "64 bits",
    f"seed: {HEX}": "64 bits",
    "seed: 1" + ":59" * 50_000: "64 bits",
    "seed: 0b" + "1" * 3000: "64 bits",
    "a: !!int abc": "",
    "a: !!float abc": "",
    "a: !!bool maybe": "",
    "a: !!int ''": "",
    "a: !!binary aGk=": "binary",
    "a: !!set {x, y}": "set",
    "a: !!omap [x: 1]": "omap",
    "a: !!pairs [x: 1]": "pairs",
    "a: !!timestamp 2024-01-01": "timestamp",
    "a: !!python/object/apply:os.system [id]": "python",
    "a: !<tag:example.org,2024:x> y": "example.org",
    "1: a": "no text",
    "on: a": "no text",
    "~: a": "no text",
    "[a]: b": "no text",
    "{a: 1}: b": "no text",
    "&k key: 1\n*k : 2": "'key' twice",
    "a: [": "",
    "a: 'x": "",
    "\tb: 1": "",
    "a: b: c": "",
    "--- 1\n--- 2": "",
    "a: \x00": "",
    "%YAML 3.0\n---\na: 1": "",
    "x" * (MOST_BYTES + 1): "characters",
    "a: 1\n<<: 3": "",
    "<<: {a: 1}\n<<: {a: 2}": "'<<' twice",
}


@pytest.mark.parametrize(("text", "says"), WRONG_YAML.items(), ids=lambda text: short(text)[:40])
def test_yaml_that_is_no_plain_settings_is_refused_at_once(text: str, says: str) -> None:
    """A key that stands twice, bombs, deep nesting, tags and huge numbers: one short line, within a second."""
    start = time.process_time()
    with pytest.raises(ValueError, match=r"^") as refused:
        parse_yaml(text)
    assert time.process_time() - start < 1.0
    assert type(refused.value) is ValueError
    line = str(refused.value)
    assert says in line
    assert line
    assert "\n" not in line
    assert len(line) < 400


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc<=1 ", max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_what_is_written_as_yaml_is_read_back_equal(value: object) -> None:
    """Every plain value that PyYAML writes is read back as it was."""
    assert parse_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2", {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1, "l": 2}}),
        ("a: &x {k: 1}\nc: {<<: *x, k: 2}", {"a": {"k": 1}, "c": {"k": 2}}),
        ("expires: 2999-01-01", {"expires": "2999-01-01"}),
        ("- [*a, *a]\n".replace("*a", "1"), [[1, 1]]),
        ("", None),
        ("a:\nb: ~", {"a": None, "b": None}),
        ("[{a: 1}, {a: 2}]", [{"a": 1}, {"a": 2}]),
        ("x: .inf", {"x": float("inf")}),
        ("[" * 30 + "]" * 30, json.loads("[" * 30 + "]" * 30)),
    ],
)
def test_anchors_merges_and_dates_are_read(text: str, value: object) -> None:
    """What people write is read: anchors, overridden merges, dates as texts, the same key in two mappings."""
    assert parse_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('[{"b": {"c": 1, "d": 2, "c": 1}}]', "'c' twice"),
        ('{"prompt": "x", "response": "y", "prompt": "z"}', "'prompt' twice"),
        ('{"\\u0061": 1, "a": 2}', "'a' twice"),
        ("[" * 100_000, "deep"),
        ('{"a":' * 100_000, "deep"),
        ("9" * 5000, "digits"),
        ("{", ""),
        ("nope", ""),
    ],
    ids=lambda text: text[:30],
)
def test_json_that_says_two_things_is_refused(text: str, says: str) -> None:
    """A key that stands twice, a nesting without end and a number of thousands of digits are ValueErrors."""
    with pytest.raises(ValueError, match=r"^") as refused:
        parse_json(text)
    assert says in str(refused.value)


@given(PLAIN)
def test_what_is_written_as_json_is_read_back_equal(value: object) -> None:
    """Values with each key once are read as `json` reads them."""
    assert parse_json(json.dumps(value)) == value


def test_a_pipe_is_read_to_its_end_and_a_silent_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe with a writer, as a shell makes for `<(command)`, is read; one that nobody writes into does not hang."""
    monkeypatch.setattr("trustdelta.parsing.PATIENCE", 0.3)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="no process wrote"):
        load_yaml(pipe, "pass a file")
    writer = threading.Thread(target=lambda: pipe.write_text("a: 1"))
    monkeypatch.setattr("trustdelta.parsing.PATIENCE", 30)
    writer.start()
    assert load_yaml(pipe, "pass a file") == {"a": 1}
    writer.join()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "directory"),
        (lambda path: path.symlink_to(path), "symbolic"),
        (lambda path: path.symlink_to("/dev/zero"), "more than"),
        (lambda path: path.write_bytes(b" " * (MOST_BYTES + 1)), "more than"),
        (lambda path: path.write_bytes(b"a: \xff"), "byte 3 is not UTF-8"),
        (lambda path: path.write_bytes("a: 1".encode("utf-16")), "UTF-8"),
        (lambda path: None, "No such file"),
    ],
)
def test_what_is_no_text_file_is_refused(make: object, says: str, tmp_path: Path) -> None:
    """A folder, a loop, a device, a large file, other bytes: one line with the path and the next step."""
    path = tmp_path / "settings.yaml"
    make(path)  # type: ignore[operator]
    with pytest.raises(ConfigError, match="pass a file") as refused:
        load_yaml(path, "pass a file")
    assert says in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_file_is_read_without_its_mark(tmp_path: Path) -> None:
    """A byte order mark, as some editors write it, is no part of the text."""
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load_yaml(tmp_path / "a.yaml", "") == {"a": 1}
    assert read_bytes(tmp_path / "a.yaml", 8) == b"\xef\xbb\xbfa: 1\n"
