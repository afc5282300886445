"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

if TYPE_CHECKING:
    from experiments.reproduce.run import Reproduction

    from trustdelta.api import Audit

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# How long an example takes says something of the machine, not of the code.
settings.register_profile("trustdelta", deadline=None)
settings.load_profile("trustdelta")

MadeOnce = Callable[[str, Callable[[Path], object]], Path]
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data beside the checkout; tests that read it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"public data are not beside the checkout ({SHARED_DATA})")
    return SHARED_DATA


@pytest.fixture(scope="session", autouse=True)
def _commits_without_waiting_for_the_disk() -> None:
    """Tests of this process outlive no power cut; stores of other processes keep the setting of users."""
    from trustdelta.store import tables

    assert "synchronous=FULL" in tables.SETTINGS
    tables.SETTINGS = tuple(s.replace("=FULL", "=OFF") for s in tables.SETTINGS)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Make a folder once for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    whole_run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        place, complete = whole_run / name, whole_run / f"{name}.complete"
        with FileLock(whole_run / f"{name}.lock"):
            if not complete.exists():
                make(place)
                complete.touch()
        return place

    return folder


AuditOf = Callable[[str], "Audit"]


@pytest.fixture(scope="session")
def audit_of(made_once: MadeOnce) -> AuditOf:
    """Audit `organism:instruct` against another organism, at 80 prompts for each metric."""
    import trustdelta

    def run(candidate: str) -> Audit:
        def audit(out: Path) -> None:
            pair = "organism:instruct", f"organism:{candidate}"
            trustdelta.audit(*pair, out=out, prompts_per_metric=80, drift_prompts_per_benchmark=8)

        return trustdelta.Audit.load(made_once(f"audit-{candidate}", audit))

    return run


@pytest.fixture(scope="session")
def reproduction(made_once: MadeOnce) -> Reproduction:
    """A finished small reproduction with its page: shipped models, few prompts."""
    pytest.importorskip("torch")
    from experiments.reproduce.page import write
    from experiments.reproduce.plan import SMALL
    from experiments.reproduce.run import Reproduction

    tiny = replace(SMALL, prompts=12, resampled_prompts=12, every=200)

    def reproduce(out: Path) -> None:
        finished = Reproduction(out, tiny, 1, lambda line: None)
        finished.run()
        write(finished, out / "page.md")

    return Reproduction(made_once("reproduction", reproduce), tiny, 1, lambda line: None)
