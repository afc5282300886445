"""Results of MLflow's traces and of DeepEval's test runs, in the shapes that both packages write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustdelta.errors import DataError
from trustdelta.interop.responses import read_recorded
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.records import Finish, Json


def trace(inputs: Json, outputs: Json, *, state: str = "OK", assessments: tuple[Json, ...] = ()) -> Json:
    """A trace as `Trace.to_dict` of MLflow 3 gives it: attributes are JSON texts, a tool call is a child span."""
    root = {"mlflow.spanInputs": json.dumps(inputs), "mlflow.spanOutputs": json.dumps(outputs)}
    child = {"mlflow.spanInputs": '{"query": "tool"}', "mlflow.spanOutputs": '"of the tool"'}
    spans = [
        {"name": "tool", "span_id": "b", "parent_span_id": "a", "attributes": child},
        {"name": "agent", "span_id": "a", "parent_span_id": None, "attributes": root},
    ]
    info = {"trace_id": f"tr-{len(json.dumps(inputs))}", "state": state, "assessments": list(assessments)}
    return {"info": info, "data": {"spans": spans}}


def feedback(name: str, value: Json, **more: Json) -> Json:
    """An assessment that is feedback."""
    return {"assessment_name": name, "feedback": {"value": value}, "source": {"source_type": "CODE"}, **more}


def read(tmp_path: Path, content: Json, *, lines: bool = False) -> list[RecordedRow]:
    """The rows of a file with this content."""
    path = tmp_path / ("a.jsonl" if lines else "a.json")
    text = "".join(f"{json.dumps(item)}\n" for item in content) if lines else json.dumps(content)
    path.write_text(text, "utf-8")
    return list(read_recorded(path).rows)


QUESTION = {"question": "How do I rename a file?"}


@pytest.mark.parametrize("lines", [True, False])
def test_a_trace_is_the_call_of_its_root_span(tmp_path: Path, *, lines: bool) -> None:
    """The only text is the prompt and the output of the root the response, in JSON lines or in a list."""
    (row,) = read(tmp_path, [trace(QUESTION, "Open it.", assessments=(feedback("short", value=True),))], lines=lines)
    assert [(m.role, m.content) for m in row.messages] == [("user", "How do I rename a file?")]
    assert (row.text, dict(row.scores)["short"]) == ("Open it.", 1.0)


def test_a_trace_of_a_chat_has_its_messages_and_its_reply_apart(tmp_path: Path) -> None:
    """Messages are sent as they are; a reply in OpenAI's form brings its reasoning and its end."""
    chat = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi?"}], "top_p": 1}
    message = {"role": "assistant", "content": "Hello", "reasoning_content": "hm"}
    (row,) = read(tmp_path, [trace(chat, {"choices": [{"message": message, "finish_reason": "length"}]})])
    assert [m.role for m in row.messages] == ["system", "user"]
    assert (row.text, row.reasoning, row.finish) == ("Hello", "hm", Finish.LENGTH)


def test_several_inputs_are_one_prompt(tmp_path: Path) -> None:
    """Inputs that are no chat are sent whole, so that two calls are the same prompt only where all inputs agree."""
    rows = read(tmp_path, [trace({"q": "One?", "style": s}, "x") for s in ("a", "b")])
    assert len({row.messages[0].content for row in rows}) == 2


def test_a_score_is_the_mean_of_valid_feedback(tmp_path: Path) -> None:
    """Yes and no are 1 and 0; feedback that failed, was withdrawn, or is a text has no score; expectations are none."""
    given = (
        feedback("kind", "yes"),
        feedback("kind", "no"),
        feedback("safe", 0.25),
        feedback("old", 1.0, valid=False),
        feedback("note", "fine"),
        {"assessment_name": "down", "feedback": {"error": {"error_code": "X"}, "value": None}},
        {"assessment_name": "expected", "expectation": {"value": 1.0}},
    )
    (row,) = read(tmp_path, [trace(QUESTION, "x", assessments=given)])
    scores = dict(row.scores)
    assert (scores["kind"], scores["safe"]) == (0.5, 0.25)
    assert not {"old", "note", "down", "expected"} & scores.keys()


