"""Reserves a run folder for one configuration; a failed first attempt does not block the corrected one.

While no model has passed its preflight, the folder has no responses that another configuration could mix with. While
only the candidate has not, its part is replaced and the baseline's responses stay.
"""

from __future__ import annotations

import json

from trustdelta.config import AuditConfig
from trustdelta.progress import Progress
from trustdelta.records import Arm, Json, changes
from trustdelta.records.state import CONFIGURATION, PLAN, fingerprint, preflight, probes, started
from trustdelta.store import Store

OF_CANDIDATE = (fingerprint(Arm.CANDIDATE), PLAN, probes(Arm.CANDIDATE), started(Arm.CANDIDATE))
"""State of a run folder that depends on the candidate and exists before its preflight."""


def claim_configuration(store: Store, config: AuditConfig, progress: Progress) -> None:
    """Record the configuration; raises StoreError, naming what changed, where responses of another one are stored."""
    stored = store.get(CONFIGURATION)
    fresh: dict[str, Json] = json.loads(json.dumps(config.measured()))
    if store.has(CONFIGURATION) and stored != fresh:
        changed = changes(stored, fresh)
        if not _audited(store):
            store.restart()
            progress.note(
                f"{store.folder}: an earlier attempt here measured nothing, so the folder is reused ({changed})"
            )
        elif not _audited(store, Arm.CANDIDATE) and _only_candidate(stored, fresh):
            store.forget_responses(Arm.CANDIDATE)
            store.forget([*OF_CANDIDATE, CONFIGURATION])
            progress.note(
                f"{store.folder}: the candidate had not answered yet, so its settings are replaced ({changed})"
            )
    store.claim(CONFIGURATION, fresh)


def _audited(store: Store, *authors: str) -> bool:
    """Whether any response of these authors (none: of all) is stored whose model passed its preflight."""
    return any(
        store.have(author) and (author not in tuple(Arm) or store.has(preflight(author)))
        for author in authors or store.authors()
    )


def _only_candidate(stored: Json, fresh: Json) -> bool:
    """Whether two configurations differ only in how the candidate is run."""
    alike = {k: v for k, v in stored.items() if k != "candidate"} == {
        k: v for k, v in fresh.items() if k != "candidate"
    }
    return alike and not stored["candidate"].get("recorded") and not fresh["candidate"].get("recorded")
