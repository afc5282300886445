"""Parses rendered chats into messages, without the template's marks.

Turns are detected by form, not by model family. A special token has brackets; a turn's header is a special token with a
role (`<|user|>`, `<｜Assistant｜>`, `<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>`), or one with a role's name behind it
(`<|im_start|>user`, `<start_of_turn>model`). Families without special tokens have labels. Only a text that begins with
such a mark and ends at an assistant's turn is a rendered chat, so that marks inside a user's text have no effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from trustdelta.records import Message

ROLES = {
    **dict.fromkeys(("user", "human", "instruction", "input", "inst"), "user"),
    **dict.fromkeys(("assistant", "model", "gpt", "bot", "chatbot", "ai", "response"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "ipython"), "tool"),
}
"""Roles by their names in templates, APIs and training sets."""
TOKEN = (
    r"(?:<[|｜][^<>|｜\n]{1,40}[|｜]>|<\|[a-z_]{1,20}>|<[a-z_]{1,20}\|>|\[\|[a-z_]{1,20}\|\]|</?s>"
    r"|<(?:bos|eos|pad|sop|sep|BOS_TOKEN|EOS_TOKEN)>|\[gMASK\]|<(?:start|end)_of_turn>|\[/?(?:INST|SYSTEM_PROMPT)\]"
    r"|<(?:SPECIAL_|extra_id_|reserved_)\d+>|<seed:[be]os>|\]~!b\[|\]~b\]|\[e~\[)"
)
_NAMES = r"(?:system|developer|user|human|assistant|model|gpt|bot|chatbot|ai|tool|function|observation|ipython)"
_HEADER = re.compile(rf"({TOKEN})(?:({_NAMES})(?=\n|{TOKEN}|\s*\Z))?", re.IGNORECASE)
_FIRST, _LAST = re.compile(TOKEN), re.compile(rf"{TOKEN}\Z")
LONGEST_TOKEN = 48
"""Most characters of a special token."""
TAIL = 400
"""Characters at the end of a prompt in which an open turn or thought is searched."""
_CHANNEL = re.compile(r"\A<\|channel\|>\w+(?:<\|constrain\|>\w+)?<\|message\|>")
_OPEN = re.compile(
    r"(?:\s*(?:</?(?:\w+:)?\|?\w*(?:think|thought|reason)\w*\|?>|\[THINK\]|<\|channel\|>analysis<\|message\|>"
    r"|<\|channel>thought\n?(?:<channel\|>)?))+\s*\Z",
    re.IGNORECASE,
)
_LLAMA_SYSTEM = re.compile(r"\A<<SYS>>\s*(.*?)\s*<</SYS>>\s*", re.DOTALL)
_LABELS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:(?<=\s)|\A)(?:\[Round \d+\] ?)?(SYSTEM|USER|ASSISTANT): ?",
        r"(?:(?<=\n)|\A)(System|Human|User|Assistant|AI|Bot): ?",
        r"(?:(?<=\n)|\A)### ?(System|Instruction|Input|User|Human|Assistant|Response): ?\n?",
        r"(?:(?<=\n)|\A)(system|user|assistant)\n",
        r"(?:\A|(?<=>))GPT4 Correct (User|Assistant): ?",
    )
)
"""Role labels of families without special tokens: Vicuna, plain dialogue, Alpaca, ChatML without its tokens."""
_ENDS = ("assistant", "response", "ai", "bot")
"""Ends of a chat without special tokens, in lower case, before a colon."""
_ALPACA = "Below is an instruction that describes a task"


class Turn(NamedTuple):
    """A turn's header."""

    role: str
    start: int
    """Index of the header."""
    end: int
    """Index of the content."""


def role_of(name: str) -> str:
    """The role of a name; an unknown name is unchanged."""
    return ROLES.get(name.lower(), name.lower() if name.isupper() else name)


def without_open_thought(text: str) -> str:
    """A prompt without a final opening tag of a thought, which harnesses append."""
    if not text.rstrip().endswith((">", "]")):
        return text
    head, tail = text[:-TAIL], text[-TAIL:]
    plain = _OPEN.sub("", tail)
    return text if plain == tail else head + plain


