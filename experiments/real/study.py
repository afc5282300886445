"""The audits of all arms as studies of trustdelta: one baseline, one plan, a dose series for each seed."""

from __future__ import annotations

from collections.abc import Callable

from experiments.real.recipe import Arm, Benchmarks, Recipe
from trustdelta.config import ModelConfig
from trustdelta.records import Json
from trustdelta.study.plan import Dose, PairSpec, Study

Place = Callable[[str], str]
"""The source of a model by its name."""


def studies(recipe: Recipe, baseline: str, place: Place) -> dict[str, Study]:
    """By the name of their folder: safety of every conversion, and the other dimensions of some."""
    wide = tuple(arm for arm in recipe.arms if arm.name in recipe.widely)
    parts = {"safety": (recipe.safety, recipe.arms), "breadth": (recipe.breadth, wide)}
    return {
        name: Study(
            title=f"A real LLM, converted dose by dose: {name}",
            profile="quick",
            benchmarks=benchmarks.names,
            settings=_settings(recipe, benchmarks),
            pairs=tuple(_pair(arm, baseline, place(arm.name)) for arm in arms),
        )
        for name, (benchmarks, arms) in parts.items()
        if arms and benchmarks.names
    }


def _settings(recipe: Recipe, benchmarks: Benchmarks) -> dict[str, Json]:
    """Settings of every audit."""
    return {
        "primary": list(benchmarks.primary),
        "prompts_per_metric": recipe.prompts,
        "draws": 1,
        "baseline_draws": 2,
        "design": "fixed",
        "thought_tokens": recipe.thought_tokens,
        "answer_tokens": recipe.answer_tokens,
        "drift_prompts_per_benchmark": recipe.drift_prompts,
        "batch_size": 64,
    }


def _pair(arm: Arm, baseline: str, candidate: str) -> PairSpec:
    dose = None
    if arm.series:
        dose = Dose(series=arm.series, value=100 * arm.refusals, unit="percent of the examples", worse="less")
    return PairSpec(
        name=arm.name,
        baseline=ModelConfig(source=baseline, thinking_format="think"),
        candidate=ModelConfig(source=candidate, thinking_format="think"),
        method="distill" if arm.teacher else "sft",
        lineage="strict",
        family="SmolLM2-135M",
        dose=dose,
    )
