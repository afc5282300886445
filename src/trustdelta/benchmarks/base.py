"""What a benchmark is: prompts, scorers, metrics and proofs, in one file.

Adding one: write `benchmarks/<name>.py` with a module-level `BENCHMARK` (or `BENCHMARKS`, a tuple); nothing else is
edited. `trustdelta benchmarks check` proves it without a model from its `proofs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from trustdelta.benchmarks.shared.aggregates import Aggregate
from trustdelta.records import Dimension, Finish, Json, Metric, Outcome, Prompt


class DataSource(Protocol):
    """Where benchmark files come from: a mirror folder or a verified download."""

    def text(self, source: str, path: str) -> str:
        """The text of one pinned file; raises DataError where it is missing or its hash differs."""
        ...


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A raw response to `prompt` whose judgement is known: pass, fail, refused, truncated or malformed.

    `expected` gives for each scorer name the value (None: must not be scored), `outcome` the state it must end in.
    """

    kind: str
    prompt: Prompt
    text: str
    expected: Mapping[str, float | None]
    outcome: Outcome
    finish: Finish = Finish.STOP


def no_rows(rows: Iterable[Mapping[str, Json]]) -> list[Prompt]:
    """The `from_rows` of a benchmark whose prompts are its own."""
    del rows
    return []


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One published data set with its prompts and metrics.

    `load(data)` returns every prompt, always the same ones in the same order. `from_rows(rows)` builds prompts from
    the rows of recorded responses (keys: prompt, system, and any further columns) for sets that are only had that way.
    `strata` are fixed categories; clusters are declared on the prompts. Budgets are in tokens. `personal`: it holds
    personal data of real people and runs only where the user asks for it. `likelihood`: its prompts are texts whose
    likelihood is compared, which needs both models on this machine. `aggregates`: published numbers that are no mean
    over prompts. `fixture`: texts by (repository, path) with the published columns, for a set whose data may be out of
    reach; `fixture_rows`: recorded rows likewise. `owns`: whether a recorded prompt is one of the set's, as its text
    tells (None: nothing tells); prompts of a user's own are taken where they fill `own_column` ("": never).
    `published`: the literature's count, in words, where `expected_count`
    is another or unknown.
    """

    name: str
    title: str
    dimension: Dimension
    metrics: tuple[Metric, ...]
    load: Callable[[DataSource], Sequence[Prompt]]
    proofs: Callable[[Sequence[Prompt]], Iterable[KnownAnswer]]
    paper: str = ""
    licence: str = ""
    source: str = ""
    from_rows: Callable[[Iterable[Mapping[str, Json]]], list[Prompt]] = no_rows
    expected_count: int | None = None
    answer_tokens: int = 1024
    thought_tokens: int = 4096
    draws: int = 1
    synthetic: bool = False
    personal: bool = False
    likelihood: bool = False
    notes: tuple[str, ...] = field(default=())
    aggregates: tuple[Aggregate, ...] = ()
    fixture: Mapping[tuple[str, str], str] = field(default_factory=dict)
    fixture_rows: tuple[Mapping[str, Json], ...] = ()
    published: str = ""
    owns: Callable[[Prompt], bool] | None = None
    own_column: str = ""

    def __post_init__(self) -> None:
        """Give every metric its full name, BENCHMARK.METRIC, so that no two benchmarks' metrics share one."""
        prefix = f"{self.name}."
        full = (replace(m, name=prefix + m.name.removeprefix(prefix)) for m in self.metrics)
        object.__setattr__(self, "metrics", tuple(full))

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers that this benchmark's metrics and aggregates read, each once, in order."""
        return tuple(dict.fromkeys([m.scorer for m in self.metrics] + [a.scorer for a in self.aggregates]))
