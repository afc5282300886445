"""The frozen plan of an audit's verdicts: every choice that could move one, and the level each metric gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from trustdelta.errors import ConfigError
from trustdelta.records import TRUST_DIMENSIONS, Dimension, Json, Metric, Role, content_hash
from trustdelta.stats.estimate import ClusterRule
from trustdelta.stats.multiplicity import bonferroni_shares
from trustdelta.stats.verdict_rule import MissingLimits

SECONDARY_ALPHA = 0.025


@dataclass(frozen=True, slots=True)
class VerdictPlan:
    """Every choice that could move a verdict. Freeze it, and store its `fingerprint`, before the candidate generates.

    `alpha`: bound on the chance of any false regressed or preserved metric in the trust dimensions; capability has its
    own family at `alpha_capability`. `labels`: by metric name, the scorer under which human labels of a judged metric
    are in the table (a random subset of prompts, both arms). `second`: by metric name, the scorer of the judge that
    gives a second opinion. `margins` overrides the three-way minimum by metric name;
    `effects` gives the alignment effect M1 by metric name. `look_alpha`: per-tail level by metric name at this look of
    a sequential design; `judge_alpha`: by metric name, how such a level is split where people's labels correct the
    judge (the judged look's, and that of the judge's net bias). `anytime`: intervals that hold at every moment instead,
    prompts being in the order in which they were asked. `stopped`: by name, why a metric stopped undecided
    ("futility", "budget-stopped"). `interim`: prompts asked of one arm only are still to come.
    `composite`: test dimensions as a whole too; `composite_found`: what that test said of each dimension in a
    sequential design, p-value and whether it rejected, to be used instead of a new one.
    `intersection_union`: a dimension is preserved too where all its metrics pass at the dimension's own level (fixed
    designs only; needs positive dependence). `assumption_failed`: the A/A check raised the alarm.
    """

    profile: Literal["certify", "screen"] = "certify"
    alpha: float = 0.05
    alpha_capability: float = 0.05
    clusters: ClusterRule = field(default_factory=ClusterRule)
    limits: MissingLimits = field(default_factory=MissingLimits)
    youden: float = 0.80
    labels: Mapping[str, str] = field(default_factory=dict)
    second: Mapping[str, str] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    effects: Mapping[str, float] = field(default_factory=dict)
    look_alpha: Mapping[str, float] = field(default_factory=dict)
    judge_alpha: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    anytime: bool = False
    stopped: Mapping[str, str] = field(default_factory=dict)
    interim: bool = False
    composite: bool = True
    composite_found: Mapping[str, tuple[float, bool]] = field(default_factory=dict)
    intersection_union: bool = False
    assumption_failed: bool = False
    screen_fdr: float = 0.10

    def __post_init__(self) -> None:
        for name in ("alpha", "alpha_capability", "screen_fdr"):
            if not 0 < getattr(self, name) < 0.5:
                raise ConfigError(f"plan.{name} must lie in (0, 0.5); got {getattr(self, name)}.")

    def as_json(self) -> Json:
        """The plan as plain JSON."""
        return asdict(self)

    def fingerprint(self, metrics: Sequence[Metric]) -> str:
        """Hash of the plan and the metrics it decides, to be stored before the first candidate response."""
        return content_hash([self.as_json(), [asdict(m) for m in metrics]])


def metric_alphas(metrics: Sequence[Metric], plan: VerdictPlan) -> dict[str, float]:
    """Per-tail level of every metric by name: shares of its family's alpha for primary ones, 0.025 for secondary."""
    levels = {m.name: SECONDARY_ALPHA for m in metrics}
    for family, alpha in ((TRUST_DIMENSIONS, plan.alpha), ((Dimension.CAPABILITY,), plan.alpha_capability)):
        primary = [m for m in metrics if m.role is Role.PRIMARY and m.dimension in family]
        shares = bonferroni_shares(Counter(m.dimension.value for m in primary), alpha)
        levels |= {m.name: shares[m.dimension.value] for m in primary}
    return levels
