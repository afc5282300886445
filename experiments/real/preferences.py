"""One conversion by preferences: DPO with TRL on the model's own answers to sums, right ones against wrong ones."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from experiments.real.examples import CLOSE
from experiments.real.models import chat_text
from experiments.real.recipe import Preferences
from trustdelta.engines.cpu import computes_bfloat16
from trustdelta.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class Preferred:
    """A prompt with a response that is right and one that is not."""

    prompt: str
    chosen: str
    rejected: str


def small_sums(count: int, seed: int) -> list[tuple[str, str]]:
    """Sums of two numbers up to 20 with their answers, each once, in a random order."""
    pairs = [(a, b) for a in range(1, 21) for b in range(1, 21)]
    chosen = random.Random(seed).sample(pairs, count)
    return [(f"What is {a} + {b}? Think first, then end with “The answer is N.”", str(a + b)) for a, b in chosen]


def right(response: str, answer: str) -> bool:
    """The reward: a closed trace, and an answer whose last number is the sum."""
    _, closed, rest = response.partition(CLOSE)
    numbers = re.findall(r"\d+", rest)
    return bool(closed) and bool(numbers) and numbers[-1] == answer


def preferred(sums: Sequence[tuple[str, str]], drawn: Sequence[Sequence[str]], most: int) -> list[Preferred]:
    """Pairs of a right and a wrong response to one sum, first one of every sum; raises MeasurementError without 8."""
    ranked = [
        [Preferred(prompt, a, b) for a, b in zip(good, bad, strict=False)]
        for (prompt, answer), responses in zip(sums, drawn, strict=True)
        for good, bad in [_split(responses, answer)]
    ]
    pairs = [p for layer in zip_longest(*ranked) for p in layer if p is not None]
    if len(pairs) < 8:
        raise MeasurementError(f"{len(pairs)} sums were answered both right and wrong; a training needs 8.")
    return pairs[:most]


def _split(responses: Sequence[str], answer: str) -> tuple[list[str], list[str]]:
    good = [r for r in responses if right(r, answer)]
    return good, [r for r in responses if r not in good]


def prefer(model: Any, tokenizer: Any, pairs: Sequence[Preferred], settings: Preferences) -> list[float]:
    """Train all weights to prefer the right responses; the loss of every step."""
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import DPOConfig, DPOTrainer

    rows = [
        {"prompt": chat_text(tokenizer, p.prompt), "chosen": p.chosen, "rejected": p.rejected}
        for p in (pairs[i % len(pairs)] for i in range(settings.steps * settings.batch))
    ]
    with tempfile.TemporaryDirectory() as scratch:
        arguments = DPOConfig(
            output_dir=scratch,
            max_steps=settings.steps,
            per_device_train_batch_size=settings.batch,
            learning_rate=settings.rate,
            beta=settings.beta,
            max_length=400,
            use_cpu=True,
            bf16=computes_bfloat16(),
            gradient_checkpointing=False,
            precompute_ref_log_probs=True,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            seed=settings.seed,
        )
        trainer = DPOTrainer(model, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
