"""Files of recorded judge outputs: one whose bytes changed is read again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from trustdelta.pipeline.scoring.judges import Judge
from trustdelta.records.state import LOOKS, fingerprint, judging, preflight
from trustdelta.store import Store


def reread(store: Store, judges: Sequence[Judge]) -> list[Judge]:
    """The judges whose file of outputs has other bytes than those that this run read, and is to be read again.

    None where interim analyses have used the outputs: these decided which responses there are.
    """
    if store.has(LOOKS):
        return []
    known = [(judge, judge.config.file) for judge in judges if store.has(fingerprint(judge.author))]
    return [
        judge
        for judge, file in known
        if file is not None and store.get(fingerprint(judge.author)).get("files") != [[file.name, digest_of(file)]]
    ]


def forget(store: Store, judge: Judge) -> None:
    """Delete the outputs of a judge's file, with all scores, so that the file is read again."""
    warning = f"{judge.name}: its file of outputs changed after it was read, and was read again."
    store.put(preflight(judge.author), {"warnings": [warning]})
    store.forget_responses(judge.author)
    store.clear_scores()
    store.forget([fingerprint(judge.author), judging(judge.author)])


def digest_of(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
