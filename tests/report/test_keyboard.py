"""The pages by keyboard alone and on a phone: a skip link, controls in order, a visible focus, nothing cut off."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import browser
from keyboard import Keyboard
from report_fixtures import EXTRAS, RESULT

from trustdelta.report import run_list
from trustdelta.report.html import render
from trustdelta.report.run_list import ListedRun

CHROMIUM = browser()
PAGES = {
    "report": render(RESULT, replace(EXTRAS, include_text=True)),
    "runs": run_list.render([ListedRun("runs/" + "a" * 60, RESULT), ListedRun("b", None, "torn")])[0],
}


STACKED = {"report": ".stack", "runs": ".scroll"}
"""The tables whose rows become cards on a phone."""


@pytest.mark.parametrize("name", PAGES)
def test_the_markup_leaves_the_order_to_the_page(name: str) -> None:
    """No positive tabindex, no handler or role in place of a real control, no removed outline."""
    page = PAGES[name]
    assert set(re.findall(r'tabindex="([^"]*)"', page)) <= {"0"}
    assert not re.search(r"outline:\s*(none|0)", page)
    assert not re.search(r'role="(button|link|checkbox)"|\son[a-z]+="', page)
    assert not re.search(r"<(div|span)[^>]*\bhref=", page)
    assert page.count("<details") == page.count("<summary")


def test_the_skip_link_is_first_and_leads_somewhere() -> None:
    """The first control of the report jumps to the verdict."""
    body = PAGES["report"].partition("<body>")[2]
    first = re.search(r"<(?:a|button|input|select|summary)\b[^>]*>", body)
    assert first is not None
    target = re.search(r'class="skip" href="#([^"]+)"', first.group())
    assert target is not None
    assert f'id="{target.group(1)}"' in body


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium")
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["laptop", "phone"])
def test_every_control_is_reached_by_tab(size: tuple[int, int], tmp_path: Path) -> None:
    """Tab visits every control once, downwards, each with a visible outline; Enter and Space open and close folds."""
    path = tmp_path / "page.html"
    path.write_text(PAGES["report"], "utf-8")
    with Keyboard(str(CHROMIUM), path, tmp_path / "profile", size) as keyboard:
        controls = keyboard.run(
            "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')]"
            ".filter(e => e.checkVisibility()).length"
        )
        seen = [keyboard.press("Tab") for _ in range(controls)]
        assert seen[0]["name"] == "Skip to the verdict"
        assert all(e["seen"] and e["ring"] for e in seen), [e for e in seen if not (e["seen"] and e["ring"])]
        assert len({(e["tag"], e["top"], e["name"]) for e in seen}) == controls
        places = [e["top"] for e in seen[1:]]
        assert all(b >= a - 40 for a, b in itertools.pairwise(places))
        assert keyboard.press("Tab")["tag"] == "BODY"  # the end of the page
        while (focused := keyboard.press("Tab"))["tag"] != "SUMMARY":
            pass
        assert focused["open"] is False
        assert keyboard.press("Enter")["open"] is True
        assert keyboard.press("Space")["open"] is False


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium")
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off_on_a_phone(name: str, tmp_path: Path) -> None:
    """At 390 pixels neither the page nor a table that is stacked there scrolls sideways."""
    path = tmp_path / "page.html"
    path.write_text(PAGES[name], "utf-8")
    with Keyboard(str(CHROMIUM), path, tmp_path / "profile", (390, 844)) as keyboard:
        wide = keyboard.run(
            f"[document.documentElement, ...document.querySelectorAll('{STACKED[name]}')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.tagName + e.scrollWidth)"
        )
    assert wide == []
