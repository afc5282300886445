"""Any OpenAI-compatible server: vLLM, SGLang, llama.cpp, `transformers serve`, Ollama, hosted services.

The server renders the prompt with its model's template and applies its own defaults to parameters that are not sent.
Both are in the fingerprint as far as the server reports them. The requests of one batch are sent concurrently.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from trustdelta.config import ModelConfig
from trustdelta.engines import probe
from trustdelta.engines.base import EngineBase
from trustdelta.engines.capabilities import (
    LOG_PROBS,
    PROMPT_LOG_PROBS,
    SEPARATE_BUDGETS,
    THINKING_SWITCH,
    TOKEN_IDS,
    Capabilities,
    Support,
    needed,
)
from trustdelta.engines.serving import Loop, all_failed, answers_first
from trustdelta.errors import EngineError, UnknownNameError
from trustdelta.records import Finish, Json, Message, Prompt, Request, Response, content_hash
from trustdelta.secrets import of_environment, redacted
from trustdelta.thoughts import prompt_opens_thought

try:
    import openai
except ImportError:
    raise EngineError(
        "endpoints need the openai package, which is not installed; pip install 'trustdelta[endpoint]'."
    ) from None

from trustdelta.engines.bounded_client import MOST, MOST_LISTED, BoundedClient
from trustdelta.engines.endpoint_wire import (
    Address,
    Fault,
    api_key,
    body,
    fault_of,
    messages,
    read_reply,
    route,
    seed_of,
    shown,
    switches,
)

T = TypeVar("T")

PROBE = Prompt("", (Message("user", "hello"),))
SERVED = ("id", "root", "owned_by", "max_model_len")
"""Fields of a served model that are constant between calls."""

MOST_NAMED = 50
"""Most models that an error lists."""

POOL = 8
"""Concurrent requests per client: the cost of a request grows with the client's connections."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Time limit and retries of a request.

    Waits between attempts double, unless the server sets one. With 16 attempts, a server that fails every third one
    loses less than one request in ten million.
    """

    request_seconds: float = 600.0
    """Limit of one attempt in seconds; an attempt that exceeds it is not repeated."""
    attempts: int = 16
    first_wait: float = 0.25
    """Seconds before the second attempt."""
    longest_wait: float = 8.0
    """Limit of the wait in seconds."""
    longest_asked: float = 60.0
    """Limit of a wait that the server sets, in seconds."""

    @property
    def optional(self) -> Patience:
        """Limits for optional requests about the server itself."""
        return replace(self, request_seconds=min(self.request_seconds, 30.0), attempts=min(self.attempts, 3))

    def wait(self, attempt: int, seed: int, retry_after: float | None) -> float:
        """Seconds before the next attempt, with jitter from the request's seed."""
        jitter = Random(f"{seed} {attempt}").uniform(0.5, 1.0)
        backoff = min(self.longest_wait, self.first_wait * 2**attempt) * jitter
        return backoff if retry_after is None else min(self.longest_asked, retry_after + self.first_wait * jitter)


