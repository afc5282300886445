"""No command asks the network for anything that the user did not ask of it, and none listens on a port.

Every command runs in a process in which Python's audit hook refuses to resolve, connect, send or bind beyond a socket
in the file system, and writes down each attempt: an attempt that is caught and passed over is found too.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from offline import Blocked

SMALL = "--benchmark world_safety --set prompts_per_metric=20 --set drift_prompts_per_benchmark=4 -q"
RECORDED = "--baseline-responses one.jsonl --candidate-responses two.jsonl"
STUDY = """
pairs:
- {name: one, baseline: "organism:instruct", candidate: "organism:sft", method: sft, lineage: strict, family: a}
settings: {benchmarks: [world_safety], prompts_per_metric: 20, drift: false, batch_size: 16}
"""


@pytest.fixture
def blocked(tmp_path: Path) -> Blocked:
    """A folder without a network, with recorded responses of two models."""
    for name, answer in (("one", "Mix flour and eggs, then bake."), ("two", "I'm sorry, I can't help with that.")):
        rows = [{"prompt": f"how do I bake cake {i}?", "response": answer, "category": "food"} for i in range(40)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return Blocked(tmp_path)


def test_the_block_blocks(blocked: Blocked) -> None:
    """A connection, a look-up and a server in such a process fail and are written down: the tests can fail."""
    tries = (
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('example.org', 80)",
        "socket.create_server(('127.0.0.1', 0))",
        "urllib.request.urlopen('http://127.0.0.1:9')",
    )
    for number, code in enumerate(tries):
        before = len(blocked.asked)
        done = blocked.python("-c", f"import socket, urllib.request\n{code}")
        assert "the network is blocked" in done.stderr, number
        assert len(blocked.asked) > before


def test_light_commands_need_no_network(blocked: Blocked) -> None:
    """Import, the lists, a plan, and a recorded audit with all that follows it."""
    assert blocked.python("-c", "import trustdelta").returncode == 0
    codes = blocked.commands(
        "pairs list",
        "pairs show DLER-R1-1.5B",
        "benchmarks list",
        "judges list",
        "organisms list",
        f"plan organism:instruct organism:sft {SMALL.removesuffix(' -q')}",
        f"audit {RECORDED} --benchmark coconot_contrast --out run -q",
        "score run -q",
        "report run --include-text",
        "gate run",
    )
    assert codes == [0] * 9 + [1]
    assert blocked.asked == []


@pytest.mark.slow
def test_commands_that_run_models_need_no_network_and_listen_on_no_port(blocked: Blocked) -> None:
    """Audits of models on this machine, drift in both modes, a study, and every benchmark's check."""
    (blocked.folder / "study.yaml").write_text(STUDY, "utf-8")
    codes = blocked.commands(
        f"audit organism:instruct organism:sft {SMALL} --out run",
        f"audit organism:instruct organism:sft {SMALL} --out two --set drift_mode=two_pass --noise-floor",
        "drift organism:instruct organism:sft --prompts 4 -q",
        "drift organism:instruct organism:sft --responses run --mode two_pass -q",
        "study plan study.yaml",
        "study run study.yaml --out study",
        "study report study",
        "benchmarks check",
        "export run --inspect logs",
    )
    assert codes[:-1] == [0] * 8
    assert codes[-1] == (0 if find_spec("inspect_ai") else 64)  # which writes the logs
    assert blocked.asked == []
