"""Settings of the statistical plan: error rate, design, margins and limits of missing data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trustdelta.config.base import Count, Fraction, Group, Later, Strict, Unhashed


class Limits(Strict):
    """How much may be missing before a metric is not measurable."""

    truncated: Fraction = 0.05
    """Largest share of truncated responses of either model."""
    unscored: Fraction = 0.05
    """Largest share of responses of either model that could not be scored."""
    gap: Fraction = 0.03
    """Largest difference of these shares between both models."""


class StatisticsSettings(Group):
    """The statistical plan: error rate, design, margins and limits of missing data."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Largest probability of any false claim of regression or preservation in the whole audit."""
    design: Literal["group_sequential", "fixed", "anytime"] = "group_sequential"
    """When the data are analysed: at planned interim analyses, once at the end, or after any number of responses."""
    rule: Literal["certify", "screen"] = "certify"
    """`certify` gives verdicts; `screen` lists metrics at a false discovery rate of 10 % and needs design fixed."""
    estimand: Literal["population", "benchmark"] = "population"
    """Target of inference: the population of prompts that a benchmark samples, or exactly its prompts."""
    margins: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Margins by full metric name, in the metric's units; other metrics use their own."""
    effects: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Effect of alignment training by full metric name, in the metric's units; the margin is a quarter of it."""
    youden: Annotated[float, Field(gt=0, le=1)] = 0.80
    """Assumed Youden index of a judge that is not calibrated against human labels; it scales the margins."""
    judge_bias: Annotated[dict[str, Fraction] | None, Later()] = None
    """95 % bound of a judge's pair bias as a share (0.06), by scorer or name, as `judges calibrate` measures it.

    It replaces the bound in a built-in judge's card, and that assumed of a judge that was never measured.
    """
    futility: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    """Conditional power below which a sequential design stops for futility; 0: never."""
    budget: Count | None = None
    """Most responses of the candidate; None: no limit. Interim analyses then prefer the cheapest open claims."""
    limits: Limits = Limits()
    """How much may be missing before a metric is not measurable."""
    noise_floor: Annotated[bool, Unhashed()] = False
    """Whether the baseline is also audited against itself with other seeds (A/A audit)."""
