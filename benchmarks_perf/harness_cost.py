"""What a harness costs beside the model: trustdelta, Inspect and lm-eval with the same prompts, budget and batch.

    python benchmarks_perf/harness_cost.py served --responses 10000 --python BENCH/bin/python
    python benchmarks_perf/harness_cost.py process --responses 500 --python BENCH/bin/python

`served`: a server on the loopback interface answers at once, so that all CPU time is the harness's own. `--url` takes a
real server instead, and prints the harness's share of the time. `process`: a miniature model in the same process on one
thread, beside bare `generate` over sorted prompts. Each program runs by itself; what loading costs is not counted. In
`--python` trustdelta[local,endpoint], inspect-ai, openai, accelerate and lm-eval[api] are installed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = {
    "served": {"trustdelta": "ours", "Inspect": "inspect_eval", "lm-eval": "lm_eval_run"},
    "process": {
        "bare generate": "bare",
        "trustdelta": "ours",
        "Inspect hf": "inspect_eval",
        "lm-eval hf": "lm_eval_run",
    },
}


@contextmanager
def instant_server() -> Iterator[str]:
    """The base URL of a server that answers at once."""
    command = [sys.executable, str(HERE / "instant_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.communicate()


def run(python: str, program: str, where: str, count: int) -> dict[str, float]:
    """Responses, CPU and wall seconds of one program."""
    command = [python, str(HERE / "harnesses" / f"{program}.py"), where, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    if done.returncode:
        raise SystemExit(f"{program} failed:\n{done.stdout[-500:]}\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    if found["responses"] != count:
        raise SystemExit(f"{program}: found {found['responses']} responses, wanted {count}")
    return found


def compare(kind: str, python: str, where: str, count: int, rounds: int) -> None:
    """Print a line for each program: the best of some rounds, its CPU per response, and ratios to the first program."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for name, program in PROGRAMS[kind].items():
            found = run(python, program, where, count)
            best[name] = min(best.get(name, found), found, key=lambda f: f["cpu"])
    first = next(iter(best.values()))
    for name, f in best.items():
        per, share = 1000 * f["cpu"] / count, f["cpu"] / f["wall"]
        line = f"{name:<14} {per:8.3f} ms CPU a response  {f['wall']:7.1f} s wall  CPU share {share:5.1%}"
        sys.stdout.write(f"{line}  x {f['cpu'] / first['cpu']:.2f}\n")


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=PROGRAMS)
    parser.add_argument("--responses", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--url", help="base URL of a real server that serves a model named mini")
    parser.add_argument("--model", help="model folder (process); the miniature instruct model if not given")
    options = parser.parse_args()
    if options.kind == "process":
        from trustdelta import organisms

        where = options.model or str(organisms.folder("instruct"))
        compare("process", options.python, where, options.responses, options.rounds)
    elif options.url:
        compare("served", options.python, options.url, options.responses, options.rounds)
    else:
        with instant_server() as url:
            compare("served", options.python, url, options.responses, options.rounds)


if __name__ == "__main__":
    main()
