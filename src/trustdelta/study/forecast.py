"""Estimated prompts, tokens, time and memory of a study before it runs; shared baselines count once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trustdelta.errors import UsageError
from trustdelta.pipeline.assemble import assemble
from trustdelta.pipeline.forecast_models import ModelForecast, PlanOptions, models_forecast
from trustdelta.records import Arm, content_hash
from trustdelta.study.baseline_cache import baseline_settings
from trustdelta.study.plan import Study


@dataclass(frozen=True, slots=True)
class PairForecast:
    """The forecast of one pair."""

    name: str
    prompts: int
    baseline: ModelForecast
    candidate: ModelForecast
    shares_with: str = ""
    """The earlier pair that generates this baseline's responses."""

    @property
    def generated(self) -> tuple[ModelForecast, ...]:
        """The models that generate responses for this pair."""
        return (self.candidate,) if self.shares_with else (self.baseline, self.candidate)

    @property
    def lines(self) -> Iterator[str]:
        """The forecast as text."""
        shared = f" (shared with {self.shares_with})" if self.shares_with else ""
        yield (
            f"{self.name}: {self.prompts:,} prompts; baseline {self.baseline.responses:,} responses{shared}, "
            f"candidate at most {self.candidate.responses:,}"
        )
        for model in (self.baseline, self.candidate):
            yield f"  {model.model}: at most {model.tokens_most:,} tokens{_hours(model.hours_most)}; {_needs(model)}"


@dataclass(frozen=True, slots=True)
class StudyForecast:
    """All pairs and their sums, with shared baselines once and full token budgets. Sizes are None where unknown."""

    pairs: tuple[PairForecast, ...]
    responses: int
    tokens: int
    hours: float | None
    largest_gib: float | None
    download_gib: float | None

    @property
    def lines(self) -> Iterator[str]:
        """The forecast as text."""
        for pair in self.pairs:
            yield from pair.lines
        largest, download = ("unknown" if v is None else f"{v:.2g} GiB" for v in (self.largest_gib, self.download_gib))
        yield (
            f"total: {self.responses:,} responses, at most {self.tokens:,} tokens{_hours(self.hours)}; largest "
            f"weights {largest}, downloads {download}"
        )


def _hours(hours: float | None) -> str:
    return "" if hours is None else f", {hours:.2g} hours"


def _needs(model: ModelForecast) -> str:
    weights = model.needs.weights_gib
    return f"weights {'unknown' if weights is None else f'{weights:.2g} GiB'} (from {model.needs.basis})"


def forecast_study(study: Study, throughput: float | None = None) -> StudyForecast:
    """Forecast of every pair and the total; `throughput` in tokens per second, else the budget's.

    Raises the errors of assembling a pair's audit.
    """
    wishes = PlanOptions(throughput=throughput or study.budget.throughput)
    generators: dict[str, str] = {}
    forecasts = []
    for spec in study.pairs:
        config = study.config(spec)
        task = assemble(config)
        first = generators.setdefault(content_hash(baseline_settings(config)), spec.name)
        models = models_forecast(config, task, wishes)
        shares = first if first != spec.name and not config.baseline.recorded else ""
        base, candidate = models[Arm.BASELINE.value], models[Arm.CANDIDATE.value]
        forecasts.append(PairForecast(spec.name, len(task.prompts), base, candidate, shares))
    return _summed(forecasts)


def _summed(pairs: Sequence[PairForecast]) -> StudyForecast:
    generated = [model for pair in pairs for model in pair.generated]
    hours = [m.hours_most for m in generated if m.responses]
    models = {m.model: m.needs for pair in pairs for m in (pair.baseline, pair.candidate)}
    weights = [n.weights_gib for n in models.values()]
    downloads = [n.download_gib for n in models.values()]
    return StudyForecast(
        pairs=tuple(pairs),
        responses=sum(m.responses for m in generated),
        tokens=sum(m.tokens_most for m in generated),
        hours=_total(hours),
        largest_gib=max((w for w in weights if w is not None), default=None),
        download_gib=_total(downloads),
    )


def _total(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) if len(known) == len(values) else None


def hold_to_budget(study: Study) -> None:
    """Raise UsageError if the forecast of a study exceeds its budget; without a budget there is no forecast."""
    budget = study.budget
    if budget.responses is None and budget.tokens is None and budget.hours is None:
        return
    forecast = forecast_study(study)
    for name in ("responses", "tokens", "hours"):
        allowed, needed = getattr(budget, name), getattr(forecast, name)
        if allowed is not None and needed is not None and needed > allowed:
            raise UsageError(
                f"budget: the study may need {needed:,.4g} {name}, {allowed:,.4g} are allowed; nothing was generated. "
                "Reduce the prompts (settings: prompts_per_metric), drop pairs, or raise the budget."
            )
