"""A gate's policy: required dimensions, widest margins, and allowed regressions with their expiry dates.

A policy is versioned with the code (`trustdelta.yaml`) and reviewed like code. It never changes a verdict or an
interval; it states which verdicts let a release pass. `decide` is a pure function of result, policy and date.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from trustdelta.errors import ConfigError
from trustdelta.parsing import load_yaml, parse_yaml
from trustdelta.problems import described, first_of
from trustdelta.records import (
    AuditResult,
    Dimension,
    DimensionVerdict,
    Json,
    MetricVerdict,
    Role,
    Verdict,
)
from trustdelta.report import format as fmt
from trustdelta.report.rows import MetricRow
from trustdelta.report.sanitise import visible

_ORDER = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE)
"""Verdicts that stop a gate, the most severe first."""

SEE = "see docs/ci.md for an example"

_ROUNDING = 1 + 1e-9
"""Tolerance for the rounding of decimal limits to floats."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Allowance(_Strict):
    """One metric or one dimension that may miss preserved, for a reason, until a date."""

    metric: Text | None = None
    """The name of a metric; exactly one of metric and dimension is set."""
    dimension: Dimension | None = None
    """A dimension; the allowance then covers each of its metrics."""
    verdicts: tuple[Literal["regressed", "inconclusive", "not_measurable"], ...] = ("regressed",)
    """The verdicts that are allowed."""
    up_to: Annotated[float, Field(gt=0)] | None = None
    """Largest worsening tolerated, in the metric's units (0.05 is five percentage points of a rate).

    The upper bound of the simultaneous interval must not exceed it.
    """
    reason: Text
    """Why the regression is accepted."""
    expires: datetime.date
    """Last day on which the allowance holds."""

    @model_validator(mode="after")
    def _one_target(self) -> Allowance:
        if (self.metric is None) == (self.dimension is None):
            raise ValueError("set exactly one of metric and dimension")
        return self

    @property
    def target(self) -> str:
        """The name of the metric or dimension that is allowed."""
        return self.metric or str(self.dimension)


