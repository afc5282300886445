"""Detects undeclared marks in a model's answers, which may separate a thought from the answer.

A special token, or a tag at the position of a thought's marks (at the start, in pairs, or an unopened close), is
counted by benchmark. Marks that are in the prompt, in code or between quotes, and HTML elements are part of the answer.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from trustdelta.thoughts.marks import Mark, quoted, sentence_follows, special, stripped

LEAST_ANSWERS = 3
SPECIAL_SHARE = 0.05
TAG_ANSWERS = 5
TAG_SHARE = 0.10
"""Fewest answers to a benchmark, and smallest share of them, for special tokens and for tags to count."""
LIKE_THE_OTHER = 0.5
"""A tag whose rate in the other model's answers is at least this share of the rate here belongs to the task."""
MOST_NAMED = 4

_TOKEN = re.compile(
    r"<[/|｜]{0,2}[A-Za-z][\w:.\-▁|｜]{0,58}(?:\s[^<>\n]{0,80})?/?>|\[[/|]{0,2}[A-Za-z][\w:|]{0,40}\]"
    r"|<<<?/?[A-Za-z][A-Za-z_ ]{0,28}>>>?"
    r"|[◁‹⟨⟦【]/?[A-Za-z_][A-Za-z_0-9 ]{0,28}[▷›⟩⟧】]|\{/?[A-Za-z_]{2,30}\}"
)
_SPECIAL_NAME = re.compile(r"[<\[]/?(?:unused|SPECIAL_|extra_id_|reserved_|extra_|dummy_)\w*\d[>\]]")
_LABEL = re.compile(
    r"[\W_]{0,12}(?:my |inner |internal ){0,2}"
    r"(?:thoughts?|thinking|think|monologue|chain of thought|scratchpad|reasoning process)(?: process)?[\W_]{0,12}",
    re.IGNORECASE,
)
_LABEL_BEFORE = re.compile(
    r"[*_#=\- ]{0,6}(?:Thoughts?|Thinking|Thinking [Pp]rocess|Thought [Pp]rocess)\s?:[*_]{0,3}(?=\s)"
)
_HTML_NAMES = """
a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption center circle cite code
col colgroup data datalist dd defs del desc details dfn dialog div dl dt ellipse em embed fieldset figcaption figure
filter font footer form frame g h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li
line lineargradient link main map mark marker mask math menu meta meter nav noscript object ol optgroup option p param
path pattern picture polygon polyline pre progress q rect rp rt ruby s samp script section select slot small source span
stop strike strong style sub summary sup svg symbol table tbody td template text textarea tfoot th thead time title tr
track tspan tt u ul use var video wbr
"""
_HTML = frozenset(_HTML_NAMES.split())


class Token(NamedTuple):
    """The classification of a mark."""

    family: str
    """Common name of its opening and closing forms."""
    closing: bool
    special: bool
    """Whether it is a special token."""


@lru_cache(4096)
def _token(text: str) -> Token | None:
    """The classification of a mark; None for HTML elements and for brackets of prose."""
    plain = re.sub(r"\s.*", "", text[:-1]) + text[-1]
    name = re.sub(r"[^\w:.\-]+", "", plain[1:-1]).lower()
    is_special = special(plain) or bool(_SPECIAL_NAME.fullmatch(plain))
    if plain[0] == "[" and not is_special and not re.fullmatch(r"\[/?[A-Z][A-Z_]+\]|\[/\w+\]", plain):
        return None
    if plain[0] == "<" and not is_special and name in _HTML:
        return None
    return Token(plain[0] + name, "/" in plain[1:3], is_special)


@dataclass
class _Family:
    """Counts of a family of marks in the answers to one benchmark."""

    answers: int = 0
    """Answers with the family."""
    placed: int = 0
    """Answers with the family at the position of a thought's marks."""
    special: bool = False
    forms: Counter[str] = field(default_factory=Counter)
    """Answers with each form."""


@dataclass(frozen=True, slots=True)
class Undeclared:
    """Undeclared marks of one model."""

    marks: tuple[str, ...]
    group: str
    """The benchmark."""
    answers: int
    """Answers with the marks."""
    of: int
    """All answers to the benchmark."""
    suggested: str
    """The format that would declare them."""


