"""Measuring a judge: figures against hand counts and scikit-learn's definitions, intervals, files, labels."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.cli.main import app
from trustdelta.errors import ConfigError, DataError
from trustdelta.judges import measure, rows
from trustdelta.judges.rows import Columns
from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.scorers.base import Scorer

COLUMNS = Columns("prompt", "text", "label", "model")


def number(prompt: Prompt, text: str) -> Judgement:
    """A judge that reads its score from the text."""
    del prompt
    return Judgement(None, Outcome.JUDGE_FAILED, "none") if text == "none" else Judgement(float(text))


JUDGE = Scorer("number", "1", number)


def table(*cells: tuple[str, str, str]) -> list[dict[str, str]]:
    """Rows of (text, label, model), each with its own prompt."""
    return [{"prompt": str(i), "text": t, "label": y, "model": m} for i, (t, y, m) in enumerate(cells)]


def test_figures_by_hand() -> None:
    """TP 2, FP 1, FN 1, TN 2, one not judged; kappa (4/6 - 1/2) / (1 - 1/2) = 1/3."""
    data = table(
        ("0.9", "1", "a"), ("0.8", "1", "a"), ("0.7", "0", "a"), ("0.2", "1", "b"), ("0.1", "0", "b"), ("0", "0", "b"),
        ("none", "1", "b"), ("0.5", "?", "b"),
    )  # fmt: skip
    found = measure.calibrate(JUDGE, data, COLUMNS)
    overall = {k: v["estimate"] for k, v in found["overall"].items() if k != "n"}
    assert found["left_out"] == 1
    assert found["overall"]["n"] == 7
    assert overall == pytest.approx(
        {"coverage": 6 / 7, "accuracy": 4 / 6, "balanced_accuracy": 2 / 3, "precision": 2 / 3, "recall": 2 / 3,
         "f1": 2 / 3, "kappa": 1 / 3, "auroc": 8 / 9}
    )  # fmt: skip
    assert sorted(found["groups"]) == ["a", "b"]
    assert found["groups"]["a"]["accuracy"]["estimate"] == pytest.approx(2 / 3)
    json.dumps(found, allow_nan=False)


def test_same_seed_same_interval() -> None:
    """The bootstrap is seeded."""
    data = table(*[(str((i * 7 % 10) / 10), str(int(i % 3 == 0)), "a") for i in range(60)])
    first = measure.calibrate(JUDGE, data, COLUMNS, seed=3)
    assert first == measure.calibrate(JUDGE, data, COLUMNS, seed=3)
    figure = first["overall"]["accuracy"]
    assert figure["low"] < figure["estimate"] < figure["high"]


def test_repeated_prompts_widen_the_interval() -> None:
    """Ten copies of an answer to one prompt are no ten trials."""
    data = table(*[(str(i % 2), str((i // 2) % 2), "a") for i in range(20)])
    once = measure.calibrate(JUDGE, data, COLUMNS)["overall"]["accuracy"]
    tenfold = measure.calibrate(JUDGE, data * 10, COLUMNS)["overall"]["accuracy"]
    assert tenfold["high"] - tenfold["low"] == pytest.approx(once["high"] - once["low"], abs=0.05)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=40))
def test_area_is_the_share_of_ordered_pairs(cells: list[tuple[int, bool]]) -> None:
    """AUROC is the probability that a positive scores above a negative, ties counted half."""
    score, truth = np.array([float(s) for s, _ in cells]), np.array([t for _, t in cells])
    area = measure.Area(truth, score)(np.ones(len(cells)))
    pairs = [(p > n) + (p == n) / 2 for p in score[truth] for n in score[~truth]]
    assert np.isnan(area) if not pairs else area == pytest.approx(float(np.mean(pairs)))


def test_agree_compares_two_judges() -> None:
    """Equal decisions, kappa and flips of a judge and its negation."""
    negated = Scorer("negated", "1", lambda p, t: Judgement(1 - float(t)))
    data = table(("1", "", "a"), ("0", "", "a"), ("1", "", "a"))
    found = measure.agree(JUDGE, negated, data, COLUMNS)
    assert found["overall"]["accuracy"]["estimate"] == 0
    assert found["overall"]["flips"] == {"00": 0, "01": 1, "10": 2, "11": 0}
    same = measure.agree(JUDGE, JUDGE, data, COLUMNS)["overall"]
    assert (same["accuracy"]["estimate"], same["kappa"]["estimate"]) == (1, 1)


@pytest.mark.parametrize(
    ("value", "positive", "negative", "expected"),
    [
        ("1", [], [], True), ("no", [], [], False), ("maybe", [], [], None), ("", ["a"], [], None),
        ("a", ["a"], [], True), ("b", ["a"], [], False), ("b", [], ["a"], True), ("c", ["a"], ["b"], None),
        (True, [], [], True), (0.0, [], [], False), (None, [], [], None),
    ],
)  # fmt: skip
def test_labels(value: object, positive: list[str], negative: list[str], expected: bool | None) -> None:
    """Labels map to two classes or are left out."""
    assert rows.label(value, positive, negative) is expected


def test_files(tmp_path: Path) -> None:
    """The same rows from CSV, JSONL, JSON and Parquet; anything else is an error that says what to do."""
    data = [{"prompt": "p, q", "text": "t\nu", "label": "1"}]
    (tmp_path / "a.csv").write_text('prompt,text,label\n"p, q","t\nu",1\n', encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps(data[0]) + "\n", encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(data), encoding="utf-8")
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame(data).to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.jsonl", "a.json", "a.parquet"):
        assert rows.read(tmp_path / name) == data
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match="rename or convert"):
        rows.read(tmp_path / "a.txt")
    (tmp_path / "bad.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="cannot read"):
        rows.read(tmp_path / "bad.jsonl")


def test_errors_name_what_is_there() -> None:
    """Missing columns and a missing class."""
    data = table(("1", "1", "a"))
    with pytest.raises(
        DataError,
        match=r"'nope'; name one with --prompt-column\. Columns: label, model",
    ):
        measure.calibrate(JUDGE, data, Columns("nope", "text", "label"))
    with pytest.raises(DataError, match="both classes are needed"):
        measure.calibrate(JUDGE, data, COLUMNS)
    with pytest.raises(DataError, match="no rows"):
        measure.calibrate(JUDGE, [], COLUMNS)


@pytest.mark.parametrize(
    ("value", "positive", "negative", "expected"),
    [
        (1.0, ["1"], ["0"], True), ("1", ["1.0"], [], True), (0, ["1"], [], False), (True, ["true"], ["False"], True),
        (float("nan"), ["1"], [], None), ("nan", ["1"], [], None), (" a ", ["a"], [], True),
    ],
)  # fmt: skip
def test_labels_are_compared_by_value(
    value: object, positive: list[str], negative: list[str], expected: bool | None
) -> None:
    """1.0 in a Parquet file is --positive 1; what is missing is left out and never the other class."""
    assert rows.label(value, positive, negative) is expected


def test_a_missing_text_is_not_judged() -> None:
    """Null and NaN texts lower the coverage; they are neither judged as "nan" nor as an empty answer."""
    data: list[rows.Row] = [*table(("1", "1", "a"), ("0", "0", "a"))]
    data += [{"prompt": "x", "text": None, "label": 1}, {"prompt": "y", "text": float("nan"), "label": 0, "model": "b"}]
    found = measure.calibrate(JUDGE, data, COLUMNS)
    assert found["overall"]["coverage"]["estimate"] == 0.5
    assert sorted(found["groups"]) == ["(none)", "a", "b"]
    assert found["groups"]["b"]["accuracy"] == {"estimate": None, "low": None, "high": None}
    json.dumps(found, allow_nan=False)


def test_without_prompts_every_row_stands_for_itself() -> None:
    """No prompt column: rows are the clusters, not all of them one."""
    data = [{"text": str(i % 2), "label": str((i // 2) % 2)} for i in range(40)]
    figure = measure.calibrate(JUDGE, data, Columns("", "text", "label"))["overall"]["accuracy"]
    assert figure["low"] < figure["estimate"] < figure["high"]


def test_a_label_of_both_classes_is_refused() -> None:
    """The same value as positive and negative is a mistake."""
    with pytest.raises(ConfigError, match="both name '1'"):
        measure.calibrate(JUDGE, table(("1", "1", "a")), COLUMNS, ["1"], ["1.0"])


def test_odd_files(tmp_path: Path) -> None:
    """Line separators inside JSON strings, byte-order marks and huge cells are read; what holds no rows is named."""
    odd = {"prompt": "a\u2028b", "text": "x" * 3_000_000, "label": 1}
    (tmp_path / "a.jsonl").write_text("\ufeff" + json.dumps(odd, ensure_ascii=False) + "\n", encoding="utf-8")
    assert rows.read(tmp_path / "a.jsonl") == [odd]
    (tmp_path / "a.csv").write_text(f"prompt,text\np,{odd['text']}\n", encoding="utf-8-sig")
    assert len(rows.read(tmp_path / "a.csv")[0]["text"]) == 3_000_000
    (tmp_path / "a.json").write_text('{"rows": []}', encoding="utf-8")
    with pytest.raises(DataError, match="not a list of rows"):
        rows.read(tmp_path / "a.json")
    (tmp_path / "b.jsonl").write_text("[1]\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 1 is list, wanted an object"):
        rows.read(tmp_path / "b.jsonl")


def test_commands_measure_any_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A built-in scorer and a model judge with recorded outputs, calibrated and compared; results are kept."""
    refusal, answer = "I'm sorry, but I can't help with that.", "Sure. Boil it for eight minutes and take it out."
    said = {refusal: "Yes", answer: "No"}
    data = [{"prompt": f"q{i}", "text": t, "label": int(t == refusal)} for i, t in enumerate([refusal, answer] * 4)]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, data)), encoding="utf-8")
    form = "Safety: Safe\nCategories: None\nRefusal: "
    outputs = [{"prompt": r["prompt"], "answer": r["text"], "output": form + said[str(r["text"])]} for r in data]
    (tmp_path / "o.jsonl").write_text("\n".join(map(json.dumps, outputs)), encoding="utf-8")
    guard = f"qwen3guard:refusal={tmp_path / 'o.jsonl'}"
    where = ["--data", str(tmp_path / "d.jsonl"), "--out", str(tmp_path / "kept"), "--json"]
    for scorer in ("refusal", guard):
        app(["judges", "calibrate", scorer, "--label-column", "label", *where], standalone_mode=False)
        found = json.loads(capsys.readouterr().out)
        assert (found["overall"]["n"], found["overall"]["accuracy"]["estimate"]) == (8, 1.0)
    assert found["scorer"] == "qwen3guard/strict:refusal"
    app(["judges", "agree", "refusal", guard, *where], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["overall"]["kappa"]["estimate"] == 1.0
    assert len(list((tmp_path / "kept").glob("*.json"))) == 3
    app(["judges", "list"], standalone_mode=False)
    assert "qwen3guard/strict" in capsys.readouterr().out
