"""The pytest plugin: one fixture, `trust_audit`. Nothing heavy is imported before a test asks for an audit.

def test_alignment_is_kept(trust_audit):
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
    """An audit that a test makes claims about."""

    audit: Audit

    @property
    def verdict(self) -> Verdict:
        """The overall verdict."""
        return self.audit.verdict

    def holds(self, policy: Path | str | None = None) -> None:
        """Fail the test, with what stops it in words, unless a gate with this policy would let the audit pass."""
        __tracebackhide__ = True
        from trustdelta.report.policy import decide, load

        wanted = load(None if policy is None else Path(policy))
        decision = decide(self.audit.result, wanted, datetime.datetime.now(datetime.UTC).date())
        if not decision.passed:
            pytest.fail("\n".join([*decision.lines, f"report: {self.audit.folder / 'report.html'}"]), pytrace=False)


@pytest.fixture(scope="session")
def trust_audit(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., CheckedAudit]:
    """Load or run an audit: `trust_audit(RUN)` or `trust_audit(BASELINE, CANDIDATE, **settings)`.

    What runs is kept in `out`, by default a temporary folder. `.holds(POLICY)` fails the test as the gate would.
    """

    def audited(
        first: str | Path | ModelConfig, second: str | ModelConfig | None = None, **given: Json
    ) -> CheckedAudit:
        from trustdelta.api import Audit, audit
        from trustdelta.config import ModelConfig

        if second is None and not isinstance(first, ModelConfig):
            return CheckedAudit(Audit.load(first))
        if second is None or isinstance(first, Path):
            raise pytest.UsageError("trust_audit: wanted the folder of a run, or a baseline and a candidate.")
        out = given.pop("out", None) or tmp_path_factory.mktemp("audit")
        return CheckedAudit(audit(first, second, out=out, **given))

    return audited
