"""What scorers know of a prompt: every benchmark builds a target of a declared kind."""

from __future__ import annotations

from typing import Any, NotRequired, get_args, get_origin, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import DataError
from trustdelta.records import Prompt, targets
from trustdelta.records.targets import Choice, Target, target_of

from .conftest import Files

KINDS = get_args(Target)
"""Every kind of target."""


def kinds_of(target: object) -> list[str]:
    """Names of the kinds that a target is of, by its keys and the types of its values."""
    return [kind.__name__ for kind in KINDS if isinstance(target, dict) and is_of(target, kind)]


def is_of(target: dict[str, object], kind: type) -> bool:
    """Whether every key is one of the kind, none that it needs is missing, and every value is of its type."""
    hints = get_type_hints(kind, include_extras=True)
    needed = {key for key, hint in hints.items() if get_origin(hint) is not NotRequired}
    types = {key: hint if key in needed else get_args(hint)[0] for key, hint in hints.items()}
    return needed <= target.keys() <= types.keys() and all(has_type(v, types[k]) for k, v in target.items())


def has_type(value: object, kind: Any) -> bool:
    """Whether a value is of a type, nothing being converted."""
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def examples(benchmark: Benchmark) -> list[Prompt]:
    """Prompts that a benchmark makes without data files, and those of its known answers."""
    try:
        prompts = list(benchmark.load(Files(benchmark.fixture)))
    except DataError:
        prompts = benchmark.from_rows(benchmark.fixture_rows)
    return [*prompts[:MOST], *(known.prompt for known in benchmark.proofs(prompts))]


MOST = 200
"""Prompts of one benchmark that are looked at."""


@pytest.mark.parametrize("benchmark", registry.table().values(), ids=lambda b: b.name)
def test_a_target_is_of_a_declared_kind(benchmark: Benchmark) -> None:
    """A benchmark's prompts carry no target, or one with the keys and types of a kind."""
    for prompt in examples(benchmark):
        target = {k: v for k, v in prompt.target.items() if k != "how"} if prompt.target else None
        assert not target or kinds_of(target), target


def test_an_unknown_key_is_of_no_kind() -> None:
    """A target with a key that no scorer reads is noticed."""
    assert kinds_of(Choice(labels=["A"], options=["a"], gold=0)) == ["Choice"]
    assert kinds_of({"labels": ["A"], "options": ["a"], "gold": 0, "colour": "a"}) == []
    assert kinds_of({"labels": ["A"], "options": ["a"], "gold": "A"}) == []


def test_a_target_is_the_plain_value() -> None:
    """A kind adds nothing to the JSON value, which the prompt's id is made of."""
    made = Choice(labels=["A", "B"], options=["yes", "no"], gold=1)
    assert made == {"labels": ["A", "B"], "options": ["yes", "no"], "gold": 1}
    assert type(made) is dict
    prompt = next(iter(registry.load("bbq").proofs([]))).prompt
    assert target_of(prompt, targets.Choice) is prompt.target
