"""The work of one audit: benchmarks, prompts and an engine factory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, DataSettings
from trustdelta.engines.base import Engine
from trustdelta.errors import ConfigError, PairingError, UnknownNameError
from trustdelta.own.sources import restored
from trustdelta.records import Arm, Json, Metric, Prompt, Role, content_hash
from trustdelta.stats.margins import margin_of
from trustdelta.stats.plan import VerdictPlan


@dataclass(frozen=True, slots=True)
class Task:
    """Benchmarks and prompts of one audit, and the factory of its engines."""

    benchmarks: dict[str, Benchmark]
    """Benchmarks by name."""
    prompts: tuple[Prompt, ...]
    """All prompts, in order."""
    notes: tuple[str, ...]
    """Remarks for the report: what was not run, excluded or renamed."""
    open_engine: Callable[[AuditConfig, Arm], Engine]
    """Opens the engine of one model; raises EngineError or UnknownNameError where it is not available."""
    formats: Mapping[Arm, str] = field(default_factory=dict)
    """Format of each model's reasoning traces, where recorded responses show it."""
    not_run: Mapping[str, str] = field(default_factory=dict)
    """Reason, by configured benchmark that was not run."""

    def frozen_plan(self, config: AuditConfig, coupling: str) -> dict[str, Json]:
        """Hashes of all that is fixed before the candidate answers: configuration, prompts, metrics, coupling."""
        metrics = [asdict(m) for b in self.benchmarks.values() for m in b.metrics]
        parts = {
            "configuration": config.hash,
            "prompts": content_hash([p.id for p in self.prompts])[:16],
            "metrics": content_hash(metrics)[:16],
            "coupling": coupling,
        }
        return {**parts, "hash": content_hash(parts)[:16]}


def configured(data: DataSettings) -> dict[str, Benchmark]:
    """The benchmarks of an audit by name, with those from outside the package; raises like `load_benchmarks`."""
    own = {name: restored(name, source, data.own_files.get(name)) for name, source in (data.own or {}).items()}
    return load_benchmarks(data.benchmarks, data.primary, own)


def load_benchmarks(
    names: Sequence[str], primary: Sequence[str] | None = None, own: Mapping[str, Benchmark] | None = None
) -> dict[str, Benchmark]:
    """Benchmarks by name, without repeats, in order; `primary` names the metrics with a verdict (None: as declared).

    `own`: benchmarks from outside the package, which are not looked up.

    Raises UnknownNameError for an unknown benchmark or metric, ConfigError where `names` is empty.
    """
    if not names:
        raise ConfigError("benchmarks: found none, wanted at least one; see `trustdelta benchmarks list`.")
    own = own or {}
    benchmarks = {name: own[name] if name in own else registry.load(name) for name in dict.fromkeys(names)}
    if primary is None:
        return benchmarks
    known = [m.name for b in benchmarks.values() for m in b.metrics]
    for name in primary:
        if name not in known:
            raise UnknownNameError.of("metric", name, known)
    return {name: with_verdicts(benchmark, primary) for name, benchmark in benchmarks.items()}


def with_verdicts(benchmark: Benchmark, primary: Collection[str]) -> Benchmark:
    """The benchmark with exactly the metrics `primary` as primary; raises ConfigError for a ratio, which cannot be."""
    ratios = [m.name for m in benchmark.metrics if m.name in primary and m.reduce.endswith("_share")]
    if ratios:
        raise ConfigError(
            f"primary: found {ratios[0]}, a ratio with a denominator for each model; name its mean instead."
        )
    roles = (replace(m, role=Role.PRIMARY if m.name in primary else Role.SECONDARY) for m in benchmark.metrics)
    return replace(benchmark, metrics=tuple(roles))


def check_unique(prompts: Sequence[Prompt]) -> None:
    """Raise PairingError where a benchmark repeats a prompt."""
    seen: set[str] = set()
    for prompt in prompts:
        if prompt.id in seen:
            raise PairingError(
                f"{prompt.benchmark}: prompt {prompt.id} appears twice; its benchmark must not repeat it."
            )
        seen.add(prompt.id)


def by_benchmark(prompts: Iterable[Prompt]) -> dict[str, list[Prompt]]:
    """Prompts by benchmark, in order."""
    members: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        members.setdefault(prompt.benchmark, []).append(prompt)
    return members


def counts(metric: Metric, prompt: Prompt) -> bool:
    """Whether a metric is computed over a prompt."""
    return prompt.benchmark == metric.benchmark and (not metric.strata or prompt.stratum in metric.strata)


def largest_margin(metric: Metric) -> float:
    """The widest margin of a metric unless a plan declares another, in the metric's units."""
    return margin_of(metric, VerdictPlan(), checked=True)
