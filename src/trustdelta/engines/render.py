"""Prompts rendered by the model's own chat template, tokenised once without a second beginning-of-sequence token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trustdelta.engines.deadline import Overdue, deadline
from trustdelta.engines.model_files import reading
from trustdelta.engines.prompt_style import PLAIN, PromptStyle, style_of
from trustdelta.errors import EngineError
from trustdelta.parsing import short
from trustdelta.records import Json, Message, Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MOST_TEXT = 1 << 23
"""Most characters that a template may add to its messages."""
LIMIT = 20.0
"""Time limit of rendering one prompt in seconds; real templates take a millisecond."""

PROBE = (Message("user", "hello"),)
SWITCHES = ("enable_thinking", "thinking")
"""Names under which chat templates take the thinking switch (Qwen3 and SmolLM3; Granite and DeepSeek-V3.1)."""


TODAY = datetime(2026, 1, 1, tzinfo=UTC)
"""Date for templates that write one into the prompt, so that prompts are equal on every day."""


DATE = re.compile(r"strftime_now\(\s*(['\"])(.*?)\1\s*\)")
"""A template's call for the current date, with its format."""


def dated(template: Json) -> Json:
    """A template's text with TODAY instead of calls for the current date; anything else unchanged."""
    return DATE.sub(lambda m: f"'{TODAY.strftime(m[2])}'", template) if isinstance(template, str) else template


def refuse_powers(name: str, template: str) -> None:
    """Raise EngineError for a template with a power (**), the one short operation that may never end."""
    import jinja2

    before = ""
    try:
        for _, kind, value in jinja2.Environment(autoescape=True).lex(template):
            if kind == "operator" and value == "**" and before not in ("(", ","):  # there ** unpacks arguments
                raise EngineError(f"{name}: its chat template has a power (**); correct it, or pass another model.")
            before = before if kind == "whitespace" else value
    except jinja2.TemplateSyntaxError:
        return  # rendering reports the error


class Template:
    """One model's chat template with its thinking switch resolved.

    `thinking` is auto (no switch is passed), on or off; None is never passed. Raises EngineError where the template
    ignores a requested switch, and on rendering a chat where the tokenizer has no template.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, thinking: str, system_prompt: str | None = None) -> None:
        self.tokenizer = tokenizer
        self.system_prompt = system_prompt
        self._how: dict[str, Json] = {"tokenize": False, "add_generation_prompt": True}
        text = dated(getattr(tokenizer, "chat_template", None))
        if not isinstance(text, str | dict | None):
            raise EngineError(f"{tokenizer.name_or_path}: found {short(text)} as chat template, wanted a text.")
        if isinstance(text, str):
            self._how["chat_template"] = text
            refuse_powers(tokenizer.name_or_path, text)
        self.switch: dict[str, bool] = {} if thinking == "auto" else self._find_switch(on=thinking == "on")

    def _find_switch(self, *, on: bool) -> dict[str, bool]:
        for name in SWITCHES:
            rendered = {value: self._apply(PROBE, {name: value}) for value in (True, False)}
            if rendered[True] != rendered[False]:
                return {name: on}
        raise EngineError(
            f"{self.tokenizer.name_or_path}: its chat template has no thinking switch ({' or '.join(SWITCHES)}); "
            "leave thinking on auto."
        )

    def _apply(self, messages: Sequence[Message], switch: Mapping[str, bool], how: PromptStyle = PLAIN) -> str:
        if not getattr(self.tokenizer, "chat_template", None):
            raise EngineError(
                f"{self.tokenizer.name_or_path}: its tokenizer has no chat template; pass an instruction-tuned model."
            )
        chat: list[dict[str, Json]] = [{"role": m.role, "content": m.content} for m in messages]
        if self.system_prompt is not None:
            chat.insert(0, {"role": "system", "content": self.system_prompt})
        if how.parts:
            chat = [{**m, "content": [{"type": "text", "text": m["content"]}]} for m in chat]
        arguments = {**switch, **how.template}
        with self._rendering():
            text = str(self.tokenizer.apply_chat_template(chat, **self._how, **arguments))
        if len(text) > MOST_TEXT + 8 * sum(len(m.content) for m in messages):
            raise EngineError(
                f"{self.tokenizer.name_or_path}: its chat template wrote {len(text):,} characters; correct it."
            )
        return text

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        """Convert every exception of a template to an EngineError, and enforce the time limit."""
        name = self.tokenizer.name_or_path
        try:
            with deadline(LIMIT):
                yield
        except Overdue:
            raise EngineError(
                f"{name}: its chat template was not done within {LIMIT:g} seconds; correct it, or pass another model."
            ) from None
        except Exception as problem:
            reason = " ".join(f"{type(problem).__name__}: {problem}".split())
            raise EngineError(
                f"{name}: its chat template cannot be rendered ({reason:.200}); correct it, or pass another model."
            ) from problem

    def render(self, prompt: Prompt) -> str:
        """The model's input text."""
        how = style_of(prompt)
        return prompt.messages[0].content if how.as_is else self._apply(prompt.messages, self.switch, how)

    def encode(self, text: str, *, as_is: bool = False) -> tuple[int, ...]:
        """Token ids of rendered text; raises EngineError where it begins with two beginning-of-sequence tokens.

        `as_is`: the text has no template, so the tokenizer adds its special tokens.
        """
        with reading(self.tokenizer.name_or_path):
            ids = tuple(self.tokenizer.encode(text, add_special_tokens=as_is))
        bos = self.tokenizer.bos_token_id
        if bos is not None and ids[:2] == (bos, bos):
            raise EngineError(
                f"{self.tokenizer.name_or_path}: rendered prompt begins with two BOS tokens; fix its template."
            )
        return ids

    @property
    def fingerprint(self) -> dict[str, Json]:
        """Template text, switch and system prompt."""
        template = getattr(self.tokenizer, "chat_template", None)
        return {
            "template": template if isinstance(template, str) else dict(template or {}),
            "switch": self.switch,
            "today": TODAY.date().isoformat(),
            "system_prompt": self.system_prompt,
        }
