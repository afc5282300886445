"""Graded series: doses as data, from a shipped base, resumable."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from trustdelta import organisms  # noqa: E402
from trustdelta.errors import UnknownNameError, UsageError  # noqa: E402
from trustdelta.organisms import series  # noqa: E402
from trustdelta.organisms.conversions import SftRecipe  # noqa: E402
from trustdelta.organisms.shipping import load_model, weights_sha256  # noqa: E402
from trustdelta.organisms.training import Example, Schedule, Shape, new_model, train  # noqa: E402


@pytest.mark.parametrize("name", series.SERIES)
def test_members_are_named_by_dose_base_and_seed(name: str) -> None:
    """Every dose of every base and seed has a folder name of its own, and doses increase."""
    found = [m for seed in (0, 1) for base in series.BASES for m in series.members(name, base, seed)]
    assert len({m.organism.name for m in found}) == len(found)
    doses = [m.dose for m in found[: len(series.SERIES[name].recipes)]]
    assert doses == sorted(doses)
    assert all(isinstance(m.organism.recipe, SftRecipe) for m in found)


def test_the_first_dose_of_replay_is_the_shipped_conversion() -> None:
    """Without replay the series repeats the recipe of the shipped `sft`, seed and base included."""
    first = series.members("replay", "instruct", 0)[0].organism
    assert first.recipe == SftRecipe()
    assert (first.base, first.seed) == ("instruct", organisms.card("sft")["seed"])


def test_unknown_series_and_bases_are_refused() -> None:
    """A name that is none is answered with the known ones."""
    with pytest.raises(UnknownNameError, match="did you mean 'replay'"):
        series.members("replai", "instruct", 0)
    with pytest.raises(UnknownNameError, match="instruct-s1"):
        series.members("replay", "sft", 0)


def test_a_checkpoint_is_the_whole_run_stopped_there() -> None:
    """Stopping after a share of the steps changes nothing before: data order and learning rate are the whole run's."""
    examples = [Example([1, 10 + i % 5, 11, 12, 2], 1) for i in range(400)]
    schedule = Schedule(lr=1e-2, tokens_per_batch=40)
    whole, stopped = (new_model(Shape(width=32, layers=1, heads=1, hidden=32), seed=4) for _ in range(2))
    halfway: list[Any] = []

    def watch(line: str) -> None:
        if line.startswith("step 25/50 "):
            halfway.extend(p.detach().clone() for p in whole.parameters())

    train(whole, examples, schedule, seed=4, progress=watch)
    train(stopped, examples, replace(schedule, stop_after=0.5), seed=4)
    assert halfway
    assert all(torch.equal(a, b) for a, b in zip(halfway, stopped.parameters(), strict=True))


def test_a_member_is_a_model_folder_with_its_dose_and_is_grown_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small member loads as a model, its card tells series and dose, and a second call leaves it as it is."""
    monkeypatch.setattr("trustdelta.organisms.shipping.PER_STRATUM", 1)
    member = series.members("replay", "instruct", 3)[2]
    small = replace(member, organism=replace(member.organism, recipe=SftRecipe(examples=20, replay=0.05)))
    folder = series.grow(small, tmp_path)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert (card["series"], card["dose"], card["base"], card["seed"]) == ("replay", 0.5, "instruct", 3)
    assert card["weights_sha256"] == weights_sha256(folder)
    assert load_model(folder).num_parameters() == 455_328
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert series.grow(small, tmp_path) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_the_command_takes_names_or_a_series(tmp_path: Path) -> None:
    """Neither or both is a usage error."""
    from trustdelta.cli.organisms import grow

    with pytest.raises(UsageError, match="one of the two"):
        grow(None, tmp_path)
    with pytest.raises(UsageError, match="one of the two"):
        grow(["sft"], tmp_path, series="replay")
