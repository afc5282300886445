"""The drift step of an audit: measures missing responses, or stores the reason why drift cannot be measured."""

from __future__ import annotations

from trustdelta.config import AuditConfig
from trustdelta.pipeline.drift.chunks import chunks_of, store_contexts, why_not
from trustdelta.progress import Progress
from trustdelta.records import Arm
from trustdelta.records.state import DRIFT_NOTE, DRIFT_READ
from trustdelta.store import Store


def measure_drift(store: Store, config: AuditConfig, progress: Progress) -> None:
    """Store per-response sums of KL for both models' responses, or a note with the reason why not."""
    reason = why_not(config)
    if reason:
        store.put(DRIFT_NOTE, reason)
        return
    have = {(row.text_of, row.prompt_id, row.draw) for row in store.drift()}
    chunks = [c for arm in Arm for c in chunks_of(store, config, arm)]
    read = store.get(DRIFT_READ)  # chunks with responses that could not be read
    missing = [
        c
        for c in chunks
        if c.name not in read and any((c.arm.value, r.prompt_id, r.draw) not in have for r in c.responses)
    ]
    if missing:
        from trustdelta.pipeline.drift.choose import fill

        store_contexts(store, chunks)
        fill(store, config, missing, progress)
