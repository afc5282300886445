"""The endpoint engine against a real HTTP server on the loopback interface, in good times and bad."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from random import Random

import pytest
from endpoint_server import MODEL, EndpointServer, ask, completion

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.endpoint import EndpointEngine, Patience
from trustdelta.engines.endpoint_wire import Address, Fault, fault_of, read_reply, retry_after
from trustdelta.errors import ConfigError, EngineError, UnknownNameError
from trustdelta.records import Finish, Json, Outcome
from trustdelta.thoughts import read_response

QUICK = Patience(request_seconds=5.0, first_wait=0.005, longest_wait=0.1)
KEY = "sk-canary-7f3a9c"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of whoever runs the tests stay out of them, and no proxy stands between."""
    for name in ("TRUSTDELTA_API_KEY", "OPENAI_API_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def engine(
    server: EndpointServer, *, patience: Patience = QUICK, batch_size: int = 32, **settings: Json
) -> Iterator[EndpointEngine]:
    """An engine at that server, closed at the end."""
    opened = EndpointEngine(ModelConfig(source=server.source, **settings), batch_size, patience)
    try:
        yield opened
    finally:
        opened.close()


def stops(says: str) -> pytest.RaisesExc[EngineError]:
    """The run ends with this reason."""
    return pytest.raises(EngineError, match=says)


def test_a_good_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Responses come in the order of their requests, complete; the key is in the header only."""
    monkeypatch.setenv("TRUSTDELTA_API_KEY", KEY)
    requests = [ask(i, draw=d) for i in range(10) for d in range(2)]
    with EndpointServer() as server, engine(server) as model:
        responses = model.generate(requests)
        assert [(r.prompt_id, r.draw) for r in responses] == [(q.prompt.id, q.draw) for q in requests]
        assert {r.finish for r in responses} == {Finish.STOP}
        assert {(r.prompt_tokens, r.completion_tokens) for r in responses} == {(5, 3)}
        assert len({r.text for r in responses}) == len(requests)
        by_seed = {body["seed"]: completion(body)["choices"][0]["message"]["content"] for body in server.seen}
        assert [by_seed[r.seed] for r in responses] == [r.text for r in responses]
        assert {h["authorization"] for h in server.headers} == {f"Bearer {KEY}"}
        assert KEY not in json.dumps([dict(model.fingerprint), server.seen])


def test_what_is_sent() -> None:
    """Sampling with top_k and min_p, budget, seed, system prompt and thinking switch reach the server as declared."""
    sampling = Sampling(temperature=0.6, top_p=0.95, top_k=20, min_p=0.1)
    with (
        EndpointServer() as server,
        engine(server, sampling=sampling, thinking="off", system_prompt="Be brief.") as model,
    ):
        model.generate([ask(1, max_tokens=77)])
    (body,) = server.seen
    assert (body["temperature"], body["top_p"], body["top_k"], body["min_p"]) == (0.6, 0.95, 20, 0.1)
    assert (body["max_tokens"], body["model"], body["seed"]) == (77, MODEL, ask(1).seed & 0x7FFF_FFFF)
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "thinking": False}
    assert [m["role"] for m in body["messages"]] == ["system", "user"]


def test_what_is_not_declared_is_not_sent() -> None:
    """Without sampling and switch the server's own hold, and the fingerprint says so."""
    with EndpointServer() as server, engine(server) as model:
        model.generate([ask(1)])
        assert model.fingerprint["sampling_from"] == "server"
    assert server.seen[0].keys() == {"model", "messages", "max_tokens", "seed"}


def test_top_k_switched_off_is_sent_as_the_whole_vocabulary() -> None:
    """A declared sampling without top_k overrides the server's default top_k."""
    with EndpointServer() as server, engine(server, sampling=Sampling()) as model:
        model.generate([ask(1)])
    assert server.seen[0]["top_k"] > 1_000_000


def said(**message: Json) -> Callable[[Json], dict[str, Json]]:
    """A reply with this message and finish reason."""
    finish = message.pop("finish", "stop")
    return lambda body: {"choices": [{"finish_reason": finish, "message": {"role": "assistant", **message}}]}


