"""The same study on a Ray cluster: batches are generated where there is room, and stored by the one driver.

A batch is one task. It is decided by model, prompts, seeds and budget alone, so a task that died with its node is sent
again and gives the same responses, which are stored under their prompt and draw once. The driver decides what to ask;
killed, it goes on from what is stored.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import yaml

from trustdelta import config as configs
from trustdelta.config import AuditConfig
from trustdelta.engines.base import Engine
from trustdelta.engines.capabilities import Capabilities
from trustdelta.errors import EngineError, TrustdeltaError
from trustdelta.pipeline.assemble import generating_engine
from trustdelta.pipeline.run import OpenEngine
from trustdelta.records import Arm, Json, Prompt, Request, Response

ATTEMPTS = 20
"""Times that one task is sent at most; each loss is a node or a process that died."""


@lru_cache(maxsize=2)
def _engine(config_yaml: str, arm: Arm) -> Engine:
    """The engine of a worker process, loaded once for the models that it serves in turn."""
    return generating_engine(configs.check(yaml.safe_load(config_yaml)), arm)


def work(method: str, config_yaml: str, arm: Arm, given: tuple[Any, ...]) -> Any:
    """One task: a method of an engine, or the error that it raised on purpose."""
    try:
        engine = _engine(config_yaml, arm)
        if method == "about":
            return {"name": engine.name, "light": engine.light, "fingerprint": dict(engine.fingerprint)}
        return getattr(engine, method)(*given)
    except TrustdeltaError as problem:
        return problem


class Cluster:
    """A connection to a Ray cluster (`address`), or to one started on this machine (None). A context manager.

    `counts`: tasks sent, and those sent again because a node or process died.
    """

    def __init__(self, address: str | None = None, *, cpus: float = 1.0, gpus: float = 0.0) -> None:
        self.address, self.cpus, self.gpus = address, cpus, gpus
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Cluster:
        """Connect; raises EngineError where Ray is not installed or not reached."""
        try:
            import ray
        except ImportError:
            raise EngineError("found no Ray, wanted it for --address; pip install 'trustdelta[ray]'.") from None
        try:
            if self.address is None:  # servers that we start are reached from this machine alone
                ray.init(log_to_driver=False, include_dashboard=False, _node_ip_address="127.0.0.1")
            else:
                ray.init(address=self.address, log_to_driver=False)
        except ConnectionError as problem:
            raise EngineError(f"{self.address}: no Ray cluster answers there ({problem}).") from None
        self._ray = ray
        self.task = ray.remote(work).options(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def through(self, opener: OpenEngine) -> OpenEngine:
        """An opener whose engines run on the cluster; recorded responses are read here."""

        def opened(config: AuditConfig, arm: Arm) -> Engine:
            return opener(config, arm) if config.model(arm.value).recorded else RemoteEngine(self, config, arm)

        return opened

    def ask(self, method: str, config_yaml: str, arm: Arm, *given: object) -> Any:
        """The result of one task, sent again where its node or process died.

        Raises what the engine raised, and EngineError after too many losses.
        """
        lost = self._ray.exceptions
        for attempt in range(ATTEMPTS):
            with self._lock:
                self.counts[f"{method} sent"] += 1
                self.counts[f"{method} sent again"] += bool(attempt)
            try:
                found = self._ray.get(self.task.remote(method, config_yaml, arm, given))
            except (lost.WorkerCrashedError, lost.NodeDiedError, lost.ObjectLostError, lost.RaySystemError):
                continue
            if isinstance(found, TrustdeltaError):
                raise found
            return found
        raise EngineError(f"a task was lost {ATTEMPTS} times on the cluster; look at its nodes' memory.")


class RemoteEngine:
    """One model of an audit, run on a cluster."""

    def __init__(self, cluster: Cluster, config: AuditConfig, arm: Arm) -> None:
        self.cluster, self.arm = cluster, arm
        self.config_yaml = configs.dumps(config)
        about = self._ask("about")
        self.name, self._light, self._fingerprint = about["name"], about["light"], about["fingerprint"]

    def _ask(self, method: str, *given: object) -> Any:
        return self.cluster.ask(method, self.config_yaml, self.arm, *given)

    @property
    def light(self) -> bool:
        """As on the node."""
        return bool(self._light)

    @property
    def fingerprint(self) -> Json:
        """As on the node."""
        return self._fingerprint

    def capabilities(self) -> Capabilities:
        """As on the node."""
        found: Capabilities = self._ask("capabilities")
        return found

    def render(self, prompt: Prompt) -> str:
        """As on the node."""
        return str(self._ask("render", prompt))

    def draws_available(self, prompt: Prompt) -> int | None:
        """Without limit: a model that is run can always be asked again."""
        del prompt
        return None

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """As on the node."""
        found: list[list[Request]] = self._ask("batches", list(requests))
        return found

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """One task."""
        found: list[Response] = self._ask("generate", list(batch))
        return found

    def close(self) -> None:
        """Nothing is held here; workers keep the models that they used last."""
