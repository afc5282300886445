"""Joins recorded responses to a benchmark's own prompts by their question, independent of the template.

The question of an own prompt is its user's text without the frame of all prompts of its kind (an instruction before or
behind it). A recorded row is joined if its messages equal the prompt's; else if its question or a text of its document
equals the prompt's question; else if the text sent to the model contains the whole question, with options in order. A
question of several own prompts with the same system text joins nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from trustdelta.records import Prompt

if TYPE_CHECKING:
    from trustdelta.interop.responses_record import RecordedRow

SHORTEST = 12
"""Fewest characters of a question, without frame, that joins by equality."""
SHORTEST_WITHIN = 20
"""Fewest characters of a question that is searched within a longer text."""
SMALLEST_KIND = 8
"""Fewest prompts from which a common frame is derived."""
KEY_WORDS = 4
"""Words in the index key of a question."""
CONTENT, QUESTION, WITHIN = "content", "question", "within"
"""Levels of a join, the best first."""
_MARKS = str.maketrans("‘’‚‛′“”„‟″‐‑‒–—−", "'''''" + '"""""' + "------")
_OPTION = re.compile(r"^[ \t]*[(\[]?([A-J])[)\].:][ \t]+", re.MULTILINE)
_SHARED_OPTION = re.compile(r"^[A-J]\) .*$\n?", re.MULTILINE)
_WORD = re.compile(r"[^\s\"'(\[{]\S*")


def normal(text: str) -> str:
    """A text with normalised characters, quotes, dashes, option marks and white space."""
    return " ".join(_lines(text).split())


def _lines(text: str) -> str:
    """A normalised text with its line breaks."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_MARKS)
    lines = (" ".join(line.split()) for line in _OPTION.sub(r"\1) ", text).splitlines())
    return "\n".join(line for line in lines if line)


class _Own(NamedTuple):
    """One own prompt with its search keys."""

    prompt: Prompt
    text: str
    """The user's normalised text."""
    context: str
    """The other messages."""
    question: str = ""
    forms: tuple[str, ...] = ()
    """The text without the frame before it, behind it, or both; a frame may include words of the question."""


@dataclass(frozen=True, slots=True)
class Match:
    """The own prompts of a row."""

    prompts: tuple[Prompt, ...]
    """Several only if their messages are equal; none if they are ambiguous."""
    level: str


@dataclass(frozen=True, slots=True)
class OwnJoin:
    """The join of one file with a benchmark's prompts."""

    rows: Mapping[str, Sequence[RecordedRow]]
    """By id of the own prompt."""
    levels: Mapping[str, int]
    """Number of prompts by level of the join."""
    foreign: int = 0
    """Recorded prompts that are not the benchmark's."""
    unclear: int = 0
    """Recorded prompts that match several own prompts."""
    variants: int = 0
    """Further wordings of joined prompts, which are not used."""


@dataclass
class OwnQuestions:
    """An index of one benchmark's prompts, for joins with any number of files."""

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
        """Join a file with the own prompts; `groups`: its rows by the join key of their prompt."""
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
                previous = best.get(prompt.id)
                counts["variants"] += previous is not None
                if previous is None or rank < previous[0]:
                    best[prompt.id] = rank, rows
        levels = {level: n for i, level in enumerate(order) if (n := sum(rank == i for rank, _ in best.values()))}
        return OwnJoin({key: rows for key, (_, rows) in best.items()}, levels, **counts)

    def find(self, row: RecordedRow) -> Match | None:
        """The own prompts of a row; None without one, and a match without prompts if several are possible."""
        if identical := self._by_content.get(row.key):
            return Match(tuple(own.prompt for own in identical), CONTENT)
        for text in map(normal, (row.question, *row.questions)):
            if matching := self._by_text.get(text) or self._by_question.get(text):
                return self._unambiguous(matching, row, QUESTION)
        matching = self._within(normal(row.question))
        return self._unambiguous(matching, row, WITHIN) if matching else None

    def _unambiguous(self, matching: Sequence[_Own], row: RecordedRow, level: str) -> Match:
        """The matching prompts with the row's context; none if their messages differ."""
        if len({own.prompt.join_key for own in matching}) > 1:
            context = _context([(m.role, m.content) for m in row.messages], row.question)
            matching = [own for own in matching if own.context == context]
        same = len({own.prompt.join_key for own in matching}) == 1
        return Match(tuple(own.prompt for own in matching) if same else (), level)

    def _within(self, text: str) -> list[_Own]:
        """The own prompts of the last question in a text that is not part of a longer one."""
        spans = list(self._spans(text))
        last = max((end for _, end, _ in spans), default=0)
        first = min((begin for begin, end, _ in spans if end == last), default=0)
        return [own for begin, end, own in spans if (begin, end) == (first, last)]

    def _spans(self, text: str) -> Iterator[tuple[int, int, _Own]]:
        """Occurrences of own questions in a text: start, end, and prompt."""
        words = list(_WORD.finditer(text))
        for i in range(len(words) - KEY_WORDS + 1):
            start = words[i].start()
            for own in self._by_words.get(tuple(w.group() for w in words[i : i + KEY_WORDS]), ()):
                begin = text.find(own.question, max(0, start - 2), start + len(own.question))
                end = begin + len(own.question)
                if begin >= 0 and not text[end : end + 1].isalnum():
                    yield begin, end, own


def _owned(prompts: Sequence[Prompt]) -> Iterator[_Own]:
    """Each prompt with its question: its user's text without the common start and end of its kind."""
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
    user = prompt.question or prompt.messages[-1].content
    return _Own(prompt, _lines(user), _context([(m.role, m.content) for m in prompt.messages], user))


def _kinds(own: _Own) -> tuple[tuple[str, ...], ...]:
    """The kinds of a prompt, the narrowest first: its context with its stratum, and its context."""
    return (own.context, own.prompt.stratum), (own.context,)


def _context(messages: Sequence[tuple[str, str]], question: str) -> str:
    """The messages of a chat without the question."""
    return "\n".join(f"{role}: {normal(content)}" for role, content in messages if content != question)


def frame(texts: Collection[str]) -> tuple[int, int]:
    """The lengths of the common start and of the common end of all texts.

    In whole lines, or whole words of one line; common options belong to the question.
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


def _common(first: str, second: str) -> str:
    """The common start of two texts."""
    apart = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    return first[:apart]


def _whole(text: str) -> int:
    return (text.rfind("\n") if "\n" in text else text.rfind(" ")) + 1
