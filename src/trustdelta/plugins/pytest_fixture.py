"""The pytest plugin: one fixture, `trust_audit`. Heavy imports wait until a test uses it.

def test_alignment_is_preserved(trust_audit):
    trust_audit("models/instruct", "models/reasoner", profile="quick").holds("trustdelta.yaml")
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from trustdelta.api import Audit
    from trustdelta.config import ModelConfig
    from trustdelta.records import Json, Verdict


@dataclass(frozen=True, slots=True)
class CheckedAudit:
    """An audit with assertions for tests."""

    audit: Audit

    @property
    def verdict(self) -> Verdict:
        """The overall verdict."""
        return self.audit.verdict

    def holds(self, policy: Path | str | None = None) -> None:
        """Fail the test with the gate's findings unless the audit passes a gate with this policy."""
        __tracebackhide__ = True
        from trustdelta.report.policy import decide, load

        rules = load(None if policy is None else Path(policy))
        decision = decide(self.audit.result, rules, datetime.datetime.now(datetime.UTC).date())
        if not decision.passed:
            pytest.fail("\n".join([*decision.lines, f"report: {self.audit.folder / 'report.html'}"]), pytrace=False)


@pytest.fixture(scope="session")
def trust_audit(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., CheckedAudit]:
    """Load or run an audit: `trust_audit(RUN)` or `trust_audit(BASELINE, CANDIDATE, **settings)`.

    Runs are stored in `out`, by default a temporary folder. `.holds(POLICY)` fails the test as the gate would.
    """

    def audited(
        first: str | Path | ModelConfig, second: str | ModelConfig | None = None, **settings: Json
    ) -> CheckedAudit:
        from trustdelta.api import Audit, audit
        from trustdelta.config import ModelConfig

        if second is None and not isinstance(first, ModelConfig):
            return CheckedAudit(Audit.load(first))
        if second is None or isinstance(first, Path):
            raise pytest.UsageError("trust_audit: wanted the folder of a run, or a baseline and a candidate.")
        out = settings.pop("out", None) or tmp_path_factory.mktemp("audit")
        return CheckedAudit(audit(first, second, out=out, **settings))

    return audited
