"""Which recorded prompts an audit takes, and what it says of the others."""

from __future__ import annotations

import json
from pathlib import Path

from trustdelta import config as configs
from trustdelta.benchmarks import registry
from trustdelta.data import open_source
from trustdelta.pipeline.recorded import assemble_recorded


def test_prompts_that_are_not_the_benchmarks_are_left_out_and_counted(tmp_path: Path) -> None:
    """Two prompts of a benchmark and one of nobody's, answered by both: two are taken, and a remark names the third."""
    benchmark = registry.load("world_safety")
    own = benchmark.load(open_source(None))[:2]
    asked = [[{"role": m.role, "content": m.content} for m in p.messages] for p in own]
    asked.append([{"role": "user", "content": "a question of nobody's"}])
    models = {}
    for arm in ("baseline", "candidate"):
        file = tmp_path / f"{arm}.jsonl"
        file.write_text("\n".join(json.dumps({"prompt": p, "response": f"no, says {arm}"}) for p in asked), "utf-8")
        models[arm] = {"source": arm, "recorded": [{"benchmark": "world_safety", "file": str(file)}]}
    task = assemble_recorded(configs.check({**models, "benchmarks": ["world_safety"]}), {"world_safety": benchmark})
    assert {p.id for p in task.prompts} == {p.id for p in own}
    for arm in models:
        left = f"world_safety: 1 prompts of the {arm}'s file are none of the benchmark's and were left out."
        assert left in task.notes
