"""Hosted models through Inspect's model layer: `inspect:PROVIDER/MODEL`, about twenty providers.

The provider renders the prompt and reads its key from the environment. Reasoning traces are separate content, or part
of the text and parsed. The preflight detects parameters that the layer drops. `options` are model arguments of
`inspect_ai.model.get_model` (base_url among them).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines import probe
from trustdelta.engines.base import EngineBase
from trustdelta.engines.capabilities import (
    LOG_PROBS,
    PROMPT_LOG_PROBS,
    SEPARATE_BUDGETS,
    TOKEN_IDS,
    Capabilities,
    Support,
    needed,
)
from trustdelta.engines.endpoint_wire import PENALTIES, end_error, seed_of, shown, switches
from trustdelta.engines.prompt_style import style_of
from trustdelta.engines.serving import Loop, all_failed, answers_first
from trustdelta.engines.withheld import withheld_by
from trustdelta.errors import EngineError
from trustdelta.records import Finish, Json, Message, Prompt, Request, Response, read_finish
from trustdelta.secrets import redacted, sent

try:
    import inspect_ai
    from inspect_ai.model import (
        ChatMessageAssistant,
        ChatMessageSystem,
        ChatMessageUser,
        ContentReasoning,
        ContentText,
        GenerateConfig,
        get_model,
    )
except ImportError:
    raise EngineError(
        "inspect: models need the inspect-ai package, which is not installed; pip install 'trustdelta[inspect]'."
    ) from None

ROLES = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}


class InspectEngine(EngineBase):
    """One model behind one of Inspect's providers. Raises EngineError where the provider is not available."""

    name = "inspect"
    light = True
    """The model is in its provider's memory."""

    def __init__(self, config: ModelConfig, batch_size: int = 128) -> None:
        self.config = config
        self.in_flight = batch_size
        self._loop = Loop("inspect")
        model = self._loop.run(settled(self._open()))
        if isinstance(model, BaseException):
            self._loop.close(self._nothing)
            raise EngineError(
                f"{config.source}: not available ({shown(str(model))}); "
                "wanted inspect:PROVIDER/MODEL with the provider's package and key."
            )
        self.model = model

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """Provider, model, options, sampling and version of the layer; the provider's version is unknown."""
        sampling = self.config.sampling
        return {
            "engine": self.name,
            "source": self.config.source,
            "rendered_by": "provider",
            "thinking": self.config.thinking,
            "switch": switches(self.config).get("chat_template_kwargs", {}),
            "system_prompt": self.config.system_prompt,
            "sampling": {} if sampling is None else sampling.model_dump(),
            "sampling_from": "provider" if sampling is None else "configuration",
            "options": dict(self.config.options),
            "in_flight": self.in_flight,
            "inspect_ai": inspect_ai.__version__,
        }

    def capabilities(self) -> Capabilities:
        """Capabilities of the provider, probed; token ids are not available."""
        required = needed(self.config, self.config.sampling)
        support = self._loop.run(probe.find(self._probe, self.config.sampling, required))
        return support | dict.fromkeys((TOKEN_IDS, LOG_PROBS, PROMPT_LOG_PROBS, SEPARATE_BUDGETS), Support.NO)

    def render(self, prompt: Prompt) -> str:
        """The messages that are sent; the provider renders them."""
        return "\n".join(f"{m.role}: {m.content}" for m in self._chat(prompt))

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Batches of requests with similar budgets, sent concurrently."""
        ordered = sorted(requests, key=lambda r: (r.max_tokens, r.prompt.id, r.draw))
        return [ordered[i : i + self.in_flight] for i in range(0, len(ordered), self.in_flight)]

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Responses to one batch, in the order of its requests."""
        responses = self._loop.run(self._all(batch))
        if fault := all_failed(responses):
            raise self._stopped(fault)
        return responses

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """The responses as the provider ends them; raises EngineError like `generate`."""
        yield from answers_first(self._loop.stream([self._respond(r, self.config) for r in batch]), self._stopped)

    def _stopped(self, fault: str) -> EngineError:
        return EngineError(f"{self.config.source}: {fault}; correct that, then rerun the command to resume.")

    def close(self) -> None:
        """Close the provider's client and end its thread; the engine is not used afterwards."""
        self._loop.close(self._close_client)

    async def _open(self) -> Any:
        # a lasting failure must end, so retries are bounded
        limits = GenerateConfig(max_retries=8, timeout=int(self.config.request_seconds), max_connections=self.in_flight)
        return get_model(self.config.place, config=limits, memoize=False, **self.config.options)

    async def _all(self, batch: Sequence[Request]) -> list[Response]:
        return list(await asyncio.gather(*(self._respond(r, self.config) for r in batch)))

    async def _respond(self, request: Request, config: ModelConfig) -> Response:
        began = time.perf_counter()
        if (how := style_of(request.prompt)).as_is or how.template:
            why = "hosted models take plain chats only; serve this judge behind an OpenAI-compatible address"
            return Response(request.prompt.id, request.draw, text="", finish=Finish.ERROR, error=why)
        output = await settled(self.model.generate(self._chat(request.prompt), config=generation(request, config)))
        if isinstance(output, BaseException):
            word = withheld_by(getattr(output, "status_code", 0), {"error": getattr(output, "body", None)})
            why = f"a filter withheld the response ({word})" if word else str(output)
            where, seed = (request.prompt.id, request.draw), seed_of(request)
            return Response(*where, "", Finish.ERROR, seed=seed, error=shown(why), moderated=bool(word))
        return read_output(output, request, time.perf_counter() - began)

    async def _probe(self, question: probe.Probe) -> Response | None:
        changed: dict[str, Json] = {"sampling": question.sampling}
        if question.thinking is not None:
            changed["thinking"] = "on" if question.thinking else "off"
        request = Request(question.prompt, 0, question.seed, question.max_tokens)
        response = await self._respond(request, self.config.model_copy(update=changed))
        return None if response.finish is Finish.ERROR else response

    def _chat(self, prompt: Prompt) -> list[Any]:
        system = self.config.system_prompt
        chat = prompt.messages if system is None else (Message("system", system), *prompt.messages)
        return [ROLES[m.role](content=m.content) for m in chat]

    async def _close_client(self) -> None:
        await self.model.api.aclose()

    async def _nothing(self) -> None:
        """Nothing was opened."""


