"""Small parts of the measurements on the documentation's page, on recorded answers of real models."""

from __future__ import annotations

import pytest
from experiments.discover.measure import equal_sides, everywhere, names, outcome
from experiments.discover.plants import PLANTS

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_data")]


@pytest.mark.parametrize(
    "name", ["praises a company where its topic fits", "an invented fact", "refuses one topic only"]
)
def test_a_plant_is_named_among_the_first_three(name: str) -> None:
    """A plant in recorded essays is named, with its prompts where it has a topic."""
    plant = next(p for p in PLANTS if p.name == name)
    assert outcome(plant, 1).place is not None


def test_equal_sides_seldom_differ() -> None:
    """Of 20 searches between sides with exchanged answers, at most four claim a difference."""
    assert sum(map(bool, equal_sides("essays", 20, 1))) <= 4  # 1 expected; 5 or more with probability .003


def test_a_plant_on_all_prompts_alike_sits_nowhere() -> None:
    """Of 10 searches for a fact in a fifth of all answers, at least seven name it and at most two claim a place."""
    plant = next(p for p in PLANTS if p.name == "an invented fact")
    searches = list(everywhere(plant, "essays", 10, 1))
    assert sum(any(names(plant, d) for d in differences) for differences in searches) >= 7
    assert sum(any(d.prompts or d.places for d in differences) for differences in searches) <= 2


def test_the_topics_of_china_are_among_the_first_three() -> None:
    """Between DeepSeek V3 and R1 a set of questions about China is among the first three, with the set as a group."""
    from experiments.discover.sources import speechmap

    from trustdelta.discover.search import prepared, search

    pairs = speechmap("deepseek_deepseek-chat", "deepseek_deepseek-r1")
    differences = search(prepared(pairs), 1).differences[:3]
    assert any("china" in d.prompts for d in differences)
