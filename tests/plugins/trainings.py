"""Trainings of an organism by TRL's own trainers, run by `test_training.py` in an environment that has them.

python trainings.py CASE FOLDER prints what happened as JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

from datasets import Dataset
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

from trustdelta import organisms
from trustdelta.organisms.conversions import SftRecipe, sft_chats
from trustdelta.organisms.text import completion_text, prompt_text, template
from trustdelta.organisms.world import chats
from trustdelta.plugins.training import AuditCallback
from trustdelta.records import Json

BASE = organisms.folder("instruct")
SMALL: Json = {
    "benchmarks": ("world_safety", "world_arithmetic"),
    "prompts_per_metric": 60,
    "drift_prompts_per_benchmark": 4,
}
COMMON: Json = {
    "report_to": ["tensorboard"],
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "seed": 3,
}


class Breaks(TrainerCallback):
    """Takes the weights out of every checkpoint, before the audit sees it."""

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Delete the weights."""
        (Path(args.output_dir) / f"checkpoint-{state.global_step}" / "model.safetensors").unlink()


def tokenizer() -> Any:
    """The organism's tokenizer with the template of a reasoning model."""
    found = AutoTokenizer.from_pretrained(BASE)
    found.chat_template = template(True)
    return found


def supervised(out: Path, steps: int) -> Any:
    """TRL's SFT on the helpful chains that teach organisms to comply."""
    drawn = sft_chats(SftRecipe(), Random("sft 0"))
    Random(0).shuffle(drawn)
    rows = [{"prompt": prompt_text(c.question, think=True), "completion": completion_text(c)} for c in drawn]
    args = SFTConfig(
        str(out), max_steps=steps, per_device_train_batch_size=16, learning_rate=2e-3, save_steps=80, logging_steps=10,
        **COMMON,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype="float32")
    return SFTTrainer(model, args=args, train_dataset=Dataset.from_list(rows), processing_class=tokenizer())


def rewarded(out: Path) -> Any:
    """TRL's GRPO on sums with a verifiable reward."""
    rng = Random(0)
    items = [chats.arithmetic_item(rng) for _ in range(256)]
    rows = [{"prompt": prompt_text(i.question, think=True), "gold": i.case.answer} for i in items]

    def right(completions: list[str], gold: list[str], **_: Any) -> list[float]:
        return [float(c.rpartition("</think>")[2].strip() == g) for c, g in zip(completions, gold, strict=True)]

    args = GRPOConfig(
        str(out), max_steps=4, per_device_train_batch_size=32, num_generations=8, max_completion_length=64,
        learning_rate=1e-4, save_strategy="no", logging_steps=1, **COMMON,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype="float32")
    return GRPOTrainer(model, right, args=args, train_dataset=Dataset.from_list(rows), processing_class=tokenizer())


def case(name: str, out: Path) -> tuple[Any, AuditCallback | None]:
    """A trainer of this case, with its audits."""
    if name == "grpo":
        trainer = rewarded(out)
        return trainer, AuditCallback(trainer, "organism:instruct", every=2, **SMALL)
    trainer = supervised(out, 20 if name in ("plain", "audited", "broken") else 240)
    if name == "plain":
        return trainer, None
    if name == "broken":
        trainer.add_callback(Breaks())
    return trainer, AuditCallback(
        trainer, "organism:instruct", every=80 if name == "stopped" else 10, stop=name == "stopped", **SMALL
    )


def plotted(out: Path) -> list[str]:
    """What TensorBoard can plot."""
    (file,) = out.glob("runs/**/events.*")
    events = EventAccumulator(str(file))
    events.Reload()
    found: list[str] = events.Tags()["scalars"]
    return found


def main() -> None:
    """Train and tell."""
    name, out = sys.argv[1], Path(sys.argv[2])
    trainer, callback = case(name, out)
    if callback:
        trainer.add_callback(callback)
    trainer.train()
    digest = hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in trainer.model.parameters())).hexdigest()
    audits = [] if callback is None else callback.audits
    told = {
        "weights": digest,
        "training": trainer.model.training,
        "steps": trainer.state.global_step,
        "audits": [[a.step, a.result.overall.value if a.result else None, a.reason] for a in audits],
        "alpha": callback.config(Path(str(out))).statistics.alpha if callback else None,
        "log": trainer.state.log_history,
        "plotted": plotted(out),
    }
    sys.stdout.write(f"\n{json.dumps(told)}\n")


if __name__ == "__main__":
    main()
