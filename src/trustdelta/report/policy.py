"""A gate's policy: which dimensions must be decided, how wide margins may be, which regressions are allowed until when.

A policy is kept with the code (`trustdelta.yaml`) and reviewed like code. It never changes a verdict or an interval:
it says which verdicts let a release pass. `decide` is a pure function of result, policy and date.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from trustdelta.errors import ConfigError
from trustdelta.parsing import load_yaml, parse_yaml, short
from trustdelta.records import (
    TRUST_DIMENSIONS,
    AuditResult,
    Dimension,
    DimensionVerdict,
    Json,
    MetricVerdict,
    Role,
    Verdict,
)
from trustdelta.report import format as fmt
from trustdelta.report.sanitise import visible

_ORDER = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE)
"""Verdicts that stop a gate, the strongest first."""

SEE = "see docs/ci.md for an example"

_ROUNDING = 1 + 1e-9
"""A limit written in decimals is not missed by the last bit of a float."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Allowance(_Strict):
    """One metric or one dimension that may stop short of preserved, for a reason, until a date (that day included).

    `up_to`: the largest worsening tolerated, in the metric's units (0.05 is five points of a rate); the upper bound of
    the simultaneous interval must not exceed it. For a dimension it holds for each of its metrics that stop the gate.
    """

    metric: Text | None = None
    dimension: Dimension | None = None
    verdicts: tuple[Literal["regressed", "inconclusive", "not_measurable"], ...] = ("regressed",)
    up_to: Annotated[float, Field(gt=0)] | None = None
    reason: Text
    expires: datetime.date

    @model_validator(mode="after")
    def _one_target(self) -> Allowance:
        if (self.metric is None) == (self.dimension is None):
            raise ValueError("wanted exactly one of metric and dimension")
        return self

    @property
    def target(self) -> str:
        """What is allowed: the name of the metric or dimension."""
        return self.metric or str(self.dimension)


