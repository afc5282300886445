"""The HTML report: well formed, self-contained, accessible, and indifferent to hostile text."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_fixtures import BARE, EXTRAS, HOSTILE, RESULT, poisoned, poisoned_extras

from trustdelta.records import AuditResult
from trustdelta.report import html
from trustdelta.report.extras import ReportExtras
from trustdelta.report.format import headline
from trustdelta.report.html import render
from trustdelta.report.sanitise import visible

VOID = {"meta", "br", "link", "input"}
NAMES = """
html head meta title style body a header p h1 h2 h3 main section nav ol ul li span code div table caption thead tbody
tr th td dl dt dd figure figcaption svg desc line rect circle path text pre blockquote strong details summary footer
script label input select option
"""
ATTRIBUTE_NAMES = """
lang charset http-equiv content name class href id aria-labelledby aria-label aria-hidden role tabindex scope data-label
viewbox width height x y x1 x2 y1 y2 cx cy r d text-anchor overflow dir
hidden type value autocomplete data-metric data-outcome data-change
"""
TAGS, ATTRIBUTES = set(NAMES.split()), set(ATTRIBUTE_NAMES.split())


class Document(HTMLParser):
    """Collects tags, attributes and texts, and checks that elements nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.texts: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element and where it is."""
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag} repeats an attribute"
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text and its element."""
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data: str) -> None:
        """Note the comment."""
        self.comments.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every element of that name."""
        return [attrs for name, attrs, _ in self.elements if name == tag]

    @property
    def text(self) -> str:
        """All text outside the style sheet."""
        return "".join(data for tag, data in self.texts if tag not in ("style", "script"))


FULL = render(RESULT, EXTRAS)
SCRIPT = (Path(html.__file__).parent / "browser.js").read_text("utf-8")
DOCUMENT = Document(FULL)


@pytest.mark.parametrize("result", [RESULT, BARE])
@pytest.mark.parametrize("extras", [None, EXTRAS, replace(EXTRAS, include_text=True)])
def test_elements_nest_and_are_known(result: AuditResult, extras: ReportExtras | None) -> None:
    """Every element is closed, of a known kind, with known attributes, and ids are unique."""
    document = Document(render(result, extras))
    assert document.open == []
    assert {tag for tag, _, _ in document.elements} <= TAGS
    assert {name for _, attrs, _ in document.elements for name in attrs} <= ATTRIBUTES
    ids = [attrs["id"] for _, attrs, _ in document.elements if "id" in attrs]
    assert len(set(ids)) == len(ids)


def test_nothing_is_fetched_and_nothing_runs() -> None:
    """No frame, image or link but to a part of this page; one style sheet and one script, allowed by their hashes."""
    assert not {tag for tag, _, _ in DOCUMENT.elements} & {"img", "iframe", "object", "embed", "link", "base"}
    assert all(str(a["href"]).startswith("#") for a in DOCUMENT.of("a"))
    assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:", FULL, re.IGNORECASE)
    style = next(data for tag, data in DOCUMENT.texts if tag == "style")
    policy = next(a["content"] for a in DOCUMENT.of("meta") if a.get("http-equiv"))
    sources = f"style-src {digest(style)}; script-src {digest(SCRIPT)}"
    assert policy == f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"
    assert not re.search(r"fetch|XMLHttp|WebSocket|innerHTML|insertAdjacent|eval|Function\(", SCRIPT)


def digest(text: str) -> str:
    """A source of a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_a_page_without_samples_has_no_script() -> None:
    """The script is allowed only where there is something to browse."""
    page = render(RESULT)
    assert "<script" not in page
    assert "script-src" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_ever_text(text: str) -> None:
    """Each hostile string in every free text changes no element and no attribute name, and is shown as it is."""
    document = Document(render(poisoned(RESULT, text), poisoned_extras(EXTRAS, text)))
    assert {tag for tag, _, _ in document.elements} <= TAGS
    assert {name for _, attrs, _ in document.elements for name in attrs} <= ATTRIBUTES
    assert document.comments == []
    assert [data for tag, data in document.texts if tag == "script"] == [SCRIPT]
    assert all(str(a["href"]).startswith("#") for a in document.of("a"))
    assert visible(text) in document.text
    assert visible(document.text.replace("\n", " ").replace("\t", " ")) == document.text.replace("\n", " ").replace(
        "\t", " "
    )


def test_all_hostile_strings_together_leave_the_structure_of_the_page() -> None:
    """The page of a hostile result has the elements of the page of a harmless one, in the same order."""
    harmless = Document(render(poisoned(RESULT, "x"), poisoned_extras(EXTRAS, "x")))
    hostile = Document(render(poisoned(RESULT, "".join(HOSTILE)), poisoned_extras(EXTRAS, "".join(HOSTILE))))
    assert [tag for tag, _, _ in hostile.elements] == [tag for tag, _, _ in harmless.elements]


