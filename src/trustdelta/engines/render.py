"""Prompts rendered by the model's own chat template, tokenised once without a second beginning-of-sequence token."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trustdelta.engines.how import PLAIN, How, how_of
from trustdelta.errors import EngineError
from trustdelta.records import Json, Message, Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

PROBE = (Message("user", "hello"),)
SWITCHES = ("enable_thinking", "thinking")
"""Names under which chat templates take the thinking switch (Qwen3 and SmolLM3; Granite and DeepSeek-V3.1)."""


TODAY = datetime(2026, 1, 1, tzinfo=UTC)
"""The day that templates are told which put a date into the prompt, so that it is the same prompt on every day."""


DATE = re.compile(r"strftime_now\(\s*(['\"])(.*?)\1\s*\)")
"""How a template asks for the date, in a format of its own."""


def dated(template: Json) -> Json:
    """A template's text that asks for no date any more but holds TODAY's; anything else as it is."""
    return DATE.sub(lambda m: f"'{TODAY.strftime(m[2])}'", template) if isinstance(template, str) else template


class Template:
    """One model's chat template with its thinking switch resolved.

    `thinking` is auto (nothing is passed), on or off; nothing is ever passed as None. Raises EngineError where the
    template ignores a switch that was asked for, and on rendering a chat where the tokenizer has no template.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, thinking: str, system_prompt: str | None = None) -> None:
        self.tokenizer = tokenizer
        self.system_prompt = system_prompt
        self._how: dict[str, Json] = {"tokenize": False, "add_generation_prompt": True}
        if isinstance(text := dated(getattr(tokenizer, "chat_template", None)), str):
            self._how["chat_template"] = text
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

    def _apply(self, messages: Sequence[Message], switch: Mapping[str, bool], how: How = PLAIN) -> str:
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
        text: Any = self.tokenizer.apply_chat_template(chat, **self._how, **arguments)
        return str(text)

    def render(self, prompt: Prompt) -> str:
        """The text the model is given."""
        how = how_of(prompt)
        return prompt.messages[0].content if how.as_is else self._apply(prompt.messages, self.switch, how)

    def encode(self, text: str, *, as_is: bool = False) -> tuple[int, ...]:
        """Token ids of rendered text; raises EngineError where it begins with two beginning-of-sequence tokens.

        `as_is`: no template wrote the text, so the tokenizer puts its own special tokens around it.
        """
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
