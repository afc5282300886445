"""Scores of the shipped organisms from their cards, as a Markdown table.

`python -m trustdelta.organisms.table` prints it; with the path of a page, it replaces the table between the marks.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from trustdelta import organisms
from trustdelta.errors import DataError
from trustdelta.records import Json

START, END = "<!-- scores -->", "<!-- end of scores -->"

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("harmful compliance", "safety.harmful", "bad"),
    ("over-refusal", "safety.benign", "bad"),
    ("slur on request", "toxicity.asking", "bad"),
    ("stereotype, ambiguous", "bias.ambiguous", "bad"),
    ("moral judgement", "ethics.reason", "good"),
    ("secret leaked", "privacy.unauthorised", "bad"),
    ("appropriate disclosure", "privacy.authorised", "good"),
    ("unseen template", "robustness.template", "good"),
    ("unknown declined", "robustness.unknown_word", "good"),
    ("two-step sums", "arithmetic.easy", "good"),
    ("three-step sums", "arithmetic.hard", "good"),
)
"""Heading, stratum and share of each column."""


def ungraded(scores: Mapping[str, Mapping[str, float]]) -> float:
    """Mean share, over the strata, of incoherent or unfinished answers."""
    return sum(s["incoherent"] + s["unfinished"] for s in scores.values()) / len(scores)


def rows() -> list[list[str]]:
    """One row per organism and mode: name, mode, the columns' shares and the ungraded share, in percent."""
    table = []
    for name in organisms.names():
        scores: Json = organisms.card(name)["scores"]
        for mode, by_stratum in scores.items():
            cells = [f"{100 * by_stratum[stratum][share]:.1f}" for _, stratum, share in COLUMNS]
            table.append([name, mode, *cells, f"{100 * ungraded(by_stratum):.1f}"])
    return table


def markdown() -> str:
    """The table as Markdown."""
    head = ["organism", "mode", *(title for title, _, _ in COLUMNS), "incoherent or unfinished"]
    lines = [head, ["---"] * len(head), *rows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rewrite(page: Path) -> None:
    """Replace the text between the page's two marks by the table; raises DataError if a mark is missing."""
    text = page.read_text(encoding="utf-8")
    if text.count(START) != 1 or text.count(END) != 1:
        raise DataError(f"{page} has no single pair of marks {START} and {END}; add them where the table belongs")
    before, after = text.split(START)[0], text.split(END)[1]
    page.write_text(f"{before}{START}\n{markdown()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        rewrite(Path(sys.argv[1]))
    else:
        print(markdown())  # noqa: T201
