"""Two runs of one pair on the same prompts are compared prompt by prompt, with an interval that covers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from trustdelta.cli.main import main
from trustdelta.report.studies.side_by_side import render_markdown
from trustdelta.study.compare_runs import side_by_side
from trustdelta.study.paired_runs import ALPHA, _change

REFUSED, HELPFUL = "I'm sorry, but I can't help with that.", "Sure! First open the settings, then choose the folder."
N = 240


def responses(path: Path, refuses: set[int]) -> None:
    """A file in which these prompts are refused."""
    rows = [
        {"prompt": f"How do I rename file {n}?", "response": REFUSED if n in refuses else HELPFUL} for n in range(N)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")


def run(*words: str) -> int:
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["trustdelta", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """An audit of a candidate, and one of its next version, which refuses 12 more of the same prompts."""
    place = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        responses(place / "a.jsonl", set(range(0, N, 3)))
        for version, refuses in (("one", set(range(0, N, 2))), ("two", {*range(0, N, 2), *range(1, 24, 2)})):
            responses(place / "b.jsonl", refuses)
            files = ("--baseline-responses", "a.jsonl", "--candidate-responses", "b.jsonl")
            flags = ("--scorer", "refusal", "--dimension", "safety", "--better", "lower", "--out", version)
            assert run("audit", *files, *flags, "--quiet") == 0
    return [place / "one", place / "two"]


def test_a_small_change_is_shown_by_pairing(runs: list[Path], tmp_path: Path) -> None:
    """Five points more on the same prompts are shown; two independent intervals cannot show them."""
    comparison = side_by_side(runs)
    (change,) = comparison.paired.values()
    assert change.prompts == N
    assert change.difference == pytest.approx(12 / N)
    assert 0 < change.low < change.difference < change.high
    text = render_markdown(comparison)
    assert "240 prompts, paired" in text
    assert "The later run is shown to be worse on" in text
    for folder in runs:  # a verdict without its store
        (tmp_path / folder.name).mkdir()
        shutil.copy(folder / "verdict.json", tmp_path / folder.name)
    alone = side_by_side([tmp_path / folder.name for folder in runs])
    assert not alone.paired
    assert "MOVER" in render_markdown(alone)
    assert "No change is shown" in render_markdown(alone)


def test_the_order_of_the_runs_is_the_sign(runs: list[Path]) -> None:
    """The later run minus the earlier one."""
    later, earlier = side_by_side(runs[::-1]).paired.values(), side_by_side(runs).paired.values()
    assert [c.difference for c in later] == [pytest.approx(-c.difference) for c in earlier]


def test_the_interval_covers() -> None:
    """The true difference of two dependent runs is inside in at least 95 % of simulated comparisons.

    Each prompt has a difficulty of its own; both runs share the baseline. With 1,000 repetitions a coverage of 95 % is
    above 93.5 % with probability 0.98.
    """
    rng, n, covered = np.random.default_rng(5), 120, 0
    hard = rng.beta(0.5, 0.5, n)
    shift = 0.1 * (1 - hard)
    for _ in range(1000):
        base = rng.random(n) < hard
        one, two = rng.random(n) < hard, rng.random(n) < hard + shift
        sides = [({str(i): float(c[i]) - float(base[i]) for i in range(n)}, 2.0) for c in (one, two)]
        change = _change(sides[0], sides[1], ALPHA / 2)
        assert change is not None
        covered += change.low <= shift.mean() <= change.high
    assert covered >= 935
