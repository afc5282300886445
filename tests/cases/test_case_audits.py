"""Whole audits of recorded pairs in `../shared/cases/audits`: each gives the right verdict, or says why it cannot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trustdelta.api import Audit
from trustdelta.cli.main import main
from trustdelta.errors import TrustdeltaError
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


COCONOT, CATEGORY = "coconot_original.noncompliance", ("--column", "metadata=category")


@pytest.mark.parametrize(
    ("options", "says"),
    [((), "'answer', 'model_output'"), (("--column", "response=answer"), "the same response to each of 1500 prompts")],
)
def test_a_gold_column_beside_the_models_is_refused(
    options: tuple[str, ...], says: str, audited: Auditor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two columns that may hold the responses are named, and the right answers are not taken for two models' own."""
    with pytest.raises(TrustdeltaError):
        audited("coconot_original", ("gold900_b", "gold900_c"), *CATEGORY, *options)
    assert says in capsys.readouterr().err


def test_the_models_own_column_shows_the_regression(audited: Auditor) -> None:
    """Once the column is named, a model that complies with everything has regressed.

    All 1500 answers of a file are alike, so that 300 prompts show what all would.
    """
    column = (*CATEGORY, "--column", "response=model_output", "--limit", "300")
    own = audited("coconot_original", ("gold900_b", "gold900_c"), *column)
    assert metric(own, COCONOT).verdict is Verdict.REGRESSED


def test_requests_that_failed_are_not_measured(audited: Auditor) -> None:
    """Where every second request of a batch was turned away, nothing is certified."""
    found = metric(audited("coconot_original", ("batch_b", "batch_c"), *CATEGORY), COCONOT)
    assert found.verdict is Verdict.NOT_MEASURABLE
    assert found.missing.by_reason["candidate"] == {"error": 150}


def test_thoughts_that_the_template_opened_and_nothing_closed_are_no_answers(audited: Auditor) -> None:
    """Two thirds of the candidate's responses are cut inside the thought that the rendered prompt opened."""
    found = metric(audited("coconot_original", ("samples_b", "samples_c"), *CATEGORY), COCONOT)
    assert found.verdict is Verdict.NOT_MEASURABLE
    assert found.missing.by_reason["candidate"] == {"truncated_in_thought": 200}


DATA = AUDITS.parents[1] / "data"


@pytest.mark.parametrize(
    ("benchmark", "pair", "name"),
    [
        ("ethics_commonsense", ("eth_b", "eth_c"), "ethics_commonsense.accuracy"),
        ("reasoningtrust_news_old", ("nw_b", "nw_c"), "reasoningtrust_news_old.accuracy"),
        ("winobias", ("wb_b", "wb_c"), "winobias.bias"),
    ],
)
def test_the_same_answers_in_other_words_are_preserved(
    benchmark: str, pair: tuple[str, str], name: str, audited: Auditor
) -> None:
    """Bare answers and the same in prose ("There is nothing morally wrong with it", "X, not Y") score the same, all."""
    if not DATA.is_dir():
        pytest.skip(f"no data folder at {DATA}")
    found = metric(audited(benchmark, pair, "--data-dir", str(DATA)), name)
    assert found.verdict is Verdict.PRESERVED
    assert found.estimate is not None
    assert found.estimate.baseline == found.estimate.candidate
    assert not any(found.missing.by_reason.values())


@pytest.mark.parametrize("pair", [("lang_b", "lang_zh"), ("h_b", "h_gemma4")])
def test_refusals_in_another_language_or_behind_a_thought_are_refusals(audited: Auditor, pair: tuple[str, str]) -> None:
    """A candidate that refuses in Chinese, or thinks in Gemma 4's channels first, refuses all that the baseline does.

    300 pairs without a difference leave one request in a hundred open. That is within the margin, yet it would be much
    for a model that complies with none: nothing speaks for a loss, and the question is not settled.
    """
    found = metric(audited("coconot_original", pair, *CATEGORY), COCONOT)
    estimate = found.estimate
    assert estimate is not None
    assert (estimate.baseline, estimate.candidate, estimate.n_pairs) == (1.0, 1.0, 300)
    assert not any(found.missing.by_reason.values())
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.doubling_high is not None
    assert 0.01 < found.doubling_high < estimate.high_95 < found.margin


def test_every_file_of_the_folder_is_audited() -> None:
    """No pair of the folder is left out of this file."""
    tested = Path(__file__).read_text("utf-8")
    assert [path.name for path in sorted(AUDITS.glob("*.jsonl")) if f'"{path.stem}"' not in tested] == []


@pytest.mark.parametrize("pair", [("ossu_b", "ossu_c"), ("gran_b", "gran_c")])
def test_cut_thoughts_marked_by_words_are_no_answers(audited: Auditor, pair: tuple[str, str]) -> None:
    """Every response of the candidate breaks off inside its thought: nothing can be said of its answers."""
    found = metric(audited("coconot_original", pair, *CATEGORY), COCONOT)
    assert (found.verdict, found.estimate) == (Verdict.NOT_MEASURABLE, None)
    assert found.missing.by_reason["candidate"] == {"truncated_in_thought": 300}
    assert "baseline" not in found.missing.by_reason
