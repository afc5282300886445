"""A finished audit as a run of an experiment tracker: MLflow, Weights & Biases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from trustdelta.errors import MeasurementError, UsageError
from trustdelta.parsing import reason
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.records import AuditResult
from trustdelta.report.sanitise import clipped
from trustdelta.report.table import rows

EXPERIMENT = "trustdelta"
"""Name of MLflow's experiment, and type of W&B's artifact."""
FILES = ("verdict.json", "report.html", "report.md", "config.yaml")
"""Files of a run folder that are attached."""
NUMBERS = ("baseline", "candidate", "difference", "low", "high", "worsening", "margin", "pairs")
"""Columns of a metric that are logged as `METRIC.COLUMN`."""
BATCH = 500
"""Most numbers in one call of MLflow, whose limit is 1,000."""
LONGEST = 250
"""Most characters of a parameter or tag; MLflow's oldest limit is 250."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a tracker stores of an audit."""

    name: str
    """Name of the tracker's run."""
    parameters: dict[str, str]
    """Models and plan."""
    numbers: dict[str, float]
    """Estimates of each metric and drift, by name."""
    tags: dict[str, str]
    """Verdicts: of the audit, of each dimension and of each metric that carries one."""
    files: tuple[Path, ...]
    """Files to attach."""


def tracked(folder: Path) -> Tracked:
    """What a tracker stores of a finished run; raises like `read_verdict`."""
    result = read_verdict(folder)
    pair = {"baseline": result.baseline.name, "candidate": result.candidate.name}
    plan = {f"plan.{key}": value for key, value in result.plan.items() if isinstance(value, str | int | float)}
    parameters = {**pair, **plan, "trustdelta": version("trustdelta")}
    return Tracked(
        name=clipped(f"{pair['baseline']} vs. {pair['candidate']}", LONGEST),
        parameters={key: clipped(str(value), LONGEST) for key, value in parameters.items()},
        numbers=dict(_numbers(result)),
        tags={key: clipped(value, LONGEST) for key, value in _tags(result)},
        files=tuple(path for name in FILES if (path := folder / name).is_file()),
    )


def _numbers(result: AuditResult) -> Iterator[tuple[str, float]]:
    for row in rows(result):
        for column in NUMBERS:
            if isinstance(value := row.get(column), int | float):
                yield f"{row['metric']}.{column}", float(value)
    for drift in result.drift:
        if not drift.benchmark:  # over all benchmarks
            yield f"drift.{drift.text_of.value}.{drift.part}.{drift.direction}", drift.nats_per_token


def _tags(result: AuditResult) -> Iterator[tuple[str, str]]:
    yield "verdict", result.overall.value
    yield "summary", result.summary
    for dimension in result.dimensions:
        yield f"verdict.{dimension.dimension.value}", dimension.verdict.value
    for metric in result.metrics:
        if metric.verdict is not None:
            yield f"verdict.{metric.metric.name}", metric.verdict.value


def export_mlflow(folder: Path, where: str) -> str:
    """Log a finished run to MLflow; `where`: a tracking URI, or a folder. Returns where it is.

    Raises UsageError without mlflow, MeasurementError where its store or server cannot be written.
    """
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param
        from mlflow.exceptions import MlflowException
    except ImportError:
        raise UsageError("--mlflow needs MLflow's client; pip install 'trustdelta[mlflow]'.") from None
    audit, now = tracked(folder), int(1000 * time.time())
    metrics = [Metric(key, value, now, 0) for key, value in audit.numbers.items()]
    try:
        client = MlflowClient(tracking_uri=where)
        stored = client.get_experiment_by_name(EXPERIMENT)
        experiment = stored.experiment_id if stored else client.create_experiment(EXPERIMENT)
        run = client.create_run(experiment, run_name=audit.name, tags=audit.tags).info.run_id
        client.log_batch(run, params=[Param(key, value) for key, value in audit.parameters.items()])
        for start in range(0, len(metrics), BATCH):
            client.log_batch(run, metrics=metrics[start : start + BATCH])
        for file in audit.files:
            client.log_artifact(run, str(file))
        client.set_terminated(run)
    except (MlflowException, OSError) as problem:
        raise MeasurementError(f"--mlflow {where}: {reason(problem)[:300]}; check the address or folder.") from None
    return f"{where}: experiment {EXPERIMENT}, run {run}"


def export_wandb(folder: Path, project: str) -> str:
    """Log a finished run to Weights & Biases; returns its address, or its folder where WANDB_MODE is offline.

    Raises UsageError without wandb, MeasurementError where it cannot be written.
    """
    try:
        import wandb
    except ImportError:
        raise UsageError("--wandb needs Weights & Biases; pip install 'trustdelta[wandb]'.") from None
    audit = tracked(folder)
    try:
        run = wandb.init(
            project=project,
            name=audit.name,
            job_type="audit",
            config={**audit.parameters, **audit.tags},
            settings=wandb.Settings(silent=True, console="off"),
        )
        run.summary.update({**audit.numbers, **audit.tags})
        artifact = wandb.Artifact(f"audit-{run.id}", type=EXPERIMENT)
        for file in audit.files:
            artifact.add_file(str(file))
        run.log_artifact(artifact)
        run.finish()
    except (wandb.errors.Error, OSError) as problem:
        raise MeasurementError(
            f"--wandb {project}: {reason(problem)[:300]}; log in (`wandb login`), or set WANDB_MODE=offline."
        ) from None
    return str(run.url or Path(run.dir).parent)
