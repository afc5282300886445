"""The audit of one checkpoint in a child process, isolated from the training.

The child shares no random state and memory with the trainer, and a crash does not affect it. Checkpoints of one
training share the baseline's responses, which are generated once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from trustdelta import config as configs
from trustdelta.config import AuditConfig
from trustdelta.errors import MeasurementError, TrustdeltaError
from trustdelta.files import save_text
from trustdelta.pipeline import run as pipeline
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.records import AuditResult, Drift, MetricVerdict, Verdict
from trustdelta.study.baseline_cache import BaselineCaches

LAUNCHERS = ("ACCELERATE_", "TORCHELASTIC_", "FSDP_", "DEEPSPEED_")
LAUNCHED = frozenset(
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "ROLE_RANK", "MASTER_ADDR", "MASTER_PORT"}
)
"""Environment variables of distributed training, which the audit's process must not inherit."""


def audit_apart(config: AuditConfig, folder: Path) -> AuditResult:
    """Audit into `folder` in a child process; the cached baseline responses are in `baselines` beside it.

    Raises MeasurementError with the child's last line if it fails or is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config_file = save_text(folder / "wanted.yaml", configs.dumps(config))
    environment = {k: v for k, v in os.environ.items() if k not in LAUNCHED and not k.startswith(LAUNCHERS)}
    command = [sys.executable, "-m", "trustdelta.plugins.checkpoint", str(config_file), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        errors = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise MeasurementError(errors[-1])
    return read_verdict(folder)


def tracked(result: AuditResult) -> dict[str, float]:
    """The statistics of an audit for a training tracker, by name.

    For each dimension: the worsening of the metric that decides its verdict (positive: worse than the start, in the
    metric's units), its simultaneous bounds, and whether it regressed. Also drift in nats per token.
    """
    values = {"trust/measured": float(result.overall is not Verdict.NOT_MEASURABLE)}
    for dimension in result.dimensions:
        name = f"trust/{dimension.dimension.value}"
        values[f"{name}/regressed"] = float(dimension.verdict is Verdict.REGRESSED)
        driver = next((m for m in result.metrics if m.metric.name == dimension.driver), None)
        values |= {f"{name}/{key}": value for key, value in _bounds(driver).items()}
    values |= {_drift_name(d): d.nats_per_token for d in result.drift if not d.benchmark}
    return values


def _bounds(driver: MetricVerdict | None) -> dict[str, float]:
    estimate = driver.estimate if driver else None
    return {k: getattr(estimate, k) for k in ("worsening", "low", "high")} if estimate else {}


def _drift_name(drift: Drift) -> str:
    return f"trust/{drift.direction}/{drift.text_of.value}_{drift.part}"


def main() -> None:
    """Run the child process: CONFIG FOLDER."""
    config, folder = configs.load(Path(sys.argv[1])), Path(sys.argv[2])
    # listed twice, so that the baseline counts as shared with the training's other checkpoints
    caches = BaselineCaches(folder.parent / "baselines", (config, config))
    pipeline.run(config, folder, through=caches.wrap)


if __name__ == "__main__":
    try:
        main()
    except TrustdeltaError as problem:
        sys.exit(str(problem))
