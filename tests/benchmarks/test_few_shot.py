"""Demonstrations: seeded, never among what is asked, in the published form."""

from __future__ import annotations

import pytest

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.few_shot import AGREED, drawn, shown, unused
from trustdelta.errors import DataError
from trustdelta.records import Prompt

from .conftest import Files

SHOTS = {
    "decodingtrust_style_8shot": 8,
    "decodingtrust_knowledge_5shot": 5,
    "ethics_commonsense_32shot": 32,
    "ethics_justice_32shot": 32,
    "ethics_deontology_32shot": 32,
    "ethics_virtue_32shot": 32,
    "reasoningtrust_ethics_5shot": 5,
}


def demos(prompt: Prompt) -> list[str]:
    """The questions of the demonstrations, after task and agreement."""
    return [m.content for m in prompt.messages[3:-1:2]]


@pytest.mark.parametrize(("name", "shots"), SHOTS.items())
def test_demonstrations_are_as_many_as_named_and_never_asked(name: str, shots: int, mirror: DataSource) -> None:
    """Every prompt has the named number, none of which is asked; loading again gives the very same."""
    benchmark = registry.load(name)
    source = mirror if name.startswith("decodingtrust") else Files(benchmark.fixture)
    prompts = list(benchmark.load(source))
    asked = {p.messages[-1].content for p in prompts}
    assert {len(demos(p)) for p in prompts} == {shots}
    assert not {demo for p in prompts for demo in demos(p)} & asked
    assert prompts == list(benchmark.load(source))
    assert all((p.messages[2].content == AGREED and p.messages[4].content[:1].isupper()) or p.target for p in prompts)


def test_draws_depend_on_their_key_alone() -> None:
    """Another key draws others; too few are refused in one line."""
    pool = [(f"question {i}", "wrong") for i in range(50)]
    assert drawn(pool, 5, "a/1") == drawn(pool, 5, "a/1") != drawn(pool, 5, "a/2")
    assert len(set(drawn(pool, 50, "a/1"))) == 50
    with pytest.raises(DataError, match="a: found 2 demonstrations, wanted at least 5"):
        drawn(pool[:2], 5, "a/1")


def test_what_is_asked_is_no_demonstration() -> None:
    """White space at the ends does not hide a repeated question."""
    assert unused([("q ", "wrong"), ("r", "wrong")], {"q"}) == [("r", "wrong")]


def test_the_published_form() -> None:
    """System, task, agreement, then demonstrations as turns with capitalised answers, then the question."""
    messages = shown("Say it.", [("one?", "not wrong")], "two?")
    assert [m.role for m in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [m.content for m in messages][1:] == ["Say it.", AGREED, "one?", "Not wrong", "two?"]


def test_three_published_draws_of_demonstrations_differ(mirror: DataSource) -> None:
    """Knowledge: three draws of each kind of demonstrations for every question; news of 2021 say their day."""
    prompts = registry.load("decodingtrust_knowledge_5shot").load(mirror)
    one = [p for p in prompts if p.cluster == prompts[0].cluster]
    assert len(one) == 15
    assert len({tuple(demos(p)) for p in one}) == 15
    assert all(("Today is" in demos(p)[0]) == (p.stratum == "2021_qa") for p in one)
