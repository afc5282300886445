"""Tokens with the largest drift, where the run measured it, as parts of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustdelta.discover.features import Columns, Family, Feature, indicator
from trustdelta.discover.pairs import Corpus


def _columns(corpus: Corpus) -> Iterator[Columns]:
    tokens = [token.strip() for token in corpus.tokens]
    parts = [[token for token in tokens if token in text] for text in corpus.texts]
    yield indicator(parts, lambda token: Feature(f"contains “{token}”, a token with much drift", 0, re.escape(token)))


FAMILY = Family("drifted", columns=_columns)
