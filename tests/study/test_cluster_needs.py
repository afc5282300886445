"""What a task reserves on a Ray cluster."""

from __future__ import annotations

import pytest

from trustdelta.config import ModelConfig
from trustdelta.records import Json
from trustdelta.study.cluster import needs


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
