"""The definition of a benchmark: prompts, metrics and known answers, in one file.

To add one, write `benchmarks/<name>.py` with a module-level `BENCHMARK` (or `BENCHMARKS`, a tuple); no other file
changes. `trustdelta benchmarks check` validates it without a model by its `proofs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, fields, replace
from typing import Any, Protocol

from trustdelta.benchmarks.shared.aggregates import Aggregate
from trustdelta.records import Better, Dimension, Finish, Json, Metric, Outcome, Part, Prompt, Role


class DataSource(Protocol):
    """A source of benchmark files: a mirror folder or a verified download."""

    def text(self, source: str, path: str) -> str:
        """The text of one pinned file; raises DataError where it is missing or its hash differs."""
        ...


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A raw response to a prompt with its known scores."""

    kind: str
    """Kind of the response: pass, fail, refused, truncated or malformed."""
    prompt: Prompt
    """The prompt."""
    text: str
    """The raw response."""
    expected: Mapping[str, float | None]
    """Expected value by scorer name; None: must not be scored."""
    outcome: Outcome | None
    """Expected outcome; None: any."""
    finish: Finish = Finish.STOP
    """Why generation ended."""


def no_rows(rows: Iterable[Mapping[str, Json]]) -> list[Prompt]:
    """The `from_rows` of a benchmark that loads its own prompts."""
    del rows
    return []


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric of one benchmark; the benchmark fills in its name, dimension and paper. Fields as in `Metric`."""

    name: str
    scorer: str
    title: str
    better: Better
    tier: str = "B"
    role: Role = Role.PRIMARY
    part: Part = Part.ANSWER
    strata: tuple[str, ...] = ()
    bound: float = 1.0
    reduce: str = "mean"
    judged: bool = False
    margin: float | None = None
    source: str = ""
    """Publication; empty: the paper of the benchmark."""
    signed: bool = False

    def of(self, benchmark: Benchmark) -> Metric:
        """The metric of a benchmark."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        values["source"] = self.source or benchmark.paper
        return Metric(benchmark=benchmark.name, dimension=benchmark.dimension, **values)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One published data set with its prompts and metrics."""

    name: str
    title: str
    dimension: Dimension
    load: Callable[[DataSource], Sequence[Prompt]]
    """Loads all prompts, always the same ones in the same order."""
    proofs: Callable[[Sequence[Prompt]], Iterable[KnownAnswer]]
    """Known answers to some of the prompts, or to an example where there are none."""
    metrics: tuple[Metric, ...] = ()
    """Metrics, named BENCHMARK.METRIC."""
    specs: InitVar[Sequence[MetricSpec]] = ()
    """Further metrics, whose benchmark, dimension and source are filled in."""
    paper: str = ""
    licence: str = ""
    source: str = ""
    from_rows: Callable[[Iterable[Mapping[str, Json]]], list[Prompt]] = no_rows
    """Makes prompts from rows of recorded responses (keys: prompt, system, others), for a set without files."""
    expected_count: int | None = None
    """Number of prompts; None: unknown."""
    answer_tokens: int = 1024
    """Token budget of an answer."""
    thought_tokens: int = 4096
    """Token budget of a reasoning trace."""
    draws: int = 1
    """Suggested samples per prompt."""
    synthetic: bool = False
    """Whether the prompts are generated from a grammar."""
    personal: bool = False
    """Whether it holds personal data of real people; it then runs only with `personal_data`."""
    likelihood: bool = False
    """Whether it compares likelihoods of texts, which needs two local models."""
    notes: tuple[str, ...] = field(default=())
    """Remarks for users."""
    aggregates: tuple[Aggregate, ...] = ()
    """Published statistics that are not means over prompts."""
    fixture: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Small files by (repository, path) with the published columns, for checks without the data."""
    fixture_rows: tuple[Mapping[str, Json], ...] = ()
    """Recorded rows for the same purpose."""
    published: str = ""
    """The published count in words, where `expected_count` differs or is unknown."""
    owns: Callable[[Prompt], bool] | None = None
    """Whether a recorded prompt is in the data set; None: not known."""
    row_columns: tuple[str, ...] = ()
    """Columns of recorded rows that `from_rows` reads."""
    released: tuple[str, ...] = ()
    """Scorers that also score the answer as the paper's released code cuts it from a response; in no metric."""
    own_column: str = ""
    """Column that a user's own prompts must fill to be accepted; empty: they never are."""

    def __post_init__(self, specs: Sequence[MetricSpec]) -> None:
        """Add the metrics of `specs` and name every metric BENCHMARK.METRIC, which is unique over benchmarks."""
        prefix = f"{self.name}."
        metrics = (*self.metrics, *(spec.of(self) for spec in specs))
        full = (replace(m, name=prefix + m.name.removeprefix(prefix)) for m in metrics)
        object.__setattr__(self, "metrics", tuple(full))

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers of metrics and aggregates, without repeats, in order."""
        names = [m.scorer for m in self.metrics] + [n for a in self.aggregates for n in (a.scorer, a.label) if n]
        return tuple(dict.fromkeys(names))
