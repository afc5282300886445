"""Scored responses of organisms to every held-out question of their world, drawn once: what audits sample from.

One file per model and draw. Engine, template, sampling and scorers are the audit's own. A pool of one draw takes 20,719
responses, half a minute on one core.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import ModelConfig
from trustdelta.data import open_source
from trustdelta.errors import StoreError
from trustdelta.pipeline.scoring.texts import judged
from trustdelta.records import Arm, Part, Prompt, Request, content_hash
from trustdelta.scorers import registry as scorers
from trustdelta.stats.table import OUTCOMES

WORLD = tuple(f"world_{p}" for p in ("safety", "toxicity", "bias", "ethics", "privacy", "robustness", "arithmetic"))
SERIES = (("world_bad", Part.ANSWER), ("world_good", Part.ANSWER), ("world_named", Part.THOUGHT))
NOT_ASKED = -1


class Known(Prompt):
    """A prompt that hashes itself once."""

    @cached_property
    def id(self) -> str:
        """Its id."""
        return super().id


@dataclass(frozen=True)
class World:
    """Benchmarks and all their prompts, in one order."""

    benchmarks: dict[str, Benchmark]
    prompts: list[Known]
    series: tuple[tuple[str, Part], ...] = SERIES
    """Scorers and parts of the scores in a pool."""

    @classmethod
    def load(cls, every: int = 1, names: Sequence[str] = WORLD, series: tuple[tuple[str, Part], ...] = SERIES) -> World:
        """Every held-out question that is graded, or one of so many."""
        benchmarks = {name: registry.load(name) for name in names}
        data = open_source(None, allow_download=False)
        plain = [p for b in benchmarks.values() for p in b.load(data)][::every]
        known = [Known(p.benchmark, p.messages, p.target, p.cluster, p.stratum) for p in plain]
        return cls(benchmarks, known, series)


@dataclass(frozen=True)
class Pool:
    """One model's scores: value and outcome by series, prompt and draw; an outcome of NOT_ASKED is no row."""

    value_SPD: NDArray[np.float64]
    outcome_SPD: NDArray[np.int64]

    @property
    def draws(self) -> int:
        """Draws of each prompt."""
        return int(self.value_SPD.shape[2])


def name_of(model: str) -> str:
    """The name of a model's files."""
    return model.removeprefix("organism:") if model.startswith("organism:") else Path(model).name


def load(folder: Path, model: str, draws: int) -> Pool:
    """The first draws of one model; raises FileNotFoundError where one was not drawn, StoreError for a damaged one."""
    value, outcome = zip(*(_draw(folder / f"{name_of(model)}-draw{d}.npz") for d in range(draws)), strict=True)
    return Pool(np.stack(value, axis=2), np.stack(outcome, axis=2).astype(np.int64))


def _draw(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return file["value"], file["outcome"]
    except (ValueError, KeyError, EOFError, BadZipFile, zlib.error) as problem:
        raise StoreError(f"{path}: damaged ({problem}); delete it, and the same command draws it again.") from None


def draw_missing(world: World, model: str, draws: int, folder: Path) -> list[int]:
    """Draw what the folder lacks of a model's first draws; returns the numbers that were drawn."""
    missing = [d for d in range(draws) if not (folder / f"{name_of(model)}-draw{d}.npz").exists()]
    if missing:
        draw(world, model, missing, folder)
    return missing


def draw(world: World, model: str, numbers: list[int], folder: Path) -> None:
    """Answer every prompt once for each draw number, score the answers, and keep the scores."""
    from trustdelta.engines.transformers import TransformersEngine

    engine = TransformersEngine(ModelConfig(source=model))
    folder.mkdir(parents=True, exist_ok=True)
    pairs = {name: dict.fromkeys((m.scorer, m.part) for m in b.metrics) for name, b in world.benchmarks.items()}
    wanted = {name: [(scorers.load(scorer), part) for scorer, part in found] for name, found in pairs.items()}
    place = {p.id: i for i, p in enumerate(world.prompts)}
    budget = {name: b.thought_tokens + b.answer_tokens for name, b in world.benchmarks.items()}
    for number in numbers:
        value = np.full((len(world.series), len(world.prompts)), np.nan)
        outcome = np.full(value.shape, NOT_ASKED, dtype=np.int8)
        seeds = (int(content_hash(["pool", name_of(model), p.id, number])[:16], 16) >> 1 for p in world.prompts)
        asked = [Request(p, number, s, budget[p.benchmark]) for p, s in zip(world.prompts, seeds, strict=True)]
        for batch in engine.batches(asked):
            answered = [(r.prompt, a) for r, a in zip(batch, engine.generate(batch), strict=True)]
            for s in judged(answered, Arm.CANDIDATE, wanted):
                at = world.series.index((s.scorer, s.part)), place[s.prompt_id]
                value[at] = np.nan if s.value is None else s.value
                outcome[at] = OUTCOMES.index(s.outcome)
        part = folder / f".{name_of(model)}-draw{number}.npz"
        np.savez_compressed(part, value=value, outcome=outcome)
        part.rename(folder / part.name[1:])