@pytest.mark.parametrize(
    ("message", "thought", "answer", "state"),
    [
        ({"content": "four"}, None, "four", Outcome.ANSWERED),
        ({"content": "two\n</think>\nfour"}, "two", "four", Outcome.ANSWERED),
        ({"content": "<think>two</think>four"}, "two", "four", Outcome.ANSWERED),
        ({"content": "<think>two", "finish": "length"}, "two", "", Outcome.TRUNCATED_IN_THOUGHT),
        ({"content": "four", "reasoning_content": "two"}, "two", "four", Outcome.ANSWERED),
        ({"content": "four", "reasoning": "two"}, "two", "four", Outcome.ANSWERED),
        ({"content": "four", "reasoning": "two", "reasoning_content": None}, "two", "four", Outcome.ANSWERED),
        ({"content": None, "reasoning_content": "two", "finish": "length"}, "two", "", Outcome.TRUNCATED_IN_THOUGHT),
        ({"content": "<think>1</think>\n<think>3</think>\nfour"}, "1\n\n3", "four", Outcome.ANSWERED),
        ({"content": 'say "<think>x</think>"'}, None, 'say "<think>x</think>"', Outcome.ANSWERED),
        ({"content": "[THINK]two[/THINK]four"}, "two", "four", Outcome.ANSWERED),
        ({"content": "<thought>two</thought>four"}, "two", "four", Outcome.ANSWERED),
        ({"content": "fo", "finish": "length"}, None, "fo", Outcome.TRUNCATED_IN_ANSWER),
        ({"content": None}, None, "", Outcome.EMPTY),
        ({"content": None, "refusal": "I cannot."}, None, "I cannot.", Outcome.ANSWERED),
    ],
)
def test_every_shape_of_thought(message: Json, thought: str | None, answer: str, state: Outcome) -> None:
    """Thoughts in tags, in either field, cut or doubled are told from the answer, and never lost."""
    r = read_reply(said(**message)({}), ask(1), opened=False, seconds=0.0)
    reading = read_response(r.text, finish=r.finish, reasoning=r.reasoning)
    assert (reading.thought, reading.answer, reading.state) == (thought, answer, state)


def test_a_template_that_opens_the_thought_is_found() -> None:
    """Where the server shows how it renders, a response cut before the closing tag is known to be a thought."""
    routes = {
        "/v1/models": {"data": [{"id": MODEL, "max_model_len": 4096, "created": 1, "permission": ["x"]}]},
        "/version": {"version": "0.32.0"},
        "/tokenize": {"tokens": [1, 2]},
        "/detokenize": {"prompt": "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n<think>\n"},
    }
    with EndpointServer(reply=said(content="hmm", finish="length"), routes=routes) as server, engine(server) as model:
        (response,) = model.generate([ask(1)])
        told = model.fingerprint
    assert response.prompt_opened_thought
    assert (told["server_version"], told["served"]) == ("0.32.0", {"id": MODEL, "max_model_len": 4096})
    changed = dict(routes, **{"/tokenize": {}, "/apply-template": {"prompt": "another template"}})
    with EndpointServer(routes=changed) as server, engine(server) as model:
        assert model.fingerprint["template"] != told["template"]
        assert not model.generate([ask(1)])[0].prompt_opened_thought


@pytest.mark.parametrize("fault", ["429", "500", "503", "408", "drop", "garbage", "html", "empty"])
def test_a_passing_fault_is_tried_again(fault: str) -> None:
    """Two failures of any passing kind, then success: the response is complete, after three attempts."""
    with EndpointServer(lambda body, attempt: fault if attempt < 2 else None) as server, engine(server) as model:
        responses = model.generate([ask(i) for i in range(4)])
    assert {r.finish for r in responses} == {Finish.STOP}
    assert set(server.attempts.values()) == {3}


@pytest.mark.parametrize("fault", ["500", "drop", "garbage"])
def test_a_lasting_fault_of_one_request_is_its_error(fault: str) -> None:
    """A request that never succeeds is an error with its reason after a bounded number of attempts; others finish."""

    def only_first(body: Json, attempt: int) -> str | None:
        return fault if body["messages"][0]["content"] == "question 0" else None

    patience = Patience(request_seconds=5, attempts=3, first_wait=0.005)
    with EndpointServer(only_first) as server, engine(server, patience=patience) as model:
        first, *others = model.generate([ask(i) for i in range(12)])
    assert first.finish is Finish.ERROR
    assert first.error
    assert {r.finish for r in others} == {Finish.STOP}
    assert max(server.attempts.values()) == 3


def test_a_request_that_the_server_rejects_is_not_repeated() -> None:
    """A bad request (a prompt that is too long) is an error at once."""
    with EndpointServer(lambda body, attempt: "400") as server, engine(server) as model:
        (response,) = model.generate([ask(1)])
    assert response.finish is Finish.ERROR
    assert "400" in response.error
    assert len(server.seen) == 1


