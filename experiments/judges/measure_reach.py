"""Centres of what each built-in judge learned from: `python experiments/judges/measure_reach.py DATA`.

Writes `weights/reach.npz` and the figures into each judge's card as `reach`: the limit, and for every judged model or
source the share of its texts beyond the limit when its own texts are left out of the centres.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.cluster.vq import kmeans2

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.data import Row
from judges.fitting import Array, write_card

from judges import data
from trustdelta.scorers import refusal_model
from trustdelta.scorers.noncompliance_inputs import chinese
from trustdelta.scorers.reach import LIMIT_SHARE, NAME, directions, distances, encodings
from trustdelta.scorers.text_heads import FOLDER

CENTRES, ROUNDS = 96, 12
MOST = 1500
"""Texts of one judge, in the order of a hash."""
MOST_SPEECHMAP = 1000
GROUPS = 6
Sources = Mapping[str, Callable[[Path], list[Row]]]


def refusal(folder: Path) -> list[Row]:
    """What the refusal judge learned from."""
    return data.xstest(folder) + data.xstest_v1(folder)


def noncompliance(folder: Path) -> list[Row]:
    """What the noncompliance judge learned from."""
    return refusal(folder) + some(data.speechmap(folder), MOST_SPEECHMAP) + data.r1_moderation(folder)


def harm(folder: Path) -> list[Row]:
    """What the judge of harm learned from."""
    loaders = (data.gptfuzz, data.harmfulq, data.jailbreakbench, data.refusal_direction, data.xstest)
    return [row for load in loaders for row in some(load(folder), MOST // len(loaders))]


def toxicity(folder: Path) -> list[Row]:
    """What the judge of toxicity learned from."""
    loaders = (data.davidson, data.toxigen, data.perspective)
    return [row for load in loaders for row in some(load(folder), MOST // len(loaders))]


JUDGES: Sources = {"refusal": refusal, "noncompliance": noncompliance, "harm": harm, "toxicity": toxicity}


def some(rows: list[Row], most: int) -> list[Row]:
    """At most so many rows, in the order of a hash."""
    return sorted(rows, key=lambda r: hashlib.sha256(f"{r.prompt}\n{r.text}".encode()).digest())[:most]


def centres(rows: Array) -> tuple[Array, Array]:
    """Mean and unit centres of encodings."""
    mean = rows.mean(axis=0)
    around = directions(rows, mean)
    result, _ = kmeans2(around, CENTRES, iter=ROUNDS, minit="points", rng=np.random.default_rng(0))
    return mean, result / np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-9)


def plain_refusals(folder: Path) -> Iterator[str]:
    """By source, the labels of short answers that refuse in their opening: no answer is read as one by its likeness."""
    loaders = (data.xstest, data.xstest_v1, data.speechmap, data.r1_moderation)
    harmless = (data.jailbreakbench, data.refusal_direction, data.gptfuzz, data.harmfulq)
    for load, title in (*((x, "refused or evaded") for x in loaders), *((x, "harmless") for x in harmless)):
        rows = [r for r in load(folder) if not chinese(r.text) and refusal_model.plain(r.text)]
        right = sum(r.label > 0 if load in loaders else r.label == 0 for r in rows)
        yield f"{load.__name__}: {right:,} of {len(rows):,} short plain refusals are labelled {title}\n"


def main() -> None:
    """Encode, cluster, measure by leaving groups out, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--lengths", action="store_true", help="print the characters that one text in fifty exceeds")
    parser.add_argument("--plain", action="store_true", help="print the labels of short plain refusals")
    options = parser.parse_args()
    if options.plain:
        sys.stdout.writelines(plain_refusals(options.data))
        return
    if options.lengths:
        for judge, load in JUDGES.items():
            lengths = [len(row.text) for row in load(options.data)]
            sys.stdout.write(f"{judge}: {np.quantile(lengths, 1 - LIMIT_SHARE):,.0f} of {len(lengths):,} texts\n")
        return
    stored: dict[str, Array] = {}
    cards: dict[str, Any] = {}
    for judge, load in JUDGES.items():
        rows = [r for r in some(load(options.data), MOST) if not chinese(r.text) and r.text.strip()]
        group = np.array([r.group if judge != "toxicity" else r.source for r in rows])
        number = {name: i % GROUPS for i, name in enumerate(sorted(set(group)))}
        part = np.array([number[g] for g in group])
        seen = encodings([r.text for r in rows])
        far = np.zeros(len(rows))
        for k in sorted(set(part)):
            far[part == k] = distances(seen[part == k], *centres(seen[part != k]))
        limit = float(np.quantile(far, 1 - LIMIT_SHARE))
        mean, result = centres(seen)
        stored |= {f"{judge}_mean": mean.astype(np.float16), f"{judge}_centres": result.astype(np.float16)}
        stored[f"{judge}_limit"] = np.array(limit)
        beyond = {name: float((far[group == name] > limit).mean()) for name in sorted(set(group))}
        cards[judge] = {"limit": limit, "centres": CENTRES, "texts": len(rows), "beyond_limit_when_left_out": beyond}
    np.savez_compressed(FOLDER / f"{NAME}.npz", allow_pickle=False, **stored)
    for judge, card in cards.items():
        path = FOLDER / f"{judge}.json"
        write_card(path, json.loads(path.read_text(encoding="utf-8")) | {"reach": card})


if __name__ == "__main__":
    main()
