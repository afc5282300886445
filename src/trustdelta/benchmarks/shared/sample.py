"""Seeded, stratified samples of prompts.

Each cluster has a key that depends only on its name and the seed. So a sample does not depend on the order of prompts,
and a larger sample contains every smaller one with the same seed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from trustdelta.records import Prompt


def sample(prompts: Sequence[Prompt], per_stratum: int | Mapping[str, int] | None, seed: int) -> list[Prompt]:
    """At most `per_stratum` prompts of every stratum (None: all), in the order of `prompts`.

    A mapping sets the size by stratum; a stratum without a size is taken whole.

    Whole clusters are taken in a seeded order; from the cluster that exceeds the size, a seeded part is taken, so that
    every stratum reaches its size.
    """
    if per_stratum is None:
        return list(prompts)
    if isinstance(per_stratum, int) and per_stratum < 1:
        raise ValueError(f"a sample takes at least one prompt of each stratum; got {per_stratum}.")
    strata: dict[str, list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        strata[prompt.stratum].append(prompt)
    sizes = {name: per_stratum if isinstance(per_stratum, int) else per_stratum.get(name) for name in strata}
    taken = {p.id for name, stratum in strata.items() for p in _of_stratum(stratum, sizes[name], seed)}
    return [p for p in prompts if p.id in taken]


def _of_stratum(prompts: Sequence[Prompt], size: int | None, seed: int) -> list[Prompt]:
    """The first `size` prompts in the order of (cluster key, prompt key)."""
    ranked = sorted(prompts, key=lambda p: (_key(seed, p.cluster or p.id), _key(seed, p.id)))
    return ranked[:size]


def _key(seed: int, name: str) -> bytes:
    """A uniform 256-bit key of a name under a seed."""
    return hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogatepass")).digest()
