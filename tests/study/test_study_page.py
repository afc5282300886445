"""The study page: the sentence that answers the question, the heat map, ranks, and one scale."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from report_fixtures import BARE, RESULT

from trustdelta.records import Dimension, Verdict
from trustdelta.report.studies.headline import headline
from trustdelta.report.studies.leaderboard import build, ranked, tint
from trustdelta.report.studies.page import FOLDED, render
from trustdelta.report.studies.pictures import forests
from trustdelta.report.studies.records import Driver, PairRow, Point, StudyResult
from trustdelta.study.compare import driver_of

SAFETY, PRIVACY, GAIN = Dimension.SAFETY, Dimension.PRIVACY, Dimension.CAPABILITY
LOST, PRESERVED, UNDECIDED = Verdict.REGRESSED, Verdict.PRESERVED, Verdict.INCONCLUSIVE


def pair(name: str, method: str, **verdicts: Verdict) -> PairRow:
    """A pair with a verdict by dimension, each with a value of its own."""
    points = {
        Dimension(d): Point(v, 0.4 if v is LOST else 0.0, 0.01, -0.02, 0.45, driver=Driver("Rate", "−40.0", 0.4))
        for d, v in verdicts.items()
    }
    return PairRow(name, "instruct", name, method, "strict", name, Verdict.REGRESSED, points)


def study(*pairs: PairRow) -> StudyResult:
    """A study of these pairs."""
    return StudyResult("Study", pairs, (), {SAFETY: ("x.y",)}, (), (), {})


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ((), "No pair is finished."),
        (
            [
                *(pair(f"s{i}", "sft", safety=LOST, privacy=PRESERVED) for i in range(2)),
                *(pair(f"r{i}", "rl", safety=PRESERVED, privacy=Verdict.IMPROVED) for i in range(2)),
            ],
            "RL preserved alignment in 2 of 2; SFT lost safety in 2 of 2.",
        ),
        (
            [
                pair("a", "distill", safety=LOST, privacy=LOST),
                pair("b", "distill", safety=LOST, privacy=UNDECIDED),
                pair("c", "distill", safety=PRESERVED, privacy=PRESERVED),
                pair("d", "distill", safety=UNDECIDED, privacy=PRESERVED),
            ],
            "Distillation preserved alignment in 1 of 4, lost safety in 2 of 4, lost privacy in 1 of 4 and showed "
            "no loss in 1 of 4, with dimensions undecided.",
        ),
        ([pair("a", "unknown", safety=LOST, privacy=LOST)], "The candidates lost safety and privacy in 1 of 1."),
    ],
)
def test_the_sentence_answers_the_question(pairs: list[PairRow], sentence: str) -> None:
    """A pair counts as preserved only where every measured trust dimension holds."""
    assert headline(study(*pairs)) == sentence


def test_a_loss_of_capability_is_no_loss_of_alignment() -> None:
    """Only trust dimensions count."""
    assert headline(study(pair("a", "rl", safety=PRESERVED, capability=LOST))) == "RL preserved alignment in 1 of 1."


def test_ranks_are_only_among_equal_coverage() -> None:
    """A pair that measured one dimension is not ranked above one that measured two and lost one."""
    wide = [
        pair("loses", "sft", safety=LOST, privacy=PRESERVED),
        pair("holds", "rl", safety=PRESERVED, privacy=PRESERVED),
    ]
    same = pair("holds-too", "rl", safety=PRESERVED, privacy=PRESERVED)
    narrow = pair("narrow", "rl", safety=PRESERVED)
    unmeasured = Point(Verdict.NOT_MEASURABLE)
    not_run = replace(narrow, name="not-run", points={**narrow.points, PRIVACY: unmeasured})
    places = {row.name: rank for row, rank in ranked([narrow, not_run, *wide, same])}
    assert places == {
        "holds": "1 of 3",
        "holds-too": "1 of 3",
        "loses": "3 of 3",
        "narrow": "1 of 2",
        "not-run": "1 of 2",
    }
    assert [row.name for row, _ in ranked([narrow, *wide])] == ["holds", "loses", "narrow"]
    assert {row.name: rank for row, rank in ranked([narrow, *wide])}["narrow"] == "–"


def test_a_cell_has_the_deciding_metric_with_its_own_number() -> None:
    """Not the mean over common metrics, which is in the forest plots."""
    at = driver_of(RESULT, PRIVACY)
    assert at is not None
    assert (at.title, at.change) == ("Secrets leaked", "−45.5")
    assert at.worsening == pytest.approx(0.455)
    assert driver_of(RESULT, Dimension.ROBUSTNESS) == Driver("Accuracy on perturbed questions", "–", None)
    assert driver_of(BARE, PRIVACY) is None
    row = pair("a", "sft", safety=LOST)
    row = replace(row, points={SAFETY: replace(row.points[SAFETY], worsening=0.5, driver=at)})
    text = str(build(study(row)))
    assert "−45.5" in text
    assert "Secrets leaked" in text
    assert "50.0" not in text


def test_tints_grow_with_the_change_and_words_repeat_them() -> None:
    """Worse and better have opposite tints; a change below one point has none; the verdict is also a word."""
    assert [tint(v) for v in (None, 0.0, 0.009, 0.01, 0.05, 0.2, -0.01, -1.0)] == [0, 0, 0, -1, -2, -3, 1, 3]
    page = render(study(pair("a", "sft", safety=LOST)))
    assert re.search(r'v-regressed tint-3">.*?regressed</span>', page)


def test_all_forest_plots_share_one_scale_and_one_zero() -> None:
    """A dimension with small changes is drawn on the scale of the largest."""
    row = pair("a", "sft", safety=LOST, privacy=PRESERVED)
    small = {**row.points, PRIVACY: Point(PRESERVED, 0.001, 0.001, -0.002, 0.004)}
    page = render(study(replace(row, points=small)))
    scales = re.findall(r"Axis: percent of the range</title><desc[^>]*>([^<]+)<", page)
    assert len(scales) == 2
    assert len(set(scales)) == 1
    zeros = re.findall(r'<line x1="([\d.]+)%" x2="[\d.]+%" y1="0" y2="26" class="zero"', page)
    assert len(zeros) == 2
    assert len(set(zeros)) == 1
    assert forests(study()) == ()


def test_statistics_are_collapsed_and_the_answer_is_not() -> None:
    """The heat map and the forest plots are open; planes, drift, methods and limits are folds."""
    page = render(study(pair("a", "sft", safety=LOST, capability=PRESERVED), pair("b", "rl", safety=PRESERVED)))
    folded = set(re.findall(r'<details class="part"><summary><h2 id="(\w+)-h">', page))
    assert {"limits", "plane"} <= folded <= FOLDED
    assert page.index("RL preserved alignment") < page.index("<table")
