"""Texts as token ids, by a local model's tokenizer and template, without its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from trustdelta.config import ModelConfig
from trustdelta.records import Finish, Prompt, Response


class Tokeniser(Protocol):
    """Makes responses from texts for one model."""

    def fit(self, response: Response, prompt: Prompt) -> Response:
        """The response with this model's token ids."""
        ...

    def after(self, prompt: Prompt, text: str) -> Response:
        """A text after its prompt."""
        ...

    def alone(self, prompt: Prompt, text: str) -> Response:
        """A text without prompt."""
        ...


def tokeniser_of(model: ModelConfig) -> Tokeniser:
    """A model's tokenizer; for a served model, which tokenises by itself, one that leaves texts unchanged."""
    return Untokenised() if model.served else Tokenizer(model)


def without_end(response: Response, special: Sequence[str]) -> Response:
    """The response without the special tokens at its end, in text and ids."""
    text, ids = response.text, response.token_ids
    while ending := next((s for s in special if s and text.endswith(s)), None):
        text, ids = text.removesuffix(ending), ids[:-1]
    return replace(response, text=text, token_ids=ids)


class Untokenised:
    """For a served model: texts stay texts."""

    def fit(self, response: Response, prompt: Prompt) -> Response:
        """The response, unchanged."""
        del prompt
        return response

    def after(self, prompt: Prompt, text: str) -> Response:
        """A text after its prompt."""
        return Response(prompt.id, 0, text, Finish.STOP)

    def alone(self, prompt: Prompt, text: str) -> Response:
        """A text without prompt."""
        return self.after(prompt, text)


class Tokenizer:
    """One model's tokenizer and chat template, without its weights."""

    def __init__(self, config: ModelConfig) -> None:
        from trustdelta.drift.loading import tokenizer_of
        from trustdelta.engines.transformers import tokenizer_located

        self.config = config
        self.tokenizer: Any = tokenizer_of(*tokenizer_located(self.config))

    def fit(self, response: Response, prompt: Prompt) -> Response:
        """The response with token ids of this tokenizer; its own ids are used where they are valid."""
        ids, context = response.token_ids, response.prompt_token_ids
        known = bool(ids and context) and max(*ids, *context) < len(self.tokenizer)
        if known and self.tokenizer.decode(ids, skip_special_tokens=False) == response.text:
            return response
        fresh = self.after(prompt, response.text)
        return replace(response, prompt_token_ids=fresh.prompt_token_ids, token_ids=fresh.token_ids)

    def after(self, prompt: Prompt, text: str) -> Response:
        """A text after the prompt rendered by the model's chat template."""
        from trustdelta.engines.render import Template
        from trustdelta.thoughts import prompt_opens_thought

        template = Template(self.tokenizer, self.config.thinking, self.config.system_prompt)
        rendered = template.render(prompt)
        opened = prompt_opens_thought(rendered) is not None
        return self._response(prompt, template.encode(rendered), self._ids(text), text, opened=opened)

    def alone(self, prompt: Prompt, text: str) -> Response:
        """A text without prompt: its context is the beginning-of-sequence token, else its own first token."""
        ids = self._ids(text)
        if self.tokenizer.bos_token_id is not None:
            return self._response(prompt, (self.tokenizer.bos_token_id,), ids, text, opened=False)
        rest = self.tokenizer.decode(ids[1:], skip_special_tokens=False)
        return self._response(prompt, ids[:1], ids[1:], rest, opened=False)

    def _ids(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))

    def _response(
        self, prompt: Prompt, context: tuple[int, ...], ids: tuple[int, ...], text: str, *, opened: bool
    ) -> Response:
        return Response(
            prompt.id, 0, text, Finish.STOP, opened, prompt_token_ids=context, token_ids=ids, completion_tokens=len(ids)
        )
