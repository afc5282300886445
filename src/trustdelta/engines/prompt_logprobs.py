"""Log-probabilities of given texts from a server, in whatever form it tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from trustdelta.engines.endpoint import EndpointEngine
from trustdelta.engines.endpoint_wire import messages, switches
from trustdelta.engines.prompt_forms import FORMS, Ids, Token, echo_tells_what_it_generated
from trustdelta.errors import MeasurementError
from trustdelta.records import Json, Prompt

PROBE = "hello there"
MORE_PROBES = (PROBE, "the", "1 2 3")
"""Texts of which one at least does not end a response: what follows it is generated."""
LENGTHS = (20, 5, 1)
"""Lengths of lists that are tried where a server refuses the one asked for."""


class ServedText(NamedTuple):
    """One text as the server's model reads it: its tokens' texts and log-probabilities in nats.

    `listed`: the likeliest tokens at each position, by id where the server tells ids, else by text. A token without a
    log-probability (a text's first one, after no context) is left out.
    """

    pieces: tuple[str, ...]
    logp: tuple[float, ...]
    listed: tuple[Mapping[str, float], ...]


class PromptReader:
    """Reads texts through one server. `top`: likeliest tokens wanted at each position; -1 is the whole vocabulary.

    Raises MeasurementError where the server tells no log-probabilities of a prompt.
    """

    def __init__(self, engine: EndpointEngine, top: int = LENGTHS[0]) -> None:
        self.engine = engine
        self.model = engine.address.model
        self._probing = True
        probe = self._ids([self._plain(PROBE)])[0]
        self.tokenizes = probe is not None
        self.form, self.top = self._introduced(probe, top)
        self._probing = False

    @property
    def full(self) -> bool:
        """Whether lists are the whole vocabulary."""
        return self.top == -1

    def read(self, items: Sequence[tuple[Prompt, str]]) -> list[ServedText | None]:
        """Each text after its prompt as the server renders it; None where the server refused it.

        Raises MeasurementError where there are prompts and the server does not tell how it renders them.
        """
        if not self.tokenizes or self.form == "echo":
            if any(prompt.messages for prompt, _ in items):
                raise MeasurementError(
                    f"{self.engine.address.base_url}: texts cannot be put after their prompts: it does not render "
                    "chats into tokens (/tokenize); give texts without prompts, or serve the model with vLLM."
                )
            return [_after(tokens, 0) for tokens in self._scored([text for _, text in items])]
        chats = iter(self._ids([self._chat(prompt) for prompt, _ in items if prompt.messages]))
        before = [next(chats) if prompt.messages else [] for prompt, _ in items]
        after = self._ids([self._plain(text) for _, text in items])
        whole = [[] if b is None or a is None else [*b, *a] for b, a in zip(before, after, strict=True)]
        return [_after(tokens, len(b or ())) for tokens, b in zip(self._scored(whole), before, strict=True)]

    def _introduced(self, ids: Ids | None, top: int) -> tuple[str, int]:
        """The first form that the server answers in, and how long its lists may be."""
        for form in FORMS:
            prompt = ids if ids and form != "echo" else PROBE
            for length in dict.fromkeys((top, *LENGTHS)):
                self.form, self.top = form, length
                if (form != "prompt_logprobs" or ids) and self._scored([prompt])[0]:
                    self._check_positions()
                    return form, length
        raise MeasurementError(
            f"{self.engine.address.base_url}: a server tells no log-probabilities of a prompt here (prompt_logprobs, "
            "/generate with return_logprob, completions with echo); serve the model with vLLM, SGLang or llama.cpp."
        )

    def _check_positions(self) -> None:
        """Raise MeasurementError where echoed log-probabilities are those of other positions."""
        if self.form != "echo":
            return
        form = FORMS["echo"]
        bodies = [form.body(self.model, text, self.top) for text in MORE_PROBES]
        replies = self.engine.post_all(form.route, bodies, under_base=form.under_base, probing=True)
        if not any(echo_tells_what_it_generated(r, t) for r, t in zip(replies, MORE_PROBES, strict=True)):
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
        found = [reply.get("tokens") if isinstance(reply, dict) else None for reply in replies]
        return [ids if isinstance(ids, list) and ids else None for ids in found]

    def _scored(self, prompts: Sequence[Ids | str]) -> list[list[Token]]:
        """The tokens of each prompt; none where it is empty, or was refused, or the reply is of another form."""
        form = FORMS[self.form]
        bodies = [form.body(self.model, prompt, self.top) for prompt in prompts if prompt]
        replies = iter(self.engine.post_all(form.route, bodies, under_base=form.under_base, probing=self._probing))
        found = []
        for prompt in prompts:
            try:
                found.append(form.read(next(replies), prompt) if prompt else [])
            except (KeyError, IndexError, TypeError, ValueError, AttributeError):
                found.append([])
        return found


def _after(tokens: Sequence[Token], start: int) -> ServedText | None:
    """What was read from the token at `start` on, of what has a log-probability."""
    read = [(t.text, t.logp, t.listed) for t in tokens[start:] if t.logp is not None]
    if not read:
        return None
    pieces, logp, listed = zip(*read, strict=True)
    return ServedText(pieces, logp, listed)
