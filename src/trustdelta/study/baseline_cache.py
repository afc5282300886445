"""Baseline responses that several pairs share: generated once, whichever pair asks first.

A shelf lies beside the runs, one store for each baseline and way of asking it. Every run still holds all that it rests
on; what it takes from the shelf is the very response that it would have generated, since a response is decided by
model, prompt, seed and budget, and batches are taken or left whole.
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


class Shelf:
    """The stored responses of one baseline, asked in one way. Threads may share it; processes may not."""

    def __init__(self, folder: Path, identity: Json) -> None:
        self.folder, self.taken = folder, 0
        self._lock = threading.Lock()
        self._busy: dict[tuple[Key, ...], threading.Lock] = defaultdict(threading.Lock)
        with Store(folder, write=True, create=True) as store:
            store.claim(fingerprint("baseline"), identity)
            self._have = {(r.prompt_id, r.draw): r for r in store.responses(Arm.BASELINE)}

    @property
    def empty(self) -> bool:
        """Whether nothing lies on it yet."""
        return not self._have

    def put(self, made: Sequence[Response]) -> None:
        """Store responses in one transaction."""
        with Store(self.folder, write=True) as store:
            store.put_responses(Arm.BASELINE, made)
        self._have |= {(r.prompt_id, r.draw): r for r in made}

    def serve(
        self, batch: Sequence[Request], generate: Callable[[Sequence[Request]], list[Response]]
    ) -> list[Response]:
        """The responses to a whole batch: from the shelf, or generated and put there."""
        keys = tuple((r.prompt.id, r.draw) for r in batch)
        with self._lock:
            busy = self._busy[keys]
        with busy:
            found = [self._have.get(key) for key in keys]
            kept = [r for r in found if r is not None]
            if len(kept) == len(keys):
                self.taken += len(kept)
                return kept
            made = generate(batch)
            with self._lock:
                self.put(made)
            return made


class Shelved(Wrapper):
    """A baseline's engine whose batches come from a shelf where they are there."""

    def __init__(self, engine: Engine, shelf: Shelf) -> None:
        super().__init__(engine)
        self.shelf = shelf
        self._batches: dict[int, list[Request]] = {}

    @property
    def light(self) -> bool:
        """Never: the baseline answers its whole pool first, in batches that do not depend on the candidate."""
        return False

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """As the inner engine; these very lists may be served from the shelf."""
        found = self.engine.batches(requests)
        self._batches = {id(batch): batch for batch in found}
        return found

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """From the shelf, or generated; a list that `batches` did not make (a proof of seeds) is always generated."""
        if self._batches.get(id(batch)) is not batch:
            return self.engine.generate(batch)
        return self.shelf.serve(batch, self.engine.generate)


class Shelves:
    """All shelves of one study, opened as they are needed; a baseline that one pair alone has needs none.

    `runs`: configurations by run folder, which may hold a baseline's responses from before another pair shared it.
    """

    def __init__(
        self, folder: Path, configs: Iterable[AuditConfig], runs: Mapping[Path, AuditConfig] | None = None
    ) -> None:
        self.folder, self._runs = folder, dict(runs or {})
        self._pairs = Counter(content_hash(asked_alike(c)) for c in configs)
        self._open: dict[str, Shelf] = {}
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Responses that were taken from a shelf instead of being generated."""
        return sum(s.taken for s in self._open.values())

    def lending(self, opener: OpenEngine) -> OpenEngine:
        """An opener of engines whose baselines are shared; recorded responses need no sharing."""

        def opened(config: AuditConfig, arm: Arm) -> Engine:
            engine = opener(config, arm)
            if arm is not Arm.BASELINE or config.baseline.recorded or not self.shared(config):
                return engine
            return Shelved(engine, self._shelf(config, engine))

        return opened

    def shared(self, config: AuditConfig) -> bool:
        """Whether another pair of the study asks the same baseline in the same way."""
        return self._pairs[content_hash(asked_alike(config))] > 1

    def _shelf(self, config: AuditConfig, engine: Engine) -> Shelf:
        identity = {**asked_alike(config), "engine": dict(engine.fingerprint)}
        key = content_hash(identity)[:16]
        with self._lock:
            if key not in self._open:
                shelf = self._open[key] = Shelf(self.folder / key, identity)
                if shelf.empty:
                    shelf.put(self._from_before(config, engine))
            return self._open[key]

    def _from_before(self, config: AuditConfig, engine: Engine) -> list[Response]:
        """What one run stored of this baseline in the batches of the whole pool; a look's batches are others."""
        alike, identity = asked_alike(config), json.loads(json.dumps(dict(engine.fingerprint)))
        for folder, other in self._runs.items():
            if asked_alike(other) != alike or (other.sequential and engine.light):
                continue
            with suppress(FolderError, StoreError), Store(folder, write=False) as store:
                if store.get(fingerprint(Arm.BASELINE.value)) == identity and store.have(Arm.BASELINE):
                    return list(store.responses(Arm.BASELINE))
        return []


WAYS = {
    *("baseline", "benchmarks", "prompts_per_metric", "seed", "baseline_draws", "benchmark_draws", "personal_data"),
    *("thought_tokens", "answer_tokens", "token_budgets", "batch_size", "option_seed", "primary"),
}
"""Short names of the settings that decide what a baseline is asked, and in which batches."""


def asked_alike(config: AuditConfig) -> dict[str, Json]:
    """What two configurations have in common where their baselines give the same responses."""
    return {name: value for name, value in config.short().items() if name in WAYS}
