"""Absolute results in the format of the Hugging Face hub: `.eval_results/*.yaml` in the model's repository.

The hub accepts registered benchmarks only, and only these ids have a public source: GSM8K as `openai/gsm8k`, task
`gsm8k` (README of huggingface/community-evals; the hub's documentation of the format, docs/hub/eval-results).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from trustdelta.errors import FolderError, UsageError


@dataclass(frozen=True, slots=True)
class Registered:
    """A benchmark of the hub: data set id, task id, and the equivalent metric."""

    dataset: str
    task: str
    metric: str


REGISTERED = {"gsm8k": Registered("openai/gsm8k", "gsm8k", "gsm8k.accuracy")}
"""By benchmark name."""


def write_result(out: Path, benchmark: str, percent: float, date: str, notes: str) -> Path:
    """Write `BENCHMARK.yaml` into `out`; returns its path. `percent`: the score from 0 to 100.

    Raises UsageError without huggingface_hub, FolderError if the file cannot be written.
    """
    try:
        from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml
    except ImportError:
        raise UsageError("results for the hub need huggingface_hub; pip install 'trustdelta[local]'.") from None
    registered = REGISTERED[benchmark]
    entry = EvalResultEntry(registered.dataset, registered.task, round(percent, 2), date=date, notes=notes)
    path = out / f"{benchmark}.yaml"
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(eval_result_entries_to_yaml([entry]), sort_keys=False), "utf-8")
    except OSError as problem:
        raise FolderError(f"cannot write {path}: {problem.strerror}; pass another folder.") from None
    return path
