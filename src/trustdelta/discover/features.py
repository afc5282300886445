"""Features of answers: what each answer does, as columns of one sparse matrix with a plain name each.

A feature is defined by all answers together, whichever model wrote them, so that exchanging the models changes no
feature. Families of features are files of `families/`, which are scanned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import sparse

from trustdelta.discover.pairs import Corpus, Layout
from trustdelta.discovery import Registry
from trustdelta.records.arrays import Floats

THRESHOLD, COMPARED = 1.5, 0.5
"""Ranks of a number above a threshold, and of one above the other model's."""
LEAST_ANSWERS = 6
"""Answers that must differ from the others in a feature; fewer could show nothing, and could reveal an answer."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature."""

    name: str
    """A predicate of an answer, like: contains the word “bank”."""
    rank: float = 0.0
    """How much a reader learns from the name, from 0 for a word to 4 for a language."""
    pattern: str = ""
    """Regular expression of the part of an answer that shows it; empty: none."""
    number: str = ""
    """The number of an answer that it is about; differences in one number on the same prompts are one difference."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Features with their values, between 0 and 1, of each answer."""

    features: Sequence[Feature]
    values: sparse.csc_array
    """Answers by features."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of each answer, like its length."""

    values_R: Floats
    any: str = ""
    """Name of the feature that the number is above zero; empty: none."""
    more: str = ""
    """Name of the feature that the number is above a threshold, with {} for it; empty: none."""
    compared: str = ""
    """Name of the feature that the number is larger than the other model's on the same prompt; empty: none."""
    pattern: str = ""
    """Regular expression of the parts of an answer that are counted; empty: none."""
    rank: float = 3.0
    """Rank of the feature that the number is above zero."""
    number: str = ""
    """Name of the number where several measures are about it; empty: the measure's own."""

    @property
    def key(self) -> str:
        """Name of the number."""
        return self.number or self.compared or self.more or self.any


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of features."""

    name: str
    columns: Callable[[Corpus], Iterator[Columns]] = lambda corpus: iter(())
    measures: Callable[[Corpus], Iterator[Measure]] = lambda corpus: iter(())


REGISTRY: Registry[Family] = Registry("trustdelta.discover.families", "family")


@cache
def families() -> tuple[Family, ...]:
    """Every family, by name."""
    return tuple(family for _, family in sorted(REGISTRY.table().items()))


@dataclass(frozen=True, slots=True)
class Extract:
    """All features of a corpus."""

    features: tuple[Feature, ...]
    """Those of single answers, then those that compare the answers to one prompt."""
    values: sparse.csc_array
    """Answers by features of single answers."""
    measured: Floats
    """Answers by measures that are compared."""

    def rates(self, layout: Layout) -> tuple[sparse.csc_array, sparse.csc_array]:
        """Mean of each feature over each model's answers to each prompt: prompts by features, baseline first."""
        mean = [(w @ self.values).tocsc() for w in (layout.baseline, layout.candidate)]
        level = [w @ self.measured for w in (layout.baseline, layout.candidate)]
        larger = [sparse.csc_array((level[a] > level[1 - a]).astype(float)) for a in (0, 1)]
        both = [sparse.hstack([m, more], format="csc") for m, more in zip(mean, larger, strict=True)]
        return both[0], both[1]


def extract(corpus: Corpus) -> Extract:
    """The features of every family."""
    blocks, measures = [], []
    for family in families():
        blocks += list(family.columns(corpus))
        measures += list(family.measures(corpus))
    blocks += [columns for m in measures for columns in _thresholds(m)]
    compared = [m for m in measures if m.compared]
    values = sparse.hstack([block.values for block in blocks], format="csc")
    measured = np.stack([m.values_R for m in compared], axis=1)
    single = [feature for block in blocks for feature in block.features]
    return Extract((*single, *(Feature(m.compared, COMPARED, m.pattern, m.key) for m in compared)), values, measured)


def _thresholds(measure: Measure) -> Iterator[Columns]:
    """Whether the number is above zero, and above its quartiles and its ninth decile over all answers."""
    values = measure.values_R
    named: dict[str, tuple[Floats, float]] = {}
    if measure.any:
        named[measure.any] = (values > 0).astype(np.float64), measure.rank
    if measure.more:
        whole = bool((values == np.floor(values)).all())
        for quantile in (0.25, 0.5, 0.75, 0.9):
            threshold = float(np.quantile(values, quantile))
            threshold = math.floor(threshold) if whole else threshold
            if threshold > 0 or not measure.any:
                size = f"{threshold:,.3g}" if threshold < 100 else f"{threshold:,.0f}"
                named[measure.more.format(size)] = (values > threshold).astype(np.float64), THRESHOLD
    for name, (above, rank) in named.items():
        yield Columns((Feature(name, rank, measure.pattern, measure.key),), sparse.csc_array(above[:, None]))


def usable(values: sparse.csc_array, features: Sequence[Feature]) -> Columns:
    """The columns that enough answers have and enough lack."""
    count_F = np.diff(values.indptr)
    keep_F = np.flatnonzero((count_F >= LEAST_ANSWERS) & (count_F <= values.shape[0] - LEAST_ANSWERS))
    return Columns([features[int(i)] for i in keep_F], values[:, keep_F])


def indicator(names_R: Sequence[Sequence[str]], feature: Callable[[str], Feature]) -> Columns:
    """One column per name that enough answers have."""
    index: dict[str, int] = {}
    cells = [(r, index.setdefault(name, len(index))) for r, names in enumerate(names_R) for name in set(names)]
    if not cells:
        return Columns((), sparse.csc_array((len(names_R), 0)))
    row, column = np.array(cells).T
    values = sparse.csc_array((np.ones(row.size), (row, column)), shape=(len(names_R), len(index)))
    kept_columns = usable(values, [Feature(name) for name in index])
    return Columns([feature(f.name) for f in kept_columns.features], kept_columns.values)
