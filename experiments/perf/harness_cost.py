"""What a harness costs beside the model: trustdelta, Inspect and lm-eval with the same prompts, budget and batch.

    python experiments/perf/harness_cost.py served --responses 10000 --python BENCH/bin/python
    python experiments/perf/harness_cost.py process --responses 500 --python BENCH/bin/python

    python experiments/perf/harness_cost.py served --responses 500 --url http://127.0.0.1:8000/v1 --server-pid PID

`served`: a server on the loopback interface answers at once, so that all CPU time is the harness's own. `--url` takes a
real server instead; with the id of its process, the line ends in the harness's share of all CPU time, the server's and
that of its children included. `process`: a miniature model in the same process on one
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
from contextlib import contextmanager, suppress
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


def tree_cpu(root: int) -> float:
    """CPU seconds that a process and its living descendants have used so far; 0 for no process."""
    cpu, parent = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()  # from the state on; a name may hold blanks
            pid = int(path.parent.name)
            parent[pid], cpu[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    family, size = {root}, 0
    while len(family) > size:
        size = len(family)
        family |= {pid for pid, of in parent.items() if of in family}
    return sum(cpu.get(pid, 0) for pid in family) / os.sysconf("SC_CLK_TCK")


def compare(kind: str, python: str, where: str, size: tuple[int, int], server: int) -> None:
    """Print a line for each program: the best of some rounds, its CPU per response, and ratios to the first program.

    `size`: responses and rounds. `server`: process id, or 0.
    """
    (count, rounds), best = size, dict[str, dict[str, float]]()
    for _ in range(rounds):
        for name, program in PROGRAMS[kind].items():
            before = tree_cpu(server)
            found = run(python, program, where, count)
            found["server"] = tree_cpu(server) - before
            best[name] = min(best.get(name, found), found, key=lambda f: f["cpu"])
    first = next(iter(best.values()))
    for name, f in best.items():
        per, share = 1000 * f["cpu"] / count, f["cpu"] / f["wall"]
        line = f"{name:<14} {per:8.3f} ms CPU a response  {f['wall']:7.1f} s wall  CPU share {share:5.1%}"
        line += f"  x {f['cpu'] / first['cpu']:.2f}"
        if server:
            line += f"  server {f['server']:6.1f} s CPU, harness {f['cpu'] / (f['cpu'] + f['server']):.1%} of both"
        sys.stdout.write(f"{line}\n")


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=PROGRAMS)
    parser.add_argument("--responses", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--url", help="base URL of a real server that serves a model named mini")
    parser.add_argument("--model", help="model folder (process); the miniature instruct model if not given")
    parser.add_argument("--server-pid", type=int, default=0, help="process id of that server")
    options = parser.parse_args()
    size = options.responses, options.rounds
    if options.kind == "process":
        from trustdelta import organisms

        where = options.model or str(organisms.folder("instruct"))
        compare("process", options.python, where, size, 0)
    elif options.url:
        compare("served", options.python, options.url, size, options.server_pid)
    else:
        with instant_server() as url:
            compare("served", options.python, url, size, 0)


if __name__ == "__main__":
    main()
