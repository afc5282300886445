"""Chats that a model's template has rendered, taken apart again: who said what, without the template's marks.

Turns are found by form, not by family. A special token is told by its brackets; a turn's header is a special token that
names a speaker (`<|user|>`, `<｜Assistant｜>`, `<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>`), or one that a speaker's
bare name follows (`<|im_start|>user`, `<start_of_turn>model`). Families without special tokens are told by labels.
A text is taken for a rendered chat only where it begins with such a mark and ends where the assistant is to speak, so
that marks which a user merely writes about leave a text whole.
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
"""Speakers by every name that templates, APIs and training sets give them."""
TOKEN = (
    r"(?:<[|｜][^<>|｜\n]{1,40}[|｜]>|<\|[a-z_]{1,20}>|<[a-z_]{1,20}\|>|\[\|[a-z_]{1,20}\|\]|</?s>"
    r"|<(?:bos|eos|pad|sop|sep|BOS_TOKEN|EOS_TOKEN)>|\[gMASK\]|<(?:start|end)_of_turn>|\[/?(?:INST|SYSTEM_PROMPT)\]"
    r"|<(?:SPECIAL_|extra_id_|reserved_)\d+>|<seed:[be]os>|\]~!b\[|\]~b\]|\[e~\[)"
)
_NAMES = r"(?:system|developer|user|human|assistant|model|gpt|bot|chatbot|ai|tool|function|observation|ipython)"
_HEADER = re.compile(rf"({TOKEN})(?:({_NAMES})(?=\n|{TOKEN}|\s*\Z))?", re.IGNORECASE)
_FIRST, _LAST = re.compile(TOKEN), re.compile(rf"{TOKEN}\Z")
LONGEST_TOKEN = 48
"""Characters of a special token."""
TAIL = 400
"""Characters at the end of a prompt in which an open turn or thought is looked for."""
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
"""Speakers' labels of families without special tokens: Vicuna, plain dialogue, Alpaca, ChatML that lost its tokens."""
_ENDS = ("assistant", "response", "ai", "bot")
"""What a chat without special tokens ends in, in lower case, before a colon."""
_ALPACA = "Below is an instruction that describes a task"


class Turn(NamedTuple):
    """A speaker, where the header begins, and where what is said begins."""

    role: str
    start: int
    end: int


def role_of(name: str) -> str:
    """A speaker by the name that our messages use; a name that nobody knows stays as it is."""
    return ROLES.get(name.lower(), name.lower() if name.isupper() else name)


def without_open_thought(text: str) -> str:
    """A prompt without the opening tag of a thought that a harness put behind it."""
    if not text.rstrip().endswith((">", "]")):
        return text
    head, tail = text[:-TAIL], text[-TAIL:]
    plain = _OPEN.sub("", tail)
    return text if plain == tail else head + plain


def chat_of(text: str) -> tuple[Message, ...] | None:
    """The messages of a rendered chat, the template's own marks and the open turn left out; None for any other text.

    An assistant's turn that is begun for the model is its last message, unless it only opens or closes a thought.
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
        messages += _said(turn.role, text[turn.end : following.start if following else len(text)], last=not following)
    return tuple(messages)


def _turns(text: str) -> Iterator[Turn]:
    for header in _HEADER.finditer(text):
        token, name = header[1], header[2]
        named = "assistant" if token == "[/INST]" else "" if token.startswith("[/") else _named(token)
        if named or name:
            yield Turn(named or ROLES[name.lower()], header.start(), header.end())


def _named(token: str) -> str:
    """The speaker that a special token names; "" for one that ends a turn or names nobody."""
    words = re.findall(r"[a-z]+", token.lower().replace("system_prompt", "system"))
    if not words or "end" in words or "of" in words:
        return ""
    return next((ROLES[w] for w in words if w in ROLES), "")


def _said(role: str, text: str, *, last: bool) -> list[Message]:
    """The messages of one turn: none for the open one, two where a system text stands inside the user's turn."""
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
    """A text without white space and special tokens around it."""
    text = text.strip()
    while token := _FIRST.match(text):
        text = text[token.end() :].lstrip()
    while token := _LAST.search(text, max(0, len(text) - LONGEST_TOKEN)):
        text = text[: token.start()].rstrip()
    return text


def _by_labels(text: str) -> tuple[Message, ...] | None:
    """A chat whose speakers are labelled by words; it must end in the assistant's label."""
    begun = without_open_thought(text)
    if not begun[-LONGEST_TOKEN:].rstrip().removesuffix(":").lower().endswith(_ENDS):
        return None
    whole = _clean(begun) + "\n"
    return next((chat for labels in _LABELS if (chat := _labelled(whole, labels)) is not None), None)


def _labelled(text: str, labels: re.Pattern[str]) -> tuple[Message, ...] | None:
    found = list(labels.finditer(text))
    roles = [ROLES[m[1].lower()] for m in found]
    if "user" not in roles or roles[-1] != "assistant" or text[found[-1].end() :].strip():
        return None
    before = text[: found[0].start()].strip()
    if before and labels is _LABELS[3]:  # bare names are words too: such a chat begins with one
        return None
    messages = [Message("system", before)] if before and not before.startswith(_ALPACA) else []
    for this, following, role in zip(found, found[1:], roles, strict=False):
        said = _clean(text[this.end() : following.start()])
        if messages and this[1] == "Input":  # Alpaca's input belongs to its instruction
            messages[-1] = Message("user", f"{messages[-1].content}\n\n{said}")
        else:
            messages.append(Message(role, said))
    return tuple(messages)
