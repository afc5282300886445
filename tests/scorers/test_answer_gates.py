"""A pattern is not searched for where none of its words occurs: nothing is lost by that, whatever the text."""

from __future__ import annotations

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
from trustdelta.scorers.answer_statements import NOUNS, PHRASES, leads
from trustdelta.scorers.answer_text import MENTION
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


@settings(max_examples=400)
@given(TEXTS)
def test_no_confirmation_or_correction_is_lost(text: str) -> None:
    """What confirms an option or takes one back holds one of the words that are looked for first."""
    assert may_correct(text) or CORRECTS.search(text) is None
    for place, char in enumerate(text):
        for label in (True, False) if char == MENTION else ():
            assert may_confirm(text, words_of(text), label=label) or not confirmed_after(text, place, label=label)


@given(TEXTS)
def test_languages_occur_by_their_hints(text: str) -> None:
    """A language occurs where any of its hints does, each once and in order."""
    assert occurring(text) == [language for language in LANGUAGES if any(hint in text for hint in language.hints)]
