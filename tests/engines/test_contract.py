"""What every engine must keep, whatever runs the model. A new engine adds one line to ENGINES."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from endpoint_server import EndpointServer, ask, completion
from gguf_file import write as write_gguf

from trustdelta import organisms
from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.base import Engine
from trustdelta.engines.capabilities import NAMES, SEED, Support
from trustdelta.engines.endpoint import EndpointEngine, Patience
from trustdelta.engines.registry import open_engine
from trustdelta.engines.replay import ReplayEngine
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.records import Finish, Json, Request, Response

QUESTIONS, DRAWS, BATCH = 6, 2, 5
REQUESTS = [ask(i, draw=d, max_tokens=6 + i % 2) for i in range(QUESTIONS) for d in range(DRAWS)]
FAILING = ask(99, draw=DRAWS)
"""A request that no engine can answer: not recorded, and rejected by the server."""

CANARY = "sk-canary-51c7e2"
MINIATURE = "organism:instruct"


def transformers(stack: ExitStack) -> Engine:
    """A miniature model in this process."""
    engine = TransformersEngine(ModelConfig(source=MINIATURE), BATCH)
    stack.callback(engine.close)
    return engine


def replay(stack: ExitStack) -> Engine:
    """Recorded responses."""
    del stack
    recorded: dict[tuple[str, str], list[Response]] = {}
    for r in REQUESTS:
        written = Response("", r.draw, f"{r.prompt.join_key} {r.draw}", Finish.STOP)
        recorded.setdefault((r.prompt.benchmark, r.prompt.join_key), []).append(written)
    return ReplayEngine(recorded, {"sha256": "0" * 64}, BATCH)


def rejects(body: Json, attempt: int) -> str | None:
    """The fault of a server that takes every request but one."""
    return "400" if body["messages"][0]["content"] == "question 99" else None


def whole(body: Json) -> dict[str, Json]:
    """A completion with every field that a strict client wants."""
    found = completion(body)
    usage = found["usage"] | {"total_tokens": sum(found["usage"].values())}
    return {**found, "created": 0, "model": body["model"], "usage": usage}


def inspect(stack: ExitStack) -> Engine:
    """The same server behind Inspect's model layer, where that is installed."""
    if find_spec("inspect_ai") is None:
        pytest.skip("inspect-ai is not installed here; docs/engines.md says how to run this where it is")
    server = stack.enter_context(EndpointServer(rejects, reply=whole))
    stack.enter_context(pytest.MonkeyPatch.context()).setenv("MINI_API_KEY", CANARY)
    model = ModelConfig(source="inspect:openai-api/mini/mini", options={"base_url": server.base_url})
    engine = open_engine(model, BATCH)
    stack.callback(engine.close)
    return engine


def endpoint(stack: ExitStack) -> Engine:
    """A server on the loopback interface that rejects one request for good."""
    server = stack.enter_context(EndpointServer(rejects))
    engine = EndpointEngine(ModelConfig(source=server.source), BATCH, Patience(request_seconds=20, first_wait=0.005))
    stack.callback(engine.close)
    return engine


def vllm(stack: ExitStack) -> Engine:
    """A miniature model in this process, run by vLLM where it is installed."""
    if find_spec("vllm") is None:
        pytest.skip("vLLM is not installed here; docs/engines.md says how to run this in its environment")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library that is not ours
        engine = open_engine(ModelConfig(source=f"vllm:{MINIATURE}", options={"enforce_eager": True}), BATCH)
    stack.callback(engine.close)
    return engine


def llamacpp(stack: ExitStack) -> Engine:
    """A miniature model as a GGUF file, run by llama.cpp where it is installed."""
    if find_spec("xllamacpp") is None or find_spec("gguf") is None:
        pytest.skip("xllamacpp and gguf are not installed here; docs/engines.md says how to run this with them")
    file = Path(stack.enter_context(TemporaryDirectory())) / "mini.gguf"
    write_gguf(organisms.folder("instruct"), file)
    engine = open_engine(ModelConfig(source=str(file)), BATCH)
    stack.callback(engine.close)
    return engine


IN_PROCESS = ("transformers", "vllm")
"""Engines that run the model here, so that every request is answered."""

SLOW = (vllm, inspect, llamacpp)
RUNNING = (transformers, replay, endpoint, vllm, inspect, llamacpp)
ENGINES: dict[str, Callable[[ExitStack], Engine]] = {f.__name__: f for f in RUNNING}
PARAMETERS = [pytest.param(n, marks=pytest.mark.slow if f in SLOW else ()) for n, f in ENGINES.items()]


@pytest.fixture(scope="module", params=PARAMETERS, ids=str)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn, opened with a key in the environment."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUSTDELTA_API_KEY", CANARY)
        patch.setenv("HF_TOKEN", CANARY)
        patch.setenv("no_proxy", "127.0.0.1")
        yield ENGINES[request.param](stack)


def keys(items: Sequence[Request]) -> list[tuple[str, int]]:
    """Prompt id and draw of requests, in order."""
    return [(r.prompt.id, r.draw) for r in items]


def run(engine: Engine, requests: Sequence[Request]) -> dict[tuple[str, int], Response]:
    """Responses to all requests by prompt id and draw, their wall-clock time left out."""
    found = [r for batch in engine.batches(requests) for r in engine.generate(batch)]
    return {(r.prompt_id, r.draw): replace(r, seconds=0.0) for r in found}


