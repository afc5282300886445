"""Topics of prompts by the likeness of their meaning, where the sentence encoder is installed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from trustdelta.discover.pairs import words_of
from trustdelta.records.arrays import Floats, Ints
from trustdelta.scorers import text_encoder
from trustdelta.scorers.text_language import ENGLISH

MOST = 500
"""Prompts that are encoded; of more, as many at even distances."""
TOKENS, CHARACTERS = 24, 300
"""Tokens and last characters of a prompt that are read."""
LAYER = 6
TOPICS = (4, 8, 12)
"""Numbers of topics into which the prompts are divided."""
CATEGORIES = 8
"""The finest of these divisions by which prompts are divided evenly."""
PER_TOPIC = 15
"""Fewest prompts per topic on average."""
STARTS, ROUNDS = 4, 30
LIFT = 1.6
"""How much commoner than in all prompts a word that names a topic is in it."""
SHARE = 0.2
"""Least share of a topic's prompts with a word that names it."""
COVERED = 0.5
"""Least share of a topic's prompts with any of the words that name it; a topic with less has no name and is no set."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of prompts; empty where the encoder is not installed."""

    sets: Sequence[tuple[str, list[int]]]
    """Name and prompts of each topic; a prompt is in several, coarse and fine ones."""
    category_P: Sequence[str]
    """One topic of each prompt, by which prompts are divided evenly; empty where a prompt was not encoded."""


@lru_cache(maxsize=4)
def topics(questions: tuple[str, ...]) -> Topics:
    """Topics of prompts, divided coarsely and finely; equal prompts are encoded once."""
    category = [""] * len(questions)
    sets: list[tuple[str, list[int]]] = []
    if not text_encoder.available() or len(questions) < TOPICS[0] * PER_TOPIC:
        return Topics(sets, category)
    rows = np.unique(np.linspace(0, len(questions) - 1, min(MOST, len(questions))).astype(np.int64))
    meaning_RD = text_encoder.mean_layers([questions[i][-CHARACTERS:] for i in rows], (LAYER,), TOKENS).astype(float)
    meaning_RD /= np.linalg.norm(meaning_RD, axis=1, keepdims=True)
    words = [{w.removesuffix("'s") for w in words_of(questions[i])} - ENGLISH - {"."} for i in rows]
    for count in (count for count in TOPICS if rows.size >= count * PER_TOPIC):
        topic_R = divided(meaning_RD, count)
        if count <= CATEGORIES:
            for row, topic in zip(rows, topic_R, strict=True):
                category[row] = str(topic)
        members = [np.flatnonzero(topic_R == topic) for topic in range(count)]
        sets += [(name, rows[m].tolist()) for m in members if (name := _name(words, m))]
    return Topics(sets, category)


def divided(meaning_RD: Floats, count: int) -> Ints:
    """The topic of each row, by k-means from several seeds."""
    best, best_R = math.inf, np.zeros(len(meaning_RD), dtype=np.int64)
    for seed in range(STARTS):
        rng = np.random.default_rng(seed)
        centre_KD = meaning_RD[rng.choice(len(meaning_RD), 1)]
        while len(centre_KD) < count:
            near_R = _distances(meaning_RD, centre_KD).min(axis=1)
            total = near_R.sum()
            if total <= 0:
                return best_R
            centre_KD = np.vstack([centre_KD, meaning_RD[rng.choice(len(meaning_RD), p=near_R / total)]])
        for _ in range(ROUNDS):
            topic_R = _distances(meaning_RD, centre_KD).argmin(axis=1)
            centre_KD = np.array(
                [meaning_RD[topic_R == k].mean(axis=0) if (topic_R == k).any() else c for k, c in enumerate(centre_KD)]
            )
        cost = float(_distances(meaning_RD, centre_KD).min(axis=1).sum())
        if cost < best:
            best, best_R = cost, topic_R.astype(np.int64)
    return best_R


def _distances(meaning_RD: Floats, centre_KD: Floats) -> Floats:
    """Squared distances, rows by centres."""
    squares = (meaning_RD**2).sum(axis=1)[:, None] + (centre_KD**2).sum(axis=1)
    return np.asarray(np.maximum(squares - 2 * meaning_RD @ centre_KD.T, 0))


def _name(words: Sequence[set[str]], members: Ints) -> str:
    """The topic by the words that are commonest in it compared with all prompts; empty where they are in too few."""
    every = Counter(word for row in words for word in row)
    inside = Counter(word for i in members for word in words[i])
    size, total = len(members), len(words)
    scores = {
        word: n * math.log((n / size) / (every[word] / total))
        for word, n in inside.items()
        if len(word) > 1 and n >= SHARE * size and n / size > LIFT * every[word] / total
    }
    top = sorted(scores, key=lambda word: (-scores[word], word))[:4]
    with_one = sum(not words[i].isdisjoint(top) for i in members)
    return f"prompts on the topic of {', '.join(f'“{word}”' for word in top)}" if with_one >= COVERED * size else ""
