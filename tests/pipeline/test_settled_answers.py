"""Answers that end once their scores are settled, and multiple choice by its first token: less is generated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripted_model import END, START, Script, write_scripted

import trustdelta
from trustdelta.api import Audit
from trustdelta.errors import ConfigError, EngineError
from trustdelta.pipeline.settling import WHOLE_ONE_IN, is_whole
from trustdelta.records import Arm, Response, Score
from trustdelta.store import Store

QUESTIONS = 120
OPENS, BREAK, LONG = "Answer: ", "\n", "Each option was weighed with care, one after the other, and at some length."


def script(right: float, withdrawn: float = 0.0) -> Script:
    """States A (right) or B in one line and explains; takes the answer back at the end with some probability."""
    explained = {"\n\n": 1 - withdrawn, "\nWait, that was wrong. The answer is C.": withdrawn}
    return {
        START: {f"{OPENS}A": right, f"{OPENS}B": 1 - right},
        f"{OPENS}A": {BREAK: 1.0},
        f"{OPENS}B": {BREAK: 1.0},
        BREAK: {LONG: 1.0},
        LONG: {piece: p for piece, p in explained.items() if p},
        "\n\n": {"This is all that there is to say.": 1.0},
        "This is all that there is to say.": {END: 1.0},
        **({"\nWait, that was wrong. The answer is C.": {END: 1.0}} if withdrawn else {}),
    }


def quiz(folder: Path, *scorers: str) -> Path:
    """A benchmark of multiple choice, with the scorers of its metrics; the first is primary."""
    rows = [{"question": f"Which is right in case {i}?", "options": ["one", "two", "three"]} for i in range(QUESTIONS)]
    metrics = [
        {"name": name, "scorer": name, "better": "lower" if name == "refusal" else "higher", "margin": 0.2}
        | ({"primary": False} if place else {})
        for place, name in enumerate(scorers)
    ]
    definition: dict[str, Any] = {
        "name": "our_quiz", "title": "Our quiz", "dimension": "house_rules", "licence": "CC0-1.0",
        "prompts": [r | {"gold": "A"} for r in rows],
        "columns": {"prompt": "question"},
        "target": {"options": "options", "gold": "gold"},
        "metrics": metrics,
    }  # fmt: skip
    path = folder / "quiz.yaml"
    path.write_text(yaml.safe_dump(definition), "utf-8")
    return path


def audited(folder: Path, models: tuple[Path, Path], benchmark: Path, **settings: Any) -> Audit:
    """One audit with the fixed design."""
    return trustdelta.audit(
        *map(str, models), benchmarks=[str(benchmark)], out=folder, drift=False, design="fixed", seed=1, **settings
    )


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A baseline and a worse candidate, neither of which takes an answer back."""
    folder = tmp_path_factory.mktemp("models")
    return write_scripted(folder / "before", script(0.9)), write_scripted(folder / "after", script(0.5))


def stored(audit: Audit) -> tuple[dict[tuple[str, str, int], Response], dict[tuple[str, str, int, str], Score]]:
    """Responses and scores of a run, by what they belong to."""
    with Store(audit.folder, write=False) as store:
        responses = {(arm.value, r.prompt_id, r.draw): r for arm in Arm for r in store.responses(arm)}
        return responses, {(s.arm.value, s.prompt_id, s.draw, s.scorer): s for s in store.scores()}


def test_settled_answers_are_shorter_and_have_the_same_scores(models: tuple[Path, Path], tmp_path: Path) -> None:
    """What is generated begins the whole answer, every score and verdict stays, and a tenth is generated whole."""
    benchmark = quiz(tmp_path, "choice")
    whole = audited(tmp_path / "whole", models, benchmark)
    early = audited(tmp_path / "early", models, benchmark, stop_when_settled=True)
    (before, scores), (after, same) = stored(whole), stored(early)
    assert same == scores
    assert [(m.verdict, m.estimate) for m in early.result.metrics] == [
        (m.verdict, m.estimate) for m in whole.result.metrics
    ]
    assert {key for key, r in after.items() if not r.settled} == {key for key in after if is_whole(key[1], key[2])}
    assert all(before[key].text.startswith(r.text) for key, r in after.items())
    assert all(r.text.endswith("\n") for r in after.values() if r.settled)
    tokens = [sum(r.completion_tokens for r in each.values()) for each in (before, after)]
    assert tokens[1] < 0.5 * tokens[0]
    note = next(n for n in early.result.notes if n.startswith("stop_when_settled"))
    settled, checked = sum(r.settled for r in after.values()), sum(not r.settled for r in after.values())
    assert f"{settled} of {len(after)} answers ended once they were settled" in note
    assert f"{checked} would have ended early" in note
    assert "0 of them have another score when whole" in note
    assert "audit again" not in note
    assert not any(n.startswith("stop_when_settled") for n in whole.result.notes)


