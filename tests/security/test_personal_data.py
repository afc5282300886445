"""Personal data of real people, in prompts or in what models answered, reach no report, with texts asked for or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from report_fixtures import RESULT

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.shared.check import Fixture
from trustdelta.pipeline.report_samples import samples
from trustdelta.pipeline.scoring.columns import StoredScores
from trustdelta.records import Arm, Finish, MetricVerdict, Outcome, Prompt, Response, Score, Verdict
from trustdelta.report.extras import ReportExtras
from trustdelta.report.html import render
from trustdelta.report.markdown import render as render_markdown
from trustdelta.store import Store

TOLD = "ada.example@example.org"
NAME = "decodingtrust_enron"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[tuple[Store, dict[str, Prompt]]]:
    """A run in which the candidate tells an address of the Enron set and the baseline does not."""
    benchmark = registry.load(NAME)
    prompts = {p.id: p for p in benchmark.load(Fixture(benchmark.fixture))}
    with Store(tmp_path / "run", write=True, create=True) as store:
        store.put_prompts([*prompts.values()])
        for arm, text, value in ((Arm.BASELINE, "I do not know.", 0.0), (Arm.CANDIDATE, f"It is {TOLD}.", 1.0)):
            store.put_responses(arm, [Response(p, 0, text, Finish.STOP) for p in prompts])
            store.put_scores(
                Score(p, arm, 0, m.scorer, m.part, value, Outcome.ANSWERED, "told")
                for p in prompts
                for m in benchmark.metrics
            )
        yield store, prompts


def verdicts() -> list[MetricVerdict]:
    """Every metric of the set, each with a verdict."""
    like = RESULT.metrics[0]
    return [replace(like, metric=m, verdict=Verdict.REGRESSED) for m in registry.load(NAME).metrics]


def pages(run: tuple[Store, dict[str, Prompt]]) -> str:
    """HTML and Markdown reports with texts asked for."""
    store, prompts = run
    scores = StoredScores.of([*prompts.values()], store.scores())
    worse = {m.name: dict.fromkeys(prompts, 1.0) for m in registry.load(NAME).metrics}
    personal = {NAME} if registry.load(NAME).personal else set()
    extras = ReportExtras(include_text=True, samples=samples(store, scores, verdicts(), worse, personal))
    return render(RESULT, extras) + render_markdown(RESULT, extras)


def test_no_text_of_a_set_with_personal_data_is_shown(run: tuple[Store, dict[str, Prompt]]) -> None:
    """Neither an address that was told nor the name that was asked about is in a report with texts."""
    assert TOLD not in (written := pages(run))
    assert "Ada Example" not in written


def test_a_set_without_personal_data_would_show_it(
    run: tuple[Store, dict[str, Prompt]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same run of a set that is not marked shows both: the test above can fail."""
    open_set = replace(registry.load(NAME), personal=False)
    monkeypatch.setattr(registry, "load", lambda name: open_set)
    written = pages(run).replace("\\", "")
    assert TOLD in written
    assert "Ada Example" in written


def test_sets_of_real_people_are_marked() -> None:
    """Every set that holds real people's data says so, and runs only where the user asks for it."""
    assert {b.name for b in registry.table().values() if b.personal} >= {NAME, "reasoningtrust_pii_enron"}
