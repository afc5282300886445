"""Thought and answer have budgets of their own wherever tokens are seen; what is cut is a state, never an answer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec

import pytest
from endpoint_server import EndpointServer
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.base import Engine
from trustdelta.engines.budgets import Budgets
from trustdelta.engines.capabilities import SEPARATE_BUDGETS, Support
from trustdelta.engines.endpoint import EndpointEngine
from trustdelta.engines.registry import open_engine
from trustdelta.records import Finish, Message, Outcome, Prompt, Reading, Request, Response
from trustdelta.thoughts import FORMAT_NAMES, read_response

KNOWN = ("What is 2 + 3?", "Is it right to steal?", "Who lives in the mill?", "Insult my neighbour.", "Say hello.")
SUM = 96
SOURCES = [pytest.param("organism:sft", id="transformers")]
SOURCES += [pytest.param("vllm:organism:sft", id="vllm", marks=pytest.mark.slow)]


def asked(answer_tokens: int | None, max_tokens: int = SUM) -> list[Request]:
    """Questions that a miniature knows, with these budgets."""
    return [
        Request(Prompt("t", (Message("user", q),)), 0, 7 + i, max_tokens, answer_tokens) for i, q in enumerate(KNOWN)
    ]


@pytest.fixture(scope="module", params=SOURCES)
def thinker(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A miniature that thinks, in this process; greedy, so that rounding decides nothing."""
    if request.param.startswith("vllm") and find_spec("vllm") is None:
        pytest.skip("vLLM is not installed here; docs/engines.md says how to run this in its environment")
    options = {"enforce_eager": True} if request.param.startswith("vllm") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library that is not ours
        sampling = Sampling(temperature=0)
        engine = open_engine(ModelConfig(source=request.param, sampling=sampling, options=options), len(KNOWN))
    yield engine
    engine.close()


def readings(responses: Sequence[Response]) -> list[Reading]:
    """Thought, answer and state of responses."""
    return [read_response(r.text, finish=r.finish, prompt_opened_thought=r.prompt_opened_thought) for r in responses]


def test_a_thought_stops_at_its_budget(thinker: Engine) -> None:
    """It ends after exactly so many tokens, nothing is put behind it, and it is known as cut in the thought."""
    whole, cut = thinker.generate(asked(None)), thinker.generate(asked(SUM - 3))
    assert all(r.thought for r in readings(whole))
    for full, short in zip(whole, cut, strict=True):
        assert (short.finish, short.completion_tokens) == (Finish.LENGTH, 3)
        assert short.token_ids == full.token_ids[:3]
    assert {(r.state, r.answer) for r in readings(cut)} == {(Outcome.TRUNCATED_IN_THOUGHT, "")}


def test_an_answer_has_its_own_budget_behind_the_thought(thinker: Engine) -> None:
    """However long the thought was, two more tokens are the answer, cut where the whole answer was longer."""
    whole, cut = thinker.generate(asked(None)), thinker.generate(asked(2))
    for full, short in zip(whole, cut, strict=True):
        assert full.text.startswith(short.text)
        assert "</think>" in short.text
    longer = [i for i, (full, short) in enumerate(zip(whole, cut, strict=True)) if full.token_ids != short.token_ids]
    assert longer
    assert {readings(cut)[i].state for i in longer} == {Outcome.TRUNCATED_IN_ANSWER}
    assert all(len(readings([cut[i]])[0].answer.split()) <= 2 for i in longer)


def test_budgets_that_are_never_reached_change_nothing(thinker: Engine) -> None:
    """With room for both parts, a response is the one that it is under one budget."""
    runs = [thinker.generate(asked(apart)) for apart in (None, SUM // 2)]
    first, second = ([replace(r, seconds=0.0) for r in found] for found in runs)
    assert first == second
    assert thinker.capabilities()[SEPARATE_BUDGETS] is Support.YES


def test_who_does_not_think_apart_may_use_both_budgets() -> None:
    """A response without a thought is bounded by the sum alone."""
    engine = open_engine(ModelConfig(source="organism:instruct"), len(KNOWN))
    runs = [engine.generate(asked(apart, 12)) for apart in (None, 2)]
    engine.close()
    assert [r.token_ids for r in runs[0]] == [r.token_ids for r in runs[1]]
    assert max(r.completion_tokens for r in runs[0]) > 2


def test_a_server_is_given_the_sum() -> None:
    """Nothing that servers share bounds a thought apart; that they do not is said."""
    with pytest.MonkeyPatch.context() as patch, EndpointServer() as server:
        patch.setenv("no_proxy", "127.0.0.1")
        engine = EndpointEngine(ModelConfig(source=server.source), 4)
        engine.generate(asked(16)[:1])
        assert server.seen[-1]["max_tokens"] == SUM
        assert engine.capabilities()[SEPARATE_BUDGETS] is Support.NO
        engine.close()


MARKS = ("<think>", "</think>", "\n", '"', "`", "[THINK]", "[/THINK]", "a", " b ", "<|channel|>final<|message|>")


@given(
    text=st.lists(st.sampled_from(MARKS), max_size=60).map("".join),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    opened=st.booleans(),
    format=st.sampled_from(FORMAT_NAMES),
)
def test_a_truncated_response_is_a_prefix_within_the_budgets(
    text: str, sizes: tuple[int, int], opened: bool, format: str
) -> None:
    """Truncation returns a prefix of any text; a second truncation changes nothing where the first cut the trace."""
    ids = tuple(map(ord, text))[: sum(sizes)]
    budgets = Budgets(sum(sizes), sizes[1], opened, format, lambda some: "".join(map(chr, some)))
    cut, finish = budgets.truncate(ids, Finish.STOP)
    assert cut == ids[: len(cut)]
    assert (finish is Finish.LENGTH) == (len(cut) < len(ids))
    reading = read_response("".join(map(chr, cut)), finish=finish, prompt_opened_thought=opened, format=format)
    if finish is Finish.LENGTH:
        assert reading.state is not Outcome.ANSWERED
    if reading.state is Outcome.TRUNCATED_IN_THOUGHT and len(cut) == sizes[0]:
        assert budgets.truncate(cut, finish) == (cut, finish)
