"""A pattern is not searched for where none of its words occurs: nothing is lost by that, whatever the text."""

from __future__ import annotations

import re
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.scorers.answer_clauses import (
    CONFIRMING,
    CONFIRMING_LABEL,
    CORRECTING,
    CORRECTS,
    OTHER_PERSONS,
    SAYS,
    SHAPING,
    Sentences,
    confirmed_after,
    may_confirm,
    may_correct,
)
from trustdelta.scorers.answer_languages import LANGUAGES, occurring
from trustdelta.scorers.answer_negation import (
    BRIDGES,
    DENIES,
    EXCLUDES,
    FINITE,
    OPEN,
    PARTLY,
    PRESUPPOSES,
    UNSAID,
    may_deny,
    polarity,
)
from trustdelta.scorers.answer_numerals import SIGN, extended, extended_in_full, may_be_signed
from trustdelta.scorers.answer_statements import NOUNS, PHRASES, leads
from trustdelta.scorers.answer_text import MENTION, RAISED, tidy
from trustdelta.scorers.answer_view import WORD

NEEDED = NOUNS.union(*(words for _, _, words in PHRASES))
PARTS = [
    *(NEEDED | CONFIRMING | CONFIRMING_LABEL | SHAPING | SAYS | OTHER_PERSONS | set(CORRECTING)),
    *([MENTION] * 60),
    *(
        "it is",
        "it's",
        "it isn't",
        "this must be",
        "the",
        "a",
        "i",
        "we",
        "i'd",
        "let us",
        "would",
        "might",
        "not",
        "only",
    ),
    *(
        "who",
        "as",
        "to",
        "is",
        "was",
        "on",
        "of",
        "for",
        "with",
        "with only",
        "but",
        "that",
        "if i had to",
        "hard to say",
    ),
    *("let me re-check", "i made a mistake", "no, actually,", "on second thought", "my mistake", "at first", "in case"),
    *("despite", "in spite of", "words aside", "i'm not saying", "all options but", "between", "correct."),
    *(
        "✓",
        "✗",
        "[x]",
        "| yes",
        "a:",
        "respuesta",
        "正解",
        "ответ",
        "réponse",
        "(",
        ")",
        "?",
        ".",
        ",",
        ":",
        ";",
        "\n",
        "—",
    ),
]
TEXTS = st.lists(
    st.tuples(st.sampled_from(sorted(PARTS)), st.sampled_from([" ", " ", " ", "", ", ", ". ", "\n"])), max_size=14
).map(lambda parts: "".join(part + gap for part, gap in parts))


def words_of(text: str) -> frozenset[str]:
    """Every word of a text."""
    return frozenset(WORD.findall(text))


@settings(max_examples=400)
@given(TEXTS)
def test_no_lead_is_lost(text: str) -> None:
    """The leads of a text are those that a search for every pattern gives."""
    searched = list(leads(text, words_of(text) | NEEDED | {"a"}))
    assert list(leads(text, words_of(text))) == searched


@settings(max_examples=400)
@given(TEXTS)
def test_sentences_play_the_same_part(text: str) -> None:
    """A text without the words that shape sentences states what it says, as the reading of each sentence shows."""
    quick, slow = Sentences(text, words_of(text)), Sentences(text, words_of(text) | {"if"})
    slow.corrected = True
    for place, char in enumerate(text):
        if char == MENTION:
            assert (quick.part(place), quick.asks(place)) == (slow.part(place), slow.asks(place))
            assert quick.corrects(place) == slow.corrects(place)


DENIAL_PATTERNS = (DENIES, EXCLUDES, OPEN, PARTLY, UNSAID)
PARTS_OF_DENIALS = sorted(
    {word for pattern in DENIAL_PATTERNS for word in re.findall("[a-z]+", re.sub(r"\\[a-zA-Z]", "", pattern.pattern))}
    | BRIDGES
    | PRESUPPOSES
    | FINITE
    | {"n't", "isn't", "100 %", ", ", "unlikely to"}
)
DENIALS = st.lists(st.sampled_from(PARTS_OF_DENIALS), max_size=6).map(lambda parts: " ".join([*parts, ""]))


