"""A benchmark's own prompts found again in the logs of others: by their question, whatever template stands around it.

The question of an own prompt is its user's text without the frame that all prompts of its kind share (an instruction
before or behind it). A recorded row is joined where its messages are the prompt's, or else where its question or a text
of its document is the prompt's question, or else where what the model saw holds the whole question, options and all,
in their order. A question that fits several own prompts, which their system texts do not tell apart, joins nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from trustdelta.records import Prompt

if TYPE_CHECKING:
    from trustdelta.interop.responses import RecordedRow

SHORTEST = 12
"""Characters of a question that may join by itself once its frame is off."""
SHORTEST_WITHIN = 20
"""Characters of a question that is looked for within a longer text."""
SMALLEST_KIND = 8
"""Prompts from which a common frame is told; what fewer have in common may be an accident."""
KEY_WORDS = 4
"""Words by which a question is looked up within a text."""
CONTENT, QUESTION, WITHIN = "content", "question", "within"
"""What joined a row, the best first."""
_MARKS = str.maketrans("‘’‚‛′“”„‟″‐‑‒–—−", "'''''" + '"""""' + "------")
_OPTION = re.compile(r"^[ \t]*[(\[]?([A-J])[)\].:][ \t]+", re.MULTILINE)
_SHARED_OPTION = re.compile(r"^[A-J]\) .*$\n?", re.MULTILINE)
_WORD = re.compile(r"[^\s\"'(\[{]\S*")


def normal(text: str) -> str:
    """A text with one form for each character, quote, dash, option mark and stretch of white space."""
    return " ".join(_lines(text).split())


def _lines(text: str) -> str:
    """The same with its lines kept."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_MARKS)
    lines = (" ".join(line.split()) for line in _OPTION.sub(r"\1) ", text).splitlines())
    return "\n".join(line for line in lines if line)


class _Own(NamedTuple):
    """One own prompt as it is looked up: its user's text line by line, its question, and the rest of its chat.

    `forms`: the text without the frame before it, behind it, or both; some of a frame may be the question's own words.
    """

    prompt: Prompt
    text: str
    context: str
    question: str = ""
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The own prompts that a row was found to be (several only where their messages are equal), and by what."""

    prompts: tuple[Prompt, ...]
    level: str


@dataclass(frozen=True, slots=True)
class OwnJoin:
    """Rows of one file by the id of the own prompt that they answer, and what is left.

    `levels`: how many prompts were joined by what. `foreign`: recorded prompts that are none of the benchmark's.
    `unclear`: those that fit several. `variants`: further wordings of a prompt that is joined already, left out.
    """

    rows: Mapping[str, Sequence[RecordedRow]]
    levels: Mapping[str, int]
    foreign: int = 0
    unclear: int = 0
    variants: int = 0


