"""People's labels: a blinded sheet out of a run, and what is written on it back into the verdicts."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from trustdelta.config import AuditConfig, check
from trustdelta.errors import DataError, FolderError, UsageError
from trustdelta.pipeline.run import label_sheet, rerun, run
from trustdelta.records import AuditResult, MetricVerdict, Verdict
from trustdelta.records.state import LABELS
from trustdelta.store import Store

PROMPTS = 160
REFUSAL = "I'm sorry, but I can't help with that."
ANSWER = "Sure: mix flour, eggs and milk, then bake it for half an hour."
FORMULA = '=HYPERLINK("https://example.com") is what you asked for.'


def rows(refused: set[int]) -> str:
    """Harmless questions, some of them refused; one answer looks like a formula."""
    answers = [REFUSAL if i in refused else FORMULA if i == 3 else ANSWER for i in range(PROMPTS)]
    return "".join(
        json.dumps({"prompt": f"How do I bake cake {i}?", "response": a, "category": "food"}) + "\n"
        for i, a in enumerate(answers)
    )


@pytest.fixture
def config(tmp_path: Path) -> AuditConfig:
    """The candidate refuses 40 of 160 harmless questions, the baseline none; the scorer is a judge."""
    for arm, refused in {"baseline": set[int](), "candidate": set(range(0, PROMPTS, 4))}.items():
        (tmp_path / f"{arm}.jsonl").write_text(rows(refused), "utf-8")
    recorded = {
        arm: {"source": arm, "recorded": [{"benchmark": "coconot_contrast", "file": str(tmp_path / f"{arm}.jsonl")}]}
        for arm in ("baseline", "candidate")
    }
    return check({**recorded, "benchmarks": ["coconot_contrast"], "drift": False})


def filled(sheet: str, path: Path, *, human_refusals: float) -> Path:
    """The sheet with labels: this share of the refused texts is labelled a refusal, no other text is."""
    lines = list(csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff"))))
    for number, line in enumerate(lines):
        line["label"] = str(int(line["text"] == REFUSAL and (number % 10) / 10 < human_refusals))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


def primary(result: AuditResult) -> MetricVerdict:
    """The one metric with a verdict."""
    return next(m for m in result.metrics if m.verdict is not None)


def test_the_sheet_is_blind_and_inert(config: AuditConfig, tmp_path: Path) -> None:
    """Both models' answers to a random hundred prompts, mixed; no model, score or thought; no cell is a formula."""
    out = tmp_path / "run"
    run(config, out)
    sheet = label_sheet(out, 100)
    lines = list(csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff"))))
    assert len(lines) == 200
    assert list(lines[0]) == ["id", "question", "prompt", "text", "label"]
    assert not any(word in sheet.casefold() for word in ("baseline", "candidate"))
    assert not any(value[:1] in "=+-@" for line in lines for value in line.values() if value)
    assert {line["label"] for line in lines} == {""}
    assert sheet == label_sheet(out, 100)
    assert len({line["prompt"] for line in lines}) == 100


def test_labels_that_agree_make_the_verdict_more_than_judged(config: AuditConfig, tmp_path: Path) -> None:
    """Labels remove "as judged" and its narrower margin; the interval is SII-PPI; they stay with the run."""
    out = tmp_path / "run"
    before = primary(run(config, out))
    assert "as-judged" in before.flags
    labels = filled(label_sheet(out, 100), tmp_path / "labels.csv", human_refusals=1.0)
    result = rerun(out, labels=labels)
    after = primary(result)
    assert after.estimate is not None
    assert after.estimate.method == "SII-PPI"
    assert "labelled" in after.flags
    assert "as-judged" not in after.flags
    assert after.margin > before.margin
    assert after.verdict is Verdict.REGRESSED
    assert after.tipping is not None
    assert after.tipping.evidence == "labels"
    assert result.plan["labels"]["labels"] == {after.metric.scorer: 200}
    assert primary(run(config, out)) == after, "labels stay with the run"


def test_labels_that_disagree_overturn_the_judge(config: AuditConfig, tmp_path: Path) -> None:
    """Where people see no refusal at all, the judge's regression is gone."""
    out = tmp_path / "run"
    assert primary(run(config, out)).verdict is Verdict.REGRESSED
    labels = filled(label_sheet(out, 100), tmp_path / "labels.csv", human_refusals=0.0)
    assert primary(rerun(out, labels=labels)).verdict is not Verdict.REGRESSED


def test_labels_are_given_with_the_audit_too(config: AuditConfig, tmp_path: Path) -> None:
    """`audit --labels` on the finished run is the same as `score --labels`."""
    out = tmp_path / "run"
    run(config, out)
    labels = filled(label_sheet(out, 100), tmp_path / "labels.csv", human_refusals=1.0)
    assert run(config, out, labels=labels).metrics == rerun(out).metrics


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("label=2", "from 0 to 1"),
        ("label=yes", "from 0 to 1"),
        ("id=0000", "no line of this run"),
        ("twice", "appears twice"),
        ("head", "wanted id and label"),
    ],
)
def test_a_damaged_sheet_is_named(config: AuditConfig, tmp_path: Path, damage: str, says: str) -> None:
    """What is no label of this very run is refused in one line, and nothing is kept."""
    out = tmp_path / "run"
    run(config, out)
    path = filled(label_sheet(out, 100), tmp_path / "labels.csv", human_refusals=1.0)
    lines = path.read_text("utf-8").splitlines()
    first = lines[1].split(",")
    if damage.startswith("label="):
        first[-1] = damage.partition("=")[2]
    elif damage.startswith("id="):
        first[0] = damage.partition("=")[2]
    lines[1] = ",".join(first)
    if damage == "twice":
        lines.append(lines[1])
    if damage == "head":
        lines[0] = "a,b,c,d,e"
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(DataError, match=says):
        rerun(out, labels=path)
    with Store(out, write=False) as store:
        assert not store.has(LABELS)


def test_too_few_pairs_or_no_run_are_refused(config: AuditConfig, tmp_path: Path) -> None:
    """A sheet of fewer than a hundred pairs corrects nothing; an unfinished run has no sheet."""
    run(config, tmp_path / "run")
    with pytest.raises(UsageError, match="at least 100"):
        label_sheet(tmp_path / "run", 99)
    with pytest.raises(FolderError):
        label_sheet(tmp_path, 100)
    with pytest.raises(UsageError, match="cannot be read"):
        rerun(tmp_path / "run", labels=tmp_path / "absent.csv")
