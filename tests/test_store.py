"""The run folder keeps what it was given, admits one writer, and names what is damaged or changed."""

from __future__ import annotations

import dataclasses
import json
import math
import sqlite3
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.errors import BusyError, FolderError, StoreError
from trustdelta.records import Arm, Finish, Message, Outcome, Part, Prompt, Response, Score
from trustdelta.records.state import COMPLETE, STORE_VERSION, fingerprint
from trustdelta.store import DriftRow, Store
from trustdelta.store.rows import ADDED, unpacked


def prompt(text: str = "who?") -> Prompt:
    """A prompt."""
    return Prompt("b", (Message("user", text),), target={"gold": "x"}, cluster="c", stratum="s", metadata={"k": [1]})


def test_prompts_come_back_equal_and_in_order(tmp_path: Path) -> None:
    """Prompts are read back equal, in the order in which they were put."""
    prompts = [prompt(f"q{i}") for i in range(5)][::-1]
    with Store(tmp_path, write=True, create=True) as store:
        store.put_prompts(prompts)
        assert store.prompts() == prompts


def test_any_response_text_survives(tmp_path: Path) -> None:
    """A response comes back equal whatever characters it holds, lone surrogates and control characters included."""
    with Store(tmp_path, write=True, create=True) as store:

        @settings(max_examples=60)
        @given(text=st.text(), reasoning=st.none() | st.text(), error=st.text())
        def survives(text: str, reasoning: str | None, error: str) -> None:
            response = Response("p", 0, text, Finish.STOP, reasoning=reasoning, token_ids=(1, 2), error=error)
            store.put_responses(Arm.BASELINE, [response])
            assert list(store.responses(Arm.BASELINE)) == [response]

        survives()
        assert store.have(Arm.BASELINE) == {("p", 0)}
        assert store.have(Arm.CANDIDATE) == set()


def test_unscored_stays_none(tmp_path: Path) -> None:
    """A score of None is stored as None with its reason, not as a number."""
    score = Score("p", Arm.CANDIDATE, 0, "s", Part.THOUGHT, None, Outcome.TRUNCATED_IN_THOUGHT, "cut")
    with Store(tmp_path, write=True, create=True) as store:
        store.put_scores([score])
        assert list(store.scores()) == [score]


def test_second_writer_is_told_at_once(tmp_path: Path) -> None:
    """A second writer of the same folder is refused within two seconds."""
    with Store(tmp_path, write=True, create=True):
        began = time.monotonic()
        with pytest.raises(BusyError, match="another process"):
            Store(tmp_path, write=True, create=True)
        assert time.monotonic() - began < 2


def test_changed_fingerprint_names_the_key(tmp_path: Path) -> None:
    """Work stored under another fingerprint is refused, and the message names what changed."""
    with Store(tmp_path, write=True, create=True) as store:
        store.claim(fingerprint("candidate"), {"weights": "aaa", "seed": 1})
        store.claim(fingerprint("candidate"), {"weights": "aaa", "seed": 1})
        with pytest.raises(StoreError, match='weights: was "aaa", now "bbb"'):
            store.claim(fingerprint("candidate"), {"weights": "bbb", "seed": 1})


def test_damaged_row_is_found(tmp_path: Path) -> None:
    """A response whose bytes changed is refused by name."""
    with Store(tmp_path, write=True, create=True) as store:
        store.put_responses(Arm.BASELINE, [Response("p", 0, "text", Finish.STOP)])
    with sqlite3.connect(tmp_path / "run.sqlite") as database:
        database.execute("UPDATE responses SET body = x'00'")
    with (
        Store(tmp_path, write=True, create=True) as store,
        pytest.raises(StoreError, match=r"run\.sqlite: responses row baseline/p/0 is damaged"),
    ):
        list(store.responses(Arm.BASELINE))


