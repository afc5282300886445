"""What a claim is about: exactly these prompts, or more prompts like them.

*On these prompts* only the models' own randomness counts. *Beyond them* the prompts stand for more, so what the prompts
of a cluster share counts as well. Nothing is claimed beyond where too few clusters, or a dominant one, stand for the
rest: no interval is both honest and informative there (measured: false alarms in 72 % of audits with 8 shifting
clusters whose repetition is ignored).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.score_interval import Moments, moments, noise_moments

Estimand = Literal["population", "benchmark"]


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """When a claim may reach beyond the prompts that were asked.

    `estimand`: "population" allows both scopes, "benchmark" claims on these prompts alone. Beyond them at least
    `min_clusters` clusters are needed, of which none holds more than `largest_share` of the prompts, or whose effective
    number n^2 / sum(m_g^2) is at least `min_clusters`.
    """

    estimand: Estimand = "population"
    min_clusters: int = 12
    largest_share: float = 0.1

    def reaches_beyond(self, cluster_P: NDArray[np.integer]) -> bool:
        """Whether the clusters of the whole pool, one code a prompt, can stand for others."""
        if self.estimand == "benchmark" or not cluster_P.size:
            return False
        sizes_G = np.unique(cluster_P, return_counts=True)[1].astype(float)
        if sizes_G.size < self.min_clusters:
            return False
        n = sizes_G.sum()
        return bool(sizes_G.max() <= self.largest_share * n or n * n / np.sum(sizes_G**2) >= self.min_clusters)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Moments of one vector of differences on [-1, 1] in both scopes, with its counts.

    `beyond` is None where nothing is claimed beyond these prompts. `labels` above 0: corrected by people's labels.
    """

    here: Moments
    beyond: Moments | None
    n: int
    n_clusters: int
    labels: int = 0

    @property
    def claim(self) -> Moments:
        """The scope in which "preserved" and "improved" are claimed: beyond these prompts where possible."""
        return self.here if self.beyond is None else self.beyond


def sample(d: Floats, cluster_N: Ints, *, reaches: bool, noise_N: Floats | None = None) -> Sample | None:
    """Moments of differences `d` (divided by the span); None below two prompts, or two clusters where they count.

    `reaches`: whether the pool's clusters can stand for others. `noise_N`: the generation variance of each difference,
    NaN where it is not known.
    """
    n_clusters = int(np.unique(cluster_N).size)
    if d.size < 2 or (reaches and n_clusters < 2):
        return None
    beyond = moments(d, cluster_N if n_clusters < d.size else None) if reaches else None
    return Sample(here_moments(d, noise_N), beyond, d.size, n_clusters)


def here_moments(d: Floats, noise_N: Floats | None) -> Moments:
    """Moments on exactly these prompts: the variance of the mean that the models' own randomness makes.

    Where a prompt's noise is not known (one draw of a model), the spread of the differences over prompts bounds it from
    above: E[sum (d - mean)^2] is at least the sum of the noise variances, times (n - 1) / n.
    """
    if noise_N is None or bool(np.isnan(noise_N).any()):
        return moments(d)
    return noise_moments(d, noise_N)
