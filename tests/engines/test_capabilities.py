"""What a server drops is found by asking it, and an audit that rests on it is stopped or warned."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from endpoint_server import MODEL, EndpointServer, ask

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.capabilities import (
    LOG_PROBS,
    PROMPT_LOG_PROBS,
    SAMPLED,
    SEED,
    STOP_REASON,
    THINKING_SWITCH,
    TOKEN_IDS,
    TOP_K,
    Capabilities,
    Support,
    lacking,
    needed,
)
from trustdelta.engines.endpoint import EndpointEngine, Patience
from trustdelta.errors import PreflightError
from trustdelta.pipeline.preflight import prove
from trustdelta.progress import Silent
from trustdelta.records import Json

SAMPLING = Sampling(temperature=0.7, top_p=0.9, top_k=20, min_p=0.05, repetition_penalty=1.1)
SEEN = ("temperature", "top_p", "top_k", "min_p", "seed", "repetition_penalty")


def server_that_ignores(*ignored: str) -> Callable[[Json], dict[str, Json]]:
    """A reply that depends on everything but what is ignored: without an own seed, each one is another."""
    count = itertools.count()

    def reply(body: Json) -> dict[str, Json]:
        heard = {k: body.get(k) for k in SEEN if k not in ignored}
        certain = heard.get("top_k") == 1 or heard.get("min_p") == 1 or (heard.get("top_p") or 1) < 0.001
        drawn = (
            None if certain or body.get("temperature") == 0 else body["seed"] if SEED not in ignored else next(count)
        )
        penalty = heard.get("repetition_penalty")
        text = hashlib.sha256(json.dumps([body["messages"], drawn, penalty]).encode()).hexdigest()[:8] + " la la"
        cut = body["max_tokens"] < 4 and "stop_reason" not in ignored
        switch = body.get("chat_template_kwargs") if THINKING_SWITCH not in ignored else None
        return {
            "choices": [{"finish_reason": "length" if cut else "stop", "message": {"content": text}}],
            "usage": {"prompt_tokens": 9 if switch == {"enable_thinking": False, "thinking": False} else 5}
            | {"completion_tokens": min(8, body["max_tokens"])},
        }

    return reply


@contextmanager
def engine(reply: Callable[[Json], dict[str, Json]], **settings: Json) -> Iterator[EndpointEngine]:
    """An engine at a server with that reply."""
    with pytest.MonkeyPatch.context() as patch, EndpointServer(reply=reply) as server:
        patch.setenv("no_proxy", "127.0.0.1")
        opened = EndpointEngine(ModelConfig(source=server.source, **settings), 16, Patience(20, first_wait=0.005))
        try:
            yield opened
        finally:
            opened.close()


def found(*ignored: str, **settings: Json) -> Capabilities:
    """What is found out about a server that ignores these parameters."""
    with engine(server_that_ignores(*ignored), **settings) as model:
        return model.capabilities()


def test_an_honest_server() -> None:
    """A server that honours everything is believed, and one that drops an extra parameter is known to."""
    said = found(sampling=SAMPLING, thinking="off")
    assert {said[n] for n in (SEED, *SAMPLED, THINKING_SWITCH, STOP_REASON)} == {Support.YES}
    assert {said[n] for n in (TOKEN_IDS, LOG_PROBS, PROMPT_LOG_PROBS)} == {Support.DROPPED}


@pytest.mark.parametrize("name", [SEED, *SAMPLED, STOP_REASON])
def test_what_is_dropped_is_named(name: str) -> None:
    """Each parameter that a server takes without effect is found, and the others are still believed."""
    said = found(name, sampling=SAMPLING)
    assert said[name] is Support.DROPPED
    assert lacking(said, needed(ModelConfig(source="x", sampling=SAMPLING), SAMPLING)) == (name,)


def test_a_switch_without_effect_is_not_believed() -> None:
    """Where the prompt is as long with thinking as without, nothing settles it; where the template shows, it does."""
    assert found(THINKING_SWITCH, thinking="off")[THINKING_SWITCH] is Support.UNKNOWN
    routes = {"/v1/models": {"data": [{"id": MODEL}]}, "/apply-template": {"prompt": "always the same"}}
    with EndpointServer(reply=server_that_ignores(), routes=routes) as server:
        model = EndpointEngine(ModelConfig(source=server.source, thinking="on"), 4)
        assert model.capabilities()[THINKING_SWITCH] is Support.DROPPED
        model.close()


def test_only_what_is_declared_is_asked() -> None:
    """Without declared sampling nothing of it is sent, and a greedy model needs no seed."""
    with EndpointServer(reply=server_that_ignores()) as server:
        model = EndpointEngine(ModelConfig(source=server.source), 4)
        model.capabilities()
        model.close()
    assert not any(body.keys() & {"temperature", "top_k", "top_p", "min_p"} for body in server.seen)
    assert SEED not in needed(ModelConfig(source="x"), Sampling(temperature=0))


def preflight(model: EndpointEngine, **settings: Json) -> dict[str, Json]:
    """A preflight on eight prompts of a candidate with these settings."""
    probes = [ask(i) for i in range(8)]
    return prove(
        model, ModelConfig(source="c", **settings), list(zip(probes, model.generate(probes), strict=True)), Silent()
    )


def test_the_preflight_stops_at_what_is_dropped() -> None:
    """A dropped parameter that the audit rests on stops it with the remedy; tolerated, it is a warning."""
    with engine(server_that_ignores(TOP_K), sampling=SAMPLING) as model:
        with pytest.raises(PreflightError, match=r"does not apply top_k; .* tolerate: \[top_k\]"):
            preflight(model, sampling=SAMPLING)
        allowed = preflight(model, sampling=SAMPLING, tolerate=("top_k",))
    assert any("top_k" in line for line in allowed["warnings"])
    assert allowed["capabilities"]["top_k"] == "dropped"


def test_a_server_without_seeds() -> None:
    """A server that draws anew each time stops the audit; tolerated, the report says that it cannot be repeated."""
    with engine(server_that_ignores(SEED)) as model:
        with pytest.raises(PreflightError, match="same seed"):
            preflight(model)
        allowed = preflight(model, tolerate=("seed",))
    assert any("same seed" in line for line in allowed["warnings"])


def test_a_thinking_model_that_draws_greedily_is_warned_of() -> None:
    """Thoughts drawn at temperature 0 loop, which the report says."""

    def thinks(body: Json) -> dict[str, Json]:
        return {"choices": [{"finish_reason": "stop", "message": {"content": "<think>\nhm\n</think>\n4"}}]}

    greedy = {"sampling": Sampling(temperature=0)}
    with engine(thinks, **greedy) as model:
        said = preflight(model, **greedy)
    assert [line for line in said["warnings"] if "greedy decoding" in line]
