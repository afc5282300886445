"""Outputs of a batch get their prompts from its requests, in the shapes that OpenAI, vLLM and Anthropic write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustdelta.errors import DataError
from trustdelta.interop.responses import read_recorded
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.records import Finish, Json


def request(n: int) -> Json:
    """One line of a batch's input, for OpenAI's API and vLLM."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"Question {n}?"}]
    body = {"model": "m", "messages": messages, "max_completion_tokens": 100}
    return {"custom_id": f"request-{n}", "method": "POST", "url": "/v1/chat/completions", "body": body}


def output(n: int, reason: str = "stop") -> Json:
    """One line of a batch's output."""
    choice = {"index": 0, "message": {"role": "assistant", "content": f"Answer {n}."}, "finish_reason": reason}
    body = {"id": f"chatcmpl-{n}", "object": "chat.completion", "model": "m", "choices": [choice]}
    response = {"status_code": 200, "request_id": f"r{n}", "body": body}
    return {"id": f"vllm-{n}", "custom_id": f"request-{n}", "response": response, "error": None}


FAILED = {
    "id": "b",
    "custom_id": "request-2",
    "response": None,
    "error": {"code": "batch_expired", "message": "This request could not be executed before the window expired."},
}


def write(path: Path, rows: list[Json]) -> Path:
    """Rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def columns(folder: Path, requests: list[Json]) -> ColumnMap:
    """The column map that names a file of requests."""
    return ColumnMap.of({"requests": str(write(folder / "requests.jsonl", requests))})


def test_outputs_in_any_order_get_their_own_prompts(tmp_path: Path) -> None:
    """Chat, answer and finish reason are those of the same id; an expired request is an error, not an answer."""
    outputs = write(tmp_path / "output.jsonl", [output(3, "length"), FAILED, output(1)])
    rows = read_recorded(outputs, columns(tmp_path, [request(n) for n in (1, 2, 3, 4)])).rows
    assert [(r.question, r.text, r.finish) for r in rows] == [
        ("Question 3?", "Answer 3.", Finish.LENGTH),
        ("Question 2?", "", Finish.ERROR),
        ("Question 1?", "Answer 1.", Finish.STOP),
    ]
    assert rows[0].messages[0].content == "Be brief."
    assert "expired" in rows[1].error


def test_anthropics_batches_hold_params_and_results(tmp_path: Path) -> None:
    """A request's body is `params`, and an output's message is in `result`."""
    asked = {"custom_id": "a", "params": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}}
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "So."}]}
    answered = {"custom_id": "a", "result": {"type": "succeeded", "message": {**message, "stop_reason": "end_turn"}}}
    (row,) = read_recorded(write(tmp_path / "o.jsonl", [answered]), columns(tmp_path, [asked])).rows
    assert (row.question, row.text) == ("Why?", "So.")


@pytest.mark.parametrize(
    ("requests", "outputs", "message"),
    [
        ([request(1)], [output(2)], "row 1: .*has no request 'request-2'; name the requests of this batch"),
        ([request(1), request(1)], [output(1)], "row 2 repeats the custom_id 'request-1'; number the requests anew"),
        ([output(1)], [output(1)], "row 1 has no custom_id or no body, wanted a request of a batch"),
        ([request(1)], [{"prompt": "Q", "response": "A"}], "row 1 has no custom_id, wanted the output of a batch"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(
    requests: list[Json], outputs: list[Json], message: str, tmp_path: Path
) -> None:
    """One line with file, row and what is wanted."""
    with pytest.raises(DataError, match=message):
        read_recorded(write(tmp_path / "o.jsonl", outputs), columns(tmp_path, requests))
