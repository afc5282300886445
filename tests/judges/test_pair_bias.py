"""Pair bias: by hand, against its algebra, and on the cards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.judges import measure
from trustdelta.judges.pair_bias import ALL, Decision, bias, pair_bias, student, table
from trustdelta.judges.rows import Columns
from trustdelta.records import Judgement
from trustdelta.scorers.base import Scorer
from trustdelta.scorers.pair_bias_cards import pair_bias as on_card


def decisions(errors: dict[str, list[int]]) -> list[Decision]:
    """One model a key; each prompt labelled 0, judged as listed."""
    return [Decision(model, str(i), float(judged), 0.0) for model, v in errors.items() for i, judged in enumerate(v)]


def test_by_hand() -> None:
    """A errs on 1 of 4, B on 3 of 4: b is +0.5, and -0.5 back; labels that move with the judge are no bias."""
    known = table(decisions({"a": [1, 0, 0, 0], "b": [1, 1, 1, 0]}))
    assert bias(known, "a", "b") == pytest.approx((0.5, 0.0625))
    assert bias(known, "b", "a") == pytest.approx((-0.5, 0.0625))
    moved = table([Decision("a", "0", 0.0, 0.0), Decision("b", "0", 1.0, 1.0)])
    assert bias(moved, "a", "b") == (0.0, 0.0)


def test_only_shared_prompts_count() -> None:
    """An answer to a prompt that the other model never saw says nothing about the pair."""
    known = table([Decision("a", "0", 0, 0), Decision("b", "0", 0, 0), Decision("b", "1", 1, 0)])
    assert bias(known, "a", "b") == (0.0, 0.0)
    assert bias(table([Decision("a", "0", 0, 0), Decision("b", "1", 1, 0)]), "a", "b") is None


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 1), min_size=6, max_size=6), min_size=4, max_size=6), st.integers(0, 1))
def test_symmetry_and_shift(errors: list[list[int]], shift: int) -> None:
    """The mean over ordered pairs is zero, and an error that all models share changes nothing."""
    named = {f"m{i}": values for i, values in enumerate(errors)}
    found = pair_bias(decisions(named))[ALL]
    assert found["mean"] == pytest.approx(0.0, abs=1e-12)
    shifted = [Decision(d.model, d.prompt, d.judged + shift, d.labelled) for d in decisions(named)]
    assert pair_bias(shifted)[ALL]["spread"] == pytest.approx(found["spread"])
    assert found["systematic"] <= found["bound"] + 1e-12


def test_a_kind_of_pair_has_a_mean() -> None:
    """A judge that overrates reasoning models shows it from instruct to reasoning, with the sign turned back."""
    errors = {"a": [0, 0], "b": [0, 0], "c": [1, 1], "d": [1, 1]}
    kinds = {"a": "instruct", "b": "instruct", "c": "reasoning", "d": "reasoning"}
    found = pair_bias(decisions(errors), kinds)
    assert found["instruct to reasoning"]["mean"] == pytest.approx(1.0)
    assert found["reasoning to instruct"]["mean"] == pytest.approx(-1.0)


def test_labels_without_an_error_make_no_judge_exact() -> None:
    """Half an error in one answer of 14 models to 10 prompts; four times the labels, a quarter of the bound."""
    right = pair_bias(decisions({f"m{i}": [0] * 10 for i in range(14)}))[ALL]
    one = 0.5 / 10 * np.sqrt(2 / 14)
    assert (right["spread"], right["systematic"]) == (0.0, 0.0)
    assert right["bound"] == pytest.approx(student(0.975, 13) * one)
    assert pair_bias(decisions({f"m{i}": [0] * 40 for i in range(14)}))[ALL]["bound"] == pytest.approx(
        right["bound"] / 4
    )
    wrong = pair_bias(decisions({f"m{i}": [int(i == 0)] + [0] * 9 for i in range(14)}))[ALL]
    assert wrong["bound"] == pytest.approx(0.1), "one of ten answers of one model"


def test_three_models_are_too_few() -> None:
    """Nothing is claimed from fewer than four models."""
    assert pair_bias(decisions({"a": [0], "b": [0], "c": [1]})) == {}


def test_the_bound_covers_a_new_pair() -> None:
    """Of pairs from the same population of judge errors about 95 % lie within the bound."""
    rng = np.random.default_rng(0)
    within = []
    for _ in range(200):
        rates = rng.normal(0.3, 0.03, size=12)
        seen = {f"m{i}": [int(v) for v in rng.random(250) < max(rate, 0.0)] for i, rate in enumerate(rates)}
        new = bias(table(decisions(seen)), "m0", "m1")
        learned = {m: v for m, v in seen.items() if m not in ("m0", "m1")}
        assert new is not None
        within.append(abs(new[0]) <= pair_bias(decisions(learned))[ALL]["bound"])
    assert np.mean(within) >= 0.9


def test_calibrate_gives_it_where_four_models_are_judged() -> None:
    """`judges calibrate` prints and stores it for any judge and labelled set with a model column."""
    judge = Scorer("number", "1", lambda prompt, text: Judgement(float(text)))
    rows = [
        {"prompt": str(p), "text": str((p + m) % 2), "label": str(p % 2), "model": f"m{m}"}
        for m in range(4)
        for p in range(6)
    ]
    found = measure.calibrate(judge, rows, Columns("prompt", "text", "label", "model"))
    assert found["pair_bias"][ALL]["models"] == 4
    assert measure.calibrate(judge, rows, Columns("prompt", "text", "label"))["pair_bias"] == {}


def test_the_card_of_refusal_holds_the_bar() -> None:
    """At most 5 points over pairs of models that were not learned from, in both directions of a conversion."""
    for kind in (ALL, "instruct to reasoning", "reasoning to instruct"):
        known = on_card("refusal", kind)
        assert known is not None
        assert known.kind == kind
        assert known.models >= 30
        assert known.bound <= 0.05


def test_a_card_without_it_says_so() -> None:
    """A scorer whose pair bias was not measured has none."""
    assert on_card("label_answer") is None


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 3.182), (9, 2.262), (29, 2.045), (1000, 1.962)])
def test_students_quantile(freedom: int, quantile: float) -> None:
    """The 97.5 % quantiles of the usual tables."""
    assert student(0.975, freedom) == pytest.approx(quantile, abs=0.02)
