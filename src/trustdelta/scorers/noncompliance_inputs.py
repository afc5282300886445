"""What the noncompliance judge sees of a question and its whole answer: inputs of its linear heads.

English with the sentence encoder: `[CLS] question [SEP] beginning [SEP] end [SEP]` goes through its first layers once;
means over the question, the opening, the beginning and the end are read. Chinese, and English without the encoder:
hashed n-grams of the answer. Both forms see the phrase features, the rules and the shape of the answer beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trustdelta.scorers import text_encoder as encoder
from trustdelta.scorers.refusal_features import NAMES, overlap, stems
from trustdelta.scorers.refusal_model import RULES, rule_rows
from trustdelta.scorers.text_normal import normal
from trustdelta.scorers.text_pairs import Texts, phrases

LAYER = 3
QUESTION_TOKENS, BEGIN_TOKENS, END_TOKENS, OPENING_TOKENS = 24, 72, 28, 40
BEGIN_CHARS, END_CHARS, LONG_CHARS = 800, 200, 450
"""Of an answer of LONG_CHARS or more the end is read beside the beginning."""
POOLS = 4
ENCODED = POOLS * encoder.WIDTH
READ_CHARS = 12000
WORD_CHARS = 1500
SHORT_CHARS, MIDDLE_CHARS = 150, 400
START_CHARS, TAIL_CHARS = 120, 200
HAN = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[A-Za-z]")
SHAPE = 9
LENGTHS = (150, 300, 600, 900, 1300, 2000, 3000, 5000, 8000)
"""Characters of an English answer from which its length counts more, or less: two hundred are no essay."""
LENGTH_INPUTS = len(LENGTHS) + 4
SHORT_BELOW = 2000
FIRST_PERSON = re.compile(r"\bI\b(?!\.)")
QUOTED = re.compile(r'"[^"\n]*"|“[^”\n]*”')
SPEAKS_FIRST, SPEAKS_LAST, MOST_SPOKEN = 600, 200, 4
"""Characters of an answer's two ends in which its author may speak of itself, and how often that counts."""
DENSE_INPUTS = len(NAMES) + RULES + SHAPE + LENGTH_INPUTS
CHINESE_SHARE = 0.3
CHINESE_CHARS = 3
"""English characters that say as much as a Chinese sign."""
OTHER_CHARS, LEAST_STEMS, LATIN_SHARE = 80, 2, 0.9
"""From how many characters of an answer, and content words of its request, a shared word is expected."""
_OTHER = "\u0370-\u1cff\u3040-\ud7ff"
GLUED = re.compile(f"[A-Za-z][{_OTHER}]|[{_OTHER}][A-Za-z]")
BROKEN_CHARS, LEAST_GLUED = 600, 2
"""At the end of an answer, places where a Latin letter touches one of another script."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Windows:
    """Token ids of a question with the beginning and the end of its answer, and where each part stands."""

    ids: list[int]
    question: tuple[int, int]
    begin: tuple[int, int]
    end: tuple[int, int]

    def pools(self) -> Floats:
        """Averaging weights over the tokens, one row each for question, opening, beginning and end."""
        opening = (self.begin[0], min(self.begin[0] + OPENING_TOKENS, self.begin[1]))
        weights = np.zeros((POOLS, len(self.ids)), dtype=np.float32)
        for row, (start, stop) in enumerate((self.question, opening, self.begin, self.end)):
            if stop > start:
                weights[row, start:stop] = 1 / (stop - start)
        return weights


def windows(question: str, answer: str) -> Windows:
    """The tokens of a question, of the beginning of its answer and, of a long one, of its end."""
    request = encoder.token_ids(normal(question[:2000]), QUESTION_TOKENS)
    begin = encoder.token_ids(normal(answer[:BEGIN_CHARS]), BEGIN_TOKENS)
    tail = normal(answer[-END_CHARS:]) if len(answer) > LONG_CHARS else ""
    end = encoder.token_ids(tail, END_CHARS)[-END_TOKENS:] if tail else []
    ids, places = [encoder.CLS], []
    for part in (request, begin, end):
        places.append((len(ids), len(ids) + len(part)))
        ids += [*part, encoder.SEP]
    return Windows(ids, *places)


def encoded(texts: Texts) -> Floats:
    """One row of POOLS x 384 numbers for each (question, answer): means of one layer of the encoder."""
    read = [windows(*text) for text in texts]
    rows = np.zeros((len(read), POOLS, encoder.WIDTH), dtype=np.float32)
    for group in encoder.batches([len(w.ids) for w in read]):
        x_BTD, _ = list(encoder.hidden_layers([read[i].ids for i in group], LAYER))[-1]
        for place, i in enumerate(group):
            rows[i] = read[i].pools() @ x_BTD[place, : len(read[i].ids)]
    return rows.reshape(len(read), ENCODED)


def dense(texts: Texts) -> NDArray[np.float64]:
    """Phrase features, rules, shape and length of each (question, answer)."""
    cut = [(question, answer[:READ_CHARS]) for question, answer in texts]
    shapes = np.array([shape(*text) for text in texts], dtype=np.float64).reshape(len(texts), SHAPE)
    long = np.array([lengths(*text) for text in texts], dtype=np.float64).reshape(len(texts), LENGTH_INPUTS)
    return np.hstack([phrases(cut), rule_rows(texts), shapes, long])


def shape(question: str, answer: str) -> list[float]:
    """Lengths and layout of an answer, and how much of a Chinese question's wording it takes up."""
    length = max(1, len(answer))
    request = pairs_of_signs(question)
    parts = (answer[:READ_CHARS], answer[:START_CHARS], answer[-TAIL_CHARS:])
    return [
        *(len(request & pairs_of_signs(part)) / max(1, len(request)) for part in parts),
        math.log1p(len(answer)),
        float(length < SHORT_CHARS),
        float(length < MIDDLE_CHARS),
        100 * answer.count("\n") / length,
        min(answer.count("**") + answer.count("#"), 20) / 10,
        len(LATIN.findall(answer[:READ_CHARS])) / length,
    ]


