"""Studies on a Ray cluster: workers generate batches, and one driver stores them.

A batch is one task. It depends only on model, prompts, seeds and budget, so that a task lost with its node is repeated
with equal responses; each is stored once, under its prompt and sample number. A killed driver resumes from the stored
responses. Batches of one model run concurrently as far as the cluster allows. Tasks run on any free worker. A model on
GPUs has its own actors, because a worker that caches it would occupy GPUs that Ray considers free.
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
from trustdelta.study.actors import ActorPool, ModelActor

ATTEMPTS = 20
"""Most attempts of one task; a failed attempt is a dead node or process."""


@lru_cache(maxsize=2)
def _engine(config_yaml: str, arm: Arm) -> Engine:
    """The engine of a worker process, cached between tasks."""
    return generating_engine(configs.check(parse_yaml(config_yaml)), arm)


def work(method: str, config_yaml: str, arm: Arm, arguments: tuple[Any, ...]) -> Any:
    """One task: the result of an engine's method, or the TrustdeltaError that it raised."""
    try:
        engine = _engine(config_yaml, arm)
        if method == "about":
            return {"name": engine.name, "light": engine.light, "fingerprint": dict(engine.fingerprint)}
        return getattr(engine, method)(*arguments)
    except TrustdeltaError as problem:
        return problem


def needs(model: ModelConfig, gpus: int) -> dict[str, int]:
    """Resources of one model's task, as Ray's options `num_cpus` and `num_gpus`; `gpus`: the cluster's total.

    vLLM needs a GPU for each part that its options split the model into. Other in-process models need one, except
    organisms and `device: cpu`. Served models need none, nor does any model on a cluster without GPUs.
    """
    required = int(not (model.served or model.device == "cpu" or model.place.startswith("organism:")))
    if model.engine == "vllm":
        split = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
        required = math.prod(int(model.options.get(name, 1)) for name in split)
    return {"num_cpus": 1, "num_gpus": required if gpus else 0}


class Resident:
    """An actor that holds one model and its GPUs."""

    def ready(self) -> None:
        """Returns once the actor has its GPUs."""

    def work(self, method: str, config_yaml: str, arm: Arm, arguments: tuple[Any, ...]) -> Any:
        """One task, as `work`."""
        return work(method, config_yaml, arm, arguments)


def split(address: str | None) -> tuple[str, int]:
    """Host and port of an address; ("", 0) for a cluster that Ray discovers or starts. Raises UsageError."""
    if address in (None, "auto"):
        return "", 0
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})", address or "")
    if match is None:
        raise UsageError(f"--address: found {address!r}, wanted HOST:PORT of a Ray cluster, auto, or local.")
    return match[1].strip("[]"), int(match[2])


def check_reachable(host: str, port: int) -> None:
    """Raise EngineError for an unreachable address; Ray itself would wait for minutes."""
    try:
        socket.create_connection((host, port), timeout=10).close()
    except (OSError, OverflowError) as problem:
        raise EngineError(f"{host}:{port}: no Ray cluster answers there ({problem}); look at `ray status`.") from None


