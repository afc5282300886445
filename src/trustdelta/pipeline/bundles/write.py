"""The rows of a bundle from a run folder.

Texts of prompts and responses are hashes, unless they are included; those of benchmarks with personal data of real
people, and the outputs of judges, always are.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from trustdelta.benchmarks.base import Benchmark
from trustdelta.bundle.statement import canonical
from trustdelta.config import AuditConfig
from trustdelta.pipeline.bundles.state import LABEL_KEYS, PLAN_KEYS, model_keys
from trustdelta.pipeline.observations import Observations
from trustdelta.pipeline.scoring.outline import STATES
from trustdelta.records import Arm, Json, Prompt, Score
from trustdelta.records.state import Key
from trustdelta.store import Store, body_of, prompt_body

CONFIG, METRICS, MADE_WITH = "config", "metrics", "made_with"
"""Names of rows of the plan that are no values of the run's state."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run with all that its verdict follows from."""

    store: Store
    config: AuditConfig
    """The configuration of the verdict."""
    benchmarks: Mapping[str, Benchmark]
    """The benchmarks that were run, as they were decided on."""
    observed: Observations


def rows_of(run: Run, verdict: str, *, include_text: bool) -> dict[str, Sequence[Json]]:
    """The rows of every part; `verdict`: the text of verdict.json."""
    prompts = run.store.prompts()
    whole = {p.id for p in prompts if include_text and not run.benchmarks[p.benchmark].personal}
    state, names = run.store, cluster_names(prompts)
    return {
        "prompts": [prompt_row(p, names.get(p.cluster, ""), whole=p.id in whole) for p in prompts],
        "responses": list(_responses(run, whole)),
        "scores": [_score(s) for s in state.scores()],
        "drift": [list(row) for row in state.drift()],
        "labels": _stored(state, LABEL_KEYS),
        "plan": [*_plan(run), *_stored(state, PLAN_KEYS)],
        "models": _stored(state, model_keys(run.config)),
        "observations": _observations(run.observed),
        "verdict": [verdict],
    }


def cluster_names(prompts: Iterable[Prompt]) -> dict[str, str]:
    """A name for each cluster that shows nothing of its own, which may be a text or an address.

    Names sort as the clusters do, among each other and among the ids of prompts: sampling depends on that order. Each
    is the last id that sorts before the cluster, and its rank.
    """
    ids = sorted(p.id for p in prompts)
    clusters = sorted({p.cluster for p in prompts} - {""})
    places = [bisect_left(ids, cluster) for cluster in clusters]
    return {
        cluster: f"{ids[place - 1] if place else ''}!{rank:09d}"
        for rank, (cluster, place) in enumerate(zip(clusters, places, strict=True))
    }


def _score(score: Score) -> Json:
    """A score; the reason only where there is no value."""
    reason = score.reason if score.value is None else ""
    return [score.arm, score.prompt_id, score.draw, score.scorer, score.part, score.value, score.outcome, reason]


def prompt_row(prompt: Prompt, cluster: str, *, whole: bool) -> Json:
    """A prompt: what the verdict needs of it, the hash of all of it, and all of it where it is included."""
    body = prompt_body(prompt)
    return {
        "id": prompt.id,
        "benchmark": prompt.benchmark,
        "cluster": cluster,
        "stratum": prompt.stratum,
        "groups": dict(prompt.groups),
        "characters": prompt.characters,
        "sha256": hashed(body),
        **({"prompt": body} if whole else {}),
    }


def hashed(body: Json) -> str:
    """SHA-256 of a value in the spelling of a bundle, 64 hex digits."""
    return hashlib.sha256(canonical(body)).hexdigest()


def _responses(run: Run, whole: Iterable[str]) -> Iterator[Json]:
    """Author, prompt id, draw, state, tokens and hash of each response, and the response where it is included."""
    for author in sorted(run.store.authors()):
        outline = run.observed.outlines.get(Arm(author)) if author in list(Arm) else None
        place = 0
        for page in run.store.packed_responses(author):
            for prompt_id, draw, packed in page:
                body = body_of(packed)
                row = [author, prompt_id, draw, None, None, hashed(body)]
                if outline is not None:
                    row[3:5] = STATES[outline.states[place]].value, outline.tokens[place]
                    row += [body] if prompt_id in whole else []
                yield row
                place += 1


def _stored(store: Store, keys: Iterable[Key[Any]]) -> list[Json]:
    return [[key.name, store.get(key)] for key in keys if store.has(key)]


def versions() -> dict[str, str]:
    """Versions of the code on which the digits of a verdict depend."""
    return {name: version(name) for name in ("trustdelta", "numpy", "scipy")}


def _plan(run: Run) -> Iterator[Json]:
    yield [MADE_WITH, versions()]
    yield [CONFIG, run.config.model_dump(mode="json")]
    yield [METRICS, [[name, [plain(asdict(m)) for m in b.metrics]] for name, b in run.benchmarks.items()]]


def plain(value: Json) -> Json:
    """A value as JSON gives it back."""
    return json.loads(json.dumps(value))


def _observations(observed: Observations) -> list[Json]:
    return [
        ["blind", {"codes": dict(observed.blind.codes), "remarks": plain(observed.blind.remarks)}],
        ["unreadable", {"reason": observed.unreadable.reason, "notes": list(observed.unreadable.notes)}],
        ["settling", list(observed.settling)],
        ["coupling", dict(observed.coupling)],
        ["not_run", [[dimension.value, reason] for dimension, reason in observed.not_run.items()]],
    ]
