"""One checkpoint's audit in a process of its own, so that the training beside it is not disturbed.

The child shares no random state, no memory and no crash with the trainer. Checkpoints of one training share the
baseline's responses, which are generated once.
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
"""What tells a process that it is one of several that train; the audit is not."""


def audit_apart(config: AuditConfig, folder: Path) -> AuditResult:
    """Audit into `folder` in a child process; the baseline's responses lie beside it, in `baselines`.

    Raises MeasurementError with the child's last line where it fails or is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = save_text(folder / "wanted.yaml", configs.dumps(config))
    here = {k: v for k, v in os.environ.items() if k not in LAUNCHED and not k.startswith(LAUNCHERS)}
    command = [sys.executable, "-m", "trustdelta.plugins.checkpoint", str(wanted), str(folder)]
    done = subprocess.run(command, env=here, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise MeasurementError(said[-1])
    return read_verdict(folder)


def tracked(result: AuditResult) -> dict[str, float]:
    """The numbers of an audit that a training tracker can plot, by name.

    For each dimension the worsening of the metric that its verdict rests on (positive: worse than the start, in the
    metric's units), its simultaneous bounds, and whether it regressed; and drift in nats per token.
    """
    found = {"trust/measured": float(result.overall is not Verdict.NOT_MEASURABLE)}
    for dimension in result.dimensions:
        name = f"trust/{dimension.dimension.value}"
        found[f"{name}/regressed"] = float(dimension.verdict is Verdict.REGRESSED)
        driver = next((m for m in result.metrics if m.metric.name == dimension.driver), None)
        found |= {f"{name}/{key}": value for key, value in _bounds(driver).items()}
    found |= {_drift_name(d): d.nats_per_token for d in result.drift if not d.benchmark}
    return found


def _bounds(driver: MetricVerdict | None) -> dict[str, float]:
    estimate = driver.estimate if driver else None
    return {k: getattr(estimate, k) for k in ("worsening", "low", "high")} if estimate else {}


def _drift_name(drift: Drift) -> str:
    return f"trust/{drift.direction}/{drift.text_of.value}_{drift.part}"


def main() -> None:
    """The child: CONFIG FOLDER."""
    config, folder = configs.load(Path(sys.argv[1])), Path(sys.argv[2])
    # named twice, so that the baseline counts as shared: the training's other checkpoints are not known here
    shelves = BaselineCaches(folder.parent / "baselines", (config, config))
    pipeline.run(config, folder, through=shelves.wrap)


if __name__ == "__main__":
    try:
        main()
    except TrustdeltaError as problem:
        sys.exit(str(problem))