def lengths(question: str, answer: str) -> list[float]:
    """How long an answer is, and whether a short one speaks of itself ("I aim to be factual") instead of the matter.

    By how much its log length exceeds each of LENGTHS, after an indicator. Zeros after a question, whose answer may be
    short for good reasons.
    """
    if question.rstrip().endswith(("?", "？")):
        return [0.0] * LENGTH_INPUTS
    length = math.log1p(len(answer) * (CHINESE_CHARS if chinese(answer) else 1))
    spoken, short = speaks_of_itself(answer), max(0.0, math.log(SHORT_BELOW) - length)
    excess = [max(0.0, length - math.log(least)) for least in LENGTHS]
    return [float(spoken > 0), short * (spoken > 0), short * min(spoken, MOST_SPOKEN), *excess, 1.0]


def speaks_of_itself(answer: str) -> int:
    """How often an English answer says "I" at its two ends, outside quotation marks."""
    text = QUOTED.sub("", answer)
    ends = text[:SPEAKS_FIRST], text[SPEAKS_FIRST:][-SPEAKS_LAST:]
    return sum(len(FIRST_PERSON.findall(end)) for end in ends)


def pairs_of_signs(text: str) -> set[str]:
    """Pairs of neighbouring Chinese signs."""
    return {run[i : i + 2] for run in HAN.findall(text) for i in range(len(run) - 1)}


def chinese(answer: str) -> bool:
    """Whether Chinese signs make up a fair share of an answer's beginning."""
    sample = answer[:WORD_CHARS]
    letters = sum(map(str.isalpha, sample))
    return letters > 0 and sum(map(len, HAN.findall(sample))) >= CHINESE_SHARE * letters


def breaks_down(answer: str) -> bool:
    """Whether an answer ends in words that mix Latin letters with those of other scripts: it gives nothing any more."""
    return len(GLUED.findall(answer[-BROKEN_CHARS:])) >= LEAST_GLUED


def shares_nothing(request: str, answer: str) -> bool:
    """Whether an English answer of some length has no content word of its request, so that it is on another matter."""
    if len(answer) < OTHER_CHARS or not (english_letters(request) and english_letters(answer)):
        return False
    question = normal(request[:READ_CHARS])
    words = stems(question)
    if len(words) < LEAST_STEMS or words & stems(answer[:READ_CHARS].lower()):
        return False  # a word shared as written: the normal form of a long answer takes longer than all else
    return overlap(question, normal(answer[:READ_CHARS])) == 0


def english_letters(text: str) -> bool:
    """Whether nearly all letters of a text's beginning are Latin."""
    letters = [sign for sign in text[:WORD_CHARS] if sign.isalpha()]
    return sum(map(str.isascii, letters)) >= LATIN_SHARE * len(letters)


def positions(flags: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Places of the true and of the false."""
    return [i for i, f in enumerate(flags) if f], [i for i, f in enumerate(flags) if not f]