def test_a_server_that_never_answers() -> None:
    """Such a request is an error after its time limit, within 10 %, even where bytes keep dripping; others finish."""
    kinds = {"question 0": "hang", "question 1": "drip"}

    def never(body: Json, attempt: int) -> str | None:
        return kinds.get(body["messages"][0]["content"])

    limit = 2.0
    with EndpointServer(never) as server, engine(server, patience=Patience(request_seconds=limit)) as model:
        began = time.perf_counter()
        responses = model.generate([ask(i) for i in range(6)])
        took = time.perf_counter() - began
    assert [r.error for r in responses] == [f"no reply within {limit:g} s"] * 2 + [""] * 4
    assert [r.finish for r in responses] == [Finish.ERROR] * 2 + [Finish.STOP] * 4
    assert took == pytest.approx(limit, rel=0.1)
    assert max(server.attempts.values()) == 1


def test_one_in_three_requests_fails_somehow() -> None:
    """20 % 429, 10 % 500, 5 % dropped and 1 % garbage: all complete, none twice, attempts bounded."""
    faults = [*["429"] * 20, *["500"] * 10, *["drop"] * 5, "garbage"]
    dice = Random(0)

    def fault(body: Json, attempt: int) -> str | None:
        roll = dice.randrange(100)
        return faults[roll] if roll < len(faults) else None

    requests = [ask(i, draw=d) for i in range(100) for d in range(2)]
    with EndpointServer(fault) as server, engine(server) as model:
        responses = [r for batch in model.batches(requests) for r in model.generate(batch)]
    assert {r.finish for r in responses} == {Finish.STOP}
    assert {(r.prompt_id, r.draw) for r in responses} == {(q.prompt.id, q.draw) for q in requests}
    assert len(responses) == len(requests)
    assert len({r.text for r in responses}) == len(requests)
    assert max(server.attempts.values()) <= QUICK.attempts
    assert len(server.seen) < 2 * len(requests)


def test_an_interrupt_leaves_at_once() -> None:
    """Ctrl-C while every request hangs ends the process promptly, without a warning from what was in flight."""
    code = f"""
import os, signal, sys, threading, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from endpoint_server import EndpointServer, ask
from trustdelta.config import ModelConfig
from trustdelta.engines.endpoint import EndpointEngine
with EndpointServer(lambda body, attempt: "hang") as server:
    engine = EndpointEngine(ModelConfig(source=server.source), 16)
    def interrupt():
        while len(server.seen) < 16:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        engine.generate([ask(i) for i in range(16)])
    except KeyboardInterrupt:
        engine.close()
        print("left", len(server.seen))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=40)
    assert (done.stdout, done.stderr) == ("left 16\n", "")


def test_requests_in_flight_are_bounded() -> None:
    """No more requests are at the server at once than a batch holds, however many are handed over."""
    with EndpointServer() as server, engine(server, batch_size=4) as model:
        assert len(model.generate([ask(i) for i in range(40)])) == 40
    assert server.most_at_once <= 4


@pytest.mark.parametrize(("status", "says"), [("401", "TRUSTDELTA_API_KEY"), ("404", "/v1")])
def test_a_closed_door_stops_at_once(status: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused key or an unknown model ends the run at once with the remedy, without the key that it echoes."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with EndpointServer(lambda body, attempt: status) as server, engine(server) as model:
        began = time.perf_counter()
        with pytest.raises(EngineError, match=says) as stopped:
            model.generate([ask(i) for i in range(20)])
        assert time.perf_counter() - began < 5
    assert KEY not in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert stopped.value.__cause__ is None


def test_a_refused_key_is_seen_before_anything_is_asked() -> None:
    """A server that refuses the key says so when the engine is opened."""
    with EndpointServer(routes={"/v1/models": 401}) as server, pytest.raises(EngineError, match="TRUSTDELTA_API_KEY"):
        EndpointEngine(ModelConfig(source=server.source), patience=QUICK)


def test_a_model_that_is_not_served_is_named() -> None:
    """The names that the server knows are listed."""
    with EndpointServer() as server, pytest.raises(UnknownNameError, match="did you mean 'mini'"):
        EndpointEngine(ModelConfig(source=f"{server.base_url}#minni"), patience=QUICK)


def test_nobody_is_there() -> None:
    """A server that is not running is one line with its address, after a bounded number of attempts."""
    with EndpointServer() as server:
        source = server.source
    with pytest.raises(EngineError, match="cannot be reached"):
        EndpointEngine(ModelConfig(source=source), patience=Patience(attempts=2, first_wait=0.005))


def test_a_server_that_dies_stops_the_run() -> None:
    """Connections refused in the middle of a run are not stored as errors of the model."""
    with EndpointServer() as server:
        model = EndpointEngine(ModelConfig(source=server.source), patience=Patience(attempts=2, first_wait=0.005))
        assert model.generate([ask(1)])[0].finish is Finish.STOP
    try:
        with pytest.raises(EngineError, match=r"cannot be reached|dropped|all \d+ requests"):
            model.generate([ask(i) for i in range(10)])
    finally:
        model.close()


def test_a_batch_that_fails_as_a_whole_stops_the_run() -> None:
    """Where no request of a batch succeeds, the server is at fault: nothing of it is stored as the model's error."""
    with EndpointServer(lambda body, attempt: "400") as server, engine(server) as model, stops("all 8 requests"):
        model.generate([ask(i) for i in range(8)])


