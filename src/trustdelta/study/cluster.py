"""The same study on a Ray cluster: batches are generated where there is room, and stored by the one driver.

A batch is one task. It is decided by model, prompts, seeds and budget alone, so a task that died with its node is sent
again and gives the same responses, which are stored under their prompt and draw once. The driver decides what to ask;
killed, it goes on from what is stored. Several batches of one model are under way where the cluster has room for them.
Tasks go to any free worker; a model that takes GPUs has processes of its own while its responses are asked for, since a
worker that kept it would hold GPUs that Ray believes free.
"""

from __future__ import annotations

import math
import re
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from trustdelta import config as configs
from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.engines.base import Engine, EngineBase
from trustdelta.engines.capabilities import Capabilities
from trustdelta.errors import EngineError, TrustdeltaError, UsageError
from trustdelta.parsing import parse_yaml
from trustdelta.pipeline.assemble import generating_engine
from trustdelta.pipeline.run import OpenEngine
from trustdelta.records import Arm, Json, Prompt, Request, Response
from trustdelta.study.actors import Home, Homes

ATTEMPTS = 20
"""Times that one task is sent at most; each loss is a node or a process that died."""


@lru_cache(maxsize=2)
def _engine(config_yaml: str, arm: Arm) -> Engine:
    """The engine of a worker process, loaded once for the models that it serves in turn."""
    return generating_engine(configs.check(parse_yaml(config_yaml)), arm)


def work(method: str, config_yaml: str, arm: Arm, given: tuple[Any, ...]) -> Any:
    """One task: a method of an engine, or the error that it raised on purpose."""
    try:
        engine = _engine(config_yaml, arm)
        if method == "about":
            return {"name": engine.name, "light": engine.light, "fingerprint": dict(engine.fingerprint)}
        return getattr(engine, method)(*given)
    except TrustdeltaError as problem:
        return problem


def needs(model: ModelConfig, gpus: int) -> dict[str, int]:
    """What a task of one model reserves, as Ray's options `num_cpus` and `num_gpus`; `gpus` are the whole cluster's.

    vLLM takes a GPU for each part that its options split the model into. Another model that is run here takes one, but
    for organisms and `device: cpu`. A model behind a server takes none, and on a cluster without GPUs none does.
    """
    wanted = int(not (model.served or model.device == "cpu" or model.place.startswith("organism:")))
    if model.engine == "vllm":
        split = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
        wanted = math.prod(int(model.options.get(name, 1)) for name in split)
    return {"num_cpus": 1, "num_gpus": wanted if gpus else 0}


class Resident:
    """A process that holds one model and its GPUs."""

    def ready(self) -> None:
        """Answers once the process has its GPUs."""

    def work(self, method: str, config_yaml: str, arm: Arm, given: tuple[Any, ...]) -> Any:
        """One task, as `work`."""
        return work(method, config_yaml, arm, given)


def split(address: str | None) -> tuple[str, int]:
    """Host and port of an address; ("", 0) for a cluster that Ray finds or starts. Raises UsageError."""
    if address in (None, "auto"):
        return "", 0
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})", address or "")
    if found is None:
        raise UsageError(f"--address: found {address!r}, wanted HOST:PORT of a Ray cluster, auto, or local.")
    return found[1].strip("[]"), int(found[2])


def answering(host: str, port: int) -> None:
    """Raise EngineError where nothing answers there; Ray itself would wait for minutes."""
    try:
        socket.create_connection((host, port), timeout=10).close()
    except (OSError, OverflowError) as problem:
        raise EngineError(f"{host}:{port}: no Ray cluster answers there ({problem}); look at `ray status`.") from None


