"""Claiming a run folder for one configuration: the first try that failed does not block the corrected one.

A folder in which no model has passed its preflight holds nothing that another configuration could be mixed with. The
same holds of the candidate's part, as long as the candidate has not: the baseline's responses stay.
"""

from __future__ import annotations

import json

from trustdelta.config import AuditConfig
from trustdelta.progress import Progress
from trustdelta.records import Arm, Json, changes
from trustdelta.records.state import CONFIGURATION, PLAN, fingerprint, preflight, probes, started
from trustdelta.store import Store

OF_CANDIDATE = (fingerprint(Arm.CANDIDATE), PLAN, probes(Arm.CANDIDATE), started(Arm.CANDIDATE))
"""What a run folder says of a candidate, or with regard to it, before the candidate is audited."""


def claim_configuration(store: Store, config: AuditConfig, progress: Progress) -> None:
    """Record the configuration; raises StoreError, naming what changed, where responses of another one are stored."""
    stored = store.get(CONFIGURATION)
    fresh: dict[str, Json] = json.loads(json.dumps(config.measured()))
    if store.has(CONFIGURATION) and stored != fresh:
        changed = changes(stored, fresh)
        if not _audited(store):
            store.restart()
            progress.note(
                f"{store.folder}: an earlier try here measured nothing, so the folder is taken over ({changed})"
            )
        elif not _audited(store, Arm.CANDIDATE) and _only_candidate(stored, fresh):
            store.forget_responses(Arm.CANDIDATE)
            store.forget([*OF_CANDIDATE, CONFIGURATION])
            progress.note(
                f"{store.folder}: the candidate had not answered yet, so its settings are taken over ({changed})"
            )
    store.claim(CONFIGURATION, fresh)


def _audited(store: Store, *authors: str) -> bool:
    """Whether any response (of these authors) is stored that a preflight was passed for."""
    return any(
        store.have(author) and (author not in tuple(Arm) or store.has(preflight(author)))
        for author in authors or store.authors()
    )


def _only_candidate(stored: Json, fresh: Json) -> bool:
    """Whether two configurations differ in how their candidate is run and in nothing else."""
    alike = {k: v for k, v in stored.items() if k != "candidate"} == {
        k: v for k, v in fresh.items() if k != "candidate"
    }
    return alike and not stored["candidate"].get("recorded") and not fresh["candidate"].get("recorded")
