"""The responses that are teacher-forced under both models, in chunks, and why drift is not measured in some audits.

Only measuring needs torch; what is read back from the store does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trustdelta.config import AuditConfig
from trustdelta.config.models import READS_TEXTS
from trustdelta.records import Arm, Response
from trustdelta.records.state import DRIFT_CONTEXTS, Contexts
from trustdelta.store import Store

CHUNK = 256
"""Responses measured and stored together; a killed run repeats at most one chunk."""
MOST_DRAWS = 8
"""At most this many draws of a prompt are measured, where a candidate was asked more than once."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Responses of one model that are measured together; the name is the same whenever the run goes on."""

    arm: Arm
    start: int
    responses: Sequence[Response]

    @property
    def name(self) -> str:
        """Name of the chunk's files and marks."""
        return f"{self.arm.value}-{self.start:06}"


def why_not(config: AuditConfig) -> str:
    """Why drift is not measured in this audit; empty where it is."""
    if not config.drift.enabled:
        return "switched off in the configuration"
    if config.baseline.recorded or config.candidate.recorded:
        return "recorded responses carry no model to compute probabilities with"
    if blind := [m.engine for m in (config.baseline, config.candidate) if m.engine not in READS_TEXTS]:
        return f"the engine {blind[0]} does not give the probabilities of a text"
    return ""


def chunks_of(store: Store, config: AuditConfig, arm: Arm) -> Iterator[Chunk]:
    """A sample of each benchmark's prompts, in chunks: the baseline's first draws, and every draw of the candidate.

    Prompt ids are hashes, so their order is random. Further draws are what relates drift to regression.
    """
    benchmark = {p.id: p.benchmark for p in store.prompts()}
    draws = 1 if arm is Arm.BASELINE else MOST_DRAWS
    chosen: dict[str, list[Response]] = defaultdict(list)
    prompts: dict[str, set[str]] = defaultdict(set)
    for response in store.responses(arm):
        name = benchmark[response.prompt_id]
        served = config.baseline.served or config.candidate.served
        if not (response.token_ids or (served and response.text)) or response.draw >= draws:
            continue
        if response.prompt_id in prompts[name] or len(prompts[name]) < config.drift.prompts_per_benchmark:
            prompts[name].add(response.prompt_id)
            chosen[name].append(response)
    responses = [r for name in sorted(chosen) for r in chosen[name]]
    for start in range(0, len(responses), CHUNK):
        yield Chunk(arm, start, responses[start : start + CHUNK])


def note_contexts(store: Store, chunks: Sequence[Chunk]) -> None:
    """Record how many prompts were put to both models as the same token ids, and how many were not."""
    contexts: dict[str, dict[Arm, tuple[int, ...]]] = defaultdict(dict)
    for chunk in chunks:
        for response in chunk.responses:
            contexts[response.prompt_id][chunk.arm] = response.prompt_token_ids
    pairs = [tuple(found.values()) for found in contexts.values() if len(found) == len(Arm)]
    same = sum(one == other for one, other in pairs)
    store.put(DRIFT_CONTEXTS, Contexts(same=same, different=len(pairs) - same))


FOLDER = "drift-states"
"""Where in a run folder the first model's states lie until the second has been read."""
