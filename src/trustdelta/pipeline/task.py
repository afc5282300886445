"""What an audit works on: benchmarks, prompts, and how the engine of each model is had."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig
from trustdelta.engines.base import Engine
from trustdelta.errors import ConfigError, PairingError, UnknownNameError
from trustdelta.records import Arm, Json, Metric, Prompt, Role, content_hash
from trustdelta.stats.margins import margin_of
from trustdelta.stats.plan import VerdictPlan


@dataclass(frozen=True, slots=True)
class Task:
    """Benchmarks by name, prompts in order, and remarks for the report (what was not run, left out, or renamed).

    `open_engine` gives the engine of one model; it raises EngineError or UnknownNameError where it cannot be had.
    `formats`: how a model marks its thoughts, where its responses are there already and show it.
    """

    benchmarks: dict[str, Benchmark]
    prompts: tuple[Prompt, ...]
    notes: tuple[str, ...]
    open_engine: Callable[[AuditConfig, Arm], Engine]
    formats: Mapping[Arm, str] = field(default_factory=dict)
    not_run: Mapping[str, str] = field(default_factory=dict)
    """By benchmark that the configuration names and that was not run, the reason."""

    def frozen_plan(self, config: AuditConfig, coupling: str) -> dict[str, Json]:
        """What is fixed before the candidate answers: configuration, prompt set, metrics and margins, and coupling."""
        metrics = [asdict(m) for b in self.benchmarks.values() for m in b.metrics]
        parts = {
            "configuration": config.hash,
            "prompts": content_hash([p.id for p in self.prompts])[:16],
            "metrics": content_hash(metrics)[:16],
            "coupling": coupling,
        }
        return {**parts, "hash": content_hash(parts)[:16]}


def load_benchmarks(names: Sequence[str], primary: Sequence[str] | None = None) -> dict[str, Benchmark]:
    """Benchmarks by name, each once, in order; `primary` names the metrics that carry verdicts (None: as declared).

    Raises UnknownNameError for a benchmark or metric that there is not, ConfigError where none is named.
    """
    if not names:
        raise ConfigError("benchmarks: found none, wanted at least one; see `trustdelta benchmarks list`.")
    found = {name: registry.load(name) for name in dict.fromkeys(names)}
    if primary is None:
        return found
    known = [m.name for b in found.values() for m in b.metrics]
    for name in primary:
        if name not in known:
            raise UnknownNameError.of("metric", name, known)
    return {name: with_verdicts(benchmark, primary) for name, benchmark in found.items()}


def with_verdicts(benchmark: Benchmark, primary: Collection[str]) -> Benchmark:
    """The benchmark with verdicts on exactly the metrics named; raises ConfigError for a ratio, which carries none."""
    ratios = [m.name for m in benchmark.metrics if m.name in primary and m.reduce.endswith("_share")]
    if ratios:
        raise ConfigError(
            f"primary: found {ratios[0]}, a ratio with a denominator for each model; name its mean instead."
        )
    roles = (replace(m, role=Role.PRIMARY if m.name in primary else Role.SECONDARY) for m in benchmark.metrics)
    return replace(benchmark, metrics=tuple(roles))


def check_unique(prompts: Sequence[Prompt]) -> None:
    """Raise PairingError where two prompts of one benchmark are the same."""
    seen: set[str] = set()
    for prompt in prompts:
        if prompt.id in seen:
            raise PairingError(
                f"{prompt.benchmark}: prompt {prompt.id} appears twice; its benchmark must not repeat it."
            )
        seen.add(prompt.id)


def counts(metric: Metric, prompt: Prompt) -> bool:
    """Whether a prompt counts for a metric."""
    return prompt.benchmark == metric.benchmark and (not metric.strata or prompt.stratum in metric.strata)


def largest_margin(metric: Metric) -> float:
    """The widest margin that a metric can have unless a plan declares another, in its own units."""
    return margin_of(metric, VerdictPlan(), checked=True)
