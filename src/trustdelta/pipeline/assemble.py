"""From a configuration to the task: which benchmarks run, on which prompts, and what is excluded."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from trustdelta import pairs
from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.options import permuted
from trustdelta.benchmarks.shared.sample import sample
from trustdelta.config import AuditConfig
from trustdelta.data import open_source
from trustdelta.engines.base import Engine
from trustdelta.engines.registry import open_engine
from trustdelta.errors import DataError, NotAvailableError
from trustdelta.pairs.defaults import remarks
from trustdelta.pipeline.number_type import in_one_dtype
from trustdelta.pipeline.recorded import assemble_recorded
from trustdelta.pipeline.scoring.judges import judges_of, with_judges
from trustdelta.pipeline.selection import check_dimensions, left_out
from trustdelta.pipeline.settling import left_out_line, settling_benchmarks
from trustdelta.pipeline.task import Task, check_unique, configured
from trustdelta.progress import Progress, Silent
from trustdelta.records import Arm, Prompt, Role


def assemble(config: AuditConfig, progress: Progress | None = None) -> Task:
    """The task of a configuration, which generates responses or reads recorded ones."""
    selected = configured(config.data)
    check_dimensions(config, selected)
    excluded = left_out(config, selected)
    benchmarks = {name: benchmark for name, benchmark in selected.items() if name not in excluded}
    if config.baseline.recorded or config.candidate.recorded:
        task = assemble_recorded(config, benchmarks)
    else:
        task = assemble_generated(config, benchmarks, progress or Silent())
    notes = [f"{', '.join(excluded)} not run: {reason}." for reason in sorted(set(excluded.values()))]
    judged = with_judges(task.benchmarks, judges_of(config.judges))
    notes += left_out_line(config, judged)
    return replace(
        task,
        benchmarks=settling_benchmarks(config, judged),
        notes=(*task.notes, *notes),
        not_run={**task.not_run, **excluded},
    )


def assemble_generated(config: AuditConfig, selected: Mapping[str, Benchmark], progress: Progress) -> Task:
    """Benchmarks and prompts of an audit that generates.

    A benchmark without data is not run, and a remark states the reason before a model is loaded. Raises DataError where
    no benchmark is left.
    """
    benchmarks: dict[str, Benchmark] = {}
    prompts: list[Prompt] = []
    notes: list[str] = pair_remarks(config)
    not_run: dict[str, str] = {}
    for name, benchmark in selected.items():
        try:
            chosen = sampled(config, benchmark, progress)
        except NotAvailableError as problem:
            not_run[name] = problem.cause
            continue
        except DataError as problem:
            not_run[name] = str(problem)
            continue
        benchmarks[name] = benchmark
        prompts.extend(chosen)
    lines = not_run_lines(not_run)
    for line in lines:
        progress.note(line)
    notes += lines
    if not prompts:
        raise DataError("; ".join(notes))
    check_unique(prompts)
    return Task(benchmarks, tuple(prompts), tuple(notes), generating_engine, not_run=not_run)


def not_run_lines(not_run: Mapping[str, str]) -> list[str]:
    """One line for each reason, with the benchmarks that were not run for it."""
    names: dict[str, list[str]] = {}
    for name, reason in not_run.items():
        names.setdefault(reason, []).append(name)
    return [f"{', '.join(n)} {'was' if len(n) == 1 else 'were'} not run: {reason}" for reason, n in names.items()]


def pair_remarks(config: AuditConfig) -> list[str]:
    """The report's remarks on the registered pair whose settings are used."""
    return remarks(pairs.load(config.pair), config.candidate.system_prompt) if config.pair else []


def not_for(config: AuditConfig, benchmark: Benchmark) -> str:
    """Why this configuration excludes a benchmark, whatever its data; "" where it does not."""
    if benchmark.personal and not config.data.personal_data:
        return "it holds personal data of real people; set personal_data to true."
    served = [m.source for m in (config.baseline, config.candidate) if m.served]
    if benchmark.likelihood and served:
        return f"it compares likelihoods of texts, and {served[0]} is a server; pass a model of this machine."
    return ""


def sampled(config: AuditConfig, benchmark: Benchmark, progress: Progress) -> Sequence[Prompt]:
    """The seeded, stratified sample of one benchmark's prompts; raises DataError where it cannot be run."""
    if barred := not_for(config, benchmark):
        raise DataError(barred)
    data = open_source(config.data.folder, allow_download=config.data.allow_download, announce=progress.note)
    prompts = benchmark.load(data)
    if not prompts:
        raise DataError("it has prompts only through recorded responses; pass both models' files.")
    if config.data.prompts_per_metric is not None:
        sizes = stratum_sizes(benchmark, {p.stratum for p in prompts}, config.data.prompts_per_metric)
        prompts = sample(prompts, sizes, config.generation.seed)
    return prompts if config.data.option_seed is None else [permuted(p, config.data.option_seed) for p in prompts]


def stratum_sizes(benchmark: Benchmark, strata: Collection[str], per_metric: int) -> dict[str, int]:
    """Prompts by stratum: `per_metric` for each primary metric, a quarter of that for each other metric.

    A stratum that no metric uses gets one prompt.
    """
    sizes = dict.fromkeys(strata, 1)
    for metric in benchmark.metrics:
        size = per_metric if metric.role is Role.PRIMARY else per_metric / 4
        covered = [s for s in metric.strata if s in sizes] or list(strata)
        for stratum in covered:
            sizes[stratum] = max(sizes[stratum], math.ceil(size / len(covered)))
    return sizes


def generating_engine(config: AuditConfig, arm: Arm) -> Engine:
    """Open the engine of one model; raises EngineError or UnknownNameError where it is not available."""
    return open_engine(in_one_dtype(config).model(arm), config.generation.batch_size)
