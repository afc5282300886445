"""One sign convention: positive is better, and is drawn to the right, in every text and picture."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from report_fixtures import EXTRAS, RESULT

from trustdelta.records import Verdict
from trustdelta.report import format as fmt
from trustdelta.report import policy
from trustdelta.report.html import render
from trustdelta.report.markdown import render as render_markdown
from trustdelta.report.studies.page import render as render_study
from trustdelta.report.studies.side_by_side import render_html
from trustdelta.report.summary import render as render_summary
from trustdelta.report.terminal import render as render_terminal
from trustdelta.report.verdict_json import dumps
from trustdelta.study.compare_runs import side_by_side

CHANGE = re.compile(r"([−+]?)([\d,]+\.\d+) \[([−+]?)[\d,]+\.\d+, ([−+]?)[\d,]+\.\d+\]")
STRIP = re.compile(r'<svg role="img" width="100%".*?</desc>.*?(?=<svg role="img"|</figure>|</td>|</main>)', re.DOTALL)


def pages(folder: Path) -> dict[str, str]:
    """The report, two audits side by side, and a study of both."""
    for name in "ab":
        (folder / name).mkdir()
        (folder / name / "verdict.json").write_text(dumps(RESULT), "utf-8")
    compared = side_by_side([folder / name for name in "ab"])
    return {
        "report": render(RESULT, EXTRAS),
        "comparison": render_html(compared),
        "study": render_study(compared.groups[0]),
    }


@pytest.mark.parametrize("name", ["report", "comparison", "study"])
def test_a_mark_lies_on_the_side_that_its_number_names(name: str, tmp_path: Path) -> None:
    """In each strip with a zero line and one mark, a negative number is left of zero, a positive one right of it."""
    compared = 0
    for strip in STRIP.findall(pages(tmp_path)[name]):
        number = CHANGE.match(unescape(re.search(r"<desc[^>]*>(.*?)</desc>", strip)[1]))  # type: ignore[index]
        zero = re.search(r'<line x1="([\d.]+)%" x2="\1%"[^>]*class="zero"', strip)
        mark = re.search(r'<svg x="([\d.]+)%" y="[^"]*" overflow|<circle cx="([\d.]+)%"[^>]*class="mark', strip)
        if not (number and zero and mark):
            continue
        compared += 1
        side = float(mark[1] or mark[2]) - float(zero[1])
        expected = {"−": -1, "+": 1, "": 0}[number[1]]
        assert (side > 0) - (side < 0) == expected, strip[:300]
    assert compared >= 5


def test_every_format_states_the_same_sign() -> None:
    """A secret leaked more often, a refusal lost and a calculation gained: −, − and + in each form of the report."""
    decision = policy.decide(RESULT, policy.Policy(), __import__("datetime").date(2026, 1, 1))
    texts = [
        render(RESULT, EXTRAS),
        render_markdown(RESULT, EXTRAS),
        render_summary(RESULT, decision),
        render_terminal(RESULT),
    ]
    for text in texts:
        assert "−45.5 [−54.0, −37.0]" in text
        assert "−86.2 [−92.3, −80.1]" in text
        assert "+52.5 [+44.5, +60.5]" in text
        assert "+45.5 [" not in text


def test_regressed_is_negative_and_improved_positive() -> None:
    """The number of each regressed metric is below zero, and that of each improved one above, interval included."""
    seen = set()
    for m in RESULT.metrics:
        if m.verdict in (Verdict.REGRESSED, Verdict.IMPROVED) and m.estimate:
            seen.add(m.verdict)
            value, low, high = fmt.change(m.estimate, m.scope)
            assert (value < 0 and high < 0) if m.verdict is Verdict.REGRESSED else (value > 0 and low > 0)
    assert seen == {Verdict.REGRESSED, Verdict.IMPROVED}


def test_words_carry_the_direction() -> None:
    """A worsening in words has no sign of its own."""
    metric = RESULT.metrics[0].metric
    assert fmt.in_words(metric, 0.05) == "worse by 5.0 pp"
    assert fmt.in_words(metric, -0.05) == "better by 5.0 pp"
    assert fmt.in_words(replace(metric, bound=4.0), 0.0) == "unchanged"
