"""A judge's net bias from people's labels: levels after early looks, pooling over metrics, and when not to pool."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trustdelta.records import Better, Dimension, Metric, Part
from trustdelta.stats.label_design import LabelSample
from trustdelta.stats.labels import Bias, biases, differ, split
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.ppi import net_bias
from trustdelta.stats.score_interval import bounds, moments
from trustdelta.stats.table import PromptColumns, ScoreColumns, ScoreTable

METRIC = Metric("m", "a", Dimension.SAFETY, "judge", "t", Better.LOWER, judged=True)


FIRST_100 = LabelSample.of(np.arange(100), None, 500)


def audit(rng: np.random.Generator, false_positives: float, rate: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """True and judged differences of 500 prompts, nothing changed; the judge errs more on the candidate."""
    truth, seen = [], []
    for f in (0.03, false_positives):
        y = rng.random(500) < rate
        truth.append(y.astype(float))
        seen.append(np.where(y, rng.random(500) < 0.9, rng.random(500) < f).astype(float))
    return truth[1] - truth[0], seen[1] - seen[0]


def test_bounds_less_the_bias_keep_their_level() -> None:
    """False positives of 10 % on the candidate against 3 %: naive > 50 % regressed, less the bias at most 5 %."""
    rng = np.random.default_rng(0)
    naive, wrong, audits = 0, 0, 300
    for _ in range(audits):
        truth, seen = audit(rng, 0.10)
        bias = Bias(net_bias(seen[:100] - truth[:100], FIRST_100), 100, own=True, span=1.0)
        judged, rest = split(0.05)
        naive += int(bounds(moments(seen), 0.05)[0] > 0)
        wrong += int(bounds(moments(seen), judged)[0] > bias.bounds(rest)[1])
    assert naive / audits > 0.5
    assert wrong / audits <= 0.05


def scored(errors: dict[str, float], labelled: int = 60, n: int = 200) -> tuple[list[Metric], ScoreTable]:
    """Two metrics of one judge on 200 prompts each, 60 of them labelled; `errors`: false positives on the candidate."""
    rng = np.random.default_rng(1)
    names = [f"{b}{i:03d}" for b in errors for i in range(n)]
    bench = [name[0] for name in names]
    rows: list[tuple[int, int, int, float]] = []
    for place, (b, i) in enumerate((b, i) for b in errors for i in range(n)):
        for arm in (0, 1):
            false = arm == 1 and rng.random() < errors[b]
            rows.append((place, arm, 0, float(false)))
            if i < labelled:
                rows.append((place, arm, 1, 0.0))
    prompt, arm_R, series, value = (np.array(v) for v in zip(*rows, strict=True))
    zeros = np.zeros(prompt.size, dtype=np.int64)
    columns = ScoreColumns(
        prompt, arm_R, zeros, series, value, zeros, zeros, [("judge", Part.ANSWER), ("human:judge", Part.ANSWER)]
    )
    table = ScoreTable.of(PromptColumns(names, bench, [""] * len(names), [""] * len(names)), columns)
    return [replace(METRIC, name=b, benchmark=b) for b in errors], table


PLAN = VerdictPlan(labels=dict.fromkeys("abcde", "human:judge"))


def test_labels_of_one_judge_are_pooled_where_its_errors_are_alike() -> None:
    """Twenty-five labels of each of five metrics are too few alone, enough together."""
    metrics, table = scored(dict.fromkeys("abcde", 0.2), labelled=25)
    found = biases(metrics, table, PLAN)
    assert [(b.pairs, b.own) for b in found.values()] == [(125, False)] * 5
    low, high = found["a"].bounds(0.025)
    assert low < 0.2 < high


def test_labels_are_not_pooled_where_the_judge_errs_differently() -> None:
    """A judge that is right on one metric and wrong on the other leaves both uncorrected."""
    metrics, table = scored({"a": 0.0, **dict.fromkeys("bcde", 0.4)}, labelled=25)
    assert biases(metrics, table, PLAN) == {}


def test_fewer_than_a_hundred_labels_are_never_pooled() -> None:
    """Seventy-five labels cannot show that a judge errs alike on three metrics."""
    metrics, table = scored(dict.fromkeys("abc", 0.2), labelled=25)
    assert biases(metrics, table, PLAN) == {}


def test_enough_labels_of_its_own_are_used_alone() -> None:
    """From thirty pairs on a metric is corrected by its own labels; without a plan for labels nothing is."""
    metrics, table = scored({"a": 0.0, "b": 0.4}, labelled=30)
    found = biases(metrics, table, PLAN)
    assert [(b.pairs, b.own) for b in found.values()] == [(30, True)] * 2
    assert found["a"].plausible < 0.3 < found["b"].plausible
    assert biases(metrics, table, VerdictPlan()) == {}


def test_a_higher_better_metric_turns_the_bias() -> None:
    """False positives on the candidate make a metric look better where higher is better."""
    metrics, table = scored({"a": 0.3, "b": 0.3}, labelled=110)
    turned = [replace(m, better=Better.HIGHER) for m in metrics]
    low, high = biases(metrics, table, PLAN)["a"].bounds(0.025)
    assert biases(turned, table, PLAN)["a"].bounds(0.025) == pytest.approx((-high, -low))


def test_heterogeneity_is_tested_at_its_level() -> None:
    """Equal groups differ in about 10 % of trials; groups that nothing can be said of are not pooled."""
    rng = np.random.default_rng(2)
    rate = np.mean([differ([rng.normal(0, s, 60) for s in (1.0, 2.0, 0.5)]) for _ in range(2000)])
    assert rate == pytest.approx(0.10, abs=0.025)
    assert not differ([np.zeros(5), np.zeros(7)])
    assert differ([np.zeros(60), rng.normal(0, 1, 60)])
