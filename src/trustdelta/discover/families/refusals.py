"""Refusals, by the phrase rules of the `refusal` scorer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trustdelta.discover.features import Family, Measure
from trustdelta.discover.pairs import Corpus
from trustdelta.scorers.refusal_rules import THRESHOLD, refusal_points


def _measures(corpus: Corpus) -> Iterator[Measure]:
    refuses_R = np.array([refusal_points(text) >= THRESHOLD for text in corpus.texts], dtype=float)
    yield Measure(refuses_R, "refuses, by its opening sentences", pattern=r"\A.{0,160}", rank=4)


FAMILY = Family("refusals", measures=_measures)
