"""Groups and clusters that a column of the recorded files names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import trustdelta
from trustdelta.benchmarks import registry
from trustdelta.cli.columns import recorded_columns
from trustdelta.data import open_source
from trustdelta.errors import DataError
from trustdelta.records import AuditResult, Json, Verdict

TOPICS = ("metals", "plants", "rivers", "stars")
BENCHMARK, METRIC = "world_ethics", "world_ethics.accuracy"
FLIPPED = {"that is right.": "that is wrong.", "that is wrong.": "that is right."}


def written(folder: Path, *, worse: str, topics: bool = True) -> dict[str, Path]:
    """Both models' responses to 240 deeds; the candidate is wrong on every second one of the topic `worse`."""
    by_cluster = {p.cluster: p for p in registry.load(BENCHMARK).load(open_source(None))}
    prompts = list(by_cluster.values())[:240]
    files = {name: folder / f"{name}.jsonl" for name in ("baseline", "candidate")}
    for name, file in files.items():
        rows = []
        for i, prompt in enumerate(prompts):
            answer, topic = prompt.target["answer"], TOPICS[i % len(TOPICS)]
            wrong = name == "candidate" and topic == worse and i % 8 < len(TOPICS)
            row = {"prompt": prompt.messages[0].content, "response": FLIPPED[answer] if wrong else answer}
            row |= {"about": {"topic": topic}} if topics or name == "baseline" else {}
            rows.append({**row, "page": f"page {i // 12}", "finish": "stop"})
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return files


def audited(folder: Path, files: dict[str, Path], columns: dict[str, Json]) -> AuditResult:
    """The audit of both files."""
    models = {
        name: {"source": name, "recorded": [{"benchmark": BENCHMARK, "file": str(file), "columns": columns}]}
        for name, file in files.items()
    }
    audit = trustdelta.audit(
        *(trustdelta.ModelConfig.model_validate(models[name]) for name in ("baseline", "candidate")),
        benchmarks=(BENCHMARK,),
        prompts_per_metric=None,
        out=folder / "run",
    )
    return audit.result


def test_a_regressed_group_of_a_column_is_named(tmp_path: Path) -> None:
    """Half of the answers of one topic in four become wrong: the topic regressed, and no other did."""
    result = audited(tmp_path, written(tmp_path, worse="rivers"), {"group": ["topic=about.topic"]})
    (verdict,) = (v for v in result.metrics if v.metric.name == METRIC)
    topics = [g for g in verdict.groups if g.kind == "topic"]
    assert {g.name: g.n_pairs for g in topics} == dict.fromkeys(TOPICS, 60)
    assert [g.name for g in topics if g.regressed] == ["rivers"]
    assert verdict.verdict is Verdict.REGRESSED


def test_a_cluster_column_makes_prompts_of_one_page_one_observation(tmp_path: Path) -> None:
    """Twelve deeds of one page are one cluster, so there are 20 independent observations, not 240."""
    files = written(tmp_path, worse="rivers")
    clusters = {}
    for name, columns in (("alone", {}), ("paged", {"cluster": "page"})):
        (tmp_path / name).mkdir()
        verdicts = audited(tmp_path / name, files, columns).metrics
        (estimate,) = (v.estimate for v in verdicts if v.metric.name == METRIC)
        assert estimate is not None
        clusters[name] = estimate.n_clusters
    assert clusters == {"alone": 240, "paged": 20}


def test_a_group_column_may_stand_in_one_file_and_must_stand_in_one(tmp_path: Path) -> None:
    """The question's topic is the same in both files, so one of them suffices; a misspelt one is refused by name."""
    files = written(tmp_path, worse="rivers", topics=False)
    result = audited(tmp_path, files, {"group": "about.topic"})
    assert {g.name for v in result.metrics for g in v.groups if g.kind == "topic"} == set(TOPICS)
    with pytest.raises(DataError, match="topics"):
        audited(tmp_path / "other", files, {"group": "about.topics"})


def test_flags_name_several_groups() -> None:
    """The role may be repeated, for both models or for one; a file's groups remain."""
    columns = recorded_columns(["group=topic", "candidate.group=lang=meta.language", "cluster=page"], None)
    assert columns["baseline"] == {"group": ["topic"], "cluster": "page"}
    assert columns["candidate"] == {"group": ["topic", "lang=meta.language"], "cluster": "page"}
