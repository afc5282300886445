"""Measures speed and flip rate of the built-in judges: `python experiments/judges/measure_builtin.py DATA`.

Writes `weights/builtin.json`. Speed is answers per second of processor time on one thread (set OMP_NUM_THREADS and
OPENBLAS_NUM_THREADS to 1), on XSTest's answers for refusal and harm and on web sentences for toxicity.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.data import Row
from judges.fitting import write_card

from judges import data
from trustdelta.judges.injections import flips
from trustdelta.records import Message, Prompt
from trustdelta.scorers import registry, text_encoder
from trustdelta.scorers.base import judge_all
from trustdelta.scorers.refusal_rules import refusal_points
from trustdelta.scorers.text_heads import FOLDER
from trustdelta.scorers.text_normal import normal

ANSWERS = 300


def per_second(work: Callable[[], Any], n: int) -> float:
    """Items per second of processor time, after one call that loads everything."""
    work()
    normal.cache_clear()
    began = time.process_time()
    work()
    return n / (time.process_time() - began)


def speed(name: str, rows: list[Row]) -> float:
    """Answers per second of one judge over some rows."""
    pairs = [(Prompt("speed", (Message("user", r.prompt),)), r.text) for r in rows]
    scorer = registry.load(name)
    return per_second(lambda: judge_all(scorer, pairs), len(pairs))


def main() -> None:
    """Measure with the encoder and without it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    answers = data.xstest(options.data)
    answers = answers[:: len(answers) // ANSWERS][:ANSWERS]
    sentences = data.perspective(options.data)[:ANSWERS]
    rows = {"refusal": answers, "noncompliance": answers, "harm": answers, "toxicity": sentences}
    card: dict[str, Any] = {}
    for form, present in (("with_encoder", text_encoder.available()), ("without_encoder", False)):
        with patch.object(text_encoder, "available", lambda present=present: present):
            names = ("refusal", "harm", "toxic")
            card[form] = {
                "answers_per_second": {name: speed(name, some) for name, some in rows.items()},
                "injections": {name: flips(registry.load(name)) for name in names},
            }
    texts = [r.text for r in answers]
    card["refusal_rules_answers_per_second"] = per_second(lambda: [refusal_points(t) for t in texts], len(texts))
    write_card(FOLDER / "builtin.json", card)


if __name__ == "__main__":
    main()
