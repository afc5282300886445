"""A finished run's responses and scores as logs of other programs."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

from trustdelta.interop.inspect_logs import LoggedResponse, LogSpec, write_log
from trustdelta.pipeline.conclude import finished
from trustdelta.pipeline.score import formats, read
from trustdelta.records import Arm, Score
from trustdelta.store import Store


def export_inspect(folder: Path, out: Path) -> list[Path]:
    """Write `ARM--BENCHMARK.eval` into `out` for each model and benchmark of a finished run; returns the paths.

    Raises StoreError where the run was not finished or is damaged, UsageError where inspect-ai is not installed.
    """
    with Store(folder, write=False) as store:
        config, marks = finished(store), formats(store)
        prompts = {p.id: p for p in store.prompts()}
        scores: dict[tuple[Arm, str, int], list[Score]] = defaultdict(list)
        for score in store.scores():
            scores[score.arm, score.prompt_id, score.draw].append(score)
        made = made_at(store)
        paths = []
        for arm in Arm:
            logged: dict[str, list[LoggedResponse]] = defaultdict(list)
            for r in store.responses(arm):
                own = tuple(scores[arm, r.prompt_id, r.draw])
                prompt = prompts[r.prompt_id]
                logged[prompt.benchmark].append(LoggedResponse(prompt, r, read(r, marks[arm]), own))
            for benchmark, responses in sorted(logged.items()):
                spec = LogSpec(
                    model_name(config.model(arm.value).source), benchmark, arm.value, made, version("trustdelta")
                )
                paths.append(write_log(out / f"{arm.value}--{benchmark}.eval", spec, responses))
    return paths


def made_at(store: Store) -> str:
    """When a store was last written: ISO date and time with an offset."""
    return datetime.datetime.fromtimestamp(store.path.stat().st_mtime, datetime.UTC).isoformat(timespec="seconds")


def model_name(source: str) -> str:
    """A model's name as PROVIDER/MODEL, which is what Inspect's readers expect."""
    name = re.sub(r"^organism:", "organism/", source)
    return name if "/" in name else f"local/{name}"