@settings(max_examples=400)
@given(DENIALS)
def test_no_denial_is_lost(text: str) -> None:
    """What denies a word, or leaves it open, holds one of the words that are looked for first."""
    plain = " ".join(word for word in text.split(" ") if not may_deny(word, words_of(word)))
    assert polarity(plain, len(plain)) == 1
    assert may_deny(text, words_of(text)) or polarity(text, len(text)) == 1


@settings(max_examples=400)
@given(TEXTS)
def test_no_confirmation_or_correction_is_lost(text: str) -> None:
    """What confirms an option or takes one back holds one of the words that are looked for first."""
    assert may_correct(text) or CORRECTS.search(text) is None
    for place, char in enumerate(text):
        for label in (True, False) if char == MENTION else ():
            assert may_confirm(words_of(text), label=label) or not confirmed_after(text, place, label=label)


@given(TEXTS)
def test_languages_occur_by_their_hints(text: str) -> None:
    """A language occurs where any of its hints does, each once and in order."""
    assert occurring(text) == [language for language in LANGUAGES if any(hint in text for hint in language.hints)]


BESIDE = st.sampled_from(
    [
        *(
            "million",
            "Mio",
            "x 10^3",
            " x 2",
            "and 1/2",
            "1/2",
            "/ 4",
            "^2",
            "**2",
            "e5",
            "k",
            "K",
            "m",
            "%",
            " apples",
        ),
        *(
            "and",
            " and ",
            "-",
            "- ",
            "+",
            "$",
            "€ ",
            "minus ",
            "negative",
            "moins\n",
            "meno ",
            "\n",
            " ",
            ",",
            ".",
            ")",
        ),
        *(
            "\\frac12",
            "\\frac{1}{2}",
            "dozen",
            "-hundred",
            "万",
            "लाख",
            "millón",
            "1",
            "20",
            "×10^{2}",
            "(",
            "=",
            "'",
            "x",
        ),
    ]
)


@settings(max_examples=400)
@given(st.lists(BESIDE, max_size=3), st.lists(BESIDE, max_size=3))
def test_nothing_of_a_number_is_lost(before: list[str], behind: list[str]) -> None:
    """What stands on either side of digits is read wherever it could belong to them."""
    text, value = "7" + "".join(behind), Fraction(7)
    assert extended(text, 1, value) == extended_in_full(text, 1, value)
    assert may_be_signed("".join(before)) or SIGN.search("".join(before)) is None


DRESS = re.compile(
    rf"(?P<power>(?<!{RAISED}[-+\d]){RAISED}|<sup>(?=[^<>]{{1,9}}</sup>))|{RAISED}"
    r"|(?P<line><br\s*/?>|</p>)|(?P<space>&nbsp;)|~~[^~\n]{1,200}~~"
    r"|</?(?:b|i|u|em|strong|p|span|code|mark|sub|sup|center)>"
    r"|^[ \t]*```[\w-]*[ \t]*$\n?|(?P<power_sign>(?<=\d)\*\*(?=\d))"
    r"|\*\*|__|(?<![^\W_])[*_`](?=\S)|(?<=\S)[*_`](?![^\W_])|^#{1,3}\s+|^>\s+",
    re.MULTILINE,
)
"""Markdown and HTML, each as it is written."""
LEFT = {"power": "^", "power_sign": "**", "line": "\n", "space": " ", None: ""}
PIECES = st.sampled_from(
    [
        *(
            "*",
            "**",
            "_",
            "__",
            "`",
            "```",
            "```python",
            "#",
            "##",
            "> ",
            "~~",
            "~",
            "<sup>",
            "</sup>",
            "<br>",
            "<br />",
        ),
        *("</p>", "&nbsp;", "<b>", "</b>", "a", "b1", "2", "3", " ", "\n", "²", "⁻¹", ".", "x", "&", "<", "é"),
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_dress_is_taken_off_as_it_is_written(text: str) -> None:
    """The pattern that jumps from sign to sign takes off what a plain alternation of all dress does."""
    spelled = text.replace("²", RAISED + "2").replace("⁻", RAISED + "-").replace("¹", RAISED + "1")
    assert tidy(text) == DRESS.sub(lambda dress: LEFT[dress.lastgroup], spelled).strip()