async def settled(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine, or its exception, whose type depends on the provider."""
    outcomes = list(await asyncio.gather(work, return_exceptions=True))
    return outcomes[0]


def generation(request: Request, config: ModelConfig) -> Any:
    """The layer's generation settings; parameters that it lacks go into the request's body."""
    s: Sampling | None = config.sampling
    body = switches(config)
    named: dict[str, Json] = {}
    if s is not None:
        named = {"temperature": s.temperature, "top_p": s.top_p, "top_k": s.top_k or None}
        body |= {"top_k": s.top_k} if s.top_k else {}  # named alone, the layer drops it for OpenAI-compatible servers
        body |= {"min_p": s.min_p} if s.min_p else {}
        body |= dict.fromkeys(PENALTIES, s.repetition_penalty) if s.repetition_penalty != 1 else {}
    return GenerateConfig(
        seed=seed_of(request), max_tokens=request.max_tokens, cache=False, extra_body=body or None, **named
    )


def read_output(output: Any, request: Request, seconds: float) -> Response:
    """A response from the layer's output; separate reasoning stays separate from the text."""
    choice = output.choices[0]
    content = choice.message.content
    parts = [ContentText(text=content)] if isinstance(content, str) else content
    thoughts = [p for p in parts if isinstance(p, ContentReasoning)]
    usage = output.usage
    end = read_finish(choice.stop_reason)
    return Response(
        prompt_id=request.prompt.id,
        draw=request.draw,
        text=redacted("".join(p.text for p in parts if isinstance(p, ContentText)), sent()),
        finish=end.finish,
        reasoning=redacted("\n\n".join(thought_of(p) for p in thoughts), sent()) if thoughts else None,
        prompt_tokens=usage.input_tokens if usage else 0,
        completion_tokens=usage.output_tokens if usage else 0,
        seed=seed_of(request),
        seconds=seconds,
        error=end_error(end),
        moderated=end.moderated,
    )


def thought_of(part: Any) -> str:
    """The text of a reasoning part, or its summary where the provider withholds the text."""
    return str((part.summary or "") if part.redacted else part.reasoning)


ENGINE = InspectEngine