def test_every_picture_has_a_title_that_its_label_points_to() -> None:
    """Each SVG picture is an image with an accessible name; nested marks are shapes of it."""
    pictures = [(a, parents) for tag, a, parents in DOCUMENT.elements if tag == "svg" and "svg" not in parents]
    assert len(pictures) > 15
    titles = {a["id"] for tag, a, parents in DOCUMENT.elements if tag == "title" and parents[-1] == "svg"}
    for attributes, _ in pictures:
        assert attributes["role"] == "img"
        assert str(attributes["aria-labelledby"]).split()[0] in titles


def test_tables_have_captions_and_scopes() -> None:
    """Each table has a caption, each header cell a scope, each row one row header."""
    tables = len(DOCUMENT.of("table"))
    assert len(DOCUMENT.of("caption")) == tables > 7
    assert {a["scope"] for a in DOCUMENT.of("th")} == {"row", "col"}
    body_rows = [1 for tag, _, parents in DOCUMENT.elements if tag == "tr" and parents[-1] == "tbody"]
    assert sum(a["scope"] == "row" for a in DOCUMENT.of("th")) == len(body_rows)


def test_headings_descend_one_level_at_a_time() -> None:
    """One h1, sections h2, parts h3; every link in the page has a target."""
    levels = [int(tag[1]) for tag, _, _ in DOCUMENT.elements if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = {a.get("id") for _, a, _ in DOCUMENT.elements}
    assert {str(a["href"])[1:] for a in DOCUMENT.of("a")} <= ids


def test_the_first_screen_says_it_in_words() -> None:
    """Verdict, sentence, a row per dimension with change and interval, and drift come before the second section."""
    first = FULL[: FULL.index('id="verdicts"')]
    text = Document(first[: first.rindex("<section")] + "</main></body></html>").text
    numbers = ("−86.2 [−92.3, −80.1]", "197 / 3", "+52.5 [+44.5, +60.5]", "0.431 nats")
    for words in ("Regressed", headline(RESULT), *numbers):
        assert words in text
    rows = text[text.index("Prompts scored") :]
    places = [rows.index(d.dimension.value.capitalize()) for d in RESULT.dimensions]
    assert places == sorted(places)


def test_no_text_of_a_model_without_being_asked() -> None:
    """By default prompts, thoughts and answers appear as hashes.

    On request they are folded, closed and under a warning, but for the beginnings of the worst ones.
    """
    texts = ["The prompt.", "The answer of the candidate.", "Its second line.", "A thought."]
    assert not [text for text in texts if text in FULL]
    asked = render(RESULT, replace(EXTRAS, include_text=True))
    assert all(text in asked for text in texts)
    document = Document(asked)
    assert all("open" not in a for a in document.of("details"))
    open_quotes = [tag for tag, _, parents in document.elements if tag == "blockquote" and "details" not in parents]
    assert len(open_quotes) == 6
    assert "Warning." in document.text


def test_the_same_input_gives_the_same_bytes_and_a_small_file() -> None:
    """Rendering is pure, and the report of a demo is well under 1 MB."""
    assert render(RESULT, EXTRAS) == FULL
    assert len(FULL.encode()) < 300_000


def test_drift_that_cannot_be_compared_says_why() -> None:
    """No drift is a sentence with its reason, never a zero."""
    assert "not comparable: the vocabularies differ" in Document(render(BARE)).text
    assert "nats per token" not in Document(render(BARE)).text


def test_a_report_of_many_prompts_stays_small() -> None:
    """Points are thinned, so that 20,000 prompts give a file of the same size."""
    many = replace(EXTRAS, drift_points=list(EXTRAS.drift_points) * 25)
    assert len(render(RESULT, many).encode()) < 400_000


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_of_text_contrast_in_light_dark_and_print() -> None:
    """Every text colour reaches 4.5 : 1 on the page (WCAG AA) in all three palettes."""
    style = next(data for tag, data in DOCUMENT.texts if tag == "style")
    palettes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", body)) for body in re.findall(r":root \{(.*?)\}", style, re.S)
    ]
    assert len(palettes) == 3
    for palette in palettes:
        for name in (
            "ink",
            "soft",
            "regressed",
            "preserved",
            "improved",
            "inconclusive",
            "not_measurable",
            "secondary",
        ):
            for ground in ("paper", "faint"):
                pair = sorted((luminance(palette[name]), luminance(palette[ground])))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, ground)
