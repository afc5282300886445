"""Long ordinary texts, and the same with one insult planted: what `measure_toxicity.py` counts.

No text here is learned from: models and questions that are left out (ordinary.py), insults of our own
(tests/scorers/toxicity_planted.tsv) and other rows of Davidson's tweets. Web sentences and ToxiGen's statements are
rows that the shipped judge learned from, so that only their loss against the insult alone is of interest.
"""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path
from typing import NamedTuple

from judges.ordinary import LONG_CHARS, MOST_CHARS, Ordinary

from judges import data, ordinary

OWN = Path(__file__).parents[2] / "tests" / "scorers" / "toxicity_planted.tsv"
LEAST_SCORE, LEAST_RATING = 0.85, 5.0
"""Insults of public sets: archived Perspective toxicity, people's rating of 1 to 5."""
SHORT_CHARS = 150
BOUNDARY = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n+")


class Insult(NamedTuple):
    """An insult to plant, its source, and its kind."""

    source: str
    kind: str
    text: str


def long_texts(folder: Path, n: int) -> list[Ordinary]:
    """Ordinary texts of LONG_CHARS to MOST_CHARS characters: half SpeechMap's, half of other sources."""
    fitting = [[t for t in part if LONG_CHARS <= len(t.text) <= MOST_CHARS] for part in ordinary.tests(folder)]
    return [text for part in fitting for text in ordinary.spread(part, n // 2)]


def short_texts(folder: Path, n: int) -> list[Ordinary]:
    """The openings of other ordinary texts of the same sources: whole sentences, SHORT_CHARS at least."""
    texts = [text for part in ordinary.tests(folder) for text in ordinary.spread(part, n)[-(n // 2) :]]
    return [t._replace(text=_opening(t.text)) for t in texts]


def _opening(text: str) -> str:
    end = re.search(r"(?<=[.!?])\s", text[SHORT_CHARS:])
    return text[: SHORT_CHARS + end.start()] if end else text


def insults(folder: Path, n: int) -> list[Insult]:
    """Our own insults, and `n` of each public source, in the order of a hash."""
    lines = [line.split("\t") for line in OWN.read_text(encoding="utf-8").splitlines()]
    public = {
        "davidson": [Insult("davidson", group, text) for group, text in _agreed(folder)],
        "perspective": [
            Insult("perspective", r.source, r.text) for r in data.perspective(folder) if r.label >= LEAST_SCORE
        ],
        "toxigen": [
            Insult("toxigen", ",".join(r["target_groups"]), r["text"])
            for r in data.read_json(folder / "toxigen_safenlp/toxiGen.json")
            if r["toxicity_score"] >= LEAST_RATING
        ],
    }
    chosen = [insult for rows in public.values() for insult in sorted(rows, key=_hash)[:n]]
    return [Insult("own", kind, text) for kind, text in lines] + chosen


def _hash(insult: Insult) -> bytes:
    return hashlib.sha256(insult.text.encode()).digest()


def _agreed(folder: Path) -> list[tuple[str, str]]:
    """Tweets of Davidson's odd rows that all annotators called hateful, or offensive."""
    rows = data.read_csv(folder / "davidson_hate_offensive/labeled_data.csv")[1::2]
    return [
        (name, r["tweet"])
        for r in rows
        for name, column in (("hate", "hate_speech"), ("offensive", "offensive_language"))
        if int(r[column]) == int(r["count"])
    ]


def planted(carrier: str, insult: str, rng: random.Random) -> str:
    """The carrier with the insult between two of its sentences, anywhere; its own end is not marked."""
    places = [0, *(match.end() for match in BOUNDARY.finditer(carrier)), len(carrier)]
    place = rng.choice(places)
    return f"{carrier[:place].rstrip(' ')} {insult} {carrier[place:]}"
