"""Estimates the tokens, time, cost and memory of each model of an audit, from an earlier run or typical lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.pipeline.hardware import Needs, local_folder, needs, sampling_of_files
from trustdelta.pipeline.lengths import typical
from trustdelta.pipeline.number_type import in_one_dtype
from trustdelta.pipeline.respond import Requests
from trustdelta.pipeline.task import Task
from trustdelta.records import Arm, MetricVerdict

BYTES_PER_TOKEN = 4
"""Assumed UTF-8 bytes per token of a prompt."""

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Assumptions of an estimate."""

    effect: float | None = None
    """Worsening to be detected, as a share of a metric's bound (None: each metric's margin)."""
    base_rate: float = 0.17
    """Rate whose typical variance components are assumed."""
    run: Path | None = None
    """Earlier run whose variance components, tokens and speed are used instead."""
    throughput: float | None = None
    """Tokens per second of either model."""
    price: tuple[float, float] | None = None
    """Price of a million prompt tokens and of a million generated tokens, in any currency."""


@dataclass(frozen=True, slots=True)
class Past:
    """Measurements of an earlier run."""

    metrics: Mapping[str, MetricVerdict] = field(default_factory=dict)
    """Verdicts by metric."""
    tokens: Mapping[tuple[Arm, str], float] = field(default_factory=dict)
    """Mean completion tokens by model and benchmark."""
    speed: Mapping[Arm, float] = field(default_factory=dict)
    """Tokens per second by model."""


@dataclass(frozen=True, slots=True)
class ModelForecast:
    """Work and requirements of one model."""

    model: str
    """Source of the model."""
    responses: int
    """Responses of the whole design."""
    prompt_tokens: int
    """Estimated tokens of all prompts."""
    tokens_most: int
    """New tokens if every response fills its budget."""
    tokens: int
    """Expected new tokens."""
    tokens_from: str
    """Source of the expected tokens."""
    hours: float | None
    """Expected hours; None where unknown."""
    hours_most: float | None
    """Hours if every response fills its budget; None where the speed is unknown."""
    speed: str
    """Speed and its source."""
    cost: float | None
    """Expected price of all tokens; None without prices."""
    cost_most: float | None
    """Price if every response fills its budget."""
    sampling: str
    """Sampling parameters and their source."""
    needs: Needs
    """Memory and download."""


def models_forecast(
    config: AuditConfig, task: Task, options: PlanOptions, past: Past | None = None
) -> dict[str, ModelForecast]:
    """Work and requirements of each model."""
    if all(local_folder(m) for m in (config.baseline, config.candidate)):  # a plan downloads nothing
        config = in_one_dtype(config)
    return {arm.value: _model(config, task, arm, past or Past(), options) for arm in Arm}


def _model(config: AuditConfig, task: Task, arm: Arm, past: Past, options: PlanOptions) -> ModelForecast:
    """One model's work for the whole design."""
    requests = Requests(config, task.prompts, task.benchmarks)
    model = config.model(arm.value)
    draws = {p.id: 0 if model.recorded else config.generation.draws_of(arm, p.benchmark) for p in task.prompts}
    length = {
        p.id: sum(len(m.content.encode("utf-8", "replace")) for m in p.messages) // BYTES_PER_TOKEN
        for p in task.prompts
    }
    prompt_tokens = sum(length[p.id] * draws[p.id] for p in task.prompts)
    most = sum(requests.budget(p) * draws[p.id] for p in task.prompts)
    by_benchmark = Counter({p.benchmark: 0 for p in task.prompts})
    for p in task.prompts:
        by_benchmark[p.benchmark] += draws[p.id]
    means = {name: _mean(requests, model, arm, past, name) for name in by_benchmark}
    tokens = round(sum(means[name] * count for name, count in by_benchmark.items()))
    speed = options.throughput or past.speed.get(arm)
    source = "declared" if options.throughput else "measured in the earlier run"
    longest = max((length[p.id] + requests.budget(p) for p in task.prompts), default=0)
    return ModelForecast(
        model=model.source,
        responses=sum(draws.values()),
        prompt_tokens=prompt_tokens,
        tokens_most=most,
        tokens=tokens,
        tokens_from="; ".join(_sources(task, model, arm, past)),
        hours=tokens / speed / 3600 if speed else None,
        hours_most=most / speed / 3600 if speed else None,
        speed=f"{speed:,.0f} tokens per second, {source}" if speed else "",
        cost=_price(options, prompt_tokens, tokens),
        cost_most=_price(options, prompt_tokens, most),
        sampling=sampling_of_files(model),
        needs=needs(model, config.generation.batch_size * longest),
    )


def thinks(model: ModelConfig, arm: Arm) -> bool:
    """Whether responses are expected to have a reasoning trace: as declared, else the candidate's do."""
    return model.thinking == "on" or (model.thinking == "auto" and arm is Arm.CANDIDATE)


def _mean(requests: Requests, model: ModelConfig, arm: Arm, past: Past, name: str) -> float:
    """Expected tokens of a response to one benchmark, within its budget."""
    length, budget = typical(name), sum(requests.budgets(name))
    own = past.tokens.get((arm, name))
    return min(budget, (length.thinking if thinks(model, arm) else length.plain) if own is None else own)


def _sources(task: Task, model: ModelConfig, arm: Arm, past: Past) -> Iterator[str]:
    """Where the expected lengths come from, and for how many benchmarks."""
    if model.recorded:
        yield "recorded responses: nothing is generated"
        return
    names = {p.benchmark for p in task.prompts}
    earlier = {name for name in names if (arm, name) in past.tokens}
    if earlier:
        yield f"the earlier run for {len(earlier)} of {len(names)} benchmarks"
    kind = "with a reasoning trace" if thinks(model, arm) else "without a reasoning trace"
    kinds = ("both",) if thinks(model, arm) else ("both", "plain")
    measured = {name for name in names - earlier if typical(name).measured in kinds}
    if measured:
        yield f"published responses {kind} for {len(measured)} of {len(names)} benchmarks"
    if rest := names - earlier - measured:
        yield f"published responses {kind} to similar prompts for {len(rest)} of {len(names)} benchmarks"


def _price(options: PlanOptions, prompt_tokens: int, written: int) -> float | None:
    if options.price is None:
        return None
    return (prompt_tokens * options.price[0] + written * options.price[1]) / MILLION