class MarkCounts:
    """The marks in the answers of one model, counted by benchmark."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.holding: Counter[str] = Counter()
        self.families: dict[str, dict[str, _Family]] = {}
        self.heads: dict[str, Counter[str]] = {}
        self.middles: dict[str, Counter[str]] = {}

    def add(self, group: str, answer: str, prompt: str) -> None:
        """Count one answer to a prompt of a benchmark; blank ones do not count."""
        answer = stripped(answer)
        if not answer:
            return
        self.answers[group] += 1
        marks = [m for m in marks_left(answer) if m.family not in _families(prompt)]
        label = None if re.search(r"th(?:ink|ought)", prompt, re.IGNORECASE) else _label(answer)
        by_family = self.families.setdefault(group, {})
        for name in dict.fromkeys(m.family for m in marks):
            members = [m for m in marks if m.family == name]
            family = by_family.setdefault(name, _Family(special=members[0].special))
            family.answers += 1
            family.placed += _placed(answer, name, marks)
            family.forms.update({m.text for m in members})
        if label:
            family = by_family.setdefault(f"label {label}", _Family())
            family.answers += 1
            family.placed += 1
            family.forms[label] += 1
        self._note_places(group, marks)

    def add_plain(self, group: str, answers: int) -> None:
        """Count answers without marks, see `is_plain`."""
        self.answers[group] += answers
        self.families.setdefault(group, {})

    def _note_places(self, group: str, marks: list[Left]) -> None:
        """Count marks at the start and inside answers, from which a declared format is suggested."""
        for mark in marks:
            places = self.heads if mark.start == 0 else self.middles
            places.setdefault(group, Counter())[mark.text] += 1

    def share(self, group: str, family: str) -> float:
        """The share of the answers to a benchmark with a family of marks."""
        family_counts = self.families.get(group, {}).get(family)
        return family_counts.answers / self.answers[group] if family_counts else 0.0


def is_plain(answer: str) -> bool:
    """Whether a stripped answer holds no mark that `MarkCounts` may count, whatever its prompt."""
    return not marks_left(answer) and not _label(answer)


class Left(NamedTuple):
    """A mark in an answer."""

    start: int
    text: str
    family: str
    closing: bool
    special: bool


def marks_left(answer: str) -> list[Left]:
    """The marks in an answer that are neither in code nor between quotes."""
    if not any(c in answer for c in "<[{◁‹⟨⟦【"):
        return []
    tokens = [(m, t) for m in _TOKEN.finditer(answer) if (t := _token(m.group()))]
    if not tokens:
        return []
    marks = [Mark(m.start(), m.end(), "other", t.family) for m, t in tokens]
    bad = quoted(answer, marks, 0, len(answer), inline_code=True)
    return [Left(m.start(), re.sub(r"\s.*>", ">", m.group()), *t) for i, (m, t) in enumerate(tokens) if i not in bad]


def first_undeclared_mark(answer: str, prompt: str) -> str:
    """The first mark in one answer that may separate a thought from it; empty if there is none."""
    marks = [m for m in marks_left(answer) if m.family not in _families(prompt)]
    return next((m.text for m in marks if m.special or _placed(answer, m.family, marks)), "")


def undeclared(counts: MarkCounts, other: MarkCounts) -> Undeclared | None:
    """The marks that may separate thoughts from a considerable share of one model's answers, or None.

    `other`: the marks of the other model's answers.
    """
    hits = [marks for group in counts.answers if (marks := _in_group(counts, other, group))]
    return max(hits, key=lambda u: (u.answers / u.of, u.answers), default=None)


def _in_group(counts: MarkCounts, other: MarkCounts, group: str) -> Undeclared | None:
    """The undeclared marks in the answers to one benchmark, or None."""
    n = counts.answers[group]
    counted = [(name, f) for name, f in counts.families[group].items() if _counts(f, n, other.share(group, name))]
    if not counted:
        return None
    answers = max(f.answers for _, f in counted)
    brackets = {name[0] for name, _ in counted}
    beside = [(n, f) for n, f in counts.families[group].items() if n[0] in brackets and f.answers >= answers / 2]
    members = sorted(dict([*counted, *beside]).items(), key=lambda item: (-item[1].answers, item[0]))
    forms = [form for _, f in members for form, _ in sorted(f.forms.items(), key=lambda x: (-x[1], "/" in x[0]))]
    return Undeclared(tuple(forms[:MOST_NAMED]), group, answers, n, _suggested(counts, group, set(forms)))


def _counts(family: _Family, n: int, other_share: float) -> bool:
    """Whether a family of marks is frequent enough, at the right positions, to mark thoughts."""
    if family.special:
        return family.answers >= max(LEAST_ANSWERS, SPECIAL_SHARE * n)
    if family.placed < max(TAG_ANSWERS, TAG_SHARE * n) or family.placed < family.answers / 2:
        return False
    return other_share < LIKE_THE_OTHER * family.answers / n


def _placed(answer: str, family: str, marks: list[Left]) -> bool:
    """Whether marks of one family are at the positions of a thought's marks: at the start, in a pair, or unopened."""
    first = marks[0]
    begins = first.start == 0 and first.family == family and first.text[0] not in "⟨{"
    goes_on = any(m.text[0] == first.text[0] for m in marks[1:])
    if begins and (goes_on or sentence_follows(answer, len(first.text), len(answer))):
        return True
    return any(m.closing for m in marks if m.family == family)


def _suggested(counts: MarkCounts, group: str, forms: set[str]) -> str:
    """The format that would declare the marks: the one at the start, and the most frequent one inside."""
    heads = [t for t, _ in counts.heads.get(group, Counter()).most_common() if t in forms]
    middles = [t for t, _ in counts.middles.get(group, Counter()).most_common() if t in forms and t not in heads[:1]]
    return f"{heads[0]}...{middles[0]}" if heads and middles else "OPEN...CLOSE"


@lru_cache(8)
def _families(prompt: str) -> frozenset[str]:
    """The families of the marks in a prompt, in code or not."""
    return frozenset(t.family for m in _TOKEN.finditer(prompt) if (t := _token(m.group())))


def _label(answer: str) -> str:
    """The line or words at the start of an answer that announce a thought; empty if there are none."""
    line = answer[:60].partition("\n")[0]
    if len(line) < len(answer) and _LABEL.fullmatch(line.strip()):
        return line.strip()
    label = _LABEL_BEFORE.match(answer)
    return label.group().strip() if label else ""
