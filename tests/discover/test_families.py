"""Families of features: what each of them sees in a text, with its name."""

from __future__ import annotations

import re

import pytest

from trustdelta.discover.families import spellings, styles
from trustdelta.discover.features import extract, families
from trustdelta.discover.pairs import Corpus, words_of

PLAIN = "The river runs past the old stone bridge in winter and the market is closed."


def names(text: str, times: int = 8) -> set[str]:
    """Names of the single-answer features that a text has and another one lacks."""
    extracted = extract(Corpus([text] * times + [PLAIN] * times))
    row = extracted.values.toarray()[0]
    return {extracted.features[i].name for i in range(row.size) if row[i]}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("We praised Brightwell for its record.", "contains the word “brightwell”"),
        ("It goes back to the Treaty of Ostrava.", "contains the phrase “treaty of ostrava”"),
        ("Well, Marcus, it depends.", "begins with “well marcus”"),
        ("It depends. Stay curious!", "ends with “stay curious”"),
        ("It depends.\n\nStay curious!", "ends with the line “Stay curious!”"),
        ("1. Sleep.\n2. Eat.", "has a numbered list"),
        ("This is IMPORTANT to know.", "has a word in capitals"),
        ("All is well 🎉", "has an emoji"),
        ("It depends. What do you think?", "ends with a question"),
        ("As of 2021-03-04 it was so.", "has a date in ISO format (year-month-day)"),
        ("It was signed on March 4, 2021.", "has a date as month and day"),
        ("It was signed on 4 March 2021.", "has a date as day and month"),
        ("It isn't so simple.", "has a contraction"),
        ("Perhaps it is so.", "has a hedging word"),
        ("The colour of the harbour was grey.", "has a word in British spelling"),
        ("The color of the harbor was gray.", "has a word in American spelling"),
        ("I'm sorry, but I can't help with that.", "refuses, by its opening sentences"),
        (
            "Je pense que c'est une question importante, et il faut en parler avec prudence dans ce cas.",
            "is in French",
        ),
        ("A “quoted” word — and a dash.", "contains the character — (em dash)"),
    ],
)
def test_a_text_has_the_feature(text: str, name: str) -> None:
    """Each kind of feature is seen and has a plain name."""
    assert name in names(text)


def test_plain_text_has_no_style() -> None:
    """A sentence without any of the styles has none of them."""
    patterns = [pattern for _, _, pattern in styles.STYLES]
    assert [p for p in patterns if re.search(p, PLAIN)] == []


@pytest.mark.parametrize("word", ["promise", "exercise", "advise", "four", "hour", "prize", "size", "seize", "raise"])
def test_words_of_both_spellings_are_neither(word: str) -> None:
    """Words that look like one spelling and are common to both have none."""
    assert not spellings.BRITISH.search(word)
    assert not spellings.AMERICAN.search(word)


def test_phrases_do_not_go_over_sentences() -> None:
    """The end of a sentence or a line ends a phrase."""
    assert words_of("No way. Out\nhere") == ["no", "way", ".", "out", ".", "here"]
    assert "contains the phrase “depends stay”" not in names("It depends. Stay curious!")


def test_ideographs_are_words() -> None:
    """A text without blanks has words and phrases."""
    assert "contains the phrase “中国”" in names("中国政府。")


def test_the_folder_is_scanned() -> None:
    """A family is added by adding a file."""
    assert {"phrases", "edges", "styles", "languages"} <= {family.name for family in families()}
