"""Counts neighbouring words of real answers: `python experiments/judges/train_word_order.py DATA`.

DATA holds the public sets. Writes `weights/word_order.npz` and its card. Four sources are left out and measured: how
often a real answer of theirs would be called word salad, and how often its words in a random order would not.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.fitting import write_card

from judges import data
from trustdelta.scorers.text_heads import FOLDER, arrays
from trustdelta.scorers.text_order import ENDINGS, SCALE, class_of, neighbours

FREQUENT, PRIOR, LEAST, PER_SOURCE = 500, 2.0, 0.05, 1500
LEFT_OUT = ("xstest", "refusal_tokens", "gptfuzz", "misguided")
LENGTHS = (25, 50, 100)


def speechmap(folder: Path) -> list[str]:
    """Answers of the models of SpeechMap."""
    return [
        json.loads(line)["answer"] or ""
        for path in sorted((folder / "speechmap").glob("*.gz"))
        for line in gzip.open(path, "rt", encoding="utf-8")
    ]


def sources(folder: Path) -> dict[str, list[str]]:
    """Real answers by source."""
    tokens = [r for p in sorted((folder / "refusal_tokens_pair").glob("*/*.jsonl")) for r in data.json_lines(p)]
    long = sorted((folder / "misguided_attention/results_long_eval").glob("output_*.json"))
    logs = sorted((folder / "zeroeval_gsm").glob("*.gz"))
    reason = [p for name in logs for p in json.loads(gzip.decompress(name.read_bytes()))]
    return {
        "xstest": [r.text for r in data.xstest(folder)],
        "gptfuzz": [r.text for r in data.gptfuzz(folder)],
        "harmfulq": [r.text for r in data.harmfulq(folder)],
        "jailbreakbench": [r.text for r in data.jailbreakbench(folder)],
        "refusal_direction": [r.text for r in data.refusal_direction(folder)],
        "hh": [r.text for pair in data.hh_pairs(folder) for r in pair],
        "speechmap": speechmap(folder),
        "refusal_tokens": [r["response"] for r in tokens],
        "misguided": [t or "" for p in long for r in data.read_json(p)["results"] for t in r["output"]],
        "zeroeval": [r["output"][0] for r in reason],
    }


def sampled(texts: list[str], rng: random.Random) -> list[str]:
    """At most PER_SOURCE of some texts in Latin letters."""
    plain = [t for t in texts if sum(map(str.isascii, t)) > 0.9 * len(t)]
    return rng.sample(plain, min(PER_SOURCE, len(plain)))


def classes_of(texts: Iterable[str]) -> dict[str, int]:
    """Endings, and the most frequent words, by index."""
    counts = Counter(word.lower().replace("’", "'") for text in texts for pair in neighbours(text) for word in pair)
    names = [f"-{ending}{mark}" for ending in ("", *ENDINGS) for mark in ("", "^")]
    names += [word for word, _ in counts.most_common(FREQUENT) if word.isascii()]
    return {name: index for index, name in enumerate(names)}


def nats(texts: Iterable[str], classes: dict[str, int]) -> NDArray[np.int8]:
    """Pointwise mutual information of neighbouring classes, shrunk towards 0 where few were seen, as int8."""
    counts_CC = np.zeros((len(classes), len(classes)))
    for text in texts:
        for a, b in neighbours(text):
            counts_CC[class_of(a, classes), class_of(b, classes)] += 1
    expected_CC = np.outer(counts_CC.sum(1), counts_CC.sum(0)) / counts_CC.sum()
    prior_CC = PRIOR * np.minimum(expected_CC, 1) + LEAST
    values_CC = np.log((counts_CC + prior_CC) / (expected_CC + prior_CC))
    return np.clip(np.round(values_CC * SCALE), -127, 127).astype(np.int8)


def measured(texts: list[str], rng: random.Random) -> dict[str, Any]:
    """Share of real texts called salad, and of the same words in a random order that are, by length."""
    from trustdelta.scorers.text_degenerate import salad

    real = [t for t in texts if sum(1 for _ in neighbours(t)) >= LENGTHS[0]]
    found: dict[str, Any] = {"real": len(real), "real_called_salad": sum(bool(salad(t)) for t in real)}
    for length in LENGTHS:
        words = [list(dict.fromkeys(w for pair in neighbours(t) for w in pair)) for t in real]
        mixed = [" ".join(rng.sample(w, length)) for w in words if len(w) >= length]
        found[f"shuffled_{length}"] = len(mixed)
        found[f"shuffled_{length}_called_salad"] = sum(bool(salad(t)) for t in mixed)
    return found


def main() -> None:
    """Fit on all sources but LEFT_OUT, write, and measure on those."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    rng = random.Random(0)
    table = {name: sampled(texts, rng) for name, texts in sources(parser.parse_args().data).items()}
    fitted = [text for name, texts in table.items() if name not in LEFT_OUT for text in texts]
    classes = classes_of(fitted)
    np.savez_compressed(
        FOLDER / "word_order.npz", classes=np.array(list(classes), dtype=np.str_), nats=nats(fitted, classes)
    )
    arrays.cache_clear()
    card = {
        "task": "is the order of a text's words that of English, or none",
        "method": "pointwise mutual information of the classes of neighbouring words",
        "encoder": "none",
        "licence_of_weights": "Apache-2.0",
        "data": {name: len(texts) for name, texts in table.items() if name not in LEFT_OUT},
        "left_out": {name: measured(table[name], rng) for name in LEFT_OUT},
        "known_failures": [
            "a grammatical text without sense is not seen",
            "salad of fewer than some 20 words is not seen",
        ],
    }
    write_card(FOLDER / "word_order.json", card)


if __name__ == "__main__":
    main()
