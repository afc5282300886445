"""Wire format of OpenAI-compatible servers: addresses, request bodies, replies and errors.

Pure functions. The only state is the key, which is read from the environment and never returned in a text.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from trustdelta.config import ModelConfig, check_address
from trustdelta.engines.prompt_style import style_of
from trustdelta.engines.reply_parts import read_message, unreadable
from trustdelta.engines.withheld import withheld_by
from trustdelta.errors import ConfigError
from trustdelta.parsing import short
from trustdelta.records import Finish, FinishReason, Json, Prompt, Request, Response, read_finish
from trustdelta.secrets import of_environment, redacted, sent

if TYPE_CHECKING:
    import openai

KEY_NAMES = ("TRUSTDELTA_API_KEY", "OPENAI_API_KEY")
"""Environment variables of the key; the first that is set counts."""

NO_TOP_K = 1 << 20
"""More tokens than any vocabulary has: servers disagree on whether 0 or -1 turns top_k off, and all accept this."""

PENALTIES = ("repetition_penalty", "repeat_penalty")
"""Names of the repetition penalty: vLLM and SGLang, and llama.cpp."""

BROKE_OFF = frozenset(
    {
        *("abort", "aborted", "error", "cancelled", "canceled", "timeout", "network_error", "server_error"),
        "insufficient_system_resource",
    }
)
"""Finish reasons of an aborted generation; the request is retried."""

SERVER_FAULTS = frozenset({408, 409, 425, 429})
"""Transient 4xx status codes; every 5xx is transient too."""

LONGEST_REASON = 300
LONGEST_READ = 20_000
"""Characters of a server's text that are searched for its reason."""
MOST_TOKENS = 10_000_000
"""Largest plausible token count."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL and the model's name."""

    base_url: str
    model: str

    @classmethod
    def of(cls, source: str) -> Address:
        """Parse `http://host:port/v1#model`; raises ConfigError without a model and for an address with a secret."""
        check_address(source)
        base_url, _, model = source.partition("#")
        if not model or not urlsplit(base_url).hostname:
            raise ConfigError(
                f"{source}: found no server and model, wanted http://HOST:PORT/v1#MODEL; correct the source."
            )
        return cls(base_url.rstrip("/"), model)

    @property
    def root(self) -> str:
        """The server's root, the base of its own routes."""
        return self.base_url.removesuffix("/v1")


class Fault(Exception):
    """A request that failed: `retry` means that it may be repeated, `fatal` that every other request would fail too.

    `wait`: the server's Retry-After in seconds. `status`: its status code, if it replied. `moderated`: a filter
    withheld the response.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry: bool,
        fatal: bool = False,
        wait: float | None = None,
        status: int | None = None,
        moderated: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason, self.retry, self.fatal, self.wait, self.status = reason, retry, fatal, wait, status
        self.moderated = moderated


def api_key() -> str:
    """The key from the environment; "none" where unset, since local servers need no key."""
    return next((os.environ[name] for name in KEY_NAMES if os.environ.get(name)), "none")


def shown(text: str) -> str:
    """One short line without keys of the environment and passwords in addresses."""
    text = redacted(text[:LONGEST_READ], of_environment())
    line = " ".join(re.sub(r"//[^/@\s]+@", "//", text).split())
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 3] + "..."


def messages(prompt: Prompt, system_prompt: str | None) -> list[dict[str, str]]:
    """The chat in the server's format."""
    chat = [{"role": m.role, "content": m.content} for m in prompt.messages]
    return chat if system_prompt is None else [{"role": "system", "content": system_prompt}, *chat]


def seed_of(request: Request) -> int:
    """The seed in 31 bits, which every server accepts."""
    return request.seed & 0x7FFF_FFFF


def switches(config: ModelConfig) -> dict[str, Json]:
    """The thinking switch under both of its names; templates ignore unknown names."""
    if config.thinking == "auto":
        return {}
    on = config.thinking == "on"
    return {"chat_template_kwargs": {"enable_thinking": on, "thinking": on}}


def route(prompt: Prompt) -> str:
    """Route of a prompt: a chat, or a complete text."""
    return "/completions" if style_of(prompt).as_is else "/chat/completions"


def prompt_fields(prompt: Prompt, config: ModelConfig) -> dict[str, Json]:
    """Fields of a completion's body that hold the prompt."""
    how = style_of(prompt)
    if how.as_is:
        return {"prompt": prompt.messages[0].content}
    arguments = {**switches(config).get("chat_template_kwargs", {}), **how.template}
    chat: dict[str, Json] = {"messages": messages(prompt, config.system_prompt)}
    return {**chat, "chat_template_kwargs": arguments} if arguments else chat


