"""What notebooks get of an audit: a short table as HTML, and data frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars
import pytest
from report_fixtures import BARE, HOSTILE, RESULT, poisoned

from trustdelta.api import Audit
from trustdelta.report import notebook

if TYPE_CHECKING:
    from trustdelta.records import AuditResult


def test_the_fragment_shows_verdict_metrics_and_drift() -> None:
    """The headline stands first, every metric with a verdict has a row, and missing drift is said."""
    shown = notebook.render(RESULT)
    primary = [m for m in RESULT.metrics if m.verdict is not None]
    assert shown.count("<tr>") == len(primary) + 1
    assert shown.startswith("<p><strong>▼ regressed</strong>")
    assert "not comparable" in notebook.render(BARE)


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_inert(said: str) -> None:
    """Whatever a name or note holds, the fragment has only its own tags."""
    shown = notebook.render(poisoned(RESULT, said))
    clean = notebook.render(poisoned(RESULT, "x"))
    assert shown.count("<") == clean.count("<")
    assert not {c for c in shown if ord(c) < 32 or 0x202A <= ord(c) <= 0x202E}


@pytest.mark.parametrize("result", [RESULT, BARE], ids=["full", "bare"])
def test_frames_hold_the_same_rows(result: AuditResult) -> None:
    """Both have one row per metric and the same columns; polars' types do not depend on what is missing."""
    audit = Audit(result, Path())
    one, other = audit.to_pandas(), audit.to_polars()
    assert list(one.columns) == other.columns
    assert len(one) == other.height == len(result.metrics)
    if other.height:
        assert other.schema["metric"] == polars.String
        assert other.schema["pairs"] == polars.Int64
        assert other.schema["low"] == polars.Float64
        assert one["metric"].tolist() == other["metric"].to_list()


def test_an_audit_is_loaded_from_its_folder(audit_of: Callable[[str], Audit]) -> None:
    """The loaded audit is equal to the one that ran, and is displayed alike."""
    ran = audit_of("sft")
    assert Audit.load(ran.folder) == ran
    assert Audit.load(str(ran.folder))._repr_html_() == ran._repr_html_()
