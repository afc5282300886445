"""The same study on a Ray cluster: batches are generated where there is room, and stored by the one driver.

A batch is one task. It is decided by model, prompts, seeds and budget alone, so a task that died with its node is sent
again and gives the same responses, which are stored under their prompt and draw once. The driver decides what to ask;
killed, it goes on from what is stored. Tasks go to any free worker; a model that takes GPUs has a process of its own
while its responses are asked for, since a worker that kept it would hold GPUs that Ray believes free.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import yaml

from trustdelta import config as configs
from trustdelta.config import AuditConfig, ModelConfig
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

    def work(self, method: str, config_yaml: str, arm: Arm, given: tuple[Any, ...]) -> Any:
        """One task, as `work`."""
        return work(method, config_yaml, arm, given)


class Cluster:
    """A connection to a Ray cluster (`address`), or to one started on this machine (None). A context manager.

    `counts`: tasks sent, and those sent again because a node or process died.
    """

    def __init__(self, address: str | None = None) -> None:
        self.address = address
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
        self.gpus = int(ray.cluster_resources().get("GPU", 0))
        self.task, self.resident = ray.remote(work), ray.remote(Resident)
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def through(self, opener: OpenEngine) -> OpenEngine:
        """An opener whose engines run on the cluster; recorded responses are read here."""

        def opened(config: AuditConfig, arm: Arm) -> Engine:
            return opener(config, arm) if config.model(arm.value).recorded else RemoteEngine(self, config, arm)

        return opened

    def ask(self, method: str, config_yaml: str, arm: Arm, *given: object, home: Home | None = None) -> Any:
        """The result of one task, named by its method, sent again where its node or process died.

        `home`: the process that the model has to itself. Raises what the engine raised, and EngineError after too many
        losses.
        """
        lost = self._ray.exceptions
        workers = self.task.options(name=method, num_cpus=1, max_retries=0)
        for attempt in range(ATTEMPTS):
            with self._lock:
                self.counts[f"{method} sent"] += 1
                self.counts[f"{method} sent again"] += bool(attempt)
            try:
                there = workers if home is None else home.process.options(name=method)
                found = self._ray.get(there.remote(method, config_yaml, arm, given))
            except lost.RayActorError:
                if home is not None:
                    home.leave()
                continue
            except (lost.WorkerCrashedError, lost.NodeDiedError, lost.ObjectLostError, lost.RaySystemError):
                continue
            if isinstance(found, TrustdeltaError):
                raise found
            return found
        raise EngineError(f"a task was lost {ATTEMPTS} times on the cluster; look at its nodes' memory.")

    def home(self, model: ModelConfig) -> Home | None:
        """A process for one model that takes GPUs; None for one that takes none."""
        reserved = needs(model, self.gpus)
        return Home(self._ray.kill, self.resident.options(**reserved)) if reserved["num_gpus"] else None


class Home:
    """The process that a model has to itself, begun when it is first asked and again after it died."""

    def __init__(self, kill: Callable[[Any], None], begin: Any) -> None:
        self._kill, self._begin = kill, begin
        self.actor: Any = None

    @property
    def process(self) -> Any:
        """What tasks are sent to; waits in Ray's queue until its GPUs are free."""
        self.actor = self.actor or self._begin.remote()
        return self.actor.work

    def leave(self) -> None:
        """End the process and free its GPUs."""
        if self.actor is not None:
            self._kill(self.actor)
        self.actor = None


class RemoteEngine:
    """One model of an audit, run on a cluster."""

    def __init__(self, cluster: Cluster, config: AuditConfig, arm: Arm) -> None:
        self.cluster, self.arm = cluster, arm
        self.config_yaml = configs.dumps(config)
        self.home = cluster.home(config.model(arm.value))
        about = self._ask("about")
        self.name, self._light, self._fingerprint = about["name"], about["light"], about["fingerprint"]

    def _ask(self, method: str, *given: object) -> Any:
        return self.cluster.ask(method, self.config_yaml, self.arm, *given, home=self.home)

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
        """Free the GPUs; workers without any keep the models that they used last."""
        if self.home is not None:
            self.home.leave()
