"""Audits side by side: what is comparable has a value, what is not is marked, and nothing is mixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from report_fixtures import RESULT, poisoned

from trustdelta.errors import UsageError
from trustdelta.records import AuditResult, Dimension
from trustdelta.report.studies.side_by_side import as_json, render_html, render_markdown
from trustdelta.report.verdict_json import dumps
from trustdelta.study.compare_runs import side_by_side

Changed = Callable[[AuditResult], AuditResult]


def saved(folder: Path, **runs: Changed) -> list[Path]:
    """Run folders that hold a verdict each, changed from the same one."""
    for name, change in runs.items():
        (folder / name).mkdir()
        (folder / name / "verdict.json").write_text(dumps(change(RESULT)), "utf-8")
    return [folder / name for name in runs]


def same(result: AuditResult) -> AuditResult:
    """Nothing changed."""
    return result


def other_prompts(result: AuditResult) -> AuditResult:
    """Another set of prompts."""
    return replace(result, plan={**result.plan, "prompts": "other"})


def other_baseline(result: AuditResult) -> AuditResult:
    """Another baseline under the same name."""
    return replace(result, baseline=replace(result.baseline, fingerprint="other"))


def fewer_metrics(result: AuditResult) -> AuditResult:
    """Without the metrics of bias, and with another margin's scorer in safety."""
    metrics = tuple(
        replace(m, metric=replace(m.metric, scorer="other")) if m.metric.dimension is Dimension.SAFETY else m
        for m in result.metrics
    )
    return replace(result, metrics=metrics)


def test_runs_of_one_plan_are_compared(tmp_path: Path) -> None:
    """Two audits of one baseline with the same prompts have a value in every estimated dimension, and equal ones."""
    found = side_by_side(saved(tmp_path, a=same, b=same))
    assert [g.title for g in found.groups] == [f"{RESULT.baseline.name} ({RESULT.baseline.fingerprint[:12]})"]
    first, second = found.groups[0].pairs
    assert first.points == second.points
    assert not any(p.apart for p in first.points.values())
    assert first.points[Dimension.SAFETY].worsening is not None
    assert found.settings == ()


def test_other_prompts_are_marked(tmp_path: Path) -> None:
    """What most runs have is the rule: the third, with other prompts, keeps its verdicts and has no value."""
    found = side_by_side(saved(tmp_path, a=same, b=same, c=other_prompts))
    rows = {row.name: row for row in found.groups[0].pairs}
    for dimension, point in rows["c"].points.items():
        assert point.verdict is rows["a"].points[dimension].verdict
        assert point.worsening is None
        assert "other prompts" in point.apart
        assert not rows["a"].points[dimension].apart
    assert [s.name for s in found.settings] == ["prompts"]
    assert "not comparable: other prompts" in render_html(found)


def test_other_scoring_is_marked_where_it_is(tmp_path: Path) -> None:
    """Another scorer in one dimension says nothing about the others."""
    found = side_by_side(saved(tmp_path, a=same, b=same, c=fewer_metrics))
    row = next(row for row in found.groups[0].pairs if row.name == "c")
    assert {d for d, p in row.points.items() if p.apart} == {Dimension.SAFETY}


def test_other_baselines_are_groups_of_their_own(tmp_path: Path) -> None:
    """A fingerprint, not a name, tells baselines apart, and no table or picture holds both."""
    found = side_by_side(saved(tmp_path, a=same, b=other_baseline))
    assert [[row.name for row in group.pairs] for group in found.groups] == [["a"], ["b"]]
    page = render_html(found)
    assert page.count('id="leaderboard') == 2 + page.count('id="leaderboard-h"') + page.count('id="leaderboard-1-h"')


def test_one_run_is_no_comparison(tmp_path: Path) -> None:
    """Once or twice the same folder is a usage error."""
    (one,) = saved(tmp_path, a=same)
    for given in ([one], [one, one]):
        with pytest.raises(UsageError, match="two or more"):
            side_by_side(given)


def test_names_tell_folders_apart(tmp_path: Path) -> None:
    """Equal last parts get the part before them."""
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    folders = [*saved(tmp_path / "x", run=same), *saved(tmp_path / "y", run=same)]
    assert side_by_side(folders).runs == ("x/run", "y/run")


def test_all_forms_are_safe_and_whole(tmp_path: Path) -> None:
    """No script in the page whatever a model is called; every run and dimension is in Markdown and JSON too."""
    found = side_by_side(saved(tmp_path, a=same, b=lambda r: poisoned(r, "<script>alert(1)</script>")))
    page, text, value = render_html(found), render_markdown(found), json.loads(as_json(found))
    assert "<script" not in page + text
    assert "default-src 'none'" in page
    for name in found.runs:
        assert f"| {name}<br>" in text
    assert {p["name"] for g in value["groups"] for p in g["pairs"]} == set(found.runs)
    assert render_html(found) == page
