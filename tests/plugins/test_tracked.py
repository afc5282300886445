"""What a training tracker is told of an audit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from trustdelta.plugins.checkpoint import tracked

if TYPE_CHECKING:
    from trustdelta.api import Audit


def test_numbers_for_every_dimension_and_for_drift(audit_of: Callable[[str], Audit]) -> None:
    """Each dimension has its worsening inside its bounds, regressions are marked, and drift is there by part."""
    audit = audit_of("sft")
    found = tracked(audit.result)
    assert all(math.isfinite(value) for value in found.values())
    for name, verdict in audit.verdicts.items():
        assert found[f"trust/{name}/regressed"] == float(verdict.verdict.value == "regressed")
        assert found[f"trust/{name}/low"] <= found[f"trust/{name}/worsening"] <= found[f"trust/{name}/high"]
    assert found["trust/safety/regressed"] == 1
    assert (
        found["trust/kl_candidate_to_baseline/candidate_all"] > found["trust/kl_candidate_to_baseline/candidate_answer"]
    )
