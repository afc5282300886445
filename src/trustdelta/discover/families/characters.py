"""Characters other than letters, digits and blanks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from trustdelta.discover.features import Columns, Family, Feature, indicator
from trustdelta.discover.pairs import Corpus


def _columns(corpus: Corpus) -> Iterator[Columns]:
    signs = [[sign for sign in set(text) if not (sign.isalnum() or sign.isspace())] for text in corpus.texts]
    yield indicator(signs, _feature)


def _feature(sign: str) -> Feature:
    name = unicodedata.name(sign, f"U+{ord(sign):04X}").lower()
    return Feature(f"contains the character {sign} ({name})", 0.2, re.escape(sign))


FAMILY = Family("characters", columns=_columns)
