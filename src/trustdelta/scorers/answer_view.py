"""A text as the readers of answers see it: small letters, each option one character, with sentences and languages."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from trustdelta.scorers.answer_clauses import COORDINATED, MOST_BESIDE, Sentences, denied_after
from trustdelta.scorers.answer_languages import Language, occurring
from trustdelta.scorers.answer_marks import Mark, without_latex
from trustdelta.scorers.answer_negation import may_deny, polarity
from trustdelta.scorers.answer_text import MENTION

Value = Hashable
WORD = re.compile(r"\w+")
SEVERAL = object()
"""The value of a place that states several options at once."""
CLAUSE_END = re.compile(r"[.;!?\n]|,(?!\s*(?:and|or)\b)|\b(?:because|since|although|but)\b")
LONGEST_CLAUSE = 400
GOVERNED = re.compile(
    r"\b(?:say|saying|answer|answering|is|was|be|not|a|an|definite|clear|simple|whether|with)\s+[\"']?\Z"
)
"""Before a "yes" or "no" that is part of its clause and no reply of its own."""
POSSESSES = re.compile(rf"'s (?:\w+ )?{MENTION}")
PAIR_ENDS = re.compile(r"[\s\"')\]]*(?:[.,;!?\n/]|$|\b(?:and|or|nor|are|were|both)\b|[(\[])")
"""What follows the last of several options by their words; else a new clause begins with it."""
PAIRED = re.compile(rf"{MENTION}[\s\"',)]*\b(?:or|nor|and)\b[\s\"'(a-z]{{0,8}}\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a text where an option is named; `label`: by its letter or number, not by its words."""

    start: int
    end: int
    value: Value
    label: bool = False
    whole: bool = False
    """By its label and its words together."""
    calculated: bool = False
    """A number that the text calculates."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An option that some place states, how firmly, and whether it takes back what was said before."""

    place: int
    firmness: float
    value: Value
    corrects: bool = False


def own_value(view: View, index: int) -> Value | None:
    """The value of a mention as it is."""
    return view.mentions[index].value


@dataclass(frozen=True)
class Style:
    """How one kind of answer is read."""

    find: Callable[[str], Sequence[Mention]]
    """Mentions of options in a text in normal form, in order and apart."""
    opposite: Callable[[Value], Value | None] = lambda value: None
    """The value of a denied option, where there is one."""
    loose: bool = False
    """The option may stand anywhere in the clause behind a lead."""
    by_prose: bool = True
    """Conclusions, openings and mere names count."""
    weigh: Callable[[View, int], Value | None] = own_value
    """The value of a mention; None where it is none of an answer."""
    nearby: Callable[[View, int], Value | None] | None = None
    """What a clause says behind a lead that no option stands behind."""
    others: Callable[[View], Iterator[Candidate]] = lambda view: iter(())
    """What else of a view states an answer."""
    nouns: frozenset[str] | None = None
    """The nouns that may stand for the answer; None for all."""
    undress: Callable[[str], str] = without_latex
    """Takes off LaTeX that only dresses the text."""
    inside: Callable[[Mark], Value | None] | None = None
    """What a marked place holds, if it is not read as a text of its own."""


