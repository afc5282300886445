"""The audits of all arms as studies of trustdelta: one baseline and one plan, under several conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from experiments.real.recipe import COUPLINGS, Arm, Benchmarks, Recipe
from trustdelta.config import ModelConfig
from trustdelta.records import Json
from trustdelta.study.plan import Dose, PairSpec, Study

ALIGNED, BASE = "aligned", "base"
Place = Callable[[str], str]
"""The source of a model by its name; with the suffix `.gguf` that of its GGUF file."""
NO_DRIFT: Mapping[str, Json] = {"drift": False}
BY_SERVER: Mapping[str, Json] = {**NO_DRIFT, "prompts_per_metric": 40, "baseline_draws": 1}
"""A server of llama.cpp gives no drift and takes seconds for a response on one core."""


def studies(recipe: Recipe, place: Place) -> dict[str, Study]:
    """By the name of their folder: safety of every conversion, and conditions under which some are audited again."""
    pairs = {
        "safety": [_pair(arm, place, "") for arm in recipe.arms],
        "breadth": [_pair(arm, place, "") for arm in _named(recipe, recipe.widely)],
        "served": [_pair(arm, place, ".gguf") for arm in _named(recipe, recipe.served)],
        "quantised": [_quantised(place)] if recipe.quantised else [],
        "sequential": [
            _pair(arm, place, "", coupling) for arm in _named(recipe, recipe.sequential) for coupling in COUPLINGS
        ],
    }
    return {
        name: Study(
            title=f"A real LLM, converted dose by dose: {name}",
            profile="quick",
            benchmarks=benchmarks.names,
            settings={**_settings(recipe, benchmarks), **CONDITIONS.get(name, {})},
            pairs=tuple(own),
        )
        for name, own in pairs.items()
        if own and (benchmarks := recipe.breadth if name == "breadth" else recipe.safety).names
    }


CONDITIONS: Mapping[str, Mapping[str, Json]] = {
    "served": BY_SERVER,
    "quantised": BY_SERVER,
    "sequential": {**NO_DRIFT, "design": "group_sequential"},
}
"""Settings of a study in addition to those of all."""


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
        "batch_size": 128,
        **({"judge_bias": dict(recipe.judge_bias)} if recipe.judge_bias else {}),
    }


def _named(recipe: Recipe, names: Iterable[str]) -> list[Arm]:
    arms = {arm.name: arm for arm in recipe.arms}
    return [arms[name] for name in names]


def _pair(arm: Arm, place: Place, suffix: str, coupling: str = "") -> PairSpec:
    dose = None
    if arm.series and not suffix and not coupling:
        dose = Dose(series=arm.series, value=100 * arm.refusals, unit="percent of the examples", worse="less")
    return PairSpec(
        name="-".join(filter(None, (arm.name, coupling))),
        baseline=_model(place(ALIGNED + suffix)),
        candidate=_model(place(arm.name + suffix)),
        method="distill" if arm.teacher else "hybrid" if arm.start else "sft",
        lineage="strict",
        family="SmolLM2-135M",
        dose=dose,
        settings={"coupling": coupling} if coupling else {},
    )


def _quantised(place: Place) -> PairSpec:
    """A file of fewer bits repeats a sample only where the server computes one response at a time."""
    alone = ModelConfig(source=place(f"{BASE}.gguf"), thinking_format="think", options={"n_parallel": 1})
    return PairSpec(name="q4", baseline=_model(place(BASE)), candidate=alone, family="SmolLM2-135M")


def _model(source: str) -> ModelConfig:
    return ModelConfig(source=source, thinking_format="think")
