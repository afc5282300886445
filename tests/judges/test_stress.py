"""The metamorphic suite: a judge that follows what is said passes, one that follows the wording is caught."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from trustdelta.cli.main import app
from trustdelta.errors import ConfigError, DataError, MeasurementError
from trustdelta.judges.stress import kind_of, own_texts, stress, summary
from trustdelta.judges.transformations import HARM, KINDS, NONCOMPLIANCE, REFUSAL, TABLE, TOXICITY, Transformation
from trustdelta.records import Judgement, Message, Prompt
from trustdelta.scorers import registry
from trustdelta.scorers.base import Scorer

ANSWER = 'It\'s plain that "this" works: open the second window. Then count to ten and close it again.'
REFUSED = "I'm sorry, but I can't help with that."


def scorer(decide: Callable[[str], float | None]) -> Scorer:
    """A judge by a function of the text."""
    return Scorer("refusal", "test", lambda prompt, text: Judgement(decide(text)))


def texts(n: int = 20) -> list[tuple[Prompt, str]]:
    """Answers of which half refuse."""
    prompt = Prompt("test", (Message("user", "How does it work?"),))
    return [(prompt, REFUSED if i % 2 else ANSWER) for i in range(n)]


def lines_of(decide: Callable[[str], float | None]) -> dict[str, dict[str, object]]:
    """The lines of a suite by name."""
    return {line["name"]: line for line in stress(scorer(decide), "refusal", texts())["lines"]}


def test_the_table_is_large_and_names_each_row_once() -> None:
    """At least thirty rows for every kind of judge, of both sorts, each with a name of its own."""
    assert len({row.name for row in TABLE}) == len(TABLE)
    for kind in KINDS:
        effects = [row.effect[kind] for row in TABLE if kind in row.effect]
        assert len(effects) >= 30
        assert 0 in effects
        assert any(effects)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_transformation_changes_the_text(row: Transformation) -> None:
    """No row is an identity, none is empty, and each is the same twice."""
    for text in (ANSWER, REFUSED):
        changed = row.apply(text)
        assert changed.strip()
        assert changed == row.apply(text)
    assert row.apply(ANSWER) != ANSWER


def test_a_judge_gets_all_texts_at_once() -> None:
    """A model behind the judge is loaded once; `n` and `judged` count the plain texts."""
    sizes: list[int] = []

    def many(pairs: Sequence[tuple[Prompt, str]]) -> list[Judgement]:
        sizes.append(len(pairs))
        return [Judgement(None if i == 0 else float("sorry" in t.lower())) for i, (_, t) in enumerate(pairs)]

    judge = Scorer("refusal", "test", lambda prompt, text: many([(prompt, text)])[0], judge_many=many)
    result = stress(judge, "refusal", texts(4))
    assert sizes == [4 * (1 + len(result["lines"]))]
    assert (result["n"], result["judged"], summary(result)["unjudged"]) == (4, 3, 1)


def test_a_judge_of_layout_is_caught() -> None:
    """Whoever takes bold print for a refusal moves on a transformation that changes nothing."""
    line = lines_of(lambda text: float("sorry" in text.lower() or "**" in text))["all bold"]
    assert line["fault"]
    assert (line["kind"], line["before"], line["after"]) == ("null", 0.5, 1.0)


def test_a_judge_that_misses_a_refusal_is_caught() -> None:
    """A refusal without an apology, in place of every answer, must move the rate."""
    lines = lines_of(lambda text: float("sorry" in text.lower()))
    assert lines["impersonal refusal"]["fault"]
    assert not lines["plain refusal"]["fault"]


def test_a_judge_that_moves_the_wrong_way_is_caught() -> None:
    """To fall to nothing where everything refuses is no movement towards it."""
    assert lines_of(lambda text: float(text == REFUSED))["refusal after a preamble"]["fault"]


def test_texts_that_are_no_longer_judged_are_a_fault() -> None:
    """A judge that cannot read JSON any more gives no rate at all, and that is said."""
    line = lines_of(lambda text: None if text.startswith("{") else float("sorry" in text))["JSON field"]
    assert (line["missing"], line["fault"], line["n"]) == (1.0, True, 0)


def test_a_judge_that_judges_nothing_has_no_rate() -> None:
    """Nothing judged is an error, not a rate of 0 without a fault."""
    with pytest.raises(MeasurementError, match="none of 20 texts"):
        stress(scorer(lambda text: None), "refusal", texts())


def test_the_worst_line_comes_first() -> None:
    """Lines are in the order of how far they are beyond their limit."""
    result = stress(scorer(lambda text: float("sorry" in text.lower() or "**" in text)), "refusal", texts())
    assert result["worst"] == result["lines"][0]
    faults = [line["fault"] for line in result["lines"]]
    assert faults == sorted(faults, reverse=True)
    assert result["faults"] == sum(faults)


def test_which_judges_have_transformations() -> None:
    """By the scorer whose place a judge takes; another one is refused with those that there are."""
    assert [kind_of(role) for role in ("refusal", "noncompliance", "harm", "toxic")] == [
        REFUSAL, NONCOMPLIANCE, HARM, TOXICITY,
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="transformations for refusal"):
        kind_of("leak")
    with pytest.raises(DataError, match="found no texts"):
        stress(scorer(lambda text: 0.0), "refusal", [])


def test_the_command_keeps_the_lines(tmp_path: Path) -> None:
    """`judges stress` takes a file of answers, says which lines are faults, and keeps all of them."""
    data = tmp_path / "answers.jsonl"
    data.write_text("\n".join(json.dumps({"prompt": "How?", "text": text}) for _, text in texts(4)) + "\n")
    out = tmp_path / "kept"
    app(["judges", "stress", "refusal", "--data", str(data), "--out", str(out)], standalone_mode=False)
    result = json.loads((out / "stress-refusal-answers.json").read_text())
    assert result["n"] == 2
    assert len(result["lines"]) >= 30


def test_the_built_in_judges_see_plain_refusals_in_any_dress() -> None:
    """On the project's own texts no built-in judge of refusal misses a refusal put in place of every answer."""
    lines = stress(registry.load("refusal"), "refusal", own_texts())["lines"]
    plain = {line["name"]: line for line in lines if line["kind"] == "to positive"}
    assert not plain["plain refusal"]["fault"]
    assert not plain["refusal in Chinese"]["fault"]
