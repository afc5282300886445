"""A run from the rows of a bundle, in place of a run folder: all that a verdict follows from, without the texts."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from trustdelta import config as configs
from trustdelta.benchmarks.base import Benchmark
from trustdelta.bundle import Bundle
from trustdelta.config import AuditConfig
from trustdelta.errors import VerificationError
from trustdelta.parsing import short
from trustdelta.pipeline.bundles.write import CONFIG, METRICS
from trustdelta.pipeline.observations import Observations
from trustdelta.pipeline.scoring.blind import Blind
from trustdelta.pipeline.scoring.outline import STATES, Outline
from trustdelta.pipeline.undeclared import Unreadable
from trustdelta.records import Arm, Dimension, Json, Metric, Outcome, Part, Prompt, Score, content_hash
from trustdelta.records.state import PLAN, Key
from trustdelta.store import DriftRow, Store

T = TypeVar("T")
CODES = {state.value: code for code, state in enumerate(STATES)}


@dataclass(frozen=True)
class HashedPrompt(Prompt):
    """A prompt whose texts are elsewhere."""

    row: Mapping[str, Json] | None = None
    """Its row in a bundle."""

    @property
    def id(self) -> str:
        """The id that the row states; it is the hash of the content that is elsewhere."""
        return str((self.row or {})["id"])

    @property
    def characters(self) -> int:
        """Characters of all messages, as the row states."""
        return int((self.row or {})["characters"])


class BundledRun(Store):
    """What the decision reads of a run folder, from a bundle; it has no other method of a store."""

    def __init__(self, bundle: Bundle) -> None:
        self.folder = Path()
        self._bundle = bundle
        self._prompts = [_prompt(row) for row in bundle.values("prompts")]
        self._responses = bundle.values("responses")
        self._counts = Counter(row[0] for row in self._responses)
        self._state = dict(pair for part in ("labels", "plan", "models") for pair in bundle.values(part))

    def check_links(self) -> None:
        """Raise VerificationError where the prompts are not those of the frozen plan, or a response has none."""
        ids = [p.id for p in self._prompts]
        planned = self.get(PLAN).get("prompts")
        if planned and planned != content_hash(ids)[:16]:
            raise VerificationError("prompts: they are not those of the frozen plan", ("prompts",))
        unknown = {row[1] for row in self._responses if row[0] in list(Arm)} - set(ids)
        if unknown:
            raise VerificationError(f"responses: prompt {short(min(unknown))} is not in the bundle", ("responses",))

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
        return self._counts[str(author)]

    def have(self, author: str) -> set[tuple[str, int]]:
        """The (prompt id, draw) pairs of a model or a judge."""
        return {(row[1], row[2]) for row in self._responses if row[0] == author}

    def scores(self) -> Iterator[Score]:
        """Every score, by model, prompt id, draw, scorer and part."""
        arms, parts = {arm.value: arm for arm in Arm}, {part.value: part for part in Part}
        outcomes = {outcome.value: outcome for outcome in Outcome}
        for arm, prompt_id, draw, scorer, part, value, outcome, reason in self._bundle.values("scores"):
            yield Score(prompt_id, arms[arm], draw, scorer, parts[part], value, outcomes[outcome], reason)

    def drift(self) -> list[DriftRow]:
        """Every drift row, in a fixed order."""
        return [DriftRow(*row) for row in self._bundle.values("drift")]

    def outlines(self) -> dict[Arm, Outline]:
        """State and length of every response of the two models."""
        by_id = {p.id: p for p in self._prompts}
        outlines = {}
        for arm in Arm:
            rows = [row for row in self._responses if row[0] == arm.value]
            outlines[arm] = Outline(
                by_id,
                [by_id[row[1]].id for row in rows],
                array("q", (row[2] for row in rows)),
                bytearray(CODES[row[3]] for row in rows),
                array("q", (row[4] for row in rows)),
            )
        return outlines


def _prompt(row: Json) -> HashedPrompt:
    return HashedPrompt(row["benchmark"], (), None, row["cluster"], row["stratum"], {}, row["groups"], row)


def plan_of(bundle: Bundle) -> tuple[AuditConfig, dict[str, Benchmark]]:
    """The configuration of the verdict, and the benchmarks with the metrics that were decided on."""
    plan = dict(bundle.values("plan"))
    adapter = TypeAdapter(list[Metric])
    metrics = {name: tuple(adapter.validate_python(rows)) for name, rows in plan[METRICS]}
    return configs.check(plan[CONFIG]), {name: _benchmark(name, own) for name, own in metrics.items()}


def _benchmark(name: str, metrics: Sequence[Metric]) -> Benchmark:
    dimension = metrics[0].dimension if metrics else Dimension.CAPABILITY
    return Benchmark(name, name, dimension, lambda source: (), lambda prompts: (), metrics=tuple(metrics))


def observations_of(bundle: Bundle, run: BundledRun) -> Observations:
    """The observations that were made of the texts."""
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
