"""Styles of many features at once: what sets the difference on some prompts apart from that elsewhere.

Each feature has a weight, its contrast on the mined half. An answer is closer to the style where its weighted features
sum to more than those of the other model's answer to the same prompt; exchanging the models exchanges the sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import LEAST, Conditions
from trustdelta.discover.features import Extract
from trustdelta.discover.mining import LEAST_DISCORDANT, contrasts
from trustdelta.discover.topics import CLEAR
from trustdelta.records.arrays import Floats, Ints

SETS = 4
"""Most sets of prompts whose style is searched."""
OVERLAP = 0.5
"""Intersection over union from which two sets are one."""
WEIGHTED = 60
"""Features with a weight: those with the largest contrast."""
NAMED = 4
"""Features that name a style."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A style on a set of prompts."""

    name: str
    set: int
    """Index of the set of prompts."""
    lead_P: Floats
    """Weighted features of the candidate's answer less those of the baseline's, by prompt."""


def profiles(
    delta: sparse.csc_array, extracted: Extract, conditions: Conditions, score_C: Floats, mined_P: Ints
) -> Iterator[Profile]:
    """The styles of the sets with the highest scores; `delta`: candidate minus baseline, all prompts by features."""
    chosen: list[int] = []
    mined_CP = conditions.member_CP[:, mined_P]
    for c in np.argsort(-score_C, kind="stable").tolist():
        if len(chosen) == SETS or score_C[c] < CLEAR:
            break
        large = mined_CP[c].sum() >= LEAST
        if large and all(_overlap(mined_CP[c], mined_CP[other]) < OVERLAP for other in chosen):
            chosen.append(c)
            yield _profile(delta, extracted, conditions, c, mined_P)


def _overlap(first_P: Floats, second_P: Floats) -> float:
    return float(np.minimum(first_P, second_P).sum() / max(np.maximum(first_P, second_P).sum(), 1))


def _profile(delta: sparse.csc_array, extracted: Extract, conditions: Conditions, c: int, mined_P: Ints) -> Profile:
    part = delta.tocsr()[mined_P].tocsc()
    usable_F = np.flatnonzero(np.diff(part.indptr) >= LEAST_DISCORDANT)
    members_P = conditions.member_CP[c, mined_P]
    dense_PF = part[:, usable_F].toarray()
    # One set and many features: the roles of sets and prompts are as in mining, feature by feature.
    contrast_F = np.array([contrasts(members_P[None], column)[0] for column in dense_PF.T])
    order = np.argsort(-np.abs(contrast_F), kind="stable")[:WEIGHTED]
    weight_F = np.zeros(delta.shape[1])
    weight_F[usable_F[order]] = contrast_F[order]
    return Profile(_name(extracted, dense_PF, members_P, (usable_F, contrast_F)), c, np.asarray(delta @ weight_F))


def _name(extracted: Extract, dense_PF: Floats, members_P: Floats, contrast: tuple[Ints, Floats]) -> str:
    """The features that the candidate has more often on these prompts, each of other prompts than the one before."""
    index_F, contrast_F = contrast
    inside_PF = dense_PF * members_P[:, None]
    length_F = np.maximum(np.linalg.norm(inside_PF, axis=0), 1e-12)
    ranks_F = np.array([extracted.features[f].rank for f in index_F])
    names: list[str] = []
    taken: list[int] = []
    for f in np.argsort(-(contrast_F + 0.1 * ranks_F), kind="stable"):
        if len(names) == NAMED or contrast_F[f] <= 0:
            break
        alike = [abs(inside_PF[:, f] @ inside_PF[:, g]) / (length_F[f] * length_F[g]) for g in taken]
        more = inside_PF[:, f].sum() > 0
        if more and max(alike, default=0) < 0.8:
            taken.append(int(f))
            names.append(extracted.features[index_F[f]].name)
    return f"is closer than the other model’s to a style: {'; '.join(names)}"