class Cluster:
    """A connection to a Ray cluster (`address`), or to one started on this machine (None). A context manager.

    `together`: number of concurrent pairs. `in_flight`: most concurrent batches of one model; 0 for its share of the
    cluster. `counts`: tasks sent, and tasks resent because a node or process died.
    """

    def __init__(self, address: str | None = None, *, together: int = 1, in_flight: int = 0) -> None:
        self.address, self.together, self.in_flight = address, max(1, together), in_flight
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Cluster:
        """Connect; raises UsageError for an invalid address, EngineError where Ray is not installed or unreachable."""
        host, port = split(self.address)
        try:
            import ray
        except ImportError:
            raise EngineError("found no Ray, wanted it for --address; pip install 'trustdelta[ray]'.") from None
        if host:
            check_reachable(host, port)
        try:
            if self.address is None:  # a started server is reachable from this machine only
                ray.init(log_to_driver=False, include_dashboard=False, _node_ip_address="127.0.0.1")
            else:
                ray.init(address=self.address, log_to_driver=False)
        except ConnectionError as problem:
            raise EngineError(f"{self.address}: no Ray cluster answers there ({problem}).") from None
        self._ray = ray
        resources = ray.cluster_resources()
        self.gpus, self.cpus = int(resources.get("GPU", 0)), int(resources.get("CPU", 1))
        self.task, self.resident = ray.remote(work), ray.remote(Resident)
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def through(self, opener: OpenEngine) -> OpenEngine:
        """An opener whose engines run on the cluster; recorded responses are read in the driver."""

        def opened(config: AuditConfig, arm: Arm) -> Engine:
            return opener(config, arm) if config.model(arm.value).recorded else RemoteEngine(self, config, arm)

        return opened

    def call(self, method: str, config_yaml: str, arm: Arm, *arguments: object, actors: ActorPool | None = None) -> Any:
        """The result of one task, named by its method; resent where its node or process died.

        `actors`: the model's actors. Raises the engine's error, and EngineError after too many lost tasks.
        """
        for attempt in range(ATTEMPTS):
            with self._lock:
                self.counts[f"{method} sent"] += 1
                self.counts[f"{method} sent again"] += bool(attempt)
            task = (method, config_yaml, arm, arguments)
            try:
                result = self._in_worker(task) if actors is None else self._in_actor(actors, task)
            except self._lost:
                continue
            if isinstance(result, TrustdeltaError):
                raise result
            return result
        raise EngineError(f"a task was lost {ATTEMPTS} times on the cluster; look at its nodes' memory.")

    def _in_worker(self, task: tuple[Any, ...]) -> Any:
        return self._ray.get(self.task.options(name=task[0], num_cpus=1, max_retries=0).remote(*task))

    def _in_actor(self, actors: ActorPool, task: tuple[Any, ...]) -> Any:
        with actors.borrow() as actor:
            try:
                return self._ray.get(actor.actor.work.options(name=task[0]).remote(*task))
            except self._ray.exceptions.RayActorError:
                actor.stop()
                raise

    @property
    def _lost(self) -> tuple[type[Exception], ...]:
        lost = self._ray.exceptions
        tasks = (lost.WorkerCrashedError, lost.NodeDiedError, lost.ObjectLostError, lost.RaySystemError)
        return (*tasks, lost.RayActorError)

    def batches_at_once(self, model: ModelConfig) -> int:
        """Most concurrent batches of one model: `in_flight`, or its share of the cluster."""
        reserved = needs(model, self.gpus)
        slots = self.gpus // reserved["num_gpus"] if reserved["num_gpus"] else self.cpus
        return self.in_flight or max(1, math.ceil(slots / self.together))

    def actors(self, model: ModelConfig) -> ActorPool | None:
        """Actors of a model that needs GPUs; None for other models."""
        reserved = needs(model, self.gpus)
        if not reserved["num_gpus"]:
            return None
        begin = self.resident.options(**reserved)
        return ActorPool([ModelActor(begin, self._ray.kill, self._done) for _ in range(self.batches_at_once(model))])

    def _done(self, waiting: Any) -> bool:
        return bool(self._ray.wait([waiting], timeout=0)[0])


class RemoteEngine(EngineBase):
    """One model of an audit, run on a cluster."""

    def __init__(self, cluster: Cluster, config: AuditConfig, arm: Arm) -> None:
        self.cluster, self.arm = cluster, arm
        self.config_yaml = configs.dumps(config)
        self.actors = cluster.actors(config.model(arm.value))
        self.batches_at_once = cluster.batches_at_once(config.model(arm.value))
        about = self._call("about")
        self.name, self.light, self._fingerprint = about["name"], bool(about["light"]), about["fingerprint"]

    def _call(self, method: str, *arguments: object) -> Any:
        return self.cluster.call(method, self.config_yaml, self.arm, *arguments, actors=self.actors)

    @property
    def fingerprint(self) -> Json:
        """As on the node."""
        return self._fingerprint

    def capabilities(self) -> Capabilities:
        """As on the node."""
        support: Capabilities = self._call("capabilities")
        return support

    def render(self, prompt: Prompt) -> str:
        """As on the node."""
        return str(self._call("render", prompt))

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """As on the node."""
        batches: list[list[Request]] = self._call("batches", list(requests))
        return batches

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """One task."""
        responses: list[Response] = self._call("generate", list(batch))
        return responses

    def close(self) -> None:
        """Stop the actors; workers without GPUs keep their last models."""
        if self.actors is not None:
            self.actors.stop()