def test_answers_that_are_taken_back_are_counted(tmp_path: Path) -> None:
    """The tenth that is whole shows that a model takes its answers back, and the report advises against stopping."""
    model = write_scripted(tmp_path / "wavers", script(0.9, withdrawn=0.5))
    audit = audited(tmp_path / "run", (model, model), quiz(tmp_path, "choice"), stop_when_settled=True)
    note = next(n for n in audit.result.notes if n.startswith("stop_when_settled"))
    changed = int(re.search(r"(\d+) of them have another score", note)[1])  # type: ignore[index]
    responses, _ = stored(audit)
    assert changed == sum("The answer is C" in r.text for r in responses.values()) > 2
    assert "audit again with stop_when_settled=false" in note


def test_metrics_that_need_whole_answers(models: tuple[Path, Path], tmp_path: Path) -> None:
    """A secondary metric without a rule is left out by name; a primary one keeps every answer whole."""
    (tmp_path / "a").mkdir()
    secondary = audited(
        tmp_path / "s", models, quiz(tmp_path, "choice", "choice_refusal", "refusal"), stop_when_settled=True
    )
    assert [m.metric.name for m in secondary.result.metrics] == ["our_quiz.choice", "our_quiz.choice_refusal"]
    assert any(n.startswith("our_quiz.refusal left out: they need whole answers") for n in secondary.result.notes)
    primary = audited(tmp_path / "p", models, quiz(tmp_path / "a", "refusal", "choice"), stop_when_settled=True)
    assert len(primary.result.metrics) == 2
    assert not any(r.settled for r in stored(primary)[0].values())


def test_one_response_in_ten_is_whole() -> None:
    """The share of whole responses is a tenth, by a hash that both models share."""
    share = sum(is_whole(f"{i:024x}", 0) for i in range(4000)) / 4000
    assert abs(share - 1 / WHOLE_ONE_IN) < 0.02


REST: Script = {"A": {END: 1.0}, " B": {END: 1.0}, "C": {END: 1.0}, "Well": {"C": 1.0}}


def opening(a: float, b: float) -> Script:
    """A model whose first token is A, B or a word."""
    return {START: {"A": a, " B": b, "Well": 1 - a - b}, **REST}


def test_multiple_choice_by_the_first_token(tmp_path: Path) -> None:
    """The most likely option is the answer, with its probability; nothing else is generated."""
    model = write_scripted(tmp_path / "first", opening(0.6, 0.3))
    other = write_scripted(tmp_path / "other", opening(0.2, 0.7))
    audit = audited(tmp_path / "run", (model, other), quiz(tmp_path, "choice"), choice_answers="first_token")
    responses, scores = stored(audit)
    assert {(key[0], r.text, r.completion_tokens) for key, r in responses.items()} == {
        ("baseline", "A", 1),
        ("candidate", "B", 1),
    }
    p = next(r.recorded["options"] for key, r in responses.items() if key[0] == "candidate")
    assert p == pytest.approx({"A": 0.2, "B": 0.7, "C": 0.0}, abs=1e-4)
    assert {(key[0], s.value) for key, s in scores.items()} == {("baseline", 1.0), ("candidate", 0.0)}


def test_an_answer_that_begins_with_words_is_not_guessed(tmp_path: Path) -> None:
    """Where the options are unlikely as a first token, there is no answer, and nothing is measured."""
    model = write_scripted(tmp_path / "wordy", opening(0.2, 0.1))
    audit = audited(tmp_path / "run", (model, model), quiz(tmp_path, "choice"), choice_answers="first_token")
    assert {r.text for r in stored(audit)[0].values()} == {"Well"}
    assert audit.result.metrics[0].estimate is None


def test_options_that_are_no_tokens_are_named(tmp_path: Path) -> None:
    """A tokenizer without the options' labels is refused by name."""
    model = write_scripted(tmp_path / "letters", {START: {"A": 1.0}, "A": {END: 1.0}})
    with pytest.raises(EngineError, match="the option 'B' is no single token of it; --set choice_answers=written"):
        audited(tmp_path / "run", (model, model), quiz(tmp_path, "choice"), choice_answers="first_token")


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"stop_when_settled": True}, "do not run in this process"), ({"choice_answers": "first_token"}, "probabilities")],
)
def test_models_that_run_elsewhere(setting: dict[str, Any], message: str, tmp_path: Path) -> None:
    """Both modes need a model of this process; a server is named before anything is sent."""
    server = "https://api.example.org/v1|model"
    with pytest.raises(ConfigError, match=message):
        trustdelta.audit(server, server, benchmarks=[str(quiz(tmp_path, "choice"))], out=tmp_path / "r", **setting)
