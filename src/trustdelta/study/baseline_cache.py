"""A cache of baseline responses that several pairs share.

The cache has one store for each baseline and set of baseline settings, beside the runs. Every run still stores all of
its responses. A cached response equals the one that the run would generate, because it depends only on model, prompt,
seed and budget, and batches are reused as a whole.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trustdelta.config import AuditConfig
from trustdelta.engines.base import Engine, Wrapper
from trustdelta.errors import FolderError, StoreError
from trustdelta.pipeline.run import OpenEngine
from trustdelta.records import Arm, Json, Request, Response, content_hash
from trustdelta.records.state import fingerprint
from trustdelta.store import Store

Key = tuple[str, int]
Generate = Callable[[Sequence[Request]], list[Response]]


class BaselineCache:
    """The stored responses of one baseline under one set of settings. Threads may share it; processes may not."""

    def __init__(self, folder: Path, identity: Json) -> None:
        self.folder, self.reused = folder, 0
        self._lock = threading.Lock()
        self._busy: dict[tuple[Key, ...], threading.Lock] = defaultdict(threading.Lock)
        with Store(folder, write=True, create=True) as store:
            store.claim(fingerprint("baseline"), identity)
            self._have = {(r.prompt_id, r.draw): r for r in store.responses(Arm.BASELINE)}

    @property
    def empty(self) -> bool:
        """Whether the cache has no responses yet."""
        return not self._have

    def put(self, responses: Sequence[Response]) -> None:
        """Store responses in one transaction."""
        with Store(self.folder, write=True) as store:
            store.put_responses(Arm.BASELINE, responses)
        self._have |= {(r.prompt_id, r.draw): r for r in responses}

    def serve(
        self, batch: Sequence[Request], generate: Callable[[Sequence[Request]], list[Response]]
    ) -> list[Response]:
        """The responses to a whole batch: cached, or generated and stored."""
        keys = tuple((r.prompt.id, r.draw) for r in batch)
        with self._lock:
            busy = self._busy[keys]
        with busy:
            cached = [self._have[key] for key in keys if key in self._have]
            if len(cached) == len(keys):
                self.reused += len(cached)
                return cached
            generated = generate(batch)
            with self._lock:
                self.put(generated)
            return generated


class CachedEngine(Wrapper):
    """A baseline's engine that reuses cached batches."""

    def __init__(self, engine: Engine, cache: BaselineCache) -> None:
        super().__init__(engine)
        self.shelf = cache
        self._batches: dict[int, list[Request]] = {}

    @property
    def light(self) -> bool:
        """False: the baseline answers all prompts first, in batches that do not depend on the candidate."""
        return False

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """As the inner engine; only these lists may be served from the cache."""
        batches = self.engine.batches(requests)
        self._batches = {id(batch): batch for batch in batches}
        return batches

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Cached or generated responses; a list that is not from `batches` (a test of seeds) is always generated."""
        if self._batches.get(id(batch)) is not batch:
            return self.engine.generate(batch)
        return self.shelf.serve(batch, self.engine.generate)


class BaselineCaches:
    """All baseline caches of one study, opened on demand; a baseline of a single pair has none.

    `runs`: configurations by run folder, which may have responses of a baseline that became shared later.
    """

    def __init__(
        self, folder: Path, configs: Iterable[AuditConfig], runs: Mapping[Path, AuditConfig] | None = None
    ) -> None:
        self.folder, self._runs = folder, dict(runs or {})
        self._pairs = Counter(content_hash(baseline_settings(c)) for c in configs)
        self._open: dict[str, BaselineCache] = {}
        self._lock = threading.Lock()

    @property
    def reused(self) -> int:
        """Number of cached responses that were reused."""
        return sum(s.reused for s in self._open.values())

    def wrap(self, opener: OpenEngine) -> OpenEngine:
        """An opener that wraps shared baselines in the cache; recorded responses are not cached."""

        def opened(config: AuditConfig, arm: Arm) -> Engine:
            engine = opener(config, arm)
            if arm is not Arm.BASELINE or config.baseline.recorded or not self.shared(config):
                return engine
            return CachedEngine(engine, self._shelf(config, engine))

        return opened

    def shared(self, config: AuditConfig) -> bool:
        """Whether another pair of the study has the same baseline and settings."""
        return self._pairs[content_hash(baseline_settings(config))] > 1

    def _shelf(self, config: AuditConfig, engine: Engine) -> BaselineCache:
        identity = {**baseline_settings(config), "engine": dict(engine.fingerprint)}
        key = content_hash(identity)[:16]
        with self._lock:
            if key not in self._open:
                cache = self._open[key] = BaselineCache(self.folder / key, identity)
                if cache.empty:
                    cache.put(self._from_before(config, engine))
            return self._open[key]

    def _from_before(self, config: AuditConfig, engine: Engine) -> list[Response]:
        """Responses of this baseline in an earlier run in batches of all prompts (interim analyses use others)."""
        settings, identity = baseline_settings(config), json.loads(json.dumps(dict(engine.fingerprint)))
        for folder, other in self._runs.items():
            if baseline_settings(other) != settings or (other.sequential and engine.light):
                continue
            with suppress(FolderError, StoreError), Store(folder, write=False) as store:
                if store.get(fingerprint(Arm.BASELINE.value)) == identity and store.have(Arm.BASELINE):
                    return list(store.responses(Arm.BASELINE))
        return []


BASELINE_SETTINGS = {
    *("baseline", "benchmarks", "prompts_per_metric", "seed", "baseline_draws", "benchmark_draws", "personal_data"),
    *("thought_tokens", "answer_tokens", "token_budgets", "batch_size", "option_seed", "primary"),
}
"""Short names of the settings that determine a baseline's prompts and batches."""


def baseline_settings(config: AuditConfig) -> dict[str, Json]:
    """The settings that determine a baseline's responses."""
    return {name: value for name, value in config.short().items() if name in BASELINE_SETTINGS}
