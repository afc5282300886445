"""The Inspect engine over Inspect's own mock model; run where inspect-ai is installed (docs/engines.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from endpoint_server import EndpointServer, ask, completion

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.capabilities import SEED, STOP_REASON, TOKEN_IDS, TOP_K, Support
from trustdelta.engines.registry import open_engine
from trustdelta.errors import EngineError
from trustdelta.records import Finish, Json, Outcome
from trustdelta.thoughts import read_response

if TYPE_CHECKING:
    from trustdelta.engines.base import Engine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("inspect_ai") is None, reason="inspect-ai is not installed"),
    pytest.mark.filterwarnings("default"),
]


@contextmanager
def mock(answer: Any = None, **settings: Json) -> Iterator[Engine]:
    """An engine over the mock model; `answer(seed, max_tokens)` makes its output."""

    def outputs(chat: Json, tools: Json, choice: Json, config: Json) -> Any:
        return answer(config) if answer else said(f"answer {config.seed}")

    options = {"custom_outputs": outputs, **settings.pop("options", {})}
    model = ModelConfig.model_construct(**{**ModelConfig(source="inspect:mockllm/model").__dict__, **settings})
    engine = open_engine(model.model_copy(update={"options": options}), 16)
    try:
        yield engine
    finally:
        engine.close()


def said(content: Any, stop: str = "stop") -> Any:
    """A model's output with its usage, which the mock model would otherwise fetch a tokenizer for."""
    from inspect_ai.model import ChatCompletionChoice, ChatMessageAssistant, ModelOutput, ModelUsage

    choice = ChatCompletionChoice(message=ChatMessageAssistant(content=content), stop_reason=stop)
    return ModelOutput(model="mock", choices=[choice], usage=ModelUsage(input_tokens=5, output_tokens=3))


def test_responses_in_order_with_their_seeds() -> None:
    """Responses come in the order of their requests; each request's own seed and budget reach the provider."""
    requests = [ask(i, draw=d) for i in range(10) for d in range(2)]
    with mock() as engine:
        responses = [r for batch in engine.batches(requests) for r in engine.generate(batch)]
    assert len({r.text for r in responses}) == len(requests)
    assert all(r.text == f"answer {r.seed}" and r.finish is Finish.STOP for r in responses)
    assert {(r.prompt_tokens, r.completion_tokens) for r in responses} == {(5, 3)}


def test_thoughts_come_apart() -> None:
    """Reasoning content is the thought and the rest the answer; of a withheld thought, the summary is kept."""
    from inspect_ai.model import ContentReasoning, ContentText

    shapes = {
        "open": [ContentReasoning(reasoning="hm"), ContentText(text="4")],
        "withheld": [ContentReasoning(reasoning="x8f", redacted=True, summary="hm"), ContentText(text="4")],
        "text": "<think>hm</think>4",
    }
    for content in shapes.values():
        with mock(lambda config, content=content: said(content)) as engine:
            (r,) = engine.generate([ask(1)])
        reading = read_response(r.text, finish=r.finish, reasoning=r.reasoning)
        assert (reading.thought, reading.answer) == ("hm", "4")


@pytest.mark.parametrize(
    ("stop", "finish", "state"),
    [
        ("stop", Finish.STOP, Outcome.ANSWERED),
        ("max_tokens", Finish.LENGTH, Outcome.TRUNCATED_IN_ANSWER),
        ("model_length", Finish.LENGTH, Outcome.TRUNCATED_IN_ANSWER),
        ("content_filter", Finish.ERROR, Outcome.ERROR),
        ("unknown", Finish.UNKNOWN, Outcome.ANSWERED),
    ],
)
def test_stop_reasons(stop: str, finish: Finish, state: Outcome) -> None:
    """Every stop reason of the layer has a finish; a withheld response is moderated, never a refusal."""
    with mock(lambda config: said("hello", stop)) as engine:
        (r,) = engine.generate([ask(1)])
    assert r.finish is finish
    assert r.moderated == (stop == "content_filter")
    assert read_response(r.text, finish=r.finish).state is state


def test_what_has_no_effect_is_found() -> None:
    """A provider that ignores seeds and top_k is told apart from one that honours them."""
    count = iter(range(1000))

    def deaf(config: Any) -> Any:
        return said(f"answer {next(count)}", "max_tokens")

    def honest(config: Any) -> Any:
        return said("top" if config.top_k == 1 else f"answer {config.seed}", "max_tokens")

    sampling = Sampling(temperature=0.7, top_k=20)
    for answer, state in ((deaf, Support.DROPPED), (honest, Support.YES)):
        with mock(answer, sampling=sampling) as engine:
            found = engine.capabilities()
        assert (found[SEED], found[TOP_K], found[STOP_REASON]) == (state, state, Support.YES)
        assert found[TOKEN_IDS] is Support.NO


def test_a_failing_provider_stops_the_run() -> None:
    """One failing request is an error response with its reason; a batch that fails as a whole stops the run."""

    def fails(config: Any) -> Any:
        raise ValueError("no such deployment")

    with mock(fails) as engine:
        (r,) = engine.generate([ask(1)])
        assert (r.finish, r.error) == (Finish.ERROR, "no such deployment")
        with pytest.raises(EngineError, match="no such deployment"):
            engine.generate([ask(i) for i in range(8)])


def test_a_filter_s_error_is_a_moderated_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that refuses prompts by its filter withholds responses: no failure, even of a whole batch."""
    monkeypatch.setenv("MINI_API_KEY", "none")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    body = {"error": {"code": "content_filter", "message": "The response was filtered.", "type": None}}
    with EndpointServer(fault=lambda sent, attempt: f"400 {json.dumps(body)}") as server:
        engine = open_engine(
            ModelConfig(source="inspect:openai-api/mini/mini", options={"base_url": server.base_url}), 8
        )
        responses = engine.generate([ask(i) for i in range(8)])
        engine.close()
    assert {(r.finish, r.moderated) for r in responses} == {(Finish.ERROR, True)}


def test_an_unknown_provider_is_named() -> None:
    """A provider that there is not is one line that names the model."""
    with pytest.raises(EngineError, match="inspect:nobody/model"):
        open_engine(ModelConfig(source="inspect:nobody/model"), 4)


def test_sampling_reaches_a_compatible_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the layer's OpenAI-compatible provider, top_k and min_p arrive, which it drops by itself."""
    monkeypatch.setenv("MINI_API_KEY", "none")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    sampling = Sampling(temperature=0.6, top_p=0.95, top_k=20, min_p=0.1)

    def whole(body: Json) -> dict[str, Json]:
        counts = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
        return {**completion(body), "created": 0, "model": body["model"], "usage": counts}

    with EndpointServer(reply=whole) as server:
        model = ModelConfig(
            source="inspect:openai-api/mini/mini", sampling=sampling, options={"base_url": server.base_url}
        )
        engine = open_engine(model, 4)
        (r,) = engine.generate([ask(1)])
        engine.close()
    assert r.finish is Finish.STOP
    sent = server.seen[-1]
    assert (sent["temperature"], sent["top_p"], sent["top_k"], sent["min_p"]) == (0.6, 0.95, 20, 0.1)
    assert sent["seed"] == r.seed
