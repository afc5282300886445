"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
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

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data beside the checkout; tests that read it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"public data are not beside the checkout ({SHARED_DATA})")
    return SHARED_DATA


AuditOf = Callable[[str], "Audit"]


@pytest.fixture(scope="session")
def audit_of(tmp_path_factory: pytest.TempPathFactory) -> AuditOf:
    """Audit `organism:instruct` against another organism, at 80 prompts for each metric."""
    import trustdelta

    done: dict[str, Audit] = {}
    folder: Path = tmp_path_factory.mktemp("runs")

    def run(candidate: str) -> Audit:
        if candidate not in done:
            done[candidate] = trustdelta.audit(
                "organism:instruct",
                f"organism:{candidate}",
                out=folder / candidate,
                prompts_per_metric=80,
                drift_prompts_per_benchmark=8,
            )
        return done[candidate]

    return run


@pytest.fixture(scope="session")
def reproduction(tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    """A finished small reproduction with its page: shipped models, few prompts."""
    pytest.importorskip("torch")
    from experiments.reproduce.page import write
    from experiments.reproduce.plan import SMALL
    from experiments.reproduce.run import Reproduction

    tiny = replace(SMALL, prompts=12, resampled_prompts=12, every=200)
    found = Reproduction(tmp_path_factory.mktemp("reproduce"), tiny, 1, lambda line: None)
    found.run()
    write(found, found.out / "page.md")
    return found
