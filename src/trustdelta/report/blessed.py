"""A blessed verdict: the accepted state of one pair, pinned in a file beside the code, and what changed since.

Two runs of a pair share the baseline's responses and the prompts. The interval of the difference of their worsenings is
by MOVER from both simultaneous intervals (Zou and Donner 2008, doi:10.1002/sim.3095), which treats the runs as
independent; shared baseline responses make it wider than necessary. It holds for all metrics of an audit together, on
these prompts, or on similar ones where the runs scored different numbers of prompts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from trustdelta.errors import ConfigError
from trustdelta.parsing import read_text
from trustdelta.problems import described
from trustdelta.records import AuditResult, Estimate, Json, MetricVerdict, Verdict, content_hash

SCHEMA: Literal[1] = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class BlessedMetric(_Strict):
    """One metric of the blessed run."""

    verdict: Verdict
    key: str
    """Hash of the metric's definition and of the audit's prompts; numbers are comparable only where it is equal."""
    worsening: float | None = None
    """In the metric's units; positive is worse."""
    pairs: int = 0
    """Prompts scored for both models."""
    here: tuple[float, float] | None = None
    """Simultaneous bounds of the worsening on these prompts."""
    similar: tuple[float, float] | None = None
    """Simultaneous bounds of the worsening on similar prompts."""
    groups: tuple[str, ...] = ()
    """Subgroups that regressed."""


class Blessed(_Strict):
    """The accepted state of one pair."""

    schema_version: Literal[1]
    baseline: str
    """Name of the baseline."""
    baseline_fingerprint: str
    candidate: str
    candidate_fingerprint: str
    blessed_on: str
    """Day (UTC)."""
    reason: str
    """Why this state is accepted."""
    dimensions: Mapping[str, Verdict]
    metrics: Mapping[str, BlessedMetric]
    """By name, the metrics with a verdict."""


@dataclass(frozen=True, slots=True)
class Since:
    """One metric in the blessed run and in this one."""

    now: MetricVerdict
    then: BlessedMetric | None
    comparable: bool
    """Whether both are of one definition and one set of prompts."""
    difference: float | None = None
    """Worsening now minus worsening then; positive is worse. None where the numbers are not comparable."""
    low: float | None = None
    high: float | None = None

    @property
    def worse(self) -> bool:
        """Whether this run is shown to be worse than the blessed one."""
        return self.low is not None and self.low > 0

    @property
    def better(self) -> bool:
        """Whether this run is shown to be better than the blessed one."""
        return self.high is not None and self.high < 0


def key(metric_verdict: MetricVerdict, result: AuditResult) -> str:
    """A key that is equal for two runs whose values of this metric are comparable, given equal baselines."""
    definition = asdict(replace(metric_verdict.metric, title="", source=""))
    return content_hash([definition, str(result.plan.get("prompts", ""))])


def of(result: AuditResult, day: str, reason: str) -> Blessed:
    """The state of a run."""
    metrics = {}
    for m in result.metrics:
        if m.verdict is not None:
            groups = tuple(f"{g.kind} {g.name}" for g in m.groups if g.regressed)
            bare = BlessedMetric(verdict=m.verdict, key=key(m, result), groups=groups)
            metrics[m.metric.name] = bare.model_copy(update=_numbers(m.estimate)) if m.estimate else bare
    return Blessed(
        schema_version=SCHEMA,
        baseline=result.baseline.name,
        baseline_fingerprint=result.baseline.fingerprint,
        candidate=result.candidate.name,
        candidate_fingerprint=result.candidate.fingerprint,
        blessed_on=day,
        reason=reason,
        dimensions={d.dimension.value: d.verdict for d in result.dimensions},
        metrics=metrics,
    )


def _numbers(estimate: Estimate) -> dict[str, Json]:
    """The numbers of a blessed metric; bounds that are not finite are left out."""
    bounds = {"here": (estimate.low_here, estimate.high_here), "similar": (estimate.low, estimate.high)}
    finite = {name: pair for name, pair in bounds.items() if all(map(math.isfinite, pair))}
    return {"worsening": estimate.worsening, "pairs": estimate.n_pairs, **finite}


def dumps(blessed: Blessed) -> str:
    """JSON with sorted keys and one value a line, so that a change is reviewable."""
    return json.dumps(blessed.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def load(path: Path) -> Blessed:
    """The blessed verdict in a file; raises ConfigError where it cannot be read."""
    try:
        return Blessed.model_validate_json(read_text(path))
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read ({problem.strerror}); write it with `trustdelta bless`.") from None
    except ValidationError as problem:
        first = problem.errors()[0]
        where = "it is no JSON" if first["type"] == "json_invalid" else described(Blessed, first)
        raise ConfigError(f"{path}: {where}; write it again with `trustdelta bless`.") from None


def since(blessed: Blessed, result: AuditResult) -> list[Since]:
    """Every metric with a verdict, against the blessed run."""
    same = blessed.baseline_fingerprint == result.baseline.fingerprint
    rows = []
    for m in result.metrics:
        if m.verdict is None:
            continue
        then = blessed.metrics.get(m.metric.name)
        comparable = same and then is not None and then.key == key(m, result)
        row = Since(m, then, comparable)
        rows.append(_with_difference(row) if comparable else row)
    return rows


def _with_difference(row: Since) -> Since:
    """MOVER: the half-widths of both intervals on the side of each bound, added in squares."""
    then, now = row.then, row.now.estimate
    if then is None or now is None or then.worsening is None:
        return row
    same = then.pairs == now.n_pairs  # a sequential design may have stopped at other prompts
    before = then.here if same else then.similar
    after = (now.low_here, now.high_here) if same else (now.low, now.high)
    if before is None:
        return row
    difference = now.worsening - then.worsening
    low = difference - math.hypot(now.worsening - after[0], before[1] - then.worsening)
    high = difference + math.hypot(after[1] - now.worsening, then.worsening - before[0])
    return replace(row, difference=difference, low=low, high=high)
