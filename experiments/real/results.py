"""What a study of real conversions shows, read from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import spearmanr

from experiments.real.readings import Reading, readings
from experiments.real.recipe import Arm, Recipe
from experiments.real.run import RealStudy
from experiments.real.study import ALIGNED
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.records import AuditResult, Json, MetricVerdict
from trustdelta.study.plan import run_folder

REFUSAL, OVER = "strongreject.harmful_refusal", "xstest.over_refusal"
COMPLIANCE, UNSAFE = "strongreject.harmful_compliance", "xstest.unsafe_refusal"


@dataclass(frozen=True)
class Results:
    """Everything that the page is made of: audits by study and arm."""

    recipe: Recipe
    audits: Mapping[str, Mapping[str, AuditResult]]
    drawn: Mapping[str, Sequence[str]]
    losses: Mapping[str, Sequence[float]]
    stages: Mapping[str, Json]
    readings: Sequence[Reading] = ()
    """Labels of a reader, those of the models that were audited."""

    @classmethod
    def of(cls, done: RealStudy) -> Results:
        """Read a finished study. Raises FolderError or StoreError where an audit is missing or damaged."""
        return cls(
            done.recipe,
            {n: {p.name: read_verdict(run_folder(done.out / n, p)) for p in s.pairs} for n, s in done.studies.items()},
            json.loads((done.out / "drawn.json").read_text("utf-8")),
            {f.stem.removeprefix("losses-"): json.loads(f.read_text("utf-8")) for f in done.out.glob("losses-*.json")},
            done.clock.stages,
            [r for r in readings() if r.model in {ALIGNED, *(arm.name for arm in done.recipe.arms)}],
        )

    @property
    def dosed(self) -> list[tuple[Arm, AuditResult]]:
        """Arms of the dose series by dose and seed."""
        arms = sorted((a for a in self.recipe.arms if a.series), key=lambda a: (a.refusals, a.seed))
        return [(arm, self.audits["safety"][arm.name]) for arm in arms]

    def correlation(self, name: str) -> float | None:
        """Spearman's rank correlation of dose and loss in a metric over doses and seeds; None where it has none."""
        points = [(arm.refusals, e.worsening) for arm, r in self.dosed if (e := metric(r, name).estimate) is not None]
        doses, losses = [dose for dose, _ in points], [loss for _, loss in points]
        if len(points) < 3 or len(set(doses)) < 2 or len(set(losses)) < 2:
            return None
        return float(spearmanr(doses, losses).statistic)


def metric(result: AuditResult, name: str) -> MetricVerdict:
    """One metric of an audit by its full name; raises KeyError."""
    return {v.metric.name: v for v in result.metrics}[name]
