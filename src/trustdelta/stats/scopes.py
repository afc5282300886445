"""The scope of a claim: exactly these prompts, or the population that they sample.

*On these prompts* only the models' generation noise counts. *Beyond them* the prompts are a sample, so the variance
between clusters counts as well. There is no claim beyond these prompts with too few clusters or a dominant one: no
valid interval is informative there (measured: false alarms in 72 % of audits with 8 shifting clusters treated as
independent prompts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.score_interval import Moments, cluster_sizes, moments, noise_moments

Estimand = Literal["population", "benchmark"]


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """Conditions for a claim beyond the prompts that were sent."""

    estimand: Estimand = "population"
    """"population" allows both scopes, "benchmark" claims on these prompts alone."""
    min_clusters: int = 12
    """Fewest clusters for a claim beyond these prompts."""
    largest_share: float = 0.1
    """Largest share of prompts in one cluster, unless the effective number n^2 / sum(m_g^2) is >= `min_clusters`."""

    def reaches_beyond(self, cluster_P: NDArray[np.integer]) -> bool:
        """Whether the clusters of the whole pool, one code per prompt, can represent others."""
        if self.estimand == "benchmark" or not cluster_P.size:
            return False
        sizes_G = np.unique(cluster_P, return_counts=True)[1].astype(float)
        if sizes_G.size < self.min_clusters:
            return False
        n = sizes_G.sum()
        return bool(sizes_G.max() <= self.largest_share * n or n * n / np.sum(sizes_G**2) >= self.min_clusters)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Moments of one vector of differences on [-1, 1] in both scopes, with its counts."""

    here: Moments
    """Moments on these prompts."""
    beyond: Moments | None
    """Moments beyond these prompts; None without a claim there."""
    n: int
    n_clusters: int
    labels: int = 0
    """Number of labelled pairs that correct the judge; 0: not corrected."""
    rates: tuple[float, float] | None = None
    """Corrected means of baseline and candidate, in the metric's units; None: not corrected."""

    @property
    def claim(self) -> Moments:
        """The scope in which "preserved" and "improved" are claimed: beyond these prompts where possible."""
        return self.here if self.beyond is None else self.beyond


def sample(d: Floats, cluster_N: Ints, *, reaches: bool, noise_N: Floats | None = None) -> Sample | None:
    """Moments of differences `d` (divided by the span); None below two prompts, or two clusters where they count.

    `reaches`: whether the pool's clusters can represent others. `noise_N`: the generation variance of each difference,
    NaN where it is unknown.
    """
    n_clusters = int(cluster_sizes(cluster_N).sizes.size) if cluster_N.size else 0
    if d.size < 2 or (reaches and n_clusters < 2):
        return None
    beyond = moments(d, cluster_N if n_clusters < d.size else None) if reaches else None
    return Sample(here_moments(d, noise_N), beyond, d.size, n_clusters)


def here_moments(d: Floats, noise_N: Floats | None) -> Moments:
    """Moments on exactly these prompts: the variance of the mean is that of generation noise.

    Where a prompt's noise is unknown (one draw of a model), the variance of the differences over prompts bounds it from
    above: E[sum (d - mean)^2] is at least the sum of the noise variances, times (n - 1) / n.
    """
    if noise_N is None or bool(np.isnan(noise_N).any()):
        return moments(d)
    return noise_moments(d, noise_N)
