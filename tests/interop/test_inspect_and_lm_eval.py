"""Logs of Inspect and lm-eval, out and in, with the real libraries.

TRUSTDELTA_HARNESSES names the Python of an environment in which trustdelta, inspect-ai (with pandas and pyarrow) and
lm-eval are installed; without it, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import trustdelta
from trustdelta.records import Json
from trustdelta.store import Store

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parents[2] / "src"
OPEN = """
import json, sys
from pathlib import Path
from inspect_ai.analysis import samples_df
from inspect_ai.log import read_eval_log
from trustdelta.interop.responses import read_recorded
opened = {}
for path in sys.argv[1:]:
    log, frame, back = read_eval_log(path), samples_df(path), read_recorded(Path(path))
    content = [s.output.choices[0].message.content for s in log.samples]
    opened[path] = {
        "status": log.status,
        "rows": sorted([s.id, s.epoch] for s in log.samples),
        "reasoning": sum(c[0].type == "reasoning" for c in content),
        "frame": sorted(zip(frame["id"], (int(e) for e in frame["epoch"]))),
        "scores": [n for n in frame.columns if n.startswith("score_")],
        "scored": {s.name: [s.scored_samples, s.unscored_samples] for s in log.results.scores},
        "back": [[r.key, r.draw, r.reasoning] for r in back.rows],
    }
print(json.dumps(opened))
"""
TASK = """
task: tiny
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{q}}}}"
doc_to_target: "{{{{a}}}}"
repeats: 2
generation_kwargs: {{until: ["\\n"], max_gen_toks: 8}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
filter_list:
  - {{name: first, filter: [{{function: take_first}}]}}
  - {{name: digits, filter: [{{function: regex, regex_pattern: '(\\d+)'}}, {{function: take_first}}]}}
"""


def harness(*arguments: str, folder: Path) -> str:
    """What a command of the harnesses' Python prints; skips where none is named."""
    python = os.environ.get("TRUSTDELTA_HARNESSES", "")
    if not python:
        pytest.skip("TRUSTDELTA_HARNESSES names no Python in which inspect-ai and lm-eval are installed")
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [python, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_a_run_opens_in_inspect_and_comes_back_unchanged(tmp_path: Path) -> None:
    """Exported logs open in Inspect's reader and data frames with thoughts and scores, and read back the same."""
    run = tmp_path / "run"
    trustdelta.audit("organism:instruct", "organism:sft", out=run, prompts_per_metric=20, drift_prompts_per_benchmark=2)
    made = harness("-m", "trustdelta.cli.main", "export", str(run), "--inspect", "logs", folder=tmp_path).split()
    with Store(run, write=False) as store:
        prompts = {p.id: p for p in store.prompts()}
        stored = {arm: list(store.responses(arm)) for arm in ("baseline", "candidate")}
    assert len(made) == 2 * len({p.benchmark for p in prompts.values()})
    opened: Json = json.loads(harness("-c", OPEN, *made, folder=tmp_path))
    thoughts = 0
    for path in made:
        arm, benchmark = Path(path).stem.split("--")
        found = opened[path]
        own = [r for r in stored[arm] if prompts[r.prompt_id].benchmark == benchmark]
        assert found["status"] == "success"
        assert found["rows"] == found["frame"] == sorted([r.prompt_id, r.draw + 1] for r in own)
        assert found["scores"]
        assert all(sum(counts) == len(own) for counts in found["scored"].values())
        keys = {(prompts[r.prompt_id].join_key, r.draw) for r in own}
        assert {(row[0], row[1]) for row in found["back"]} == keys
        thoughts += found["reasoning"] if arm == "candidate" else 0
        assert found["reasoning"] == sum(row[2] is not None for row in found["back"])
    assert thoughts > 0


def test_lm_eval_samples_are_responses(tmp_path: Path) -> None:
    """Samples that lm-eval logs are read as draws of each document, with each filter's metrics by name."""
    from trustdelta.interop.responses import read_recorded

    data = tmp_path / "data.jsonl"
    data.write_text(
        "".join(json.dumps({"q": q, "a": a}) + "\n" for q, a in (("What is 2 + 2?", "4"), ("Say lol", "lol")))
    )
    (tmp_path / "tiny.yaml").write_text(TASK.format(data=data))
    options = ["--model", "dummy", "--tasks", "tiny", "--include_path", ".", "--output_path", "out", "--log_samples"]
    harness("-m", "lm_eval", "run", *options, folder=tmp_path)
    (samples,) = tmp_path.glob("out/**/samples_tiny_*.jsonl")
    rows = read_recorded(samples).rows
    assert [(r.messages[0].content, r.draw, r.text) for r in rows] == [
        (q, d, "lol") for q in ("What is 2 + 2?", "Say lol") for d in (0, 1)
    ]
    assert dict(rows[2].scores) == {"score": 1.0, "first.exact_match": 1.0, "digits.exact_match": 0.0}
    assert dict(rows[0].metadata) == {"q": "What is 2 + 2?", "a": "4"}
