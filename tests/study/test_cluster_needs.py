"""What a task reserves on a Ray cluster, and addresses that are none."""

from __future__ import annotations

import socket

import pytest

from trustdelta.config import ModelConfig
from trustdelta.errors import EngineError, UsageError
from trustdelta.records import Json
from trustdelta.study.cluster import Cluster, check_reachable, needs, split


@pytest.mark.parametrize(
    ("model", "gpus"),
    [
        ({"source": "Qwen/Qwen3-4B"}, 1),
        ({"source": "Qwen/Qwen3-4B", "device": "cpu"}, 0),
        ({"source": "organism:instruct"}, 0),
        ({"source": "transformers:organism:instruct"}, 0),
        ({"source": "http://127.0.0.1:8000/v1#base"}, 0),
        ({"source": "inspect:openai/some-model"}, 0),
        ({"source": "vllm:./model"}, 1),
        ({"source": "vllm:./model", "options": {"tensor_parallel_size": 4}}, 4),
        ({"source": "vllm:./model", "options": {"tensor_parallel_size": 4, "data_parallel_size": 2}}, 8),
    ],
)
def test_a_task_reserves_what_its_engine_takes(model: Json, gpus: int) -> None:
    """GPUs by engine on a cluster that has some, none on one that has none, and always one CPU."""
    config = ModelConfig.model_validate(model)
    assert needs(config, 8) == {"num_cpus": 1, "num_gpus": gpus}
    assert needs(config, 0) == {"num_cpus": 1, "num_gpus": 0}


@pytest.mark.parametrize("address", ["nonsense", "ray://127.0.0.1:10001", "127.0.0.1", "host:", ":6379", "a b:1", ""])
def test_what_is_no_address_is_a_usage_error(address: str) -> None:
    """One line that says what is wanted, with Ray installed or not."""
    with pytest.raises(UsageError, match="wanted HOST:PORT of a Ray cluster, auto, or local"), Cluster(address):
        pass


def test_addresses_are_read() -> None:
    """Names, IPv4 and IPv6."""
    assert split("head-1.lan:6379") == ("head-1.lan", 6379)
    assert split("[::1]:6379") == ("::1", 6379)
    assert split("auto") == split(None) == ("", 0)


def test_a_cluster_that_does_not_answer_is_told_at_once() -> None:
    """Nothing listens on a port that was just closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(EngineError, match=f"127.0.0.1:{port}: no Ray cluster answers"):
        check_reachable("127.0.0.1", port)
    with pytest.raises(EngineError, match="no Ray cluster answers"):
        check_reachable("127.0.0.1", 99999)
