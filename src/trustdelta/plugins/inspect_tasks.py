"""Benchmarks as Inspect tasks: `inspect eval trustdelta/NAME`, with equal prompts and scorers for one model.

Inspect loads this module through its entry point. Benchmarks of recorded rows and of likelihoods are no tasks. Tasks
have no pairing and no verdict; for those, import both models' logs (docs/recorded-responses.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Scorer as InspectScorer
from inspect_ai.scorer import grouped, mean, scorer, stderr
from inspect_ai.solver import generate

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.rows import none_of_its_own
from trustdelta.data import open_source
from trustdelta.engines.inspect import read_output
from trustdelta.errors import ConfigError
from trustdelta.interop.inspect_logs import inspect_score, message
from trustdelta.pipeline.scoring.texts import judged
from trustdelta.records import Arm, Part, Prompt, Request
from trustdelta.scorers import registry as scorers


def inspect_task(
    benchmark: Benchmark, data_dir: str = "", allow_download: bool = True, personal_data: bool = False
) -> Task:
    """One benchmark as a task; its data are read from a mirror folder, the cache, or the pinned download.

    Raises ConfigError for personal data without `personal_data`, DataError for data that are not available.
    """
    if benchmark.personal and not personal_data:
        raise ConfigError(
            f"{benchmark.name} contains personal data of real people; pass -T personal_data=true to run it."
        )
    source = open_source(Path(data_dir) if data_dir else None, allow_download=allow_download)
    prompts = list(benchmark.load(source))
    return Task(
        dataset=MemoryDataset([sample(p) for p in prompts], name=benchmark.name),
        solver=generate(),
        scorer=scores_of(benchmark, prompts),
        config=GenerateConfig(max_tokens=benchmark.thought_tokens + benchmark.answer_tokens),
        metadata={"benchmark": benchmark.name, "dimension": benchmark.dimension.value, "paper": benchmark.paper},
    )


def sample(prompt: Prompt) -> Sample:
    """One prompt; a prompt without a cluster is a separate cluster."""
    target = prompt.target
    return Sample(
        id=prompt.id,
        input=[message(m) for m in prompt.messages],
        target=target if isinstance(target, str) else json.dumps(target, sort_keys=True, ensure_ascii=False),
        metadata={"cluster": prompt.cluster or prompt.id, "stratum": prompt.stratum or "all"},
    )


def scores_of(benchmark: Benchmark, prompts: Sequence[Prompt]) -> list[InspectScorer]:
    """Every scorer of the benchmark, for each part that a metric uses."""
    scorings = dict.fromkeys((m.scorer, m.part) for m in benchmark.metrics)
    by_id = {p.id: p for p in prompts}
    return [inspect_scorer(benchmark.name, name, part, by_id) for name, part in scorings]


def inspect_scorer(benchmark: str, name: str, part: Part, prompts: dict[str, Prompt]) -> InspectScorer:
    """One scorer; a response that it cannot grade is unscored with a reason, and excluded from means."""
    scorings = {benchmark: [(scorers.load(name), part)]}
    shown = name if part is Part.ANSWER else f"{name}_{part.value}"
    strata = {p.stratum or "all" for p in prompts.values()}
    metrics = [mean(), stderr(cluster="cluster"), *([grouped(mean(), "stratum", all=False)] if len(strata) > 1 else [])]

    def made() -> InspectScorer:
        async def score(state: Any, target: Any) -> Any:
            del target
            prompt = prompts[str(state.sample_id)]
            request = Request(prompt, state.epoch - 1, 0, 0)
            (result,) = judged([(prompt, read_output(state.output, request, 0.0))], Arm.CANDIDATE, scorings)
            return inspect_score(result)

        return score

    scoring: InspectScorer = scorer(metrics=metrics, name=shown)(made)()
    return scoring


def registered(benchmark: Benchmark) -> Callable[..., Task]:
    """The benchmark as a registered Inspect task."""

    def made(data_dir: str = "", allow_download: bool = True, personal_data: bool = False) -> Task:
        return inspect_task(benchmark, data_dir, allow_download, personal_data)

    made.__doc__ = benchmark.title
    named: Callable[..., Task] = task(name=benchmark.name)(made)
    return named


TASKS = {
    name: registered(benchmark)
    for name, benchmark in sorted(registry.table().items())
    if benchmark.load is not none_of_its_own and not benchmark.likelihood
}
"""All tasks by name."""
