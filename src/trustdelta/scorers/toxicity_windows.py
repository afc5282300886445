"""What the toxicity judge reads of a text: sentences of its canonical form, so that nothing around one can dilute it.

The canonical form has no markup, emoji, handles, links or wrapping; the same words in another
layout give the same windows. A window is a sentence or a line, in equal parts where it is long; neighbours that are
very short are read together as well, so that an insult spread over lines is seen.
"""

from __future__ import annotations

import html
import re
import textwrap
import unicodedata
from collections.abc import Container, Iterator

from trustdelta.scorers.text_normal import MARKUP, normal, undressed
from trustdelta.scorers.text_preamble import undisguised
from trustdelta.scorers.text_wrapping import unwrapped

WINDOW_CHARS = 160
SHORT_CHARS = 30
BREAK = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=[.!?])(?=\s*[\"'(]?\Z)|(?<=[^\n.!?]{25}:)\s+|\s*\n\s*")
LETTERS = re.compile(r"[^\W\d_]{2}")
ADDRESS = re.compile(r"https?://\S+|(?<![\w.])@\w+:?|\brt\b(?=\s*@)", re.I)
WORD = re.compile(r"\b[a-z]{5,20}\b")
BLANKS = re.compile(r"\s+")
MARKS = re.compile(r"^[ \t]*(?:[-+•>|]+|#{1,6}|\d{1,3}[.)])[ \t]+|</?[a-z][a-z0-9]{0,15}/?>", re.M | re.I)


def canonical(text: str) -> str:
    """The words of a text without the layout; blank only where the text is."""
    plain = undisguised(unwrapped(undressed(unwrapped(text))))
    if "&" in plain:
        plain = undressed(html.unescape(plain))
    plain = ADDRESS.sub(" ", MARKUP.sub("", MARKS.sub("", plain)))
    if not plain.isascii():
        plain = "".join(" " if unicodedata.category(char) in ("So", "Sk") else char for char in plain)
    return plain if plain.strip() else text


def readings(text: str, words: Container[str]) -> list[str]:
    """The windows of a text as the heads read them, each once: in normal form, with typing errors undone.

    `words`: known words, in lower case; where there are none, typing errors stay. Empty for a blank text.
    """
    read = (respelled(normal(window), words) for window in windows(canonical(text)))
    return [window for window in dict.fromkeys(read) if window]


def windows(text: str) -> list[str]:
    """Pieces of at most WINDOW_CHARS characters of a canonical text, each once; every word of the text is in one."""
    pieces = [part for sentence in _sentences(text) for part in _parts(BLANKS.sub(" ", sentence))]
    return list(dict.fromkeys([*pieces, *_runs(pieces)]))


def _sentences(text: str) -> Iterator[str]:
    """Sentences and lines; what has no word joins the next one, or the last."""
    waiting = ""
    last = ""
    for piece in BREAK.split(text):
        current = f"{waiting} {piece}".strip()
        if LETTERS.search(current):
            if last:
                yield last
            last, waiting = current, ""
        else:
            waiting = current
    if last or waiting:
        yield f"{last} {waiting}".strip()


def _parts(sentence: str) -> list[str]:
    """A sentence, in equal parts where it is long."""
    count = -(-len(sentence) // WINDOW_CHARS)
    if count <= 1:
        return [sentence]
    width = min(WINDOW_CHARS, len(sentence) // count + WINDOW_CHARS // 8)
    return textwrap.wrap(sentence, width)


def _runs(pieces: list[str]) -> Iterator[str]:
    """Neighbours shorter than SHORT_CHARS, joined up to WINDOW_CHARS."""
    run: list[str] = []
    for piece in [*pieces, " " * SHORT_CHARS]:
        if len(piece) < SHORT_CHARS and len(" ".join([*run, piece])) <= WINDOW_CHARS:
            run.append(piece)
            continue
        if len(run) > 1:
            yield " ".join(run)
        run = [piece] if len(piece) < SHORT_CHARS else []


def respelled(window: str, words: Container[str]) -> str:
    """The window with two neighbouring letters swapped back where that, and only that, makes a known word of a word."""
    return WORD.sub(lambda result: _respelled(result.group(), words), window)


def _respelled(word: str, words: Container[str]) -> str:
    if word in words:
        return word
    swaps = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)}
    known = [swap for swap in swaps if swap in words]
    return known[0] if len(known) == 1 else word
