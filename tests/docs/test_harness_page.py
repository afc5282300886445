"""The page for users of other harnesses: every command is run on a small log of the shape that the harness writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import Documented, documented
from harness_files import N, write

from trustdelta.api import Audit
from trustdelta.cli.main import main
from trustdelta.records import Verdict

PAGE = "docs/other-harnesses.md"
CALLS = [call for call in documented("trustdelta") if call.page == PAGE]


@pytest.mark.parametrize("call", CALLS, ids=[call.words[-1] for call in CALLS])
def test_a_log_is_audited_as_the_page_says(
    call: Documented, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All prompts are paired and scored, and the candidate, which refuses a quarter, gets a verdict on all of them."""
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", list(call.words))
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code, capsys.readouterr().err
    (metric,) = Audit.load(tmp_path / call.words[-1]).result.metrics
    assert metric.estimate is not None
    assert (metric.estimate.n_pairs, metric.missing.pairs_left_out) == (N, 0)
    assert metric.verdict is not Verdict.NOT_MEASURABLE
    assert abs(metric.estimate.candidate - metric.estimate.baseline) == pytest.approx(12 / 60)


def test_the_page_names_every_harness() -> None:
    """Eight sections, each with its command; MLflow has two forms of results."""
    assert len(CALLS) == 9
