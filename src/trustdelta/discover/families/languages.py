"""The language of answers, and letters of other scripts in them."""

from __future__ import annotations

from collections.abc import Iterator

from trustdelta.discover.features import Columns, Family, Feature, indicator
from trustdelta.discover.pairs import Corpus
from trustdelta.scorers.text_language import NAMES, language

READ = 1_200
"""Characters from which the language is read."""


def _columns(corpus: Corpus) -> Iterator[Columns]:
    codes = [language(text[:READ]) for text in corpus.texts]
    names = [[NAMES.get(code, code)] if code else [] for code in codes]
    yield indicator(names, lambda name: Feature(f"is in {name}", 4, r"\A.{0,120}"))
    other = [["other"] if code not in ("", "en") else [] for code in codes]
    yield indicator(other, lambda _: Feature("is in another language than English", 4, r"\A.{0,120}"))


FAMILY = Family("languages", columns=_columns)
