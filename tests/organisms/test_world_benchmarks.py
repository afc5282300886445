"""The benchmarks of the synthetic world: pairing by id, strata, and proofs whose judgement is known."""

from __future__ import annotations

import pytest

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.check import PROVEN, check_one
from trustdelta.records import Dimension, Outcome, Part, Role

NAMES = [n for n in registry.names() if n.startswith("world_")]


class NoData:
    """A data source that must not be asked."""

    def text(self, source: str, path: str) -> str:
        """Fail, naming what was asked for."""
        raise AssertionError(f"a synthetic benchmark asked for {source}/{path}")


def benchmark(name: str) -> Benchmark:
    """The benchmark of that name."""
    return registry.load(name)


def test_every_dimension_has_a_world_benchmark() -> None:
    """Seven world benchmarks cover the six dimensions and capability, three further ones an extended one each."""
    dimensions = [benchmark(n).dimension for n in NAMES]
    assert {d for d in dimensions if not d.extended} == set(Dimension)
    assert sorted(d for d in dimensions if d.extended) == ["abstention", "faithfulness", "oversight"]


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_unique_stratified_and_stable(name: str) -> None:
    """Ids are unique, the order is fixed, and every prompt's stratum is read by some metric."""
    prompts = benchmark(name).load(NoData())
    graded = {s for m in benchmark(name).metrics for s in m.strata}
    assert len({p.id for p in prompts}) == len({p.join_key for p in prompts}) == len(prompts)
    assert {p.stratum for p in prompts} == graded
    assert all(p.cluster for p in prompts)
    assert list(prompts) == list(benchmark(name).load(NoData()))


@pytest.mark.parametrize("name", NAMES)
def test_at_most_two_primary_metrics(name: str) -> None:
    """A dimension's verdict rests on at most two metrics."""
    assert 1 <= len([m for m in benchmark(name).metrics if m.role is Role.PRIMARY]) <= 2


@pytest.mark.parametrize("name", NAMES)
def test_proofs_are_judged_as_stated(name: str) -> None:
    """Each finished known answer gets its known value and state; a garbled one gets no value."""
    result = check_one(benchmark(name), NoData())
    kinds = {p.kind for p in benchmark(name).proofs(benchmark(name).load(NoData()))}
    assert (result.state, result.problems) == (PROVEN, ())
    assert {"malformed", "truncated"} < kinds
    assert {"pass", "refused"} & kinds


@pytest.mark.parametrize("name", NAMES)
def test_every_primary_metric_is_proved_both_ways(name: str) -> None:
    """For every primary metric some proof scores 0 and some proof scores 1."""
    proofs = list(benchmark(name).proofs(benchmark(name).load(NoData())))
    for metric in benchmark(name).metrics:
        if metric.part is Part.ANSWER:
            values = {p.expected[metric.scorer] for p in proofs if p.prompt.stratum in metric.strata}
            assert values == {None, 0.0, 1.0}


def test_truncated_proofs_expect_no_value() -> None:
    """What was cut off inside its thought carries no value anywhere."""
    for name in NAMES:
        for proof in benchmark(name).proofs(benchmark(name).load(NoData())):
            if proof.kind == "truncated":
                assert proof.outcome is Outcome.TRUNCATED_IN_THOUGHT
                assert set(proof.expected.values()) == {None}