@pytest.mark.parametrize(("outputs", "state"), [(None, "OK"), (None, "ERROR"), ("partly", "ERROR")])
def test_a_trace_without_an_answer_is_a_failure(tmp_path: Path, outputs: Json, state: str) -> None:
    """A call that failed has no response and is not left out; the score that MLflow gives to its output is none."""
    (row,) = read(tmp_path, [trace(QUESTION, outputs, state=state, assessments=(feedback("short", value=True),))])
    assert (row.finish, dict(row.scores)) == (Finish.ERROR, {})


def test_the_table_of_traces_is_read_from_its_traces(tmp_path: Path) -> None:
    """`search_traces` gives a table; its column `trace` is the trace as a text."""
    one = trace(QUESTION, "Open it.", assessments=(feedback("short", value=False),))
    table = [
        {"trace_id": "t", "trace": json.dumps(one), "request": QUESTION, "response": "Open it.", "assessments": []}
    ]
    (row,) = read(tmp_path, table)
    assert (row.text, dict(row.scores)["short"]) == ("Open it.", 0.0)


def case(n: int, **more: Json) -> Json:
    """A test case of a DeepEval run."""
    metrics = [
        {"name": "Short", "threshold": 0.5, "success": True, "score": 1.0, "error": None},
        {"name": "Down", "threshold": 0.5, "success": False, "score": None, "error": "judge is down"},
        {"name": "Zero", "threshold": 0.5, "success": False, "score": 0.0, "error": "judge is down"},
    ]
    return {
        "name": f"test_case_{n}",
        "input": f"Question {n}?",
        "actualOutput": f"Answer {n}",
        "expectedOutput": "Another",
        "metricsData": metrics,
        "metadata": {"topic": "files"},
        **more,
    }


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_test_run_of_deepeval_is_a_row_per_case(tmp_path: Path, *, wrapped: bool) -> None:
    """The run stands alone or under a key; a metric that failed has no score, also where one is written."""
    run = {"testCases": [case(0), case(1)], "conversationalTestCases": [], "runDuration": 1.0}
    rows = read(tmp_path, {"testRunData": run} if wrapped else run)
    assert [(row.messages[0].content, row.text) for row in rows] == [(f"Question {n}?", f"Answer {n}") for n in (0, 1)]
    scores = dict(rows[0].scores)
    assert scores["Short"] == 1.0
    assert not {"Down", "Zero"} & scores.keys()
    assert dict(rows[0].metadata)["topic"] == "files"


def test_a_case_without_output_is_a_failure_and_an_empty_output_an_answer(tmp_path: Path) -> None:
    """No output means that the application failed; an empty one is what it wrote."""
    rows = read(tmp_path, {"testCases": [case(0, actualOutput=None), case(1, actualOutput="")]})
    assert [(row.finish is Finish.ERROR, "Short" in row.scores) for row in rows] == [(True, False), (False, True)]


def test_of_a_conversation_the_last_turn_is_the_response(tmp_path: Path) -> None:
    """Turns go by their order; a conversation that ends with the user has no response."""
    turns = [("assistant", "Hello", 1), ("user", "Hi", 0), ("assistant", "Fine", 3), ("user", "How are you?", 2)]
    talk = {"turns": [{"role": r, "content": c, "order": o} for r, c, o in turns], "metricsData": []}
    open_end = {"turns": [{"role": "user", "content": "Hi", "order": 0}], "metricsData": None}
    rows = read(tmp_path, {"testCases": [], "conversationalTestCases": [talk, open_end]})
    assert [m.content for m in rows[0].messages] == ["Hi", "Hello", "How are you?"]
    assert (rows[0].text, rows[1].finish) == ("Fine", Finish.ERROR)


@pytest.mark.parametrize(
    "content",
    [
        {"testCases": [{"name": "a"}]},
        {"testCases": ["a"]},
        [trace(QUESTION, "x"), {"info": {}, "data": {}}],
        {
            "info": {"trace_id": "a"},
            "data": {"spans": [{"parent_span_id": None, "attributes": {"mlflow.spanInputs": "{"}}]},
        },
    ],
)
def test_another_form_is_refused_in_one_line(tmp_path: Path, content: Json) -> None:
    """A damaged file is no audit of what is left of it."""
    with pytest.raises(DataError) as raised:
        read(tmp_path, content)
    assert len(str(raised.value).splitlines()) == 1
