"""Inspect: a task that only generates, logged as Inspect does."""

from __future__ import annotations

import tempfile

from common import BATCH, MAX_TOKENS, arguments, measure, questions
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.solver import generate


def main() -> None:
    """Measure."""
    options = arguments()
    config = GenerateConfig(max_tokens=MAX_TOKENS, temperature=1.0, max_connections=BATCH)
    if options.where.startswith("http"):
        model = get_model("openai-api/mini/mini", base_url=options.where, config=config)
    else:
        import torch

        torch.set_num_threads(1)
        model = get_model("hf/mini", model_path=options.where, config=config, device="cpu")
    task = Task(dataset=MemoryDataset([Sample(input=q) for q in questions(options.count)]), solver=generate())

    with tempfile.TemporaryDirectory() as folder:

        def work() -> int:
            (log,) = eval(task, model=model, log_dir=folder, display="none", max_samples=BATCH)
            return 0 if log.samples is None else sum(bool(s.output.completion) for s in log.samples)

        measure(work)


main()