def chat_of(text: str) -> tuple[Message, ...] | None:
    """The messages of a rendered chat, without the template's marks and the open turn; None for any other text.

    A prefilled assistant's turn is the last message, unless it only opens or closes a thought.
    """
    if _FIRST.match(text.lstrip()) and (chat := _by_tokens(text)) is not None:
        return chat
    return _by_labels(text)


def _by_tokens(text: str) -> tuple[Message, ...] | None:
    turns = list(_turns(text))
    speaks = bool(turns) and turns[-1].role == "assistant"
    if not any(t.role == "user" for t in turns) or not (speaks or _ends_in_token(text)):
        return None
    before = _clean(text[: turns[0].start])
    messages = [Message("system", before)] if before else []
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        messages += _turn_messages(
            turn.role, text[turn.end : following.start if following else len(text)], last=not following
        )
    return tuple(messages)


def _turns(text: str) -> Iterator[Turn]:
    for header in _HEADER.finditer(text):
        token, name = header[1], header[2]
        named = "assistant" if token == "[/INST]" else "" if token.startswith("[/") else _named(token)
        if named or name:
            yield Turn(named or ROLES[name.lower()], header.start(), header.end())


def _named(token: str) -> str:
    """The role of a special token; "" for one that ends a turn or has no role."""
    words = re.findall(r"[a-z]+", token.lower().replace("system_prompt", "system"))
    if not words or "end" in words or "of" in words:
        return ""
    return next((ROLES[w] for w in words if w in ROLES), "")


def _turn_messages(role: str, text: str, *, last: bool) -> list[Message]:
    """The messages of one turn: none for the open turn, two for a user's turn with a system text."""
    content = _clean(_CHANNEL.sub("", text))
    if last and role == "assistant":
        content = _clean(without_open_thought(text))
        return [Message(role, content)] if content else []
    inside = _LLAMA_SYSTEM.match(content) if role == "user" else None
    if inside is None:
        return [Message(role, content)]
    return [Message("system", inside[1]), Message(role, content[inside.end() :])]


def _ends_in_token(text: str) -> bool:
    text = text.rstrip()
    return _LAST.search(text, max(0, len(text) - LONGEST_TOKEN)) is not None


def _clean(text: str) -> str:
    """A text without white space and special tokens at its ends."""
    text = text.strip()
    while token := _FIRST.match(text):
        text = text[token.end() :].lstrip()
    while token := _LAST.search(text, max(0, len(text) - LONGEST_TOKEN)):
        text = text[: token.start()].rstrip()
    return text


def _by_labels(text: str) -> tuple[Message, ...] | None:
    """A chat with role labels, which must end in the assistant's label."""
    begun = without_open_thought(text)
    if not begun[-LONGEST_TOKEN:].rstrip().removesuffix(":").lower().endswith(_ENDS):
        return None
    whole = _clean(begun) + "\n"
    return next((chat for labels in _LABELS if (chat := _labelled(whole, labels)) is not None), None)


def _labelled(text: str, labels: re.Pattern[str]) -> tuple[Message, ...] | None:
    headers = list(labels.finditer(text))
    roles = [ROLES[m[1].lower()] for m in headers]
    if "user" not in roles or roles[-1] != "assistant" or text[headers[-1].end() :].strip():
        return None
    before = text[: headers[0].start()].strip()
    if before and labels is _LABELS[3]:  # bare names are ordinary words: such a chat must begin with one
        return None
    messages = [Message("system", before)] if before and not before.startswith(_ALPACA) else []
    for this, following, role in zip(headers, headers[1:], roles, strict=False):
        content = _clean(text[this.end() : following.start()])
        if messages and this[1] == "Input":  # Alpaca's input belongs to its instruction
            messages[-1] = Message("user", f"{messages[-1].content}\n\n{content}")
        else:
            messages.append(Message(role, content))
    return tuple(messages)
