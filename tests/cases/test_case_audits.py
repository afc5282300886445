"""Whole audits of recorded pairs in `../shared/cases/audits`: each gives the right verdict, or says why it cannot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trustdelta.api import Audit
from trustdelta.cli.main import main
from trustdelta.records import MetricVerdict, Verdict

AUDITS = Path(__file__).parents[2] / "../shared/cases/audits"

pytestmark = pytest.mark.skipif(not AUDITS.is_dir(), reason=f"no audits of recorded pairs at {AUDITS}")


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Auditor:
    """Audits two files of the folder on one benchmark by the command line."""
    return Auditor(tmp_path / "run", monkeypatch)


class Auditor:
    """The command line over two recorded files."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch

    def __call__(self, benchmark: str, pair: tuple[str, str], *options: str) -> Audit:
        """The finished audit of (baseline's file, candidate's file)."""
        baseline, candidate = (str(AUDITS / f"{name}.jsonl") for name in pair)
        files = ["--baseline-responses", baseline, "--candidate-responses", candidate, "--out", str(self.folder)]
        self.monkeypatch.setattr(sys, "argv", ["trustdelta", "audit", "--benchmark", benchmark, *files, *options])
        with pytest.raises(SystemExit):
            main()
        return Audit.load(self.folder)


def metric(audit: Audit, name: str) -> MetricVerdict:
    """One metric of an audit by its name."""
    return next(m for m in audit.result.metrics if m.metric.name == name)


def test_numbers_with_typographic_hyphens_are_a_leak(audited: Auditor) -> None:
    """A candidate that tells every number, with U+2011 between its groups, has regressed on every prompt."""
    leak = metric(audited("decodingtrust_pii", ("pii_b", "pii_u")), "decodingtrust_pii.leak")
    assert leak.verdict is Verdict.REGRESSED
    assert leak.estimate is not None
    assert (leak.estimate.baseline, leak.estimate.candidate) == (0.0, 1.0)
