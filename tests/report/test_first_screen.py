"""The first screen of a report: what to do next, what was covered, the largest changes and the worst answers."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from chromium import browser
from report_fixtures import BARE, EXTRAS, RESULT

from trustdelta.records import AuditResult, Dimension, Outcome, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Beside, Code, Figures, Quote
from trustdelta.report.html import render
from trustdelta.report.next_step import coverage, next_step, not_audited
from trustdelta.report.sections import _first_screen as screen

CHROMIUM = browser()
PLANNED = replace(RESULT, exploratory=())
MOST_WORDS = 3000


def only(*verdicts: Verdict) -> AuditResult:
    """The fixture with only its dimensions of these verdicts."""
    shown = tuple(d for d in PLANNED.dimensions if d.verdict in verdicts and d.dimension.trust)
    return replace(PLANNED, dimensions=shown)


def text_of(result: AuditResult) -> str:
    """The next step as plain text."""
    return "".join(part.text if isinstance(part, Code) else str(part) for part in next_step(result))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (RESULT, "confirm on a new run"),
        (PLANNED, "repair safety and privacy (trustdelta study trade-off"),
        (only(Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE), "make robustness measurable"),
        (only(Verdict.INCONCLUSIVE), "920 more prompts in each metric would decide bias"),
        (only(Verdict.PRESERVED), "audit safety, toxicity, bias, privacy and robustness as well"),
        (
            replace(
                PLANNED,
                dimensions=tuple(replace(d, verdict=Verdict.PRESERVED) for d in PLANNED.dimensions),
            ),
            "Other behaviour was not audited",
        ),
    ],
)
def test_the_next_step_follows_from_the_most_severe_verdict(result: AuditResult, words: str) -> None:
    """One sentence for each case."""
    assert words in text_of(result)


def test_labels_are_the_next_step_of_an_unlabelled_judge() -> None:
    """A claim that the judge limits is decided by labels, not by more prompts."""
    result = only(Verdict.INCONCLUSIVE)
    limited = tuple(replace(m, reason="judge-limited") for m in result.metrics)
    assert "trustdelta judges label" in text_of(replace(result, metrics=limited))


def test_a_dimension_without_a_benchmark_is_not_covered() -> None:
    """Coverage counts the dimensions with a measurement, out of the six."""
    first, *others = RESULT.dimensions
    result = replace(RESULT, dimensions=(replace(first, driver=""), *others))
    assert coverage(RESULT) == "6 of 6 dimensions"
    assert coverage(result) == "5 of 6 dimensions"
    assert not_audited(result) == [Dimension.SAFETY]
    assert "not audited: safety" in str(screen.facts(result, EXTRAS))


def test_figures_are_the_worst_dimensions_and_the_gain() -> None:
    """Two regressions, the larger first, then capability; levels and words have no conflicting signs."""
    (figures,) = screen.figures(RESULT)
    assert isinstance(figures, Figures)
    assert [f.title.split(":")[0] for f in figures.items] == ["Safety", "Privacy", "Capability"]
    assert [f.levels for f in figures.items][1] == ("1.5%", "47.0%")
    assert [f.change for f in figures.items] == ["worse by 86.2 pp", "worse by 45.5 pp", "better by 52.5 pp"]
    assert figures.items[1].interval == "95 % CI 37.0 to 54.0; 200 prompts"
    assert screen.figures(BARE) == ()


def test_an_interval_with_both_directions_names_them() -> None:
    """Where zero is inside, each bound says its direction."""
    bias = next(m for m in RESULT.metrics if m.verdict is Verdict.INCONCLUSIVE)
    assert fmt.interval_words(bias) == "4.0 better to 8.0 worse"


def test_the_worst_answers_are_of_different_metrics_first() -> None:
    """One of each regressed metric before a second one of the same; nothing where nothing regressed."""
    leaked = [replace(EXTRAS.samples[0], metric="secrets_leaked", prompt_id=f"leak{i}") for i in range(2)]
    chosen = screen.worst(RESULT, [*EXTRAS.samples, *leaked])
    assert [pair.metric for pair in chosen] == ["harmful_refused", "secrets_leaked"]
    unharmed = tuple(m for m in RESULT.metrics if m.verdict is not Verdict.REGRESSED)
    assert screen.worst(replace(RESULT, metrics=unharmed), EXTRAS.samples) == []
    assert screen.worst(RESULT, [replace(pair, worsening=0.0) for pair in EXTRAS.samples]) == []


def test_a_complete_answer_goes_before_a_truncated_one_of_the_same_worsening() -> None:
    """A reader learns more from an answer that ended; a larger worsening still goes first."""
    pair = next(s for s in EXTRAS.samples if s.metric == "harmful_refused" and s.worsening > 0)
    cut = replace(pair, candidate=replace(pair.candidate, outcome=Outcome.TRUNCATED_IN_ANSWER), prompt_id="cut")
    whole = replace(pair, candidate=replace(pair.candidate, outcome=Outcome.ANSWERED), prompt_id="whole")
    whole = replace(whole, baseline=replace(whole.baseline, outcome=Outcome.ANSWERED))
    assert [s.prompt_id for s in screen.worst(RESULT, [cut, whole])] == ["whole", "cut"]
    assert [s.prompt_id for s in screen.worst(RESULT, [replace(cut, worsening=2.0), whole])] == ["cut", "whole"]


def test_texts_on_the_first_screen_are_shortened_and_only_on_request() -> None:
    """Without the request there is no quotation; with it each is one line of bounded length."""
    assert "The prompt." not in str(screen.examples(RESULT, EXTRAS))
    long = [replace(pair, prompt="two\nlines " * 500) for pair in EXTRAS.samples]
    beside = screen.examples(RESULT, replace(EXTRAS, include_text=True, samples=long))[0]
    assert isinstance(beside, Beside)
    quotes = [block for column in beside.columns for block in column if isinstance(block, Quote)]
    assert len(quotes) == 6
    assert all(len(q.text) <= screen.LONGEST and "\n" not in q.text for q in quotes)


class Unfolded(HTMLParser):
    """Collects the text outside folds, pictures and the style sheet."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.depth, self.words = 0, 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter what is not read at first."""
        self.depth += tag in ("details", "svg", "style", "title", "script")

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        self.depth -= tag in ("details", "svg", "style", "title", "script")

    def handle_data(self, data: str) -> None:
        """Count words."""
        self.words += 0 if self.depth else len(data.split())


def test_a_reader_has_at_most_three_thousand_words_before_opening_anything() -> None:
    """Everything but the summary is collapsed."""
    page = render(RESULT, replace(EXTRAS, include_text=True))
    assert 100 < Unfolded(page).words < MOST_WORDS
    assert page.count('<details class="part">') == page.count("<section") - 1


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium")
@pytest.mark.parametrize("include_text", [False, True])
def test_it_fits_one_screen(include_text: bool, tmp_path: Path) -> None:
    """At 1280 × 800 the worst answers, the last part of the first screen, end above the fold."""
    page = render(PLANNED, replace(EXTRAS, include_text=include_text))
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    script = "document.title = document.querySelector('.tight').getBoundingClientRect().bottom"
    (tmp_path / "page.html").write_text(page.replace("</body>", f"<script>{script}</script></body>"), "utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,800", "--dump-dom"]
    words = [str(CHROMIUM), *flags, f"--user-data-dir={tmp_path}/profile", (tmp_path / "page.html").as_uri()]
    dom = subprocess.run(words, capture_output=True, text=True, timeout=180, check=True).stdout
    assert 300 < float(re.search(r"<title>([\d.]+)</title>", dom)[1]) <= 800  # type: ignore[index]
