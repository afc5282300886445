"""What a study would ask, before anything is run: prompts and responses of every pair, shared baselines once."""

from __future__ import annotations

from dataclasses import dataclass

from trustdelta.pipeline.assemble import assemble
from trustdelta.records import content_hash
from trustdelta.study.plan import Study
from trustdelta.study.shelf import asked_alike


@dataclass(frozen=True, slots=True)
class PairForecast:
    """One pair's size: prompts, responses of each model at most, and whether an earlier pair has this baseline's."""

    name: str
    prompts: int
    baseline_responses: int
    candidate_responses: int
    shares_with: str = ""

    @property
    def said(self) -> str:
        """As one line."""
        shared = f" (shared with {self.shares_with})" if self.shares_with else ""
        return (
            f"{self.name}: {self.prompts:,} prompts; baseline {self.baseline_responses:,} responses{shared}, "
            f"candidate at most {self.candidate_responses:,}"
        )


def forecast_study(study: Study) -> list[PairForecast]:
    """The size of every pair. Raises as an audit of that pair would for what cannot be had."""
    seen: dict[str, str] = {}
    found = []
    for spec in study.pairs:
        config = study.config(spec)
        task = assemble(config)
        first = seen.setdefault(content_hash(asked_alike(config)), spec.name)
        least = config.benchmark_draws
        sizes = [
            sum(max(draws, least.get(p.benchmark, 1)) for p in task.prompts)
            for draws in (config.baseline_draws, config.draws)
        ]
        shares = first if first != spec.name and not config.baseline.recorded else ""
        found.append(PairForecast(spec.name, len(task.prompts), sizes[0], sizes[1], shares))
    return found
