"""Chunks of responses to be teacher-forced under both models, and the reason where drift is not measured.

Needs no torch.
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
"""Responses that are measured and stored together; a killed run repeats at most one chunk."""
MOST_DRAWS = 8
"""Maximum number of the candidate's samples per prompt that are measured."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Responses of one model that are measured together."""

    arm: Arm
    """Model that wrote the responses."""
    start: int
    """Index of the first response."""
    responses: Sequence[Response]
    """Responses, in order."""

    @property
    def name(self) -> str:
        """Name of the chunk's files and marks; it is the same when a run is resumed."""
        return f"{self.arm.value}-{self.start:06}"


def why_not(config: AuditConfig) -> str:
    """The reason why drift is not measured in this audit; empty where it is."""
    if not config.drift.enabled:
        return "switched off in the configuration"
    if config.baseline.recorded or config.candidate.recorded:
        return "recorded responses come without models that compute probabilities"
    if blind := [m.engine for m in (config.baseline, config.candidate) if m.engine not in READS_TEXTS]:
        return f"the engine {blind[0]} does not give the probabilities of a text"
    return ""


def chunks_of(store: Store, config: AuditConfig, arm: Arm) -> Iterator[Chunk]:
    """A sample of each benchmark's prompts, in chunks: the baseline's first samples, and all of the candidate.

    Prompt ids are hashes, so their order is random. Further samples are needed to correlate KL with regression.
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


def store_contexts(store: Store, chunks: Sequence[Chunk]) -> None:
    """Store how many prompts both models received as the same token ids, and how many as different ones."""
    contexts: dict[str, dict[Arm, tuple[int, ...]]] = defaultdict(dict)
    for chunk in chunks:
        for response in chunk.responses:
            contexts[response.prompt_id][chunk.arm] = response.prompt_token_ids
    pairs = [tuple(by_model.values()) for by_model in contexts.values() if len(by_model) == len(Arm)]
    same = sum(baseline == candidate for baseline, candidate in pairs)
    store.put(DRIFT_CONTEXTS, Contexts(same=same, different=len(pairs) - same))


FOLDER = "drift-states"
"""Subfolder of a run folder for the first model's states until the second model has been read."""
