"""The noise floor: what the engine's own randomness amounts to, by an audit of the baseline against itself."""

from __future__ import annotations

from pathlib import Path

from trustdelta.api import audit
from trustdelta.records import Arm, Json
from trustdelta.records.state import started
from trustdelta.report.terminal import render
from trustdelta.report.verdict_json import loads
from trustdelta.store import Store


def test_the_report_says_what_the_baseline_differs_by_from_itself(tmp_path: Path) -> None:
    """The baseline's responses are taken over and drawn once more; nothing regresses, and the report says so."""
    settings: dict[str, Json] = {"prompts_per_metric": 12, "design": "fixed", "drift": False, "noise_floor": True}
    done = audit("organism:instruct", "organism:sft", out=tmp_path / "run", benchmarks=("world_ethics",), **settings)
    (line,) = [n for n in done.result.notes if n.startswith("Noise floor")]
    assert "regressed: none" in line
    assert "largest difference" in line
    result = done.result
    assert {row.metric for row in result.noise_floor} == {v.metric.name for v in result.metrics if v.verdict}
    assert all(row.estimate.low <= 0 <= row.estimate.high for row in result.noise_floor)
    assert loads((tmp_path / "run" / "verdict.json").read_text("utf-8")).noise_floor == result.noise_floor
    for name in ("report.html", "report.md"):
        assert "Noise floor (baseline vs. itself)" in (tmp_path / "run" / name).read_text("utf-8")
    assert "Note: Noise floor" in " ".join(render(result).split())
    with Store(tmp_path / "run", write=False) as run, Store(tmp_path / "run" / "noise-floor", write=False) as itself:
        first = {(r.prompt_id, r.draw): r for r in run.responses(Arm.BASELINE)}
        again = {(r.prompt_id, r.draw): r for r in itself.responses(Arm.BASELINE)}
        assert first == again
        others = {(r.prompt_id, r.draw): r.seed for r in itself.responses(Arm.CANDIDATE)}
        assert others.keys() == first.keys()
        assert all(seed != first[key].seed for key, seed in others.items())
        assert not itself.has(started("baseline"))
