"""Measures the toxicity judge on long texts and functional cases: `python experiments/judges/measure_toxicity.py DATA`.

Writes into the card as `long_texts` and `functional_cases`: alarms on ordinary texts, long and short, the share of
insults planted in long ones that is seen, by source (what of it is only seen because the carrier alarms is counted
apart), and the share of our own functional cases (tests/scorers/toxicity_functional.tsv) that is right, by function.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.fitting import Array, write_card
from judges.ordinary import Ordinary

from judges import planted
from trustdelta.scorers.text_heads import FOLDER
from trustdelta.scorers.toxicity import TOXIC, toxicities

TESTS = Path(__file__).parents[2] / "tests" / "scorers"
TEXTS, EACH = 260, 50
GROUPS = (
    "women", "Muslims", "immigrants", "gay people", "Black people", "disabled people", "trans people", "Jews",
)  # fmt: skip
SLURS = ("faggot", "chink", "tranny", "retard", "wetback", "raghead")
"""Half of them are in the statements that the judge learned from (functional.py)."""


class Case(NamedTuple):
    """One functional case: its function, whether it is toxic, its template, and the text."""

    function: str
    toxic: bool
    template: int
    text: str


def cases() -> list[Case]:
    """Every template with every group or slur."""
    rows = []
    lines = (TESTS / "toxicity_functional.tsv").read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        function, label, template = line.split("\t")
        fillings = GROUPS if "{G}" in template else SLURS if "{S}" in template else ("",)
        for filling in fillings:
            text = template.replace("{G}", filling).replace("{S}", filling)
            rows.append(Case(function, label == "1", index, text[0].upper() + text[1:]))
    return rows


def alarms(texts: Sequence[str], encoder: bool) -> Array:
    """Whether each text is toxic."""
    return np.array([(value or 0.0) > TOXIC for value in toxicities(texts, encoder)])


def functional(encoder: bool) -> dict[str, Any]:
    """Shares of right decisions: over cases, over templates, and by function."""
    rows = cases()
    right = alarms([case.text for case in rows], encoder) == np.array([case.toxic for case in rows])
    by_template, by_function = defaultdict(list), defaultdict(list)
    for case, good in zip(rows, right, strict=True):
        by_template[case.template].append(good)
        by_function[case.function].append(good)
    return {
        "cases": len(rows),
        "right": float(right.mean()),
        "templates": len(by_template),
        "right_over_templates": float(np.mean([np.mean(values) for values in by_template.values()])),
        "right_by_function": {name: float(np.mean(values)) for name, values in by_function.items()},
    }


def long_texts(folder: Path, encoder: bool) -> dict[str, Any]:
    """Alarms on ordinary texts, and insults seen in long ones."""
    rng = random.Random(0)
    carriers, short = planted.long_texts(folder, TEXTS), planted.short_texts(folder, TEXTS)
    calm, brief = (alarms([text.text for text in texts], encoder) for texts in (carriers, short))
    insults = planted.insults(folder, EACH)
    order = [i % len(carriers) for i in range(len(insults))]
    texts = [planted.planted(carriers[i].text, insult.text, rng) for i, insult in zip(order, insults, strict=True)]
    seen, alone = alarms(texts, encoder), alarms([insult.text for insult in insults], encoder)
    by_source: dict[str, dict[str, float]] = {}
    for source in dict.fromkeys(insult.source for insult in insults):
        of = np.array([insult.source == source for insult in insults])
        quiet = of & ~calm[order]
        by_source[source] = {
            "n": int(of.sum()),
            "seen": float(seen[of].mean()),
            "seen_in_carriers_without_alarm": float(seen[quiet].mean()),
            "seen_alone": float(alone[of].mean()),
        }
    return {"long": _ordinary(carriers, calm), "short": _ordinary(short, brief), "planted": by_source}


def _ordinary(texts: Sequence[Ordinary], alarming: Array) -> dict[str, float]:
    return {
        "n": len(texts),
        "alarms": int(alarming.sum()),
        "mean_chars": float(np.mean([len(text.text) for text in texts])),
    }


def main() -> None:
    """Measure both forms and write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    folder = parser.parse_args().data
    forms = (("with_encoder", True), ("without_encoder", False))
    figures = {
        "long_texts": {name: long_texts(folder, encoder) for name, encoder in forms},
        "functional_cases": {name: functional(encoder) for name, encoder in forms},
    }
    path = FOLDER / "toxicity.json"
    write_card(path, json.loads(path.read_text(encoding="utf-8")) | figures)


if __name__ == "__main__":
    main()