class Cluster:
    """A connection to a Ray cluster (`address`), or to one started on this machine (None). A context manager.

    `together`: pairs that will be under way at once. `in_flight`: batches of one model that are, at most; 0 for its
    part of the cluster. `counts`: tasks sent, and those sent again because a node or process died.
    """

    def __init__(self, address: str | None = None, *, together: int = 1, in_flight: int = 0) -> None:
        self.address, self.together, self.in_flight = address, max(1, together), in_flight
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Cluster:
        """Connect; raises UsageError for what is no address, EngineError where Ray is not installed or not reached."""
        host, port = split(self.address)
        try:
            import ray
        except ImportError:
            raise EngineError("found no Ray, wanted it for --address; pip install 'trustdelta[ray]'.") from None
        if host:
            answering(host, port)
        try:
            if self.address is None:  # servers that we start are reached from this machine alone
                ray.init(log_to_driver=False, include_dashboard=False, _node_ip_address="127.0.0.1")
            else:
                ray.init(address=self.address, log_to_driver=False)
        except ConnectionError as problem:
            raise EngineError(f"{self.address}: no Ray cluster answers there ({problem}).") from None
        self._ray = ray
        found = ray.cluster_resources()
        self.gpus, self.cpus = int(found.get("GPU", 0)), int(found.get("CPU", 1))
        self.task, self.resident = ray.remote(work), ray.remote(Resident)
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def through(self, opener: OpenEngine) -> OpenEngine:
        """An opener whose engines run on the cluster; recorded responses are read here."""

        def opened(config: AuditConfig, arm: Arm) -> Engine:
            return opener(config, arm) if config.model(arm.value).recorded else RemoteEngine(self, config, arm)

        return opened

    def ask(self, method: str, config_yaml: str, arm: Arm, *given: object, homes: Homes | None = None) -> Any:
        """The result of one task, named by its method, sent again where its node or process died.

        `homes`: the processes that the model has to itself. Raises what the engine raised, and EngineError after too
        many losses.
        """
        for attempt in range(ATTEMPTS):
            with self._lock:
                self.counts[f"{method} sent"] += 1
                self.counts[f"{method} sent again"] += bool(attempt)
            task = (method, config_yaml, arm, given)
            try:
                found = self._anywhere(task) if homes is None else self._at_home(homes, task)
            except self._lost:
                continue
            if isinstance(found, TrustdeltaError):
                raise found
            return found
        raise EngineError(f"a task was lost {ATTEMPTS} times on the cluster; look at its nodes' memory.")

    def _anywhere(self, task: tuple[Any, ...]) -> Any:
        return self._ray.get(self.task.options(name=task[0], num_cpus=1, max_retries=0).remote(*task))

    def _at_home(self, homes: Homes, task: tuple[Any, ...]) -> Any:
        with homes.borrow() as home:
            try:
                return self._ray.get(home.actor.work.options(name=task[0]).remote(*task))
            except self._ray.exceptions.RayActorError:
                home.leave()
                raise

    @property
    def _lost(self) -> tuple[type[Exception], ...]:
        lost = self._ray.exceptions
        tasks = (lost.WorkerCrashedError, lost.NodeDiedError, lost.ObjectLostError, lost.RaySystemError)
        return (*tasks, lost.RayActorError)

    def batches_at_once(self, model: ModelConfig) -> int:
        """How many batches of one model are under way: as told, or its part of what the cluster has."""
        reserved = needs(model, self.gpus)
        slots = self.gpus // reserved["num_gpus"] if reserved["num_gpus"] else self.cpus
        return self.in_flight or max(1, math.ceil(slots / self.together))

    def homes(self, model: ModelConfig) -> Homes | None:
        """Processes for one model that takes GPUs; None for one that takes none."""
        reserved = needs(model, self.gpus)
        if not reserved["num_gpus"]:
            return None
        begin = self.resident.options(**reserved)
        return Homes([Home(begin, self._ray.kill, self._done) for _ in range(self.batches_at_once(model))])

    def _done(self, waiting: Any) -> bool:
        return bool(self._ray.wait([waiting], timeout=0)[0])


class RemoteEngine(EngineBase):
    """One model of an audit, run on a cluster."""

    def __init__(self, cluster: Cluster, config: AuditConfig, arm: Arm) -> None:
        self.cluster, self.arm = cluster, arm
        self.config_yaml = configs.dumps(config)
        self.homes = cluster.homes(config.model(arm.value))
        self.batches_at_once = cluster.batches_at_once(config.model(arm.value))
        about = self._ask("about")
        self.name, self.light, self._fingerprint = about["name"], bool(about["light"]), about["fingerprint"]

    def _ask(self, method: str, *given: object) -> Any:
        return self.cluster.ask(method, self.config_yaml, self.arm, *given, homes=self.homes)

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

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """As on the node."""
        found: list[list[Request]] = self._ask("batches", list(requests))
        return found

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """One task."""
        found: list[Response] = self._ask("generate", list(batch))
        return found

    def close(self) -> None:
        """Free the GPUs; workers without any keep the models that they used last."""
        if self.homes is not None:
            self.homes.leave()