def test_batches_are_a_partition(engine: Engine) -> None:
    """Every request is in exactly one batch, no batch is empty or larger than asked, and the list alone decides."""
    batches = engine.batches(REQUESTS)
    assert sorted(keys([r for b in batches for r in b])) == sorted(keys(REQUESTS))
    assert all(0 < len(b) <= BATCH for b in batches)
    assert [keys(b) for b in batches] == [keys(b) for b in engine.batches(list(REQUESTS))]
    assert engine.batches([]) == []


def test_responses_are_in_the_order_of_their_requests(engine: Engine) -> None:
    """Prompt ids and draws come back as they were asked, in either order."""
    for batch in (REQUESTS[:BATCH], REQUESTS[:BATCH][::-1]):
        assert [(r.prompt_id, r.draw) for r in engine.generate(batch)] == keys(batch)


def test_the_same_request_gives_the_same_response(engine: Engine) -> None:
    """Two runs of the same list are equal, and none is lost or doubled."""
    first, second = run(engine, REQUESTS), run(engine, REQUESTS)
    assert first == second
    assert set(first) == set(keys(REQUESTS))


def test_a_response_does_not_depend_on_its_neighbours(engine: Engine) -> None:
    """A request alone gets the response that it gets in a batch."""
    alone = engine.generate([REQUESTS[3]])[0]
    assert replace(alone, seconds=0.0) == run(engine, REQUESTS)[keys([REQUESTS[3]])[0]]


def test_responses_are_whole(engine: Engine) -> None:
    """A finished response has text, a finish that is not an error, and no more tokens than its budget."""
    budget = {(r.prompt.id, r.draw): r.max_tokens for r in REQUESTS}
    for key, response in run(engine, REQUESTS).items():
        assert response.finish in (Finish.STOP, Finish.LENGTH)
        assert response.error == ""
        assert response.text
        assert response.completion_tokens <= budget[key]
        assert len(response.token_ids) in (0, response.completion_tokens)


def test_draws(engine: Engine) -> None:
    """How many draws there are is None or a count, and the draws of a prompt are not copies of each other."""
    assert engine.draws_available(REQUESTS[0].prompt) in (None, DRAWS)
    texts = {key: r.text for key, r in run(engine, REQUESTS).items()}
    assert len(set(texts.values())) > QUESTIONS // 2


def test_what_cannot_be_answered_is_an_error_response(engine: Engine) -> None:
    """A request that fails for good comes back as an error with its reason; the others of its batch are answered."""
    if engine.name in (*IN_PROCESS, "llamacpp"):
        pytest.skip("a model of this machine answers every request")
    good, bad = engine.generate([REQUESTS[0], FAILING])
    assert good.finish is not Finish.ERROR
    assert (bad.prompt_id, bad.draw, bad.finish) == (FAILING.prompt.id, FAILING.draw, Finish.ERROR)
    assert bad.error
    assert CANARY not in bad.error


def test_capabilities_are_said(engine: Engine) -> None:
    """Every capability has a state, and seeds hold wherever the same request gives the same response."""
    said = engine.capabilities()
    assert set(said) <= set(NAMES)
    assert said[SEED] is Support.YES
    if engine.name in IN_PROCESS:
        assert set(said) == set(NAMES)


def test_the_fingerprint_is_json_without_secrets(engine: Engine) -> None:
    """It names the engine, is stable, survives JSON, and holds no key of the environment."""
    written = json.dumps(dict(engine.fingerprint), sort_keys=True)
    assert json.loads(written) == json.loads(json.dumps(dict(engine.fingerprint)))
    assert json.loads(written)["engine"] == engine.name
    assert CANARY not in written


def test_render_shows_the_question(engine: Engine) -> None:
    """What the model is given holds what the user asked, and is the same each time."""
    prompt = REQUESTS[0].prompt
    assert prompt.messages[0].content in engine.render(prompt)
    assert engine.render(prompt) == engine.render(prompt)


def test_endpoint_and_process_agree() -> None:
    """A miniature behind a server says, token for token, what it says in this process with the same seeds."""
    sampling = Sampling(temperature=0.8, top_p=0.95, top_k=20)
    requests = [replace(r, seed=r.seed & 0x7FFF_FFFF) for r in REQUESTS]
    by_question = {r.prompt.messages[0].content: r.prompt for r in requests}
    lock = threading.Lock()
    with ExitStack() as stack:
        local = TransformersEngine(ModelConfig(source=MINIATURE, sampling=sampling), BATCH)
        stack.callback(local.close)

        def serve(body: Json) -> dict[str, Json]:
            asked = Request(by_question[body["messages"][0]["content"]], 0, body["seed"], body["max_tokens"])
            with lock:
                (r,) = local.generate([asked])
            return {"choices": [{"finish_reason": r.finish.value, "message": {"content": r.text}}]}

        server = stack.enter_context(EndpointServer(reply=serve))
        remote = EndpointEngine(ModelConfig(source=server.source, sampling=sampling), BATCH)
        stack.callback(remote.close)
        mine, theirs = run(local, requests), run(remote, requests)
        assert {k: (r.text, r.finish) for k, r in mine.items()} == {k: (r.text, r.finish) for k, r in theirs.items()}
        assert {b["top_k"] for b in server.seen} == {20}
