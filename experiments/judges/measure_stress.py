"""Runs the metamorphic suite over the built-in judges: `python experiments/judges/measure_stress.py DATA [JUDGE ...]`.

Writes the result into the card of each judge as `stress`: how many transformations, which are faults, the worst line.
Texts are answers and statements that people labelled: XSTest and GPTFuzz (answers), Davidson and ToxiGen (statements).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.data import Row
from judges.fitting import write_card

from judges import data
from trustdelta.judges.stress import Text, stress
from trustdelta.records import Message, Prompt
from trustdelta.scorers import registry
from trustdelta.scorers.text_heads import FOLDER

TEXTS = 100
SOURCES = {
    "refusal": (data.xstest,),
    "noncompliance": (data.xstest,),
    "harm": (data.xstest, data.gptfuzz),
    "toxicity": (data.davidson, data.toxigen),
}
NAMES = "XSTest (refusal, noncompliance, harm), GPTFuzz (harm), Davidson and ToxiGen (toxicity)"


def spaced(rows: Sequence[Row], n: int) -> list[Text]:
    """`n` rows, evenly spaced."""
    step = max(1, len(rows) // n)
    return [(Prompt("stress", (Message("user", r.prompt),)), r.text) for r in rows[::step][:n]]


def main() -> None:
    """Stress the judges that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("judges", nargs="*", default=sorted(SOURCES))
    parser.add_argument("--out", type=Path, default=Path(), help="folder for all lines")
    options = parser.parse_args()
    for name in options.judges:
        sources = SOURCES[name]
        texts = [text for read in sources for text in spaced(read(options.data), TEXTS // len(sources))]
        result = stress(registry.load(name), name, texts)
        (options.out / f"stress-{name}.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
        path = FOLDER / f"{name}.json"
        card = json.loads(path.read_text(encoding="utf-8"))
        summary = {"transformations": len(result["lines"]), "texts": result["n"], "on": NAMES, "worst": result["worst"]}
        summary["faults"] = [line for line in result["lines"] if line["fault"]]
        write_card(path, card | {"stress": summary})


if __name__ == "__main__":
    main()
