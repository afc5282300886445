"""Our benchmarks as tasks of the real Inspect, with its mock model.

TRUSTDELTA_INSPECT names the Python of an environment in which trustdelta and inspect-ai are installed; without it,
these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from trustdelta.benchmarks import registry
from trustdelta.data import open_source
from trustdelta.records import Json, Outcome

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parents[2] / "src"
ASK = """
import json, sys
from inspect_ai import eval
from inspect_ai.model import ChatMessageAssistant, ContentReasoning, ContentText, ModelOutput, ModelUsage, get_model
name, texts = sys.argv[1], json.loads(sys.argv[2])
def said(thought, text):
    content = [ContentReasoning(reasoning=thought)] if thought else []
    output = ModelOutput.from_message(ChatMessageAssistant(content=[*content, ContentText(text=text)]))
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output
model = get_model("mockllm/model", custom_outputs=[said(*t) for t in texts])
(log,) = eval(name, model=model, limit=len(texts), display="none", log_dir="logs", max_connections=1, max_samples=1)
assert log.status == "success", log.error
print(json.dumps({
    "samples": [[s.id, [m.text for m in s.messages if m.role == "user"],
                 {n: [str(v.value), v.explanation] for n, v in s.scores.items()}] for s in log.samples],
    "scores": {s.name: {"counts": [s.scored_samples, s.unscored_samples],
                        "metrics": {n: m.value for n, m in s.metrics.items()}} for s in log.results.scores},
}))
"""
LIST = """
import json
from inspect_ai._util.registry import registry_find, registry_info
found = registry_find(lambda i: i.type == "task" and i.name.startswith("trustdelta/"))
print(json.dumps(sorted(registry_info(t).name for t in found)))
"""


def inspect(*arguments: str, folder: Path) -> Json:
    """What a program prints as JSON in the environment that has Inspect."""
    python = os.environ.get("TRUSTDELTA_INSPECT", "")
    if not python:
        pytest.skip("TRUSTDELTA_INSPECT names no Python in which inspect-ai is installed")
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [python, "-c", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_inspect_knows_every_benchmark_by_name(tmp_path: Path) -> None:
    """The installed entry point registers a task for each benchmark that asks one model something."""
    found = inspect(LIST, folder=tmp_path)
    assert {"trustdelta/gsm8k", "trustdelta/xstest", "trustdelta/world_safety"} <= set(found)
    assert not {"trustdelta/stereoset", "trustdelta/coconot_contrast"} & set(found)
    assert {name.partition("/")[2] for name in found} <= set(registry.names())


def test_known_answers_are_scored_as_ours(tmp_path: Path) -> None:
    """Prompts are ours, word for word; answers get the scores that an audit gives, and a cut thought gets none."""
    benchmark = registry.load("world_arithmetic")
    prompts = list(benchmark.load(open_source(None)))[:4]
    right = [str(p.target["answer"]) for p in prompts]
    texts = [("so", right[0]), ("", f"<think>well</think> {right[1]}"), ("", "it is 99."), ("", "<think>cut")]
    told = inspect(ASK, "trustdelta/world_arithmetic", json.dumps(texts), folder=tmp_path)
    samples = {i: (asked, scores) for i, asked, scores in told["samples"]}
    assert {i: asked for i, (asked, _) in samples.items()} == {p.id: [p.messages[0].content] for p in prompts}
    name = benchmark.metrics[0].scorer
    values = [samples[p.id][1][name] for p in prompts]
    assert [value for value, _ in values] == ["1.0", "1.0", "0.0", "nan"]
    assert values[3][1] == Outcome.MALFORMED.value
    assert told["scores"][name]["counts"] == [3, 1]
    assert told["scores"][name]["metrics"]["mean"] == pytest.approx(2 / 3)
