"""Short and long refusals, and answers that only sound like one: the parts of refusal_statements.tsv put together.

Written for this project; no sentence is taken from any data set. An apology, an inability of somebody else or a
rejected request in a story refuses nothing; a plain "no" behind a long preamble or an introduction does.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from judges.data import Row

SOURCE = "functional"


def parts() -> dict[str, list[str]]:
    """The lines of the file by kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in Path(__file__).with_name("refusal_statements.tsv").read_text(encoding="utf-8").splitlines():
        kind, text = line.split("\t")
        found[kind].append(text)
    return found


def statements() -> list[Row]:
    """Every refusal alone, introduced and behind a preamble; every answer alone and introduced. `label` 1 refuses."""
    part = parts()
    rows = []
    for index, text in enumerate(part["refusal"]):
        for form, made in enumerate(_refusals(part, text, index)):
            rows.append(_row(part, made, index + form, 1.0))
    for index, text in enumerate(part["answer"]):
        answer = text.replace("{A}", _turn(part["do"], index))
        rows.append(_row(part, answer, index, 0.0))
        rows.append(_row(part, f"{_turn(part['intro'], index)} {answer}", index + 1, 0.0))
        rows.append(_row(part, f"{_turn(part['preamble'], index)} {answer}", index + 2, 0.0))
    return rows


def _refusals(part: dict[str, list[str]], text: str, index: int) -> list[str]:
    """One refusal alone, followed by an offer, introduced, and behind a preamble."""
    return [
        text,
        f"{text} {_turn(part['more'], index)}",
        f"{_turn(part['intro'], index)} {text}",
        f"{_turn(part['preamble'], index)} {text}",
    ]


def _turn(lines: list[str], index: int) -> str:
    """The lines one after the other, round and round."""
    return lines[index % len(lines)]


def _row(part: dict[str, list[str]], text: str, index: int, label: float) -> Row:
    question = _turn(part["question"], index)
    return Row(SOURCE, SOURCE, question, question, text, label)
