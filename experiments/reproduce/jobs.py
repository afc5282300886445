"""What one process does at a time: grow a conversion, draw a pool, draw audits from pools. Each result is one file."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

from experiments.reproduce.plan import Conversion, Scale, fingerprint, grown_already
from experiments.reproduce.pools import World, draw_missing, load, name_of
from experiments.reproduce.resample import audits, truth
from trustdelta.files import save_text
from trustdelta.organisms import series
from trustdelta.records import Json


def grow(conversion: Conversion, models: Path) -> str:
    """Grow one conversion of a shipped base as a folder of `models`, anew where the one there has another recipe."""
    folder = models / conversion.name
    if folder.exists() and not grown_already(folder, conversion.organism):
        shutil.rmtree(folder)
    series.grow(conversion.member, models)
    save_text(folder / "fingerprint.txt", fingerprint(conversion.organism))
    return conversion.name


@cache
def world(every: int) -> World:
    """The questions of the pools, once for each process."""
    return World.load(every)


def pool(model: str, draws: int, every: int, folder: Path) -> str:
    """Draw what is missing of one model's pools."""
    drawn = draw_missing(world(every), model, draws, folder)
    return f"{name_of(model)}: {len(drawn)} drawn"


def resample(models: tuple[str, str], scale: Scale, pools: Path, file: Path) -> str:
    """Draw audits of one pair from its pools; of a model against itself there are more, and its truth is 0."""
    same = models[0] == models[1]
    asked = world(scale.every)
    loaded = load(pools, models[0], 1 + same), load(pools, models[1], 1 + same)
    count = scale.null_audits if same else scale.audits
    found: dict[str, Json] = {
        "truth": {} if same else truth(asked, loaded),
        "audits": list(audits(asked, models, loaded, range(count), scale.resampled_prompts)),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    save_text(file, json.dumps(found) + "\n")
    return f"{file.stem}: {count} audits"
