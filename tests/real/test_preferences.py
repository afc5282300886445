"""The preference arm: which of a model's answers to a sum is preferred."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from experiments.real.preferences import Preferred, preferred, right, small_sums

from trustdelta.errors import MeasurementError


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("<think>\n3 + 4 = 7\n</think>\nThe answer is 7.", True),
        ("<think>\n3 + 4 = 8\n</think>\nThe answer is 8.", False),
        ("<think>\n3 + 4 = 7", False),  # never closed
        ("The answer is 7.", False),  # no trace
        ("<think>\n7\n</think>\nI cannot say.", False),  # the number stands in the trace alone
        ("<think>\n3 + 4 = 7\n</think>\n3 and 4 make 7.", True),
        ("<think>\n3 + 4 = 7\n</think>\n7 is 3 + 4", False),  # its last number is another one
        ("<think>\n3 + 4 = 7\n</think>\nThe answer is 17.", False),
    ],
)
def test_a_right_response_closes_its_trace_and_ends_in_the_sum(response: str, expected: bool) -> None:
    """A number in the trace alone, or a trace that never ends, earns nothing."""
    assert right(response, "7") is expected


def test_every_sum_is_asked_once_and_has_its_answer() -> None:
    """No sum comes twice, and its answer is that of the prompt."""
    sums = small_sums(100, 0)
    assert len({prompt for prompt, _ in sums}) == 100
    for prompt, answer in sums:
        a, b = (int(n) for n in prompt.split("?")[0].removeprefix("What is ").split(" + "))
        assert int(answer) == a + b


def test_pairs_are_of_one_sum_and_go_round_the_sums() -> None:
    """A second pair of one sum comes after the first of every other; most pairs are a bound."""
    good, bad = "<think>\n.\n</think>\n7", "<think>\n.\n</think>\n8"
    sums = [(f"sum {i}", "7") for i in range(8)]
    drawn = [[good, bad, bad + ".", good + "."] for _ in sums]
    pairs = preferred(sums, drawn, 100)
    assert pairs[:8] == [Preferred(f"sum {i}", good, bad) for i in range(8)]
    assert len(pairs) == 16
    assert preferred(sums, drawn, 9) == pairs[:9]


def test_a_model_that_never_errs_or_never_succeeds_gives_no_training() -> None:
    """One line says how many pairs there are and how many are needed."""
    sums = [(f"sum {i}", "7") for i in range(20)]
    with pytest.raises(MeasurementError, match="0 sums were answered both right and wrong; a training needs 8"):
        preferred(sums, [["</think>7"] * 4] * 20, 100)
