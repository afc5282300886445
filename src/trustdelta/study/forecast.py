"""What a study would ask, cost and need, before anything is run; baselines that pairs share are counted once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trustdelta.errors import UsageError
from trustdelta.pipeline.assemble import assemble
from trustdelta.pipeline.forecast import ModelForecast, Wishes, models_forecast
from trustdelta.records import Arm, content_hash
from trustdelta.study.baseline_cache import asked_alike
from trustdelta.study.plan import Study


@dataclass(frozen=True, slots=True)
class PairForecast:
    """One pair: prompts, what each model is asked and needs at most, and which earlier pair has this baseline's."""

    name: str
    prompts: int
    baseline: ModelForecast
    candidate: ModelForecast
    shares_with: str = ""

    @property
    def generated(self) -> tuple[ModelForecast, ...]:
        """The models that write responses for this pair."""
        return (self.candidate,) if self.shares_with else (self.baseline, self.candidate)

    @property
    def said(self) -> Iterator[str]:
        """As lines."""
        shared = f" (shared with {self.shares_with})" if self.shares_with else ""
        yield (
            f"{self.name}: {self.prompts:,} prompts; baseline {self.baseline.responses:,} responses{shared}, "
            f"candidate at most {self.candidate.responses:,}"
        )
        for model in (self.baseline, self.candidate):
            yield f"  {model.model}: at most {model.tokens_most:,} tokens{_hours(model.hours_most)}; {_needs(model)}"


@dataclass(frozen=True, slots=True)
class StudyForecast:
    """All pairs, and their sums: shared baselines once, every token budget filled. Sizes in GiB, None where unknown."""

    pairs: tuple[PairForecast, ...]
    responses: int
    tokens: int
    hours: float | None
    largest_gib: float | None
    download_gib: float | None

    @property
    def said(self) -> Iterator[str]:
        """As lines."""
        for pair in self.pairs:
            yield from pair.said
        largest, download = (
            "not known" if v is None else f"{v:.2g} GiB" for v in (self.largest_gib, self.download_gib)
        )
        yield (
            f"in all: {self.responses:,} responses, at most {self.tokens:,} tokens{_hours(self.hours)}; largest "
            f"weights {largest}, downloads {download}"
        )


def _hours(hours: float | None) -> str:
    return "" if hours is None else f", {hours:.2g} hours"


def _needs(model: ModelForecast) -> str:
    weights = model.needs.weights_gib
    return f"weights {'not known' if weights is None else f'{weights:.2g} GiB'} (from {model.needs.basis})"


def forecast_study(study: Study, throughput: float | None = None) -> StudyForecast:
    """The size of every pair and of the whole; `throughput` in tokens per second, else the budget's.

    Raises as an audit of a pair would for what cannot be had.
    """
    wishes = Wishes(throughput=throughput or study.budget.throughput)
    seen: dict[str, str] = {}
    found = []
    for spec in study.pairs:
        config = study.config(spec)
        task = assemble(config)
        first = seen.setdefault(content_hash(asked_alike(config)), spec.name)
        models = models_forecast(config, task, wishes)
        shares = first if first != spec.name and not config.baseline.recorded else ""
        base, candidate = models[Arm.BASELINE.value], models[Arm.CANDIDATE.value]
        found.append(PairForecast(spec.name, len(task.prompts), base, candidate, shares))
    return _summed(found)


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
    """Raise UsageError where the forecast of a study is above its budget; a study without one is not forecast."""
    budget = study.budget
    if budget.responses is None and budget.tokens is None and budget.hours is None:
        return
    found = forecast_study(study)
    for name in ("responses", "tokens", "hours"):
        allowed, wanted = getattr(budget, name), getattr(found, name)
        if allowed is not None and wanted is not None and wanted > allowed:
            raise UsageError(
                f"budget: the study may need {wanted:,.4g} {name}, {allowed:,.4g} are allowed; nothing was generated. "
                "Ask fewer prompts (settings: prompts_per_metric), drop pairs, or raise the budget."
            )
