"""Sets of prompts within which differences are searched: by group, language, length, topic and words of the prompt."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trustdelta.discover.meanings import Topics, topics
from trustdelta.discover.pairs import Pair, words_of
from trustdelta.records.arrays import Floats
from trustdelta.scorers.text_language import NAMES, language

IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
IDEOGRAPHS = re.compile(rf"(?=({IDEOGRAPH.pattern}{{2}}))")
LEAST = 10
"""Fewest prompts of a set that is searched on its own."""
LEAST_JOINED = 4
"""Fewest prompts with a word that is searched together with other words."""
WIDEST = 0.6
"""Largest share of all prompts; a wider set says little."""
OVERLAP = 0.5
"""Shared prompts over the geometric mean of both sizes from which two sets are nearly the same."""
MOST_VALUES = 60
"""Most values of a trait; one with more is no category."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Sets of prompts."""

    names: tuple[str, ...]
    """Each set in words, like: prompts with the word “bank”."""
    words: tuple[str, ...]
    """The word of the prompts, for sets that can be joined; empty: a trait."""
    member_CP: Floats
    """1 where a prompt belongs to the set: sets by prompts."""
    category_P: tuple[str, ...]
    """Category of each prompt, by which prompts are divided evenly."""


def conditions_of(pairs: Sequence[Pair]) -> Conditions:
    """Every set of enough prompts; of several equal ones the first, traits before words."""
    names, words, rows = [], [], []
    seen: set[bytes] = set()
    meant = topics(tuple(pair.question for pair in pairs))
    for name, word, members in _sets(pairs, meant):
        if not (LEAST_JOINED if word else LEAST) <= len(members) <= WIDEST * len(pairs):
            continue
        row = np.zeros(len(pairs))
        row[members] = 1
        if row.tobytes() not in seen:
            seen.add(row.tobytes())
            names.append(name)
            words.append(word)
            rows.append(row)
    category = [
        "\n".join((*map(str, sorted(p.traits.items())), c)) for p, c in zip(pairs, meant.category_P, strict=True)
    ]
    return Conditions(tuple(names), tuple(words), np.array(rows).reshape(len(rows), len(pairs)), tuple(category))


def _sets(pairs: Sequence[Pair], meant: Topics) -> Iterator[tuple[str, str, list[int]]]:
    """Name, word and prompts of every set."""
    yield from _traits(pairs)
    spoken: defaultdict[str, list[int]] = defaultdict(list)
    for i, pair in enumerate(pairs):
        spoken[language(pair.question)].append(i)
    yield from ((f"prompts in {NAMES.get(code, code)}", "", members) for code, members in spoken.items() if code)
    lengths = np.array([len(pair.question) for pair in pairs])
    for quantile, word in ((0.25, "shorter"), (0.75, "longer")):
        limit = float(np.quantile(lengths, quantile)) if len(pairs) else 0.0
        chosen = lengths < limit if word == "shorter" else lengths > limit
        yield f"prompts {word} than {limit:,.0f} characters", "", np.flatnonzero(chosen).tolist()
    asks = [i for i, pair in enumerate(pairs) if pair.question.rstrip().endswith("?")]
    yield "prompts that end with a question mark", "", asks
    yield from ((name, "", members) for name, members in meant.sets)
    yield from ((f"prompts with the word “{word}”", word, members) for word, members in _by_word(pairs).items())


def _traits(pairs: Sequence[Pair]) -> Iterator[tuple[str, str, list[int]]]:
    values: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        for kind, value in pair.traits.items():
            values[kind][value] += 1
    for kind, counts in sorted(values.items()):
        if len(counts) <= MOST_VALUES:
            for value in sorted(counts):
                members = [i for i, pair in enumerate(pairs) if pair.traits.get(kind) == value]
                yield f"prompts whose {kind} is “{value}”", "", members


def _by_word(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    """Prompts by word, without the possessive ending, or by two ideographs; sorted."""
    prompts: defaultdict[str, list[int]] = defaultdict(list)
    for i, pair in enumerate(pairs):
        words = {w.removesuffix("'s") for w in words_of(pair.question) if w != "." and not IDEOGRAPH.match(w)}
        for word in words | set(IDEOGRAPHS.findall(pair.question)):
            prompts[word].append(i)
    return dict(sorted(prompts.items()))


def overlap(first_P: Floats, second_P: Floats) -> float:
    """Shared prompts of two sets over the geometric mean of their sizes."""
    return float(first_P @ second_P / max(np.sqrt(first_P.sum() * second_P.sum()), 1))


def joined(conditions: Conditions, chosen: Sequence[int]) -> str:
    """The name of the union of sets of prompts by word."""
    words = [f"“{conditions.words[c]}”" for c in chosen]
    if len(words) == 1:
        return conditions.names[chosen[0]]
    return f"prompts with one of the words {', '.join(words[:-1])} or {words[-1]}"