class View:
    """A text whose options are replaced by `MENTION`; places are those of `text`."""

    __slots__ = (
        "_lines",
        "denies",
        "index",
        "languages",
        "mentions",
        "places",
        "plain",
        "sentences",
        "style",
        "text",
        "words",
    )

    plain: str
    """The text as it was, without dress."""
    mentions: Sequence[Mention]
    text: str
    """The text in small letters with one character for each option."""
    places: list[int]
    """Where each option stands."""
    index: dict[int, int]
    """The number of the option at each of those places."""
    words: frozenset[str]
    """All words of `text`: a pattern none of whose words is among them need not be searched for."""
    denies: bool
    """Whether any word of `text` may deny an option, or leave it open."""
    sentences: Sentences
    languages: list[Language]
    """The languages, besides English, that may state an answer in it."""

    def __init__(self, plain: str, style: Style, mentions: Sequence[Mention]) -> None:
        self.plain, self.style, self.mentions = plain, style, mentions
        parts, self.places, end, length = [], [], 0, 0
        for mention in mentions:
            parts += [plain[end : mention.start], MENTION]
            length += mention.start - end + 1
            self.places.append(length - 1)
            end = mention.end
        self.text = lowered("".join([*parts, plain[end:]]) if mentions else plain)
        self.index = {place: i for i, place in enumerate(self.places)}
        self.words = frozenset(WORD.findall(self.text))
        self.denies = may_deny(self.text, self.words)
        self.sentences = Sentences(self.text, self.words)
        self.languages = occurring(self.text, only_ascii=plain.isascii())
        self._lines: list[tuple[int, int]] | None = None

    @classmethod
    def of(cls, plain: str, style: Style) -> View:
        """The view of a text in normal form without tags."""
        undressed = style.undress(plain)
        return cls(undressed, style, style.find(undressed))

    def in_clause(self, start: int) -> list[int]:
        """The options from a place on to the end of its clause."""
        end = CLAUSE_END.search(self.text, start, start + LONGEST_CLAUSE)
        stop = end.start() if end else start + LONGEST_CLAUSE
        return self.places[bisect_left(self.places, start) : bisect_left(self.places, stop)]

    def lines(self) -> list[tuple[int, int]]:
        """Where the first and the last line that are not blank begin and end; one of them if they are the same."""
        if self._lines is None:
            first, last = len(self.text) - len(self.text.lstrip()), len(self.text.rstrip())
            end = self.text.find("\n", first)
            begin = max(first, self.text.rfind("\n", 0, last) + 1)
            self._lines = list(dict.fromkeys([(first, last if end < 0 else min(end, last)), (begin, last)]))
        return self._lines

    def in_plain(self, place: int) -> int:
        """The place in `plain` that a place stands for."""
        before = bisect_left(self.places, place)
        return place + sum(mention.end - mention.start - 1 for mention in self.mentions[:before])

    def mention(self, place: int) -> Mention:
        """The option at a place."""
        return self.mentions[self.index[place]]

    def is_letter(self, place: int) -> bool:
        """Whether the option at a place is named by a letter."""
        mention = self.mention(place)
        return mention.label and self.plain[mention.start : mention.end].isalpha()

    def own(self, place: int) -> Value | None:
        """The value of the option at a place, whatever is said of it; of "A's B" it is B."""
        return None if POSSESSES.match(self.text, place + 1) else self.style.weigh(self, self.index[place])

    def denied(self, place: int) -> bool:
        """Whether the option at a place is excluded by what stands behind it."""
        label = self.mention(place).label
        return denied_after(self.text, place, label=label) or any(
            language.after_denied.match(self.text, place + 1) for language in self.languages
        )

    def polarity(self, place: int) -> int:
        """Whether the option at a place is asserted (1), denied (-1), or neither, by what stands before it."""
        value = self.mention(place).value
        if (
            isinstance(value, str)
            and value in ("yes", "no")
            and not GOVERNED.search(self.text, max(0, place - 40), place)
        ):
            return 0 if self._in_pair(place) else 1
        return (
            1
            if not self.denies
            else polarity(self.text, place, denied=isinstance(value, str) and value.startswith("not "))
        )

    def value(self, place: int) -> Value | None:
        """What an option at a place comes to: its own value, that of its opposite, or None."""
        own = self.own(place)
        sense = self.polarity(place) if own is not None else 0
        if own is not None and self.denied(place):
            return self.style.opposite(own) if sense > 0 and not self._in_pair(place) else None
        if sense > 0:
            return own
        return self.style.opposite(own) if sense < 0 and own is not None and not self._in_pair(place) else None

    def _in_pair(self, place: int) -> bool:
        """Whether the option at a place is one of several that are denied together: "neither A nor B"."""
        return (
            COORDINATED.match(self.text, place + 1) is not None
            or PAIRED.search(self.text, max(0, place - 20), place) is not None
        )

    def beside_another(self, place: int, value: Value) -> bool:
        """Whether an option of another value, that is not excluded, stands beside the one at a place."""
        other = place
        for _ in range(MOST_BESIDE):
            beside = COORDINATED.match(self.text, other + 1)
            if beside is None:
                return False
            other = beside.end() - 1
            mention = self.mention(other)
            if mention.value == value or not (mention.label or PAIR_ENDS.match(self.text, other + 1)):
                continue
            if not self.denied(other) and self.polarity(other) > 0:
                return True
        return False


def lowered(text: str) -> str:
    """The text in small letters, as long as it was."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