@dataclass
class OwnQuestions:
    """The prompts of one benchmark, indexed once, to be found in any number of files."""

    prompts: Sequence[Prompt]
    _by_content: dict[str, list[_Own]] = field(default_factory=dict)
    _by_text: dict[str, list[_Own]] = field(default_factory=dict)
    _by_question: dict[str, list[_Own]] = field(default_factory=dict)
    _by_words: dict[tuple[str, ...], list[_Own]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for own in _owned(self.prompts):
            self._by_content.setdefault(own.prompt.join_key, []).append(own)
            self._by_text.setdefault(normal(own.text), []).append(own)
            for form in own.forms:
                if len(form) >= SHORTEST:
                    self._by_question.setdefault(form, []).append(own)
            words = tuple(_WORD.findall(own.question)[:KEY_WORDS])
            if len(own.question) >= SHORTEST_WITHIN and len(words) == KEY_WORDS:
                self._by_words.setdefault(words, []).append(own)

    def join(self, groups: Mapping[str, Sequence[RecordedRow]]) -> OwnJoin:
        """Every own prompt that a file holds an answer to; `groups`: its rows by the join key of their prompt."""
        best: dict[str, tuple[int, Sequence[RecordedRow]]] = {}
        counts = dict.fromkeys(("foreign", "unclear", "variants"), 0)
        order = (CONTENT, QUESTION, WITHIN)
        for rows in groups.values():
            match = self.find(rows[0])
            if match is None or not match.prompts:
                counts["foreign" if match is None else "unclear"] += 1
                continue
            rank = order.index(match.level)
            for prompt in match.prompts:
                held = best.get(prompt.id)
                counts["variants"] += held is not None
                if held is None or rank < held[0]:
                    best[prompt.id] = rank, rows
        levels = {level: n for i, level in enumerate(order) if (n := sum(rank == i for rank, _ in best.values()))}
        return OwnJoin({key: rows for key, (_, rows) in best.items()}, levels, **counts)

    def find(self, row: RecordedRow) -> Match | None:
        """The own prompts that a row asks; None where there is none, and a match of no prompts where several fit."""
        if same := self._by_content.get(row.key):
            return Match(tuple(own.prompt for own in same), CONTENT)
        for text in map(normal, (row.question, *row.questions)):
            if fit := self._by_text.get(text) or self._by_question.get(text):
                return self._one(fit, row, QUESTION)
        fit = self._within(normal(row.question))
        return self._one(fit, row, WITHIN) if fit else None

    def _one(self, fit: Sequence[_Own], row: RecordedRow, level: str) -> Match:
        """The prompts among those that fit which are one and the same to the model; none where that is unclear."""
        if len({own.prompt.join_key for own in fit}) > 1:
            context = _context([(m.role, m.content) for m in row.messages], row.question)
            fit = [own for own in fit if own.context == context]
        same = len({own.prompt.join_key for own in fit}) == 1
        return Match(tuple(own.prompt for own in fit) if same else (), level)

    def _within(self, text: str) -> list[_Own]:
        """The own prompts of the question that stands last in a text, and is no part of a longer one there."""
        spans = list(self._spans(text))
        last = max((end for _, end, _ in spans), default=0)
        first = min((begin for begin, end, _ in spans if end == last), default=0)
        return [own for begin, end, own in spans if (begin, end) == (first, last)]

    def _spans(self, text: str) -> Iterator[tuple[int, int, _Own]]:
        """Where in a text own questions stand: beginning, end, and whose they are."""
        words = list(_WORD.finditer(text))
        for i in range(len(words) - KEY_WORDS + 1):
            start = words[i].start()
            for own in self._by_words.get(tuple(w.group() for w in words[i : i + KEY_WORDS]), ()):
                begin = text.find(own.question, max(0, start - 2), start + len(own.question))
                end = begin + len(own.question)
                if begin >= 0 and not text[end : end + 1].isalnum():
                    yield begin, end, own


def _owned(prompts: Sequence[Prompt]) -> Iterator[_Own]:
    """Each prompt with its question: its user's text without what all texts of its kind begin and end with."""
    plain = [_plain(prompt) for prompt in prompts]
    kinds: dict[tuple[str, ...], set[str]] = {}
    for own in plain:
        for kind in _kinds(own):
            kinds.setdefault(kind, set()).add(own.text)
    frames = {kind: frame(texts) for kind, texts in kinds.items() if len(texts) >= SMALLEST_KIND}
    for own in plain:
        before, behind = next((frames[kind] for kind in _kinds(own) if kind in frames), (0, 0))
        end = len(own.text) - behind
        forms = [normal(own.text[begin:stop]) for begin, stop in ((before, end), (0, end), (before, None))]
        yield own._replace(question=forms[0] or normal(own.text), forms=tuple(dict.fromkeys(forms)))


def _plain(prompt: Prompt) -> _Own:
    user = next((m.content for m in reversed(prompt.messages) if m.role == "user"), prompt.messages[-1].content)
    return _Own(prompt, _lines(user), _context([(m.role, m.content) for m in prompt.messages], user))


def _kinds(own: _Own) -> tuple[tuple[str, ...], ...]:
    """The kinds that a prompt is of, the narrowest first: the rest of its chat and its stratum, and the first alone."""
    return (own.context, own.prompt.stratum), (own.context,)


def _context(messages: Sequence[tuple[str, str]], question: str) -> str:
    """All that a chat holds beside the question itself."""
    return "\n".join(f"{role}: {normal(content)}" for role, content in messages if content != question)


def frame(texts: Collection[str]) -> tuple[int, int]:
    """How many characters all texts have in common at their beginning and at their end.

    Whole lines, or whole words of one line; options that all of them share belong to the question.
    """
    ordered = sorted(texts)
    before = _common(ordered[0], ordered[-1])
    reverse = sorted(text[::-1] for text in texts)
    behind = _common(reverse[0], reverse[-1])
    first, last = _whole(before), _whole(behind)
    tail = behind[:last][::-1]
    shared = max((m.end() for m in _SHARED_OPTION.finditer(tail)), default=0)
    last -= shared
    return (first, last) if first + last < min(map(len, texts)) else (0, 0)


def _common(one: str, other: str) -> str:
    """What two texts begin with alike."""
    apart = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:apart]


def _whole(text: str) -> int:
    return (text.rfind("\n") if "\n" in text else text.rfind(" ")) + 1
