"""Where a difference is larger than elsewhere: claims that are chosen on the mined half and tested on the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import LEAST, Conditions
from trustdelta.discover.mining import CONCENTRATED, Hypothesis, contrasts, members_of
from trustdelta.records.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Claim:
    """That a difference is larger on some prompts than elsewhere."""

    hypothesis: int
    """Index of the hypothesis that is about the difference."""
    name: str
    """The prompts in words; empty: those of the hypothesis."""
    members_P: Floats
    """1 for each of these prompts, of both halves."""
    sign: float
    """Direction of the contrast on the mined half."""


def claims_of(
    hypotheses: Sequence[Hypothesis], delta: sparse.csc_array, conditions: Conditions, halves: tuple[Ints, Ints]
) -> Iterator[Claim]:
    """A claim for each hypothesis on some prompts, and for one on all prompts with a clear contrast on the mined half.

    `delta`: candidate minus baseline, all prompts by features; `halves`: the mined and the tested prompts.
    """
    mined_P, tested_P = halves
    large_C = np.flatnonzero(conditions.member_CP[:, tested_P].sum(axis=1) >= LEAST // 2)
    for i, hypothesis in enumerate(hypotheses):
        delta_P = delta[:, [hypothesis.feature]].toarray()[mined_P, 0]
        if hypothesis.sets:
            members_P = members_of(conditions, hypothesis.sets)
            yield Claim(i, "", members_P, float(np.sign(delta_P @ members_P[mined_P])) or 1.0)
        elif large_C.size:
            sign = float(np.sign(delta_P.sum())) or 1.0
            contrast_C = sign * contrasts(conditions.member_CP[np.ix_(large_C, mined_P)], delta_P)
            best = int(contrast_C.argmax())
            if contrast_C[best] >= CONCENTRATED:
                yield Claim(i, conditions.names[large_C[best]], conditions.member_CP[large_C[best]], sign)
