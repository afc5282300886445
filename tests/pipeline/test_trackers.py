"""A finished audit in an experiment tracker: what is logged, and that the real clients store it without a network.

The clients are those of TRUSTDELTA_TRACKERS, the Python of an environment with mlflow and wandb.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report_fixtures import HOSTILE, RESULT, poisoned

from trustdelta.errors import UsageError
from trustdelta.pipeline import trackers

if TYPE_CHECKING:
    from trustdelta.api import Audit

ROOT = Path(__file__).parents[2]
PYTHON = os.environ.get("TRUSTDELTA_TRACKERS", "")
needs_clients = pytest.mark.skipif(not PYTHON, reason="TRUSTDELTA_TRACKERS names no Python with mlflow and wandb")

READ = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1])
(run,) = client.search_runs([client.get_experiment_by_name("trustdelta").experiment_id])
files = sorted(f.path for f in client.list_artifacts(run.info.run_id))
print(json.dumps([run.data.metrics, run.data.params, run.data.tags, files, run.info.status]))
"""


def test_estimates_verdicts_and_files_are_logged(audit_of: Callable[[str], Audit]) -> None:
    """Each number is that of the result, each verdict a tag; nothing of a response's text is among them."""
    audit = audit_of("sft")
    logged = trackers.tracked(audit.folder)
    metric = next(m for m in audit.result.metrics if m.metric.name == "world_safety.harmful_compliance")
    assert metric.estimate is not None
    assert logged.numbers["world_safety.harmful_compliance.candidate"] == metric.estimate.candidate
    assert logged.tags["verdict.safety"] == audit.verdicts["safety"].verdict.value == "regressed"
    assert logged.tags["verdict"] == "regressed"
    assert logged.parameters["candidate"] == "organism:sft"
    whole = [d.nats_per_token for d in audit.result.drift if not d.benchmark]
    assert [v for name, v in logged.numbers.items() if name.startswith("drift.")] == whole
    assert [path.name for path in logged.files] == list(trackers.FILES)


def test_names_are_those_that_trackers_take(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Values of hostile models are short and clean; keys have letters, digits and `._-` only."""
    for text in HOSTILE:
        monkeypatch.setattr(trackers, "read_verdict", lambda folder, text=text: poisoned(RESULT, text))
        logged = trackers.tracked(tmp_path)
        values = [logged.name, *logged.parameters.values(), *logged.tags.values()]
        assert all(len(v) <= trackers.LONGEST and v.isprintable() for v in values)


@pytest.mark.parametrize(("export", "extra"), [(trackers.export_mlflow, "mlflow"), (trackers.export_wandb, "wandb")])
def test_a_client_that_is_not_installed_is_named(
    export: Callable[[Path, str], str], extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, extra, None)
    with pytest.raises(UsageError, match=rf"pip install 'trustdelta\[{extra}\]'"):
        export(tmp_path, "x")


def run(words: list[str], folder: Path, **more: str) -> str:
    """Standard output of the clients' Python."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "PYTHONPATH": str(ROOT / "src"), **more}
    done = subprocess.run(
        [PYTHON, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@needs_clients
def test_mlflow_reads_what_was_logged(audit_of: Callable[[str], Audit], tmp_path: Path) -> None:
    """A folder of runs, written and read by MLflow's own client."""
    audit = audit_of("sft")
    store = f"file:{tmp_path}/mlruns"
    allowed = {"MLFLOW_ALLOW_FILE_STORE": "true"}
    run(["-m", "trustdelta", "export", str(audit.folder), "--mlflow", store], tmp_path, **allowed)
    metrics, params, tags, files, status = json.loads(run(["-c", READ, store], tmp_path, **allowed))
    logged = trackers.tracked(audit.folder)
    assert metrics == pytest.approx(logged.numbers)
    assert params == logged.parameters
    assert logged.tags.items() <= tags.items()
    assert files == sorted(trackers.FILES)
    assert status == "FINISHED"


@pytest.mark.slow
@needs_clients
def test_wandb_stores_a_run_offline(audit_of: Callable[[str], Audit], tmp_path: Path) -> None:
    """A run below `wandb/` holds the summary and the report, for `wandb sync`."""
    audit = audit_of("sft")
    said = run(["-m", "trustdelta", "export", str(audit.folder), "--wandb", "audits"], tmp_path, WANDB_MODE="offline")
    (stored,) = (tmp_path / "wandb").glob("offline-run-*/*.wandb")
    assert str(stored.parent) in said
    content = stored.read_bytes()
    assert b"world_safety.harmful_compliance.candidate" in content
    assert b"report.html" in content