class Policy(_Strict):
    """What a gate asks for.

    `require`: dimensions that must have run and be preserved or improved; where it is given, the other dimensions stop
    the gate only by regressing. Without it every trust dimension that ran counts in full. `margins`: the widest margin
    that each metric may have been audited with. `subgroups`: whether a group of prompts that regressed stops the gate,
    or is only warned of.
    """

    require: tuple[Dimension, ...] = ()
    margins: Mapping[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    allow: tuple[Allowance, ...] = ()
    subgroups: Literal["stop", "warn"] = "stop"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stops the gate: what, with which verdict, and why in one sentence."""

    target: str
    verdict: Verdict
    message: str


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What the gate says. `allowed` are findings that an allowance lets pass; `warnings` change nothing."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    allowed: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing stops the gate."""
        return self.verdict.holds

    @property
    def lines(self) -> list[str]:
        """The verdict, then one line per finding, allowance and warning; invisible characters are named."""
        lines = [f"{self.verdict.value}: {len(self.findings)} stop the gate, {len(self.allowed)} allowed"]
        lines += [f"stops: {f.message}" for f in self.findings]
        lines += [f"allowed: {f.message}" for f in self.allowed]
        lines += [f"warning: {text}" for text in self.warnings]
        return [visible(line) for line in lines]


def parse(text: str, name: str = "policy") -> Policy:
    """The policy written as YAML in `text`; raises ConfigError with one line that names the field."""
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
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "policy"
        found = "" if first["type"] == "missing" else f" (found {short(first['input'])})"
        raise ConfigError(f"{name}: {where}: {first['msg']}{found}; {SEE}.") from None


def load(path: Path | None) -> Policy:
    """The policy in a file, or the one that asks for nothing; raises ConfigError where it is none."""
    if path is None:
        return Policy()
    return _policy(load_yaml(path, SEE), str(path))


def decide(result: AuditResult, policy: Policy, today: datetime.date) -> GateDecision:
    """Apply a policy to a result. Without findings the verdict is improved if a counted dimension is, else preserved.

    The strongest finding names the verdict: regressed, then not measurable, then inconclusive.
    """
    found: list[Finding] = []
    allowed: list[Finding] = []
    for finding, allowance in _stops(result, policy):
        if allowance and today <= allowance.expires:
            until = f"allowed until {allowance.expires}: {allowance.reason}"
            allowed.append(Finding(finding.target, finding.verdict, f"{finding.message}; {until}"))
        elif allowance:
            expired = f"its allowance expired on {allowance.expires}"
            found.append(Finding(finding.target, finding.verdict, f"{finding.message}; {expired}"))
        else:
            found.append(finding)
    found += [*_missing(result, policy), *_too_wide(result, policy)]
    verdict = next((v for v in _ORDER if any(f.verdict is v for f in found)), _good(result, policy))
    return GateDecision(verdict, tuple(found), tuple(allowed), tuple(_warnings(result, policy, today)))


def _counted(result: AuditResult, policy: Policy) -> list[DimensionVerdict]:
    """The dimensions whose verdict counts in full."""
    wanted = policy.require or TRUST_DIMENSIONS
    return [d for d in result.dimensions if d.dimension in wanted]


def _good(result: AuditResult, policy: Policy) -> Verdict:
    counted = _counted(result, policy)
    if not counted and not policy.require:
        return Verdict.NOT_MEASURABLE
    return Verdict.IMPROVED if any(d.verdict is Verdict.IMPROVED for d in counted) else Verdict.PRESERVED


def _stops(result: AuditResult, policy: Policy) -> Iterator[tuple[Finding, Allowance | None]]:
    """What stops the gate in each dimension, with the allowance that covers it, if any."""
    counted = {d.dimension for d in _counted(result, policy)}
    for d in result.dimensions:
        trust = d.dimension in TRUST_DIMENSIONS
        stops = _ORDER if d.dimension in counted else _ORDER[:1] if trust else ()
        if d.verdict not in stops:
            continue
        metrics = [m for m in _primary(result, d.dimension) if m.verdict in stops]
        for m in metrics:
            yield _finding(m), _covering(policy, m.verdict, m, d.dimension)
    if policy.subgroups == "stop":
        for m, message in group_messages(result):
            finding = Finding(m.metric.name, Verdict.REGRESSED, message)
            yield finding, _covering(policy, Verdict.REGRESSED, m, m.metric.dimension)


def _primary(result: AuditResult, dimension: Dimension) -> list[MetricVerdict]:
    return [m for m in result.metrics if m.metric.dimension is dimension and m.metric.role is Role.PRIMARY]


def group_messages(result: AuditResult) -> Iterator[tuple[MetricVerdict, str]]:
    """Every group of prompts that regressed with one line, unless its metric regressed as a whole."""
    for m in result.metrics:
        for g in m.groups if m.verdict is not Verdict.REGRESSED else ():
            if g.regressed:
                where = f"{m.metric.dimension.value}, {m.metric.title or m.metric.name}, {g.kind} {g.name}"
                levels = f"{fmt.rate(m.metric, g.baseline)} → {fmt.rate(m.metric, g.candidate)}"
                worse = fmt.worsening_text(m.metric, g.worsening)
                yield (
                    m,
                    f"{where}: regressed on these prompts, {levels}, worse by {worse}, {fmt.count(g.n_pairs)} pairs",
                )


def _finding(m: MetricVerdict) -> Finding:
    verdict = m.verdict or Verdict.INCONCLUSIVE
    return Finding(m.metric.name, verdict, metric_message(m))


def metric_message(m: MetricVerdict) -> str:
    """A metric's verdict with effect, interval, margin and pairs in one line."""
    said = fmt.WORDS[m.verdict] if m.verdict else "secondary"
    head = f"{m.metric.dimension.value}, {m.metric.title or m.metric.name}: {said}"
    why = f" ({fmt.reason(m.reason)})" if m.reason else ""
    if m.estimate is None:
        return f"{head}{why}, no estimate, 0 pairs, {fmt.count(m.missing.pairs_left_out)} left out"
    change = f"{fmt.change_text(m)} {fmt.unit(m.metric)}"
    numbers = f"margin {fmt.size(m.metric, m.margin)}, {fmt.count(m.estimate.n_pairs)} pairs"
    return f"{head}{why}, {change} ({m.metric.better.value} is better), {numbers}"


def _covering(
    policy: Policy, verdict: Verdict | None, metric: MetricVerdict | None, dimension: Dimension
) -> Allowance | None:
    """The allowance for this verdict that lasts longest, one by metric name before one by dimension."""
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
            yield Finding(dimension.value, Verdict.NOT_MEASURABLE, f"{dimension.value}: required, but was not audited")


def _too_wide(result: AuditResult, policy: Policy) -> Iterator[Finding]:
    found = {m.metric.name: m for m in result.metrics}
    for name, widest in policy.margins.items():
        m = found.get(name)
        if m is None:
            yield Finding(name, Verdict.NOT_MEASURABLE, f"{name}: has a margin in the policy, but was not audited")
        elif m.margin > widest * _ROUNDING:
            was, want = fmt.size(m.metric, m.margin), fmt.size(m.metric, widest)
            message = f"{name}: audited with a margin of {was}, wider than the policy’s {want}"
            yield Finding(name, Verdict.NOT_MEASURABLE, message)


def _warnings(result: AuditResult, policy: Policy, today: datetime.date) -> Iterator[str]:
    if policy.subgroups == "warn":
        yield from (message for _, message in group_messages(result))
    known = {m.metric.name for m in result.metrics} | {d.dimension.value for d in result.dimensions}
    for a in policy.allow:
        if a.target not in known:
            yield f"{a.target}: has an allowance, but was not audited"
        elif today > a.expires:
            yield f"{a.target}: its allowance expired on {a.expires}; renew it with a reason or remove it"
        for m in result.metrics:
            meant = a.metric == m.metric.name or a.dimension is m.metric.dimension
            if a.up_to is not None and meant and m.verdict in a.verdicts and not _within(a, m):
                worst = fmt.worsening_text(m.metric, m.estimate.high) if m.estimate else "no estimate"
                yield f"{m.metric.name}: its allowance ends at {fmt.size(m.metric, a.up_to)}, found up to {worst}"