class Policy(_Strict):
    """The requirements of a gate."""

    require: tuple[Dimension, ...] = ()
    """Dimensions that must be preserved or improved; any other dimension then stops the gate only by regressing.

    Empty: every trust dimension that was audited is required.
    """
    margins: Mapping[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """The widest margin that each metric may have been audited with."""
    allow: tuple[Allowance, ...] = ()
    """Exceptions."""
    subgroups: Literal["stop", "warn"] = "stop"
    """Whether a subgroup regression stops the gate or only causes a warning."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why the gate stops."""

    target: str
    """The name of the metric or dimension."""
    verdict: Verdict
    """Its verdict."""
    message: str
    """The reason in one sentence."""
    group: str = ""
    """The subgroup that it is about, as kind and name."""


@dataclass(frozen=True, slots=True)
class GateDecision:
    """The gate's decision."""

    verdict: Verdict
    """The verdict after the policy."""
    findings: tuple[Finding, ...] = ()
    """Findings that stop the gate."""
    allowed: tuple[Finding, ...] = ()
    """Findings that an allowance covers."""
    warnings: tuple[str, ...] = ()
    """Remarks that change nothing."""

    @property
    def passed(self) -> bool:
        """Whether no finding stops the gate."""
        return self.verdict.holds

    @property
    def lines(self) -> list[str]:
        """The verdict, then one line per finding, allowance and warning, sanitised."""
        lines = [f"{self.verdict.value}: {len(self.findings)} stop the gate, {len(self.allowed)} allowed"]
        lines += [f"stops: {f.message}" for f in self.findings]
        lines += [f"allowed: {f.message}" for f in self.allowed]
        lines += [f"warning: {text}" for text in self.warnings]
        return [visible(line) for line in lines]


def parse(text: str, name: str = "policy") -> Policy:
    """The policy in a YAML text; raises ConfigError with one line that names the field."""
    try:
        values = parse_yaml(text)
    except ValueError as problem:
        raise ConfigError(f"{name}: cannot be read as YAML ({problem}); {SEE}.") from None
    return _policy(values, name)


def _policy(values: Json, name: str) -> Policy:
    if values is None:
        values = {}
    try:
        return Policy.model_validate(values)
    except ValidationError as problem:
        raise ConfigError(f"{name}: {described(Policy, first_of(problem))}; {SEE}.") from None


def load(path: Path | None) -> Policy:
    """The policy in a file, or the default one without a file; raises ConfigError where it is invalid."""
    if path is None:
        return Policy()
    return _policy(load_yaml(path, SEE), str(path))


def policy_schema() -> dict[str, Json]:
    """The JSON Schema (draft 2020-12) of a policy file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Policy.model_json_schema()}


def decide(result: AuditResult, policy: Policy, today: datetime.date) -> GateDecision:
    """Apply a policy to a result. Without findings the verdict is improved if a required dimension is, else preserved.

    The most severe finding determines the verdict: regressed, then not measurable, then inconclusive.
    """
    findings: list[Finding] = []
    allowed: list[Finding] = []
    for finding, allowance in _stops(result, policy):
        if allowance and today <= allowance.expires:
            until = f"allowed until {allowance.expires}: {allowance.reason}"
            allowed.append(replace(finding, message=f"{finding.message}; {until}"))
        elif allowance:
            expired = f"its allowance expired on {allowance.expires}"
            findings.append(replace(finding, message=f"{finding.message}; {expired}"))
        else:
            findings.append(finding)
    findings += [*_missing(result, policy), *_too_wide(result, policy)]
    verdict = verdict_after(findings, result, policy)
    return GateDecision(verdict, tuple(findings), tuple(allowed), tuple(_warnings(result, policy, today)))


def verdict_after(findings: Sequence[Finding], result: AuditResult, policy: Policy) -> Verdict:
    """The verdict of the most severe finding, or the good one without findings."""
    return next((v for v in _ORDER if any(f.verdict is v for f in findings)), _good(result, policy))


def _required(result: AuditResult, policy: Policy) -> list[DimensionVerdict]:
    """The audited dimensions that must be preserved or improved."""
    return [d for d in result.dimensions if (d.dimension in policy.require if policy.require else d.dimension.trust)]


def _good(result: AuditResult, policy: Policy) -> Verdict:
    required = _required(result, policy)
    if not required and not policy.require:
        return Verdict.NOT_MEASURABLE
    return Verdict.IMPROVED if any(d.verdict is Verdict.IMPROVED for d in required) else Verdict.PRESERVED


def _stops(result: AuditResult, policy: Policy) -> Iterator[tuple[Finding, Allowance | None]]:
    """The findings in each dimension, each with the allowance that covers it, if any."""
    required = {d.dimension for d in _required(result, policy)}
    for d in result.dimensions:
        stops = _ORDER if d.dimension in required else _ORDER[:1] if d.dimension.trust else ()
        if d.verdict not in stops:
            continue
        if not d.driver:
            message = f"{d.dimension.value}: {fmt.WORDS[d.verdict]} ({d.reason})"
            finding = Finding(d.dimension.value, d.verdict, message)
            yield finding, _covering(policy, d.verdict, None, d.dimension)
        metrics = [m for m in _primary(result, d.dimension) if m.verdict in stops]
        for m in metrics:
            yield _finding(m), _covering(policy, m.verdict, m, d.dimension)
    if policy.subgroups == "stop":
        for m, group, message in group_messages(result):
            finding = Finding(m.metric.name, Verdict.REGRESSED, message, group)
            yield finding, _covering(policy, Verdict.REGRESSED, m, m.metric.dimension)


def _primary(result: AuditResult, dimension: Dimension) -> list[MetricVerdict]:
    return [m for m in result.metrics if m.metric.dimension is dimension and m.metric.role is Role.PRIMARY]


def group_messages(result: AuditResult) -> Iterator[tuple[MetricVerdict, str, str]]:
    """Metric, subgroup and one line, per subgroup that regressed, unless its metric regressed as a whole."""
    for m in result.metrics:
        for g in m.groups if m.verdict is not Verdict.REGRESSED else ():
            if g.regressed:
                where = f"{m.metric.dimension.value}, {fmt.title(m.metric)}, {g.kind} {g.name}"
                levels = f"{fmt.rate(m.metric, g.baseline)} → {fmt.rate(m.metric, g.candidate)}"
                worse = fmt.in_words(m.metric, g.worsening)
                yield (
                    m,
                    f"{g.kind} {g.name}",
                    f"{where}: regressed on these prompts, {levels}, {worse}, {fmt.count(g.n_pairs)} prompts",
                )


def _finding(m: MetricVerdict) -> Finding:
    verdict = m.verdict or Verdict.INCONCLUSIVE
    return Finding(m.metric.name, verdict, metric_message(m))


def metric_message(m: MetricVerdict) -> str:
    """A metric's verdict with effect, interval, margin and number of prompts in one line."""
    row = MetricRow.of(m)
    verdict = fmt.WORDS[m.verdict] if m.verdict else "secondary"
    reason = f" ({row.reason})" if row.reason else ""
    head = f"{row.dimension}, {row.title}: {verdict}{reason}"
    if m.estimate is None:
        return f"{head}, no estimate, 0 prompts scored, {fmt.count(m.missing.pairs_left_out)} excluded"
    change = f"change {row.change} {row.unit}"
    numbers = f"margin {row.margin} {row.unit}, {fmt.count(m.estimate.n_pairs)} prompts"
    return f"{head}, {change}, {numbers}"


def _covering(
    policy: Policy, verdict: Verdict | None, metric: MetricVerdict | None, dimension: Dimension
) -> Allowance | None:
    """The allowance for this verdict that expires last; one by metric name precedes one by dimension."""
    fits = [
        a
        for a in policy.allow
        if verdict is not None
        and verdict.value in a.verdicts
        and (a.dimension is dimension or (metric is not None and a.metric == metric.metric.name))
        and _within(a, metric)
    ]
    return max(fits, key=lambda a: (a.expires, a.metric is not None), default=None)


def _within(allowance: Allowance, metric: MetricVerdict | None) -> bool:
    if allowance.up_to is None:
        return True
    return metric is not None and metric.estimate is not None and metric.estimate.high <= allowance.up_to * _ROUNDING


def _missing(result: AuditResult, policy: Policy) -> Iterator[Finding]:
    ran = {d.dimension for d in result.dimensions}
    for dimension in policy.require:
        if dimension not in ran:
            yield Finding(dimension.value, Verdict.NOT_MEASURABLE, f"{dimension.value}: required but not audited")


def _too_wide(result: AuditResult, policy: Policy) -> Iterator[Finding]:
    metrics = {m.metric.name: m for m in result.metrics}
    for name, widest in policy.margins.items():
        m = metrics.get(name)
        if m is None:
            yield Finding(name, Verdict.NOT_MEASURABLE, f"{name}: has a margin in the policy but was not audited")
        elif m.margin > widest * _ROUNDING:
            margin, limit = fmt.size(m.metric, m.margin), fmt.size(m.metric, widest)
            message = f"{name}: audited with a margin of {margin}, wider than the policy’s {limit}"
            yield Finding(name, Verdict.NOT_MEASURABLE, message)


def _warnings(result: AuditResult, policy: Policy, today: datetime.date) -> Iterator[str]:
    if policy.subgroups == "warn":
        yield from (message for _, _, message in group_messages(result))
    known = {m.metric.name for m in result.metrics} | {d.dimension.value for d in result.dimensions}
    for a in policy.allow:
        if a.target not in known:
            yield f"{a.target}: has an allowance but was not audited"
        elif today > a.expires:
            yield f"{a.target}: its allowance expired on {a.expires}; renew it with a reason or remove it"
        for m in result.metrics:
            covered = a.metric == m.metric.name or a.dimension is m.metric.dimension
            if a.up_to is not None and covered and m.verdict in a.verdicts and not _within(a, m):
                worst = fmt.in_words(m.metric, m.estimate.high) if m.estimate else "no estimate"
                limit = fmt.size(m.metric, a.up_to)
                yield f"{m.metric.name}: its allowance covers up to {limit}, its interval ends at {worst}"
