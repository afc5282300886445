"""A run folder from a bundle with all texts, so that its responses can be scored and decided again without a model."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

from trustdelta.bundle import Bundle
from trustdelta.errors import FolderError, UsageError
from trustdelta.pipeline.bundles.check import read_bundle
from trustdelta.pipeline.bundles.read import BundledRun
from trustdelta.pipeline.bundles.rows import TEXT
from trustdelta.pipeline.bundles.write import CONFIG, MADE_WITH, METRICS
from trustdelta.records.state import COMPLETE, Key
from trustdelta.records.state import CONFIG as WHOLE_CONFIG
from trustdelta.store import Store, read_prompt, read_response

OF_THE_BUNDLE = frozenset({CONFIG, METRICS, MADE_WITH})
"""Rows of the plan that are no values of a run's state."""


def unpack(path: Path, folder: Path) -> None:
    """Write a run folder from a bundle: prompts, responses, scores, drift and plan.

    Raises VerificationError where a row does not fit its hash, UsageError where texts were left out, and FolderError
    where the folder is not new.
    """
    bundle, run = read_bundle(path)
    prompts, responses = bundle.values("prompts"), bundle.values("responses")
    without = sum("prompt" not in row for row in prompts) + sum(len(row) <= TEXT for row in responses)
    if without:
        raise UsageError(
            f"{path}: {without:,} of its texts are hashes alone; make it again with `trustdelta export RUN --bundle "
            "FILE --include-text`."
        )
    if folder.exists() and any(folder.iterdir()):
        raise FolderError(f"{folder}: the folder is not empty; pass another --out.")
    folder.mkdir(parents=True, exist_ok=True)
    with Store(folder, write=True, create=True) as store:
        store.put_prompts([read_prompt(row["prompt"]) for row in prompts])
        for author, rows in groupby(responses, key=lambda row: row[0]):
            store.put_responses(author, [read_response(row[TEXT]) for row in rows])
        _put_rest(store, bundle, run)


def _put_rest(store: Store, bundle: Bundle, run: BundledRun) -> None:
    """Scores, drift, and the values of the run's state."""
    store.put_scores(run.scores())
    store.put_drift(run.drift())
    plan = dict(bundle.values("plan"))
    state = [row for part in ("labels", "plan", "models") for row in bundle.values(part)]
    for name, value in state:
        if name not in OF_THE_BUNDLE:
            store.put(Key(name, dict), value)
    store.put(WHOLE_CONFIG, json.loads(json.dumps(plan[CONFIG])))
    store.put(COMPLETE, True)
