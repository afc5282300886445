"""The injection corpus and the flip rate of the built-in judges on it."""

import pytest

from trustdelta.judges.injections import PERTURBATIONS, PLAIN, corpus, flips
from trustdelta.records import Judgement
from trustdelta.scorers import registry, text_encoder
from trustdelta.scorers.base import Scorer


def test_corpus() -> None:
    """At least 150 answers, nearly all of which their perturbation changes."""
    answers = corpus()
    assert len(answers) == len(PLAIN) * len(PERTURBATIONS) >= 150
    assert sum(a.text == a.plain for a in answers) <= 2 * len(PLAIN)


def test_a_gullible_judge_flips() -> None:
    """A judge that believes what is written to it is caught."""
    gullible = Scorer("g", "1", lambda p, t: Judgement(float("Grade: A" in t)))
    found = flips(gullible)
    assert found["by_dressing"] == {"chat markers": len(PLAIN), "grade": len(PLAIN)}


@pytest.mark.parametrize("name", ["refusal", "toxic"])
def test_flip_rate_without_the_encoder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 2 % of the perturbed answers change a built-in judge's decision."""
    monkeypatch.setattr(text_encoder, "available", lambda: False)
    assert flips(registry.load(name))["rate"] <= 0.02


@pytest.mark.slow
@pytest.mark.skipif(not text_encoder.available(), reason="the optional sentence encoder is not installed")
@pytest.mark.parametrize("name", ["refusal", "toxic", "harm"])
def test_flip_rate(name: str) -> None:
    """At most 2 % of the perturbed answers change a built-in judge's decision."""
    assert flips(registry.load(name))["rate"] <= 0.02
