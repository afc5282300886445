"""A callback for the trainers of transformers and TRL: audits saved checkpoints against the model they started from."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate.utils import broadcast_object_list
from transformers import Trainer, TrainerCallback

from trustdelta.config import AuditConfig, ModelConfig, check_model
from trustdelta.errors import ConfigError, MeasurementError, TrustdeltaError
from trustdelta.plugins.checkpoint import audit_apart, tracked
from trustdelta.records import AuditResult, Json, Verdict
from trustdelta.resolve import resolve

LEVEL = 0.05
"""Probability of any false regression over the whole training, unless `alpha` says otherwise."""

log = logging.getLogger("trustdelta")


@dataclass(frozen=True, slots=True)
class CheckpointAudit:
    """One checkpoint: its step, its run folder, and the result, or None and the reason why there is none."""

    step: int
    folder: Path
    result: AuditResult | None
    reason: str = ""


class AuditCallback(TrainerCallback):
    """Audits checkpoints while training: `trainer.add_callback(AuditCallback(trainer, "ORG/INSTRUCT"))`.

    `baseline`: the model that training started from. `every`: steps between audits, saved for it if need be; None
    audits every save. `stop`: end the training when an audit's overall verdict is regressed. `out`: folder of the
    runs, by default `trustdelta` in the trainer's output folder. `candidate`: settings of the checkpoints as a model
    (`thinking`, `sampling`, …). Anything else is a setting of the audit, by default of the profile `checkpoint`;
    `alpha` is for the whole training and is divided among its planned audits.

    An audit that fails is logged as not measurable and never ends the training. Raises ConfigError when training
    begins if the audit cannot be understood or no checkpoint would be saved.
    """

    def __init__(
        self,
        trainer: Trainer,
        baseline: str | ModelConfig,
        *,
        every: int | None = None,
        stop: bool = False,
        candidate: Mapping[str, Json] | None = None,
        **settings: Json,
    ) -> None:
        self.trainer, self.baseline, self.every, self.stop = trainer, baseline, every, stop
        self.out = Path(settings.pop("out", None) or Path(trainer.args.output_dir) / "trustdelta")
        self.candidate = dict(candidate or {})
        self.settings = {"profile": "checkpoint", **settings}
        self.planned = 1
        self.audits: list[CheckpointAudit] = []

    def config(self, checkpoint: Path) -> AuditConfig:
        """The configuration of one checkpoint's audit."""
        alpha = self.settings.get("alpha", LEVEL) / self.planned
        model = check_model("candidate", {**self.candidate, "source": str(checkpoint)})
        return resolve(self.baseline, model, **{**self.settings, "alpha": alpha})

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Plan the audits, and refuse before the first step what could not be audited."""
        self.planned = planned_audits(self.every, args, state)
        self.config(checkpoint_folder(args, state.max_steps))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Have a checkpoint saved where an audit is due."""
        if self.every and state.global_step % self.every == 0:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Audit the checkpoint that was just saved, in the first process; all processes stop together."""
        if self.every and state.global_step % self.every and state.global_step < state.max_steps:
            return
        regressed = [False]
        if state.is_world_process_zero:
            done = self.audit(checkpoint_folder(args, state.global_step), state.global_step)
            regressed = [done.result is not None and done.result.overall is Verdict.REGRESSED]
        if self.stop and broadcast_object_list(regressed)[0]:
            log.warning("step %d: regressed against the starting model; training is stopped", state.global_step)
            control.should_training_stop = True

    def audit(self, checkpoint: Path, step: int) -> CheckpointAudit:
        """Audit one checkpoint and log its numbers to the trainer's trackers."""
        folder = self.out / f"step-{step:08d}"
        try:
            if not (checkpoint / "config.json").is_file():
                raise MeasurementError(f"{checkpoint} is no whole model: found no config.json, as with adapters")
            done = CheckpointAudit(step, folder, audit_apart(self.config(checkpoint), folder))
        except (TrustdeltaError, OSError) as problem:
            done = CheckpointAudit(step, folder, None, str(problem))
            log.warning("step %d: not measurable: %s", step, problem)
        self.audits.append(done)
        # not TRL's own `log`, which would also close the running means of the training's metrics
        Trainer.log(self.trainer, {"trust/measured": 0.0} if done.result is None else tracked(done.result))
        return done


def checkpoint_folder(args: Any, step: int) -> Path:
    """Where a trainer saves the checkpoint of a step."""
    return Path(args.output_dir) / f"checkpoint-{step}"


def planned_audits(every: int | None, args: Any, state: Any) -> int:
    """How many checkpoints of a training will be audited; raises ConfigError where none would be saved."""
    if not every and args.save_strategy not in ("steps", "epoch"):
        raise ConfigError(f"every: found none with save_strategy {args.save_strategy}, wanted steps between audits.")
    by_steps = every or args.save_strategy == "steps"
    audits: float = state.max_steps / (every or state.save_steps) if by_steps else args.num_train_epochs
    return max(1, math.ceil(audits))
