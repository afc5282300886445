"""Styles of many features at once: what sets the difference on some prompts apart from that elsewhere.

Each feature has a weight, its contrast on the mined half. The lead of a prompt is the weighted sum of the candidate's
features less that of the baseline's, less the mean of this elsewhere. A prompt shows the style where its lead is more
than half of the mean lead on the set. All constants are of the mined half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import LEAST, OVERLAP, Conditions, overlap
from trustdelta.discover.features import Extract, Feature
from trustdelta.discover.mining import LEAST_DISCORDANT, feature_contrasts
from trustdelta.discover.topics import CLEAR, Likeness
from trustdelta.records.arrays import Floats, Ints

SETS = 4
"""Most sets of prompts whose style is searched."""
TRIED = 30
"""Sets that are tried, those with the highest scores."""
WEIGHTED = 60
"""Features with a weight: those with the largest contrast."""
MORE, SELDOM = 3, 2
"""Features that name a style: those that the candidate has more often, and less often."""
CLEARLY = 0.5
"""Share of the largest contrast from which a feature may name a style."""
ALIKE = 0.8
"""Cosine from which two features are on the same prompts, of which one is named."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A style on a set of prompts."""

    name: str
    set: int
    """Index of the set of prompts."""
    shown_P: Floats
    """By prompt: 1 where the candidate has more of the style, beyond the difference elsewhere, -1 less, 0 neither."""


def profiles(
    delta: sparse.csc_array, extracted: Extract, conditions: Conditions, alike: Likeness, mined_P: Ints
) -> Iterator[Profile]:
    """The styles of the sets with the highest scores; `delta`: candidate minus baseline, all prompts by features.

    Each set is compared with the prompts of none of the sets before it, so that a set is not of another style than
    elsewhere because one before it is.
    """
    chosen: list[int] = []
    mined_CP = conditions.member_CP[:, mined_P]
    score_C = alike.scores(mined_CP)
    for c in np.argsort(-score_C, kind="stable")[:TRIED].tolist():
        if len(chosen) == SETS or score_C[c] < CLEAR:
            break
        free = np.flatnonzero(mined_CP[chosen].max(axis=0, initial=0) == 0)
        apart = all(overlap(mined_CP[c], mined_CP[other]) < OVERLAP for other in chosen)
        clear = alike.part(free).scores(mined_CP[[c]][:, free])[0] >= CLEAR
        if apart and clear and mined_CP[c, free].sum() >= LEAST:
            chosen.append(c)
            yield _profile(delta, extracted, conditions, c, mined_P[free])


def _profile(delta: sparse.csc_array, extracted: Extract, conditions: Conditions, c: int, mined_P: Ints) -> Profile:
    part = delta.tocsr()[mined_P].tocsc()
    usable_F = np.flatnonzero(np.diff(part.indptr) >= LEAST_DISCORDANT)
    members_P = conditions.member_CP[c, mined_P]
    dense_PF = part[:, usable_F].toarray()
    contrast_F = feature_contrasts(members_P, dense_PF)
    order = np.argsort(-np.abs(contrast_F), kind="stable")[:WEIGHTED]
    weight_F = np.zeros(delta.shape[1])
    weight_F[usable_F[order]] = contrast_F[order]
    lead_P = np.asarray(delta @ weight_F)
    inside_P = members_P > 0
    lead_P -= lead_P[mined_P][~inside_P].mean()
    half = max(float(lead_P[mined_P][inside_P].mean()) / 2, 1e-9)
    shown_P = (lead_P > half).astype(float) - (lead_P < -half)
    return Profile(_name(extracted, dense_PF, members_P, (usable_F, contrast_F)), c, shown_P)


def _name(extracted: Extract, dense_PF: Floats, members_P: Floats, contrast: tuple[Ints, Floats]) -> str:
    """The features that the candidate has more often on these prompts and elsewhere not, and those less often."""
    index_F, contrast_F = contrast
    inside_PF = dense_PF[members_P > 0]
    features = [extracted.features[f] for f in index_F]
    more, seldom = (_named(features, sign * inside_PF, sign * contrast_F, m) for sign, m in ((1, MORE), (-1, SELDOM)))
    parts = ["; ".join(more), f"seldom: {'; '.join(seldom)}" if seldom else ""]
    return f"has more of a style, beyond the difference elsewhere: {'; '.join(filter(None, parts))}"


def _named(features: Sequence[Feature], inside_PF: Floats, contrast_F: Floats, most: int) -> list[str]:
    """Names of the features with the largest contrast, each on other prompts than those before."""
    unit_PF = inside_PF / np.maximum(np.linalg.norm(inside_PF, axis=0), 1e-12)
    ranks_F = np.array([feature.rank for feature in features])
    chosen: list[int] = []
    largest = np.abs(contrast_F).max()
    for f in np.argsort(-(contrast_F + 0.1 * ranks_F), kind="stable").tolist():
        if len(chosen) == most or contrast_F[f] < CLEARLY * largest:
            break
        alike = np.abs(unit_PF[:, f] @ unit_PF[:, chosen]).max(initial=0)
        if inside_PF[:, f].sum() > 0 and alike < ALIKE:
            chosen.append(f)
    return [features[f].name for f in chosen]