def test_a_lasting_rate_limit_stops_the_run() -> None:
    """A rate limit that outlasts every attempt ends the run instead of filling it with errors."""
    patience = Patience(attempts=2, first_wait=0.005)
    with (
        EndpointServer(lambda body, attempt: "429") as server,
        engine(server, patience=patience) as model,
        stops("429"),
    ):
        model.generate([ask(1)])


def test_retry_after_is_honoured() -> None:
    """The wait that the server asks for is kept."""
    with EndpointServer(lambda body, attempt: "429" if attempt == 0 else None) as server:
        server.retry_after = "0.5"
        with engine(server, patience=Patience(request_seconds=5, first_wait=0.005, longest_wait=2)) as model:
            began = time.perf_counter()
            model.generate([ask(1)])
            assert time.perf_counter() - began >= 0.5


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("soon", None), ("", None), (formatdate(0, usegmt=True), 0.0)],
)
def test_retry_after_header(value: str, seconds: float | None) -> None:
    """Seconds and dates are read; what is neither is no wait."""
    assert retry_after({"retry-after": value}) == seconds


def test_waits_grow_are_bounded_and_are_the_same_for_the_same_seed() -> None:
    """Waits double up to a bound, differ between requests, and repeat when a run is repeated."""
    patience = Patience(first_wait=1, longest_wait=8)
    waits = [patience.wait(i, 5, None) for i in range(10)]
    assert waits == [patience.wait(i, 5, None) for i in range(10)]
    assert all(min(8, 2**i) / 2 <= w <= min(8, 2**i) for i, w in enumerate(waits))
    assert waits != [patience.wait(i, 6, None) for i in range(10)]
    assert patience.wait(0, 5, 1e9) == patience.longest_asked


@pytest.mark.parametrize(
    "source",
    ["http://127.0.0.1:8000/v1", "http://#model", "http://127.0.0.1:8000/v1#"],
)
def test_an_address_without_server_or_model(source: str) -> None:
    """What is missing is said, with the form that is wanted."""
    with pytest.raises(ConfigError, match="#MODEL"):
        Address.of(source)


@pytest.mark.parametrize(
    "source",
    [f"http://user:{KEY}@h/v1#m", f"https://{KEY}@h:1/v1#m", f"http://h/v1?api_key={KEY}#m", f"http://u:{KEY}@[h/v1#m"],
)
def test_secrets_in_an_address_are_refused_without_being_repeated(source: str) -> None:
    """A password or query in an address never gets as far as a run folder, nor into the message."""
    with pytest.raises(ConfigError) as refused:
        ModelConfig(source=source)
    assert KEY not in str(refused.value)


def test_an_at_sign_in_a_model_name_is_no_secret() -> None:
    """Only the address is looked at."""
    assert Address.of("http://h/v1#org/model@rev").model == "org/model@rev"


def test_a_running_event_loop_does_not_matter() -> None:
    """The engine works inside a notebook, where a loop is running already."""

    async def cell(model: EndpointEngine) -> str:
        return model.generate([ask(1)])[0].text

    with EndpointServer() as server, engine(server) as model:
        assert asyncio.run(cell(model)).startswith("answer")


@pytest.mark.parametrize(
    "reply",
    [
        None,
        [],
        "<html>",
        1,
        {},
        {"choices": [{}]},
        {"choices": ["x"]},
        {"choices": [{"message": {"content": [1]}}]},
        {"choices": [{"message": {"content": [{"blob": "x"}]}}]},
    ],
)
def test_what_is_no_completion(reply: Json) -> None:
    """Whatever a server sends is a response or a fault that may be tried again, never another exception."""
    with pytest.raises(Fault) as fault:
        read_reply(reply, ask(1), opened=False, seconds=0)
    assert fault_of(fault.value, 1).retry
