"""On every engine a response that was cut, and one that went round in circles until it was, are states of their own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import pytest
from endpoint_server import EndpointServer

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.base import Engine
from trustdelta.engines.registry import open_engine
from trustdelta.engines.replay import ReplayEngine
from trustdelta.records import Finish, Json, Message, Outcome, Prompt, Request, Response
from trustdelta.thoughts import read_response

PROMPT = Prompt("t", (Message("user", "What is 2 + 3?"),))
ROUND = "wait, let me check that again. " * 40
TEXTS = {
    Outcome.TRUNCATED_IN_ANSWER: "First of",
    Outcome.TRUNCATED_IN_THOUGHT: "<think>\nhm, they",
    Outcome.LOOPED: f"<think>\n{ROUND}",
}
RECITING = Sampling(temperature=0, repetition_penalty=0.1)
"""A penalty below one is a reward: under it the miniature repeats itself for ever."""


@contextmanager
def served(source: Callable[[str], ModelConfig], text: str) -> Iterator[Engine]:
    """An engine at a server that answers every chat with a text which its length limit cut."""

    def reply(body: Json) -> dict[str, Json]:
        choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "mini",
            "choices": [choice],
            "usage": usage,
        }

    with pytest.MonkeyPatch.context() as patch, EndpointServer(reply=reply) as server:
        patch.setenv("no_proxy", "127.0.0.1")
        patch.setenv("MINI_API_KEY", "none")
        engine = open_engine(source(server.base_url), 4)
        try:
            yield engine
        finally:
            engine.close()


def endpoint(text: str) -> Outcome:
    """Behind an OpenAI-compatible server."""
    with served(lambda url: ModelConfig(source=f"{url}#mini"), text) as engine:
        return state(engine)


def inspect(text: str) -> Outcome:
    """Through Inspect's model layer."""
    if find_spec("inspect_ai") is None:
        pytest.skip("inspect-ai is not installed here")
    with served(
        lambda url: ModelConfig(source="inspect:openai-api/mini/mini", options={"base_url": url}), text
    ) as engine:
        return state(engine)


def replay(text: str) -> Outcome:
    """Recorded."""
    return state(ReplayEngine({("t", PROMPT.join_key): [Response("", 0, text, Finish.LENGTH)]}, {}))


def state(engine: Engine, max_tokens: int = 200) -> Outcome:
    """What became of one response."""
    (r,) = engine.generate([Request(PROMPT, 0, 1, max_tokens)])
    opened = r.prompt_opened_thought
    return read_response(r.text, finish=r.finish, prompt_opened_thought=opened, reasoning=r.reasoning).state


SLOW = pytest.mark.slow


@pytest.mark.parametrize("outcome", TEXTS)
@pytest.mark.parametrize("over", [endpoint, pytest.param(inspect, marks=SLOW), replay], ids=lambda f: f.__name__)
def test_what_comes_from_elsewhere(over: Callable[[str], Outcome], outcome: Outcome) -> None:
    """The stop reason that a server or a file gives decides between cut and complete."""
    assert over(TEXTS[outcome]) is outcome


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("prefix", [pytest.param("", id="transformers"), pytest.param("vllm:", marks=SLOW, id="vllm")])
def test_what_is_drawn_here(prefix: str) -> None:
    """A miniature that is rewarded for repeating itself loops to its budget; with a small one it is merely cut."""
    if prefix and find_spec("vllm") is None:
        pytest.skip("vLLM is not installed here; docs/engines.md says how to run this in its environment")
    options = {"enforce_eager": True} if prefix else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library that is not ours
        engine = open_engine(ModelConfig(source=f"{prefix}organism:instruct", sampling=RECITING, options=options), 4)
    assert [state(engine), state(engine, 3)] == [Outcome.LOOPED, Outcome.TRUNCATED_IN_ANSWER]
    engine.close()