def body(request: Request, config: ModelConfig, model: str) -> dict[str, Json]:
    """One completion's body. Without a declared sampling, no sampling parameter is sent: the server's defaults hold."""
    sent: dict[str, Json] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "seed": seed_of(request),
        **prompt_fields(request.prompt, config),
    }
    sampling = config.sampling
    if sampling is None:
        return sent
    chosen = {"temperature": sampling.temperature, "top_p": sampling.top_p, "min_p": sampling.min_p}
    penalty = dict.fromkeys(PENALTIES, sampling.repetition_penalty) if sampling.repetition_penalty != 1 else {}
    return {**sent, **chosen, "top_k": sampling.top_k or NO_TOP_K, **penalty}


def read_reply(reply: Json, request: Request, *, opened: bool, seconds: float) -> Response:
    """A response from the JSON of a completion; raises Fault for invalid JSON and an aborted generation.

    `opened`: the server's template ends the prompt inside an open trace. A separate reasoning field stays separate from
    the text. A withheld response is moderated, with the filter's term as its error.
    """
    choice = _choice(reply)
    end = read_finish(choice.get("finish_reason"))
    native = read_finish(choice.get("native_finish_reason"))
    end = native if native.moderated else end  # a router writes "error" for reasons that it does not know
    if end.word in BROKE_OFF:
        raise Fault(f"the server broke off (finish reason {end.word!r})", retry=True)
    message = choice.get("message")
    if not isinstance(message, dict):
        message = {**choice, "content": choice.get("text")}
    if not end.moderated and (odd := unreadable(message.get("content"))):
        raise Fault(shown(f"content that cannot be read: {odd}"), retry=True)
    text, thought = (None if part is None else redacted(part, sent()) for part in read_message(message))
    usage = reply.get("usage")
    return Response(
        prompt_id=request.prompt.id,
        draw=request.draw,
        text=text or "",
        finish=end.finish,
        prompt_opened_thought=opened and thought is None,
        reasoning=thought,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        seed=seed_of(request),
        seconds=seconds,
        error=end_error(end),
        moderated=end.moderated,
    )


def end_error(end: FinishReason) -> str:
    """The error message of a finish reason; "" where it is no error."""
    if end.moderated:
        return shown(f"a filter withheld the response ({end.word})")
    return shown(f"the server ended the response with {end.word!r}") if end.finish is Finish.ERROR else ""


def _choice(reply: Json) -> dict[str, Json]:
    """The first choice of a completion; raises Fault where there is none."""
    choices = reply.get("choices") if isinstance(reply, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, dict) and ("text" in choice or isinstance(choice.get("message"), dict)):
        return choice
    if isinstance(choice, dict) and read_finish(choice.get("finish_reason")).moderated:
        return choice
    if word := withheld_by(200, reply):
        raise Fault(shown(f"a filter withheld the response ({word})"), retry=False, moderated=True)
    raise _no_completion(reply)


def _no_completion(reply: Json) -> Fault:
    return Fault(shown(f"not a completion: {json.dumps(reply)[:200]}"), retry=True)


def fault_of(problem: Exception, limit: float) -> Fault:
    """Classifies a failed attempt: whether to retry, and whether the server rather than the request failed.

    `limit`: time limit of one attempt in seconds, for the message.
    """
    import openai

    if isinstance(problem, Fault):
        return problem
    if isinstance(problem, RecursionError):
        return Fault("a reply that nests too deeply", retry=True)
    if isinstance(problem, (TimeoutError, openai.APITimeoutError)):
        return Fault(f"no reply within {limit:g} s", retry=False)
    if isinstance(problem, openai.APIStatusError):
        return _status_fault(problem)
    if isinstance(problem, openai.APIConnectionError):
        unreachable = type(problem.__cause__).__name__.startswith("Connect")
        cause = str(problem.__cause__) or "connection dropped"
        return Fault(shown(f"cannot be reached ({cause})" if unreachable else cause), retry=True, fatal=unreachable)
    return Fault(shown(f"not a reply: {problem}"), retry=True)  # bytes that the client could not read


def _status_fault(problem: openai.APIStatusError) -> Fault:
    code = problem.status_code
    reason = shown(f"status {code}: {problem.response.text[:LONGEST_REASON] or 'no reason'}")
    if word := withheld_by(code, problem.response.text):
        return Fault(shown(f"a filter withheld the response ({word})"), retry=False, status=code, moderated=True)
    wait = retry_after(problem.response.headers)
    if code in (401, 404):
        remedy = (
            f"set {KEY_NAMES[0]}" if code == 401 else "check the address (it usually ends in /v1) and the model's name"
        )
        return Fault(f"{reason}; {remedy}", retry=False, fatal=True, status=code)
    retry = code in SERVER_FAULTS or code >= 500
    return Fault(reason, retry=retry, fatal=code == 429, wait=wait, status=code)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After of a reply in seconds (RFC 9110, 10.2.3: seconds or a date), or None."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _count(usage: Json, key: str) -> int:
    """A token count, 0 where not reported; raises Fault for an implausible one."""
    value = usage.get(key) if isinstance(usage, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    if not 0 <= value <= MOST_TOKENS:
        raise Fault(shown(f"{key} of {short(value)}, which is no count of tokens"), retry=True)
    return value