def test_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    """A run.sqlite that is not a database is a StoreError, not a traceback."""
    (tmp_path / "run.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(tmp_path, write=True, create=True)


def test_reading_a_folder_without_a_run(tmp_path: Path) -> None:
    """Reading a folder that holds no run is a usage error that names the folder."""
    with pytest.raises(FolderError, match=r"no run\.sqlite"):
        Store(tmp_path, write=False)


def test_a_row_that_went_missing_or_came_twice_is_found(tmp_path: Path) -> None:
    """Rows taken away, or put in behind the store's back with a fitting digest, are missed in every table."""
    with Store(tmp_path, write=True, create=True) as store:
        store.put_responses(Arm.BASELINE, [Response(name, 0, "text", Finish.STOP) for name in "abc"])
        store.put_responses(Arm.BASELINE, [Response("a", 0, "another text", Finish.STOP)])
        store.put_prompts([prompt("one"), prompt("two")])
        store.put_drift([DriftRow("candidate", "a", 0, "all", "exact", 3, 9, -0.0, math.nan)])
        store.check()
    with sqlite3.connect(tmp_path / "run.sqlite") as database:
        database.execute("DROP TRIGGER responses_delete")
        database.execute("DELETE FROM responses WHERE prompt_id = 'b'")
    with (
        Store(tmp_path, write=False) as store,
        pytest.raises(StoreError, match="table responses has missing or duplicate rows"),
    ):
        store.check()


def test_rows_that_replace_others_stay_in_the_ledger(tmp_path: Path) -> None:
    """A batch with stored keys, new keys and one key twice leaves the last row of each, as the ledger counts them."""
    with Store(tmp_path, write=True, create=True) as store:
        store.put_responses(Arm.BASELINE, [Response(name, 0, "first", Finish.STOP) for name in "ab"])
        store.put_responses(Arm.CANDIDATE, [Response("a", 0, "of the other model", Finish.STOP)])
        store.put_responses(Arm.BASELINE, [Response(name, 0, name * 2, Finish.STOP) for name in "bca"])
        store.put_responses(Arm.BASELINE, [Response("d", 0, text, Finish.STOP) for text in ("early", "late")])
        store.check()
        assert [r.text for r in store.responses(Arm.BASELINE)] == ["aa", "bb", "cc", "late"]
        assert [r.text for r in store.responses(Arm.CANDIDATE)] == ["of the other model"]
        assert (store.count(Arm.BASELINE), store.count(Arm.CANDIDATE)) == (4, 1)
        store.forget_responses(Arm.BASELINE)
        store.check()
        assert store.rows()["responsesbaseline"] == [0, 0]


def test_meta_is_whole_or_refused(tmp_path: Path) -> None:
    """A changed or vanished meta row is found when the store is opened: what is not there would read as not set."""
    with Store(tmp_path, write=True, create=True) as store:
        store.put(COMPLETE, True)
    with sqlite3.connect(tmp_path / "run.sqlite") as database:
        database.execute("UPDATE ledger SET rows = rows - 1 WHERE name = 'meta'")
    with pytest.raises(StoreError, match="meta"):
        Store(tmp_path, write=False)


def test_damaged_scores_can_be_made_again(tmp_path: Path) -> None:
    """Scores are a function of the responses: clearing them mends a damaged score."""
    score = Score("p", Arm.CANDIDATE, 0, "s", Part.ANSWER, 1, Outcome.ANSWERED, "lone \ud800")
    with Store(tmp_path, write=True, create=True) as store:
        store.put_scores([score])
        store._db.execute("UPDATE scores SET value = 0")
        with pytest.raises(StoreError, match="scores row candidate/p/0"):
            list(store.scores())
        store.clear_scores()
        store.put_scores([score])
        assert [s.value for s in store.scores()] == [1.0]


def test_a_store_that_vanished_from_its_run_is_named(tmp_path: Path) -> None:
    """An empty or missing run.sqlite beside the files made from it is damage, not a new run."""
    (tmp_path / "verdict.json").write_text("{}", "utf-8")
    with pytest.raises(StoreError, match=r"run\.sqlite: is missing beside verdict\.json"):
        Store(tmp_path, write=True, create=True)


def test_a_newer_store_is_called_newer(tmp_path: Path) -> None:
    """A store that a later version wrote is not damaged; what reads it is named."""
    with Store(tmp_path, write=True, create=True) as store:
        store.put(STORE_VERSION, 99)
    with pytest.raises(StoreError, match=r"version 99, which a newer trustdelta wrote; .*upgrade"):
        Store(tmp_path, write=False)


@pytest.mark.parametrize("length", [0, 5, 900, 1100, 70_000])
def test_bodies_of_any_length_are_zlib_streams(length: int, tmp_path: Path) -> None:
    """Short and long responses come back, and the stored bodies are read by any zlib, as in earlier versions."""
    response = Response("p", 0, "é" * length, Finish.STOP)
    with Store(tmp_path, write=True, create=True) as store:
        store.put_responses(Arm.BASELINE, [response])
        assert list(store.responses(Arm.BASELINE)) == [response]
        ((_, _, body),) = next(store.packed_responses(Arm.BASELINE))
    assert json.loads(zlib.decompress(body))["text"] == response.text


def test_a_row_beyond_the_first_page_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage and loss are found wherever they are; what stands before the damage is read."""
    monkeypatch.setattr("trustdelta.store.tables.PAGE", 2)
    with Store(tmp_path, write=True, create=True) as store:
        store.put_responses(
            Arm.BASELINE, [Response(name, draw, name, Finish.STOP) for name in "abc" for draw in (0, 1)]
        )
        assert [(r.prompt_id, r.draw) for r in store.responses(Arm.BASELINE)] == [(n, d) for n in "abc" for d in (0, 1)]
        assert store.count(Arm.BASELINE) == 6
        assert store.first_responses(Arm.BASELINE, {"c", "x"}) == {"c": Response("c", 0, "c", Finish.STOP)}
        store._db.execute("UPDATE responses SET body = x'00' WHERE prompt_id = 'c' AND draw = 1")
        with pytest.raises(StoreError, match="responses row baseline/c/1 is damaged"):
            list(store.responses(Arm.BASELINE))
        store._db.execute("UPDATE responses SET body = x'00' WHERE prompt_id = 'c' AND draw = 0")
        with pytest.raises(StoreError, match="responses row baseline/c/0 is damaged"):
            store.first_responses(Arm.BASELINE, {"c"})


def test_scores_are_written_while_responses_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader between two pages holds nothing that a writer waits for."""
    monkeypatch.setattr("trustdelta.store.tables.PAGE", 1)
    with Store(tmp_path, write=True, create=True) as store:
        store.put_responses(Arm.BASELINE, [Response(name, 0, name, Finish.STOP) for name in "abc"])
        for page in store.packed_responses(Arm.BASELINE, 1):
            store.put_scores([Score(i, Arm.BASELINE, d, "s", Part.ANSWER, 1.0, Outcome.ANSWERED) for i, d, _ in page])
        assert [s.prompt_id for s in store.scores()] == ["a", "b", "c"]


def test_responses_of_the_first_version_are_read() -> None:
    """A body without the fields that came later; a new field of a response is listed among them."""
    first = {
        "prompt_id": "p",
        "draw": 0,
        "text": "text",
        "finish": "stop",
        "prompt_opened_thought": False,
        "reasoning": None,
        "prompt_token_ids": [1],
        "token_ids": [2],
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "seed": 3,
        "seconds": 0.5,
        "error": "",
        "recorded": {},
    }
    response = unpacked(zlib.compress(json.dumps(first).encode()))
    assert (response.text, response.finish, response.token_ids) == ("text", Finish.STOP, (2,))
    assert {f.name for f in dataclasses.fields(Response)} == first.keys() | ADDED
