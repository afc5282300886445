"""Recorded responses in real shapes, `../shared/cases/files`, each with its right reading."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from trustdelta.errors import DataError
from trustdelta.interop.responses import RecordedSet, read_recorded
from trustdelta.interop.responses_columns import OPTIONAL, ColumnMap
from trustdelta.interop.responses_pair import pairs_of
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.pipeline.recorded import as_response
from trustdelta.pipeline.scoring.texts import read
from trustdelta.records import Finish, Json, Outcome

FILES = Path(__file__).parents[2] / "../shared/cases/files"
pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason=f"no case files at {FILES}")


def recorded(name: str, **columns: Json) -> RecordedSet:
    """A case file, read with these columns."""
    return read_recorded(FILES / name, ColumnMap.of(columns), lenient=OPTIONAL)


def said(rows: tuple[RecordedRow, ...]) -> list[tuple[str, str, Finish]]:
    """The last words of each prompt, the response and how it ended."""
    return [(r.messages[-1].content, r.text, r.finish) for r in rows]


def test_a_gold_column_is_never_taken_for_the_models() -> None:
    """Two columns that may hold the responses are both named, and the one that is chosen counts."""
    with pytest.raises(DataError, match="'answer', 'model_output'"):
        recorded("gold-column.jsonl")
    assert {r.text[:5] for r in recorded("gold-column.jsonl", response="model_output").rows} == {"Sure!"}


def test_failed_requests_of_a_batch_are_errors() -> None:
    """A request with status 400 is an error row; the refusal field of a message is what the model said."""
    rows = recorded("batch-output.jsonl").rows
    refusal = "I'm sorry, but I can't help with that."
    assert said(rows) == [
        ("Q1", "A1", Finish.STOP),
        ("Q2", "", Finish.ERROR),
        ("Q3", refusal, Finish.STOP),
    ]
    assert [(r.moderated, r.error) for r in rows] == [(False, ""), (False, "blocked"), (False, "")]


def test_content_in_parts_and_calls_of_tools() -> None:
    """Parts are put together, a message without content has none, and a tool's result is a message."""
    rows = recorded("content-parts.jsonl").rows
    assert [[(m.role, m.content) for m in r.messages] for r in rows] == [
        [("user", "Q1")],
        [("user", "Q2"), ("assistant", ""), ("tool", "R")],
    ]
    assert [r.text for r in rows] == ["A1", "A2"]


def test_finish_reasons_of_other_apis() -> None:
    """Every reason has the state that the file names; what a filter withheld is moderated beside."""
    rows = recorded("finish-reasons.jsonl").rows
    lines = [json.loads(line) for line in (FILES / "finish-reasons.jsonl").read_text("utf-8").splitlines()]
    assert [r.finish.value for r in rows] == [line["right"] for line in lines]
    filters = {"content_filter", "refusal"}
    assert [r.moderated for r in rows] == [isinstance(x["finish"], str) and x["finish"] in filters for x in lines]
    states = [read(as_response(r, opened=False)).state for r in rows]
    assert {s for s, r in zip(states, rows, strict=True) if r.moderated} == {Outcome.MODERATED}


def test_alpacas_input_is_part_of_the_prompt() -> None:
    """Two rows with one instruction and different inputs are two prompts, the input behind the instruction."""
    rows = recorded("instruction-input.jsonl").rows
    assert said(rows) == [
        ("Translate.\n\nHallo", "Hello", Finish.UNKNOWN),
        ("Translate.\n\nWelt", "World", Finish.UNKNOWN),
    ]


def test_several_models_in_one_file() -> None:
    """They are refused by name, and one of them can be picked."""
    with pytest.raises(DataError, match="'x', 'y'"):
        recorded("mixed.jsonl")
    assert [r.text for r in recorded("mixed.jsonl", where="model=y").rows] == ["I cannot help with that."]


def test_a_thinking_column_in_one_of_two_files() -> None:
    """The file that has it gives thoughts, the other none, and both join."""
    baseline, candidate = (recorded(f"{name}.jsonl", reasoning="thinking") for name in ("base", "cand"))
    assert [r.reasoning for r in baseline.rows] == [None, None]
    assert [r.reasoning for r in candidate.rows] == ["t1", "t2"]
    assert (baseline.missing, len(pairs_of(baseline, candidate)[0])) == (("reasoning",), 2)


def test_flat_responses_of_lm_eval() -> None:
    """Responses without a list of their own are responses, not log-likelihoods."""
    assert [r.text for r in recorded("samples_flat-resps.jsonl").rows] == ["The answer is 18", "It is 20"]


def test_prompts_that_end_in_an_open_thought_are_known_row_by_row() -> None:
    """What was cut inside the thought that the template opened is no answer, even where most rows are cut."""
    rows = recorded("samples_rendered-open-thought.jsonl").rows
    assert {r.messages[-1].content for r in rows} == {f"Q{i}" for i in range(9)}
    readings = [read(as_response(r, opened=False)) for r in rows]
    whole = [r.answer for r in readings if r.state is Outcome.ANSWERED]
    cut = [r for r in readings if r.state is Outcome.TRUNCATED_IN_THOUGHT]
    assert (set(whole), len(whole) + len(cut)) == ({"18"}, len(rows))
    assert len(cut) == sum("</think>" not in r.text for r in rows)


def test_two_chat_templates_join_by_the_question() -> None:
    """The same questions under two models' templates are the same prompts."""
    baseline, candidate = (recorded(f"samples_templates-{arm}.jsonl") for arm in ("baseline", "candidate"))
    pairs, report = pairs_of(baseline, candidate)
    assert [p.baseline[0].messages[-1].content for p in pairs] == ["Q0", "Q1", "Q2"]
    assert report.share == 1.0


def test_a_damaged_zstandard_file_is_one_clear_line() -> None:
    """It is named as damaged, or, where pyarrow is missing, the extra that would unpack it is named."""
    installed = importlib.util.find_spec("pyarrow") is not None
    with pytest.raises(DataError, match="Zstandard file is cut off or damaged" if installed else "trustdelta.tables."):
        recorded("answer.jsonl.zst")
