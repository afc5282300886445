"""A callback for the trainers of transformers and TRL that audits saved checkpoints against the initial model."""

from __future__ import annotations

import logging
import math
import sys
import time
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
from trustdelta.report.sanitise import visible
from trustdelta.resolve import resolve

LEVEL = 0.05
"""Default of `alpha`: probability of any false regression over the whole training."""

log = logging.getLogger("trustdelta")


@dataclass(frozen=True, slots=True)
class CheckpointAudit:
    """The audit of one checkpoint."""

    step: int
    folder: Path
    """The run folder."""
    result: AuditResult | None
    """None for a failed audit."""
    reason: str = ""
    """Why there is no result."""


class AuditCallback(TrainerCallback):
    """Audits checkpoints while training: `trainer.add_callback(AuditCallback(trainer, "ORG/INSTRUCT"))`.

    `baseline`: the initial model of the training. `every`: steps between audits, which force a save; None audits every
    save. `stop`: end the training when an audit's overall verdict is regressed. `out`: folder of the runs, by default
    `trustdelta` in the trainer's output folder. `candidate`: model settings of the checkpoints (`thinking`, `sampling`,
    …). Other arguments are settings of the audit, with the profile `checkpoint` by default; `alpha` is for the whole
    training and is divided among its planned audits.

    A failed audit is logged as not measurable and does not end the training. Raises ConfigError at the start of the
    training for invalid settings and for a training that saves no checkpoint.
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
        """Plan the audits, and validate their configuration before the first step."""
        self.planned = planned_audits(self.every, args, state)
        self.config(checkpoint_folder(args, state.max_steps))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Request a checkpoint where an audit is due."""
        if self.every and state.global_step % self.every == 0:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Audit the saved checkpoint in the first process; all processes stop together."""
        if self.every and state.global_step % self.every and state.global_step < state.max_steps:
            return
        regressed = [False]
        if state.is_world_process_zero:
            done = self.audit(checkpoint_folder(args, state.global_step), state.global_step)
            regressed = [done.result is not None and done.result.overall is Verdict.REGRESSED]
        if self.stop and broadcast_object_list(regressed)[0]:
            log.warning("step %d: regressed against the initial model; training is stopped", state.global_step)
            control.should_training_stop = True

    def audit(self, checkpoint: Path, step: int) -> CheckpointAudit:
        """Audit one checkpoint and log its numbers to the trainer's trackers."""
        folder = self.out / f"step-{step:08d}"
        source = self.baseline if isinstance(self.baseline, str) else self.baseline.source
        announce(f"step {step}: auditing the checkpoint against {source}; the training waits")
        began = time.monotonic()
        try:
            if not any((checkpoint / name).is_file() for name in ("config.json", "adapter_config.json")):
                raise MeasurementError(f"{checkpoint} is no model: found neither config.json nor adapter_config.json")
            done = CheckpointAudit(step, folder, audit_apart(self.config(checkpoint), folder))
        except (TrustdeltaError, OSError) as problem:
            done = CheckpointAudit(step, folder, None, str(problem))
            log.warning("step %d: not measurable: %s", step, problem)
        announce(f"step {step}: {outcome(done)}, after {time.monotonic() - began:.0f} s")
        self.audits.append(done)
        # not TRL's own `log`, which would also close the running means of the training's metrics
        Trainer.log(self.trainer, {"trust/measured": 0.0} if done.result is None else tracked(done.result))
        return done


def announce(text: str) -> None:
    """One line on standard error, on a line of its own below a progress bar; a log record may be filtered."""
    sys.stderr.write(f"\ntrustdelta: {visible(text)}\n")


def outcome(done: CheckpointAudit) -> str:
    """The result of an audit in a few words, with the report's path."""
    if done.result is None:
        return f"not measurable ({done.reason})"
    worse = [d.dimension.value for d in done.result.dimensions if d.verdict is Verdict.REGRESSED]
    which = f" on {', '.join(worse)}" if worse else ""
    return f"{done.result.overall.value.replace('_', ' ')}{which}, report {done.folder / 'report.html'}"


def checkpoint_folder(args: Any, step: int) -> Path:
    """Folder of a step's checkpoint."""
    return Path(args.output_dir) / f"checkpoint-{step}"


def planned_audits(every: int | None, args: Any, state: Any) -> int:
    """Number of planned audits of a training; raises ConfigError if it saves no checkpoint."""
    if not every and args.save_strategy not in ("steps", "epoch"):
        raise ConfigError(f"every: found none with save_strategy {args.save_strategy}, wanted steps between audits.")
    by_steps = every or args.save_strategy == "steps"
    audits: float = state.max_steps / (every or state.save_steps) if by_steps else args.num_train_epochs
    return max(1, math.ceil(audits))
