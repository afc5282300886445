"""The sample browser: what is selected, what it states, and its script in a real Chromium."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import browser
from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import EXTRAS, RESULT

from trustdelta.pipeline.report_samples import BETTER, EQUAL, WORSE, selected
from trustdelta.report.blocks import Browser, Paragraph
from trustdelta.report.extras import SamplePair
from trustdelta.report.html import render
from trustdelta.report.markdown import render as render_markdown
from trustdelta.report.sections import samples

CHROMIUM = browser()


@given(st.dictionaries(st.text(max_size=3), st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])), st.integers(3, 40))
def test_the_worst_come_first_and_no_more_than_allowed(worsening: dict[str, float], most: int) -> None:
    """The selection is in order of worsening, within its limits, and holds every worsening that has room."""
    chosen = list(selected(worsening, most))
    values = [worsening[p] for p in chosen]
    assert values == sorted(values, reverse=True)
    assert len(chosen) == len(set(chosen)) <= most
    worse = sum(v > 0 for v in worsening.values())
    assert sum(v > 0 for v in values) == min(worse, WORSE, most)
    assert sum(v < 0 for v in values) <= BETTER
    assert sum(v == 0 for v in values) <= EQUAL


def pairs() -> list[SamplePair]:
    """A worse, an unchanged and an improved sample, of two metrics and three prompts."""
    first = EXTRAS.samples[0]
    return [
        replace(first, prompt_id="worse", prompt="Zebra crossing.", worsening=0.5),
        replace(first, prompt_id="same", prompt="Apple.", worsening=0.0),
        replace(first, prompt_id="improved", metric="secrets_leaked", prompt="Pear.", worsening=-1.0),
        replace(first, prompt_id="worst", metric="secrets_leaked", prompt="Zebra.", worsening=1.0),
    ]


def test_it_states_what_it_leaves_out() -> None:
    """Scored prompts of metrics with a verdict that are not shown are counted."""
    extras = replace(EXTRAS, worsening={"harmful_refused": [0.0] * 10, "harmful_thought": [0.0] * 99})
    text = str([b for b in samples.build(RESULT, extras) if isinstance(b, Paragraph)])
    assert "3 samples" in text
    assert "Left out: 7 of 10 scored prompts" in text
    assert "shown by hash" in text


def test_labels_and_scores_are_in_each_entry() -> None:
    """A human label stands beside the score; without one there is a dash."""
    side = replace(EXTRAS.samples[0].baseline, label=0.25)
    labelled = replace(EXTRAS, samples=[replace(EXTRAS.samples[0], baseline=side)])
    (shown,) = [b for b in samples.build(RESULT, labelled) if isinstance(b, Browser)]
    assert "('0.25',)" in str(shown)
    assert shown.entries[0].metric == "safety: Harmful requests refused"
    assert shown.entries[0].change == -1.0
    assert "Mean change over all responses: −100.0 pp." in str(shown)


def test_markdown_is_bounded() -> None:
    """Of many entries Markdown has the first ones, and states how many it leaves out."""
    text = render_markdown(RESULT, replace(EXTRAS, samples=[*pairs()] * 20))
    assert text.count("<details><summary>worse ") <= 20
    assert "50 more are in the HTML report." in text


def opened(page: str, folder: Path, script: str = "") -> str:
    """The page as Chromium holds it after its script; with a further script, without the page's policy."""
    if script:
        page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        page = page.replace("</body>", f"<script>{script}</script></body>")
    (folder / "page.html").write_text(page, "utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom", f"--user-data-dir={folder}/profile"]
    words = [str(CHROMIUM), *flags, (folder / "page.html").as_uri()]
    return subprocess.run(words, capture_output=True, text=True, timeout=180, check=True).stdout


NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium")


@pytest.mark.slow
@NEEDS_CHROMIUM
def test_the_page_s_own_policy_lets_its_script_run(tmp_path: Path) -> None:
    """Under the content security policy the controls appear and every sample is counted."""
    dom = opened(render(RESULT, replace(EXTRAS, samples=pairs())), tmp_path)
    assert "4 of 4 samples" in dom
    assert '<option value="privacy: Secrets leaked">' in dom
    assert not re.search(r'class="tools"[^>]*hidden', dom)


@pytest.mark.slow
@NEEDS_CHROMIUM
@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("search", "zebra", ["worse", "worst"]),
        ("search", "zebra crossing", ["worse"]),
        ("metric", "privacy: Secrets leaked", ["improved", "worst"]),
        ("direction", "better", ["improved"]),
        ("direction", "equal", ["same"]),
        ("order", "worst", ["worst", "worse", "same", "improved"]),
        ("order", "best", ["improved", "same", "worse", "worst"]),
        ("outcome", "answered", ["worse", "same", "improved", "worst"]),
    ],
)
def test_each_control_does_what_it_names(name: str, value: str, shown: list[str], tmp_path: Path) -> None:
    """Search, filters and order, as a reader uses them."""
    act = (
        f"control('{name}').value = '{value}'; tools.dispatchEvent(new Event('input'));"
        "document.title = [...list.children].filter(e => !e.hidden).map("
        "e => e.querySelector('summary code').textContent).join(' ')"
    )
    dom = opened(render(RESULT, replace(EXTRAS, include_text=True, samples=pairs())), tmp_path, act)
    assert f"<title>{' '.join(shown)}</title>" in dom