class EndpointEngine(EngineBase):
    """One model behind an address. Raises EngineError where the server is unreachable or lacks the model.

    The key is read from TRUSTDELTA_API_KEY or OPENAI_API_KEY only.
    """

    name = "endpoint"
    light = True
    """The model is in its server's memory."""

    def __init__(self, config: ModelConfig, batch_size: int = 128, patience: Patience | None = None) -> None:
        self.config = config
        self.address = Address.of(config.source)
        self.in_flight = batch_size
        self.patience = patience or Patience(config.request_seconds)
        self._loop = Loop("endpoint")
        self._clients = [self._client_of() for _ in range(0, batch_size, POOL)]
        self._turn = itertools.cycle(self._clients)
        self._slots = asyncio.Semaphore(batch_size)
        try:
            self.served, self.version, self.template = self._loop.run(self._describe_server())
        except BaseException:
            self.close()
            raise

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """Address, served model, server version and template where reported, switch, sampling, client."""
        sampling = self.config.sampling
        return {
            "engine": self.name,
            "source": f"{self.address.base_url}#{self.address.model}",
            "served": self.served,
            "server_version": self.version,
            "rendered_by": "server",
            "template": content_hash(self.template)[:16] if self.template else "not told by the server",
            "thinking": self.config.thinking,
            "switch": switches(self.config).get("chat_template_kwargs", {}),
            "system_prompt": self.config.system_prompt,
            "sampling": {} if sampling is None else sampling.model_dump(),
            "sampling_from": "server" if sampling is None else "configuration",
            "in_flight": self.in_flight,
            "client": f"openai {openai.__version__}",
        }

    def capabilities(self) -> Capabilities:
        """Capabilities of the server, probed with a few dozen tokens each."""
        return self._loop.run(self._probed())

    def render(self, prompt: Prompt) -> str:
        """The messages that are sent; the server renders them with its own template."""
        return "\n".join(f"{m['role']}: {m['content']}" for m in messages(prompt, self.config.system_prompt))

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Batches of requests with similar budgets, sent concurrently."""
        ordered = sorted(requests, key=lambda r: (r.max_tokens, r.prompt.id, r.draw))
        return [ordered[i : i + self.in_flight] for i in range(0, len(ordered), self.in_flight)]

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Responses to one batch, in the order of its requests.

        A request that fails permanently is a response with `Finish.ERROR`. Raises EngineError where the server refuses
        the key, lacks the model, stays unreachable or over its rate limit, or fails every request of a batch.
        """
        responses = self._loop.run(self._all(batch))
        if fault := all_failed(responses):
            raise self._stopped(fault)
        return responses

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """The responses as the server ends them; raises EngineError like `generate`."""
        yield from answers_first(self._loop.stream([self._respond(r) for r in batch]), self._stopped)

    def post_all(
        self, route: str, bodies: Sequence[Json], *, under_base: bool = False, probing: bool = False
    ) -> list[Json]:
        """The JSON replies of an optional route; None where a request was refused.

        `probing` applies the limits of `Patience.optional`. Raises EngineError like `generate`.
        """
        base = self.address.base_url if under_base else self.address.root
        patience = self.patience.optional if probing else self.patience
        return self._loop.run(self._post_all(f"{base}{route}", bodies, patience))

    def close(self) -> None:
        """Close connections and their thread; the engine is not used afterwards."""
        self._loop.close(self._close_clients)

    # requests

    async def _all(self, batch: Sequence[Request]) -> list[Response]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._respond(request)) for request in batch]
        return [task.result() for task in tasks]

    async def _post_all(self, url: str, bodies: Sequence[Json], patience: Patience) -> list[Json]:
        async def post(content: Json) -> Json:
            async with self._slots:
                return await self._with_retries(
                    lambda: self._client.post(url, cast_to=object, body=content), 0, patience
                )

        MOST.set(MOST_LISTED)
        replies = await asyncio.gather(*(post(content) for content in bodies), return_exceptions=True)
        for reply in replies:
            if isinstance(reply, Fault) and reply.fatal and reply.status != 404:
                raise self._stopped(reply.reason)
            if isinstance(reply, BaseException) and not isinstance(reply, Fault):
                raise reply
        return [None if isinstance(reply, Fault) else reply for reply in replies]

    async def _respond(self, request: Request) -> Response:
        sent, where = body(request, self.config, self.address.model), route(request.prompt)
        opened = prompt_opens_thought(self.template) is not None

        async def attempt() -> Response:
            began = time.perf_counter()
            # not chat.completions.create: that walks every argument against its schema, for a tenth of the time
            reply = await self._client.post(where, cast_to=object, body=sent)
            return read_reply(reply, request, opened=opened, seconds=time.perf_counter() - began)

        try:
            async with self._slots:
                return await self._with_retries(attempt, seed_of(request), self.patience)
        except Fault as fault:
            if fault.fatal:
                raise self._stopped(fault.reason) from None
            place = (request.prompt.id, request.draw)
            seed, moderated = seed_of(request), fault.moderated
            return Response(*place, text="", finish=Finish.ERROR, seed=seed, error=fault.reason, moderated=moderated)

    async def _with_retries(self, attempt: Callable[[], Awaitable[T]], seed: int, patience: Patience) -> T:
        """The result of the first successful attempt; raises the Fault of the last attempt."""
        backoffs = 0  # waits without a Retry-After; only these grow
        for number in range(patience.attempts):
            try:
                async with asyncio.timeout(patience.request_seconds):
                    return await attempt()
            except (openai.OpenAIError, TimeoutError, ValueError, RecursionError, Fault) as problem:
                fault = fault_of(problem, patience.request_seconds)
            if not fault.retry:
                break
            if number + 1 < patience.attempts:
                await asyncio.sleep(patience.wait(backoffs, seed, fault.wait))
                backoffs += fault.wait is None
        raise fault from None

    # what the server can do

    async def _probed(self) -> dict[str, Support]:
        required = needed(self.config, self.config.sampling)
        support = await probe.find(self._probe, self.config.sampling, required)
        if THINKING_SWITCH in required and self.template:
            on, off = [await self._rendered(self.config.model_copy(update={"thinking": s})) for s in ("on", "off")]
            support[THINKING_SWITCH] = Support.YES if on != off else Support.DROPPED
        extras: dict[str, tuple[dict[str, Json], str]] = {
            TOKEN_IDS: ({"return_token_ids": True}, "token_ids"),
            LOG_PROBS: ({"logprobs": True}, "logprobs"),
            PROMPT_LOG_PROBS: ({"prompt_logprobs": 1}, "prompt_logprobs"),
        }
        support |= {name: await self._offers(sent, field) for name, (sent, field) in extras.items()}
        return support | {SEPARATE_BUDGETS: Support.NO}  # max_tokens bounds the sum; no common parameter bounds a trace

    async def _probe(self, question: probe.Probe) -> Response | None:
        """One probe, sent like every other request; None where the server refuses it."""
        changed: dict[str, Json] = {"sampling": question.sampling}
        if question.thinking is not None:
            changed["thinking"] = "on" if question.thinking else "off"
        request = Request(question.prompt, 0, question.seed, question.max_tokens)
        sent = body(request, self.config.model_copy(update=changed), self.address.model)
        reply = await self._chat_reply(sent)
        return None if reply is None else read_reply(reply, request, opened=False, seconds=0.0)

    async def _offers(self, extra: Mapping[str, Json], field: str) -> Support:
        """Whether the reply to a request with an extra parameter contains the field."""
        request = Request(PROBE, 0, 0, 2)
        reply = await self._chat_reply({**body(request, self.config, self.address.model), **extra})
        if reply is None:
            return Support.NO
        choice = reply["choices"][0]
        return Support.YES if choice.get(field) or reply.get(field) else Support.DROPPED

    async def _chat_reply(self, sent: Json) -> Json:
        """The reply to one chat request, or None where it is refused."""

        async def attempt() -> Json:
            reply = await self._client.post("/chat/completions", cast_to=object, body=sent)
            read_reply(reply, Request(PROBE, 0, 0, 1), opened=False, seconds=0.0)  # an unreadable reply is retried
            return reply

        try:
            async with self._slots:
                return await self._with_retries(attempt, 0, self.patience)
        except Fault as fault:
            if fault.fatal:
                raise self._stopped(fault.reason) from None
            return None

    # the server

    async def _describe_server(self) -> tuple[dict[str, Json], str, str]:
        """Fields of the served model, server version and a rendered probe; empty where the server reports none."""
        listed = await self._ask("/models", base=self.address.base_url)
        version = await self._ask("/version")
        template = await self._rendered(self.config)
        models = [m for m in _items(listed, "data") if isinstance(m, dict)]
        served = next((m for m in models if m.get("id") == self.address.model), {})
        if models and not served:
            known = [shown(str(m.get("id"))) for m in models[:MOST_NAMED]]
            raise UnknownNameError.of(f"model at {self.address.base_url}", self.address.model, known)
        number = version.get("version") if isinstance(version, dict) else None
        fields = {k: _plain(served[k]) for k in SERVED if k in served}
        return fields, shown(str(number or "not told by the server")), redacted(template, of_environment())

    async def _rendered(self, config: ModelConfig) -> str:
        """A probe rendered by the server's template (vLLM: tokenise, detokenise; llama.cpp: apply-template), or ""."""
        chat = {"messages": messages(PROBE, config.system_prompt), **switches(config)}
        tokens = await self._ask("/tokenize", {"model": self.address.model, **chat})
        if ids := _items(tokens, "tokens"):
            reply = await self._ask("/detokenize", {"model": self.address.model, "tokens": ids})
        else:
            reply = await self._ask("/apply-template", chat)
        text = reply.get("prompt") if isinstance(reply, dict) else None
        return text if isinstance(text, str) else ""

    async def _ask(self, route: str, content: Json = None, *, base: str = "") -> Json:
        """The JSON of an optional route, or None; raises EngineError where the server is unreachable.

        `base` is set for a route of the common interface, where a refused key is an error.
        """
        url = f"{base or self.address.root}{route}"

        async def attempt() -> Json:
            if content is None:
                return await self._client.get(url, cast_to=object)
            return await self._client.post(url, cast_to=object, body=content)

        try:
            return await self._with_retries(attempt, 0, self.patience.optional)
        except Fault as fault:
            if fault.fatal and (fault.status == 401 if base else fault.status is None):
                raise self._stopped(fault.reason) from None
            return None

    # plumbing

    @property
    def _client(self) -> openai.AsyncOpenAI:
        """The next client in turn."""
        return next(self._turn)

    def _client_of(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            base_url=self.address.base_url,
            api_key=api_key(),
            max_retries=0,
            timeout=self.patience.request_seconds,
            http_client=BoundedClient(),
        )

    async def _close_clients(self) -> None:
        for client in self._clients:
            await client.close()

    def _stopped(self, reason: str) -> EngineError:
        return EngineError(
            f"{self.address.base_url}#{self.address.model}: {reason}; correct that, then rerun the command to resume."
        )


def _plain(value: Json) -> Json:
    """A number or a short text unchanged; a prefix of anything else."""
    return value if isinstance(value, int | float | None) else shown(str(value))


def _items(reply: Json, key: str) -> list[Json]:
    items = reply.get(key) if isinstance(reply, dict) else None
    return items if isinstance(items, list) else []


ENGINE = EndpointEngine
