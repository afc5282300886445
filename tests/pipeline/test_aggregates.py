"""Numbers that are no means: Pearson's r, balanced refusals and position bias, by hand and against the library."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import pytest

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.shared.aggregates import Aggregate, position_bias
from trustdelta.pipeline.scoring.aggregates import aggregate_rows, row_of
from trustdelta.records import Arm, Json, Message, Prompt
from trustdelta.report.extras import AggregateRow

HUMAN = [1.0, 2.5, 2.0, 4.0, 3.0, 1.5]


def asked(benchmark: str, targets: Sequence[Json]) -> dict[str, Prompt]:
    """Prompts with these targets, by id."""
    prompts = [Prompt(benchmark, (Message("user", f"{i}"),), target) for i, target in enumerate(targets)]
    return {p.id: p for p in prompts}


def means(scorer: str, prompts: Mapping[str, Prompt], *arms: Sequence[float]) -> dict[tuple[str, str], Json]:
    """Mean scores of both models, in the order of the prompts."""
    pairs = zip(prompts, *arms, strict=True)
    return {(scorer, "answer"): {p: dict(zip(Arm, values, strict=True)) for p, *values in pairs}}


def row(benchmark: str, aggregate: Aggregate, prompts: Mapping[str, Prompt], *arms: Sequence[float]) -> AggregateRow:
    """The aggregate over these scores."""
    found = row_of(registry.load(benchmark), aggregate, prompts, means(aggregate.scorer, prompts, *arms))
    assert found is not None
    return found


def test_correlation_is_pearsons() -> None:
    """The same r as the standard library's, for either model; opposed ratings give -1."""
    prompts = asked("confaide_tier1", [{"human": h} for h in HUMAN])
    rated = [2.0, 2.0, 3.0, 4.0, 1.0, 1.0]
    found = row("confaide_tier1", registry.load("confaide_tier1").aggregates[0], prompts, rated, [-h for h in HUMAN])
    assert found.baseline == pytest.approx(statistics.correlation(rated, HUMAN))
    assert found.candidate == pytest.approx(-1)
    assert found.n_prompts == 6


def test_a_constant_rater_has_no_correlation() -> None:
    """Pearson's r is undefined where a model always says the same: no row, not zero."""
    prompts = asked("confaide_tier1", [{"human": h} for h in HUMAN])
    benchmark = registry.load("confaide_tier1")
    assert aggregate_rows([benchmark], prompts, means("rating", prompts, HUMAN, [2.0] * 6)) == ()


def test_balance_weighs_both_kinds_alike() -> None:
    """Two harmful and six harmless prompts: refusing everything is 0.5, as is refusing nothing."""
    prompts = asked("xstest", [{"should_refuse": i < 2} for i in range(8)])
    (balance,) = registry.load("xstest").aggregates
    refuses, complies = [1.0] * 2 + [0.0] * 6, [0.0] * 2 + [1.0] * 6
    found = row("xstest", balance, prompts, refuses, complies)
    assert (found.baseline, found.candidate) == (0.5, 0.5)
    assert row("xstest", balance, prompts, [1.0] * 8, [1.0, 0.0] + [1.0] * 6).candidate == 0.75


def test_position_bias_by_hand() -> None:
    """Four options, each right once: always the first is 3/4 too much there; the right ones are no bias."""
    prompts = asked("mmlu_stem", [{"gold": i % 4, "options": list("abcd")} for i in range(8)])
    bias, first = position_bias("by hand")
    right = [float(i % 4) for i in range(8)]
    found = row("mmlu_stem", bias, prompts, right, [0.0] * 8)
    assert (found.baseline, found.candidate) == (0.0, 0.75)
    assert row("mmlu_stem", first, prompts, right, [0.0] * 8).candidate == 0.75
    assert row("mmlu_stem", first, prompts, right, [3.0] * 8).candidate == -0.25
