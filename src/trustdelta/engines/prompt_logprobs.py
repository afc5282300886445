"""Log-probabilities of texts from a server, in any format that it offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from trustdelta.engines.endpoint import EndpointEngine
from trustdelta.engines.endpoint_wire import messages, switches
from trustdelta.engines.prompt_forms import FORMS, Ids, Token, echo_lists_generated
from trustdelta.errors import MeasurementError
from trustdelta.records import Json, Prompt

PROBE = "hello there"
MORE_PROBES = (PROBE, "the", "1 2 3")
"""Texts of which at least one does not end a response, so that a token is generated."""
LENGTHS = (20, 5, 1)
"""List lengths to try where a server refuses the requested one."""


class ServedText(NamedTuple):
    """One text as tokenised by the server's model. A first token without context has no log-probability: excluded."""

    pieces: tuple[str, ...]
    """Texts of the tokens."""
    logp: tuple[float, ...]
    """Log-probabilities of the tokens in nats."""
    listed: tuple[Mapping[str, float], ...]
    """The most likely tokens at each position, by id where the server returns ids, else by text."""


class PromptReader:
    """Scores texts through one server. `top`: most likely tokens per position; -1 is the whole vocabulary.

    Raises MeasurementError where the server returns no log-probabilities of a prompt.
    """

    def __init__(self, engine: EndpointEngine, top: int = LENGTHS[0]) -> None:
        self.engine = engine
        self.model = engine.address.model
        self._probing = True
        probe = self._ids([self._plain(PROBE)])[0]
        self.tokenizes = probe is not None
        self.form, self.top = self._find_form(probe, top)
        self._probing = False

    @property
    def full(self) -> bool:
        """Whether lists are the whole vocabulary."""
        return self.top == -1

    def read(self, items: Sequence[tuple[Prompt, str]]) -> list[ServedText | None]:
        """Each text after its prompt, rendered by the server; None where the server refused it.

        Raises MeasurementError for prompts where the server does not return their rendering.
        """
        if not self.tokenizes or self.form == "echo":
            if any(prompt.messages for prompt, _ in items):
                raise MeasurementError(
                    f"{self.engine.address.base_url}: texts cannot follow their prompts: the server does not render "
                    "chats into tokens (/tokenize); pass texts without prompts, or serve the model with vLLM."
                )
            return [_after(tokens, 0) for tokens in self._scored([text for _, text in items])]
        chats = iter(self._ids([self._chat(prompt) for prompt, _ in items if prompt.messages]))
        before = [next(chats) if prompt.messages else [] for prompt, _ in items]
        after = self._ids([self._plain(text) for _, text in items])
        whole = [[] if b is None or a is None else [*b, *a] for b, a in zip(before, after, strict=True)]
        return [_after(tokens, len(b or ())) for tokens, b in zip(self._scored(whole), before, strict=True)]

    def _find_form(self, ids: Ids | None, top: int) -> tuple[str, int]:
        """The first format that the server supports, and the length of its lists."""
        for form in FORMS:
            prompt = ids if ids and form != "echo" else PROBE
            for length in dict.fromkeys((top, *LENGTHS)):
                self.form, self.top = form, length
                if (form != "prompt_logprobs" or ids) and self._scored([prompt])[0]:
                    self._check_positions()
                    return form, length
        raise MeasurementError(
            f"{self.engine.address.base_url}: the server returns no log-probabilities of a prompt (prompt_logprobs, "
            "/generate with return_logprob, completions with echo); serve the model with vLLM, SGLang or llama.cpp."
        )

    def _check_positions(self) -> None:
        """Raise MeasurementError where echoed log-probabilities belong to other positions."""
        if self.form != "echo":
            return
        form = FORMS["echo"]
        bodies = [form.body(self.model, text, self.top) for text in MORE_PROBES]
        replies = self.engine.post_all(form.route, bodies, under_base=form.under_base, probing=True)
        if not any(echo_lists_generated(r, t) for r, t in zip(replies, MORE_PROBES, strict=True)):
            raise MeasurementError(
                f"{self.engine.address.base_url}: the server echoes each token beside the log-probabilities of the "
                "next position (llama-cpp-python, for models without a beginning token); serve the model with vLLM."
            )

    def _chat(self, prompt: Prompt) -> Json:
        chat = messages(prompt, self.engine.config.system_prompt)
        return {"model": self.model, "messages": chat, **switches(self.engine.config)}

    def _plain(self, text: str) -> Json:
        return {"model": self.model, "prompt": text, "add_special_tokens": False}

    def _ids(self, bodies: Sequence[Json]) -> list[list[int] | None]:
        replies = self.engine.post_all("/tokenize", bodies, probing=self._probing)
        tokens = [reply.get("tokens") if isinstance(reply, dict) else None for reply in replies]
        return [ids if isinstance(ids, list) and ids else None for ids in tokens]

    def _scored(self, prompts: Sequence[Ids | str]) -> list[list[Token]]:
        """The tokens of each prompt; none where it is empty or was refused, or the reply has another format."""
        form = FORMS[self.form]
        bodies = [form.body(self.model, prompt, self.top) for prompt in prompts if prompt]
        replies = iter(self.engine.post_all(form.route, bodies, under_base=form.under_base, probing=self._probing))
        scored = []
        for prompt in prompts:
            try:
                scored.append(form.read(next(replies), prompt) if prompt else [])
            except (KeyError, IndexError, TypeError, ValueError, AttributeError):
                scored.append([])
        return scored


def _after(tokens: Sequence[Token], start: int) -> ServedText | None:
    """The tokens from `start` on that have a log-probability."""
    read = [(t.text, t.logp, t.listed) for t in tokens[start:] if t.logp is not None]
    if not read:
        return None
    pieces, logp, listed = zip(*read, strict=True)
    return ServedText(pieces, logp, listed)
