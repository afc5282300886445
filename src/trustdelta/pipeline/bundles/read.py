"""A run from the rows of a bundle, in place of a run folder: all that a verdict follows from, without the texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from trustdelta import config as configs
from trustdelta.benchmarks.base import Benchmark
from trustdelta.bundle import Bundle
from trustdelta.config import AuditConfig
from trustdelta.pipeline.bundles.rows import Answers, read_prompts, read_responses, read_scores, reading, unfit
from trustdelta.pipeline.bundles.write import CONFIG, METRICS
from trustdelta.pipeline.observations import Observations
from trustdelta.pipeline.scoring.blind import Blind
from trustdelta.pipeline.scoring.outline import Outline
from trustdelta.pipeline.undeclared import Unreadable
from trustdelta.records import Arm, Dimension, Json, Metric, Prompt, Score, content_hash
from trustdelta.records.state import PLAN, Key
from trustdelta.store import DriftRow, Store

T = TypeVar("T")


class BundledRun(Store):
    """What the decision reads of a run folder, from a bundle; it has no other method of a store."""

    def __init__(self, bundle: Bundle) -> None:
        """Read all rows but the scores; raises VerificationError where they are no rows of an audit."""
        self.folder = Path()
        self._bundle = bundle
        self._state: dict[str, Json] = {}
        for part in ("labels", "plan", "models"):
            with reading(part):
                self._state |= dict(bundle.values(part))
        with reading("plan"):
            planned = self.get(PLAN).get("prompts")
        self._prompts = read_prompts(bundle)
        if planned and planned != content_hash([p.id for p in self._prompts])[:16]:
            raise unfit("prompts", "they are not those of the frozen plan")
        self._answers = read_responses(bundle, self._prompts)

    @property
    def texts(self) -> int:
        """Number of responses whose texts are in the bundle."""
        return sum(answers.texts for answers in self._answers.values())

    def get(self, key: Key[T]) -> T:
        """The value stored under a key, or the key's empty value."""
        value: T = self._state[key.name] if key.name in self._state else key.empty()
        return value

    def has(self, key: Key[T]) -> bool:
        """Whether a value is stored under a key."""
        return key.name in self._state

    def prompts(self) -> list[Prompt]:
        """The prompts of the run, in order."""
        return list(self._prompts)

    def count(self, author: str) -> int:
        """Number of responses of a model or a judge."""
        return len(self._of(author).prompt_ids)

    def have(self, author: str) -> set[tuple[str, int]]:
        """The (prompt id, draw) pairs of a model or a judge."""
        return set(zip(self._of(author).prompt_ids, self._of(author).draws, strict=True))

    def scores(self) -> Iterator[Score]:
        """Every score, by model, prompt id, draw, scorer and part; raises VerificationError for a line that is none."""
        return read_scores(self._bundle.rows["scores"], self._prompts)

    def drift(self) -> list[DriftRow]:
        """Every drift row, in a fixed order."""
        with reading("drift"):
            return [DriftRow(*row) for row in self._bundle.values("drift")]

    def outlines(self) -> dict[Arm, Outline]:
        """State and length of every response of the two models."""
        by_id = {p.id: p for p in self._prompts}
        answers = {arm: self._of(arm) for arm in Arm}
        return {arm: Outline(by_id, a.prompt_ids, a.draws, a.states, a.tokens) for arm, a in answers.items()}

    def _of(self, author: str) -> Answers:
        return self._answers.get(str(author), Answers())


def plan_of(bundle: Bundle) -> tuple[AuditConfig, dict[str, Benchmark]]:
    """The configuration of the verdict, and the benchmarks with the metrics that were decided on."""
    with reading("plan"):
        plan = dict(bundle.values("plan"))
        adapter = TypeAdapter(list[Metric])
        metrics = {name: tuple(adapter.validate_python(rows)) for name, rows in plan[METRICS]}
        return configs.check(plan[CONFIG]), {name: _benchmark(name, own) for name, own in metrics.items()}


def _benchmark(name: str, metrics: Sequence[Metric]) -> Benchmark:
    dimension = metrics[0].dimension if metrics else Dimension.CAPABILITY
    return Benchmark(name, name, dimension, lambda source: (), lambda prompts: (), metrics=tuple(metrics))


def observations_of(bundle: Bundle, run: BundledRun) -> Observations:
    """The observations that were made of the texts."""
    with reading("observations"):
        stated = dict(bundle.values("observations"))
        blind, unreadable = stated["blind"], stated["unreadable"]
        return Observations(
            outlines=run.outlines(),
            blind=Blind(blind["codes"], tuple((metric, remark) for metric, remark in blind["remarks"])),
            unreadable=Unreadable(unreadable["reason"], tuple(unreadable["notes"])),
            settling=tuple(stated["settling"]),
            coupling=stated["coupling"],
            not_run={Dimension(name): reason for name, reason in stated["not_run"]},
        )
