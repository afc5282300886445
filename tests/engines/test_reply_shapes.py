"""What servers reply, in every shape that they document: text, thought, end, and what a filter withheld."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from endpoint_server import EndpointServer, ask
from hypothesis import given
from hypothesis import strategies as st
from reply_shapes import ERROR, REFUSED, SHAPES, Refused, Shape

from trustdelta.config import ModelConfig
from trustdelta.engines.endpoint import EndpointEngine, Patience
from trustdelta.engines.endpoint_wire import Fault, read_reply
from trustdelta.engines.reply_parts import read_message
from trustdelta.engines.withheld import withheld_by
from trustdelta.records import Finish, Json, Response


@pytest.mark.parametrize("shape", [pytest.param(s, id=s.name) for s in SHAPES])
def test_every_shape_of_a_completion(shape: Shape) -> None:
    """Text, thought, end and moderation are those that the reply says."""
    r = read_reply({"choices": [shape.choice]}, ask(1), opened=False, seconds=0.0)
    assert (r.text, r.reasoning, r.finish, r.moderated) == (shape.text, shape.reasoning, shape.finish, shape.moderated)
    assert bool(r.error) == (shape.finish is ERROR)


@pytest.mark.parametrize("refused", [pytest.param(r, id=r.name) for r in REFUSED])
def test_errors_of_a_filter_are_told_from_others(refused: Refused) -> None:
    """A filter's error is known by its code, what it adds or its words, never by what it repeats of the prompt."""
    assert bool(withheld_by(refused.status, json.dumps(refused.body))) == refused.moderated


def leaves(kind: str, field: str) -> st.SearchStrategy[Json]:
    """One part of a content list with any text, or a plain string."""
    return st.text(max_size=8).map(lambda text: {"type": kind, field: text})


@given(st.lists(leaves("text", "text") | st.text(max_size=8)), st.lists(leaves("text", "text")))
def test_parts_join_to_what_was_written(answer: list[Json], thought: list[Json]) -> None:
    """However a server cuts answer and thought into parts, both come back letter by letter."""
    content = [{"type": "thinking", "thinking": thought}, *answer]
    whole = "".join(p if isinstance(p, str) else p["text"] for p in answer)
    inside = "".join(p["text"] for p in thought)
    assert read_message({"content": content}) == (whole, inside or None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "text", "thinking", "thought", "content", "summary"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_reply_breaks_the_reader(value: Json) -> None:
    """Whatever stands in place of a message or content, the reader gives a response or names the fault."""
    for reply in (value, {"choices": value}, {"choices": [value]}, {"choices": [{"message": {"content": value}}]}):
        with suppress(Fault):
            assert isinstance(read_reply(reply, ask(1), opened=False, seconds=0.0), Response)


def test_a_filter_is_a_result_and_not_a_fault_of_the_server() -> None:
    """Prompts that a filter refuses are asked once and come back as moderated, even a whole batch of them."""
    body = {"error": {"code": "content_filter", "message": "filtered"}}
    with EndpointServer(fault=lambda sent, attempt: f"400 {json.dumps(body)}") as server:
        model = EndpointEngine(ModelConfig(source=server.source), 16, Patience(5.0, first_wait=0.005))
        try:
            responses = model.generate([ask(i) for i in range(12)])
        finally:
            model.close()
        assert {(r.finish, r.moderated) for r in responses} == {(Finish.ERROR, True)}
        assert set(server.attempts.values()) == {1}
        assert all("content_filter" in r.error for r in responses)
