"""Seconds and peak memory of an audit of recorded responses, beside reading the same files as JSON.

Run: python experiments/perf/recorded_scale.py DATA [--benchmark NAME] [--rows N] (DATA: a mirror of benchmark data).
Both files hold N rows: the questions of the benchmark, again and again, with short answers. Each step is a
process of its own; seconds are those of its CPU (user and system), memory is its peak.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

READ = "import json, sys; print(sum(len(json.loads(line)) for f in sys.argv[1:] for line in open(f, encoding='utf-8')))"
ANSWERS = ("The answer is {}.", "First {}, then step by step.\n\nSo it is **{}**.", "#### {}", "I think {}.")
"""What the rows hold: short answers, each with numbers of its own, so that no two texts are alike."""


def write(path: Path, prompts: list[str], rows: int, seed: int) -> None:
    """One file of `rows` rows; every pass over the questions is one more draw."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for i in range(rows):
            draw, place = divmod(i, len(prompts))
            text = rng.choice(ANSWERS).format(rng.randrange(10**6), rng.randrange(10**6))
            file.write(json.dumps({"prompt": prompts[place], "response": text, "draw": draw, "finish": "stop"}) + "\n")


def cost(command: list[str]) -> tuple[float, float, str]:
    """CPU seconds, peak megabytes and the last line that the command prints."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print((done.stdout + done.stderr).strip().splitlines()[-1])\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    *_, last, figures = run.stdout.strip().splitlines()
    seconds, megabytes = map(float, figures.split())
    return seconds, megabytes, last


def main() -> None:
    """Write the files, read them as JSON, audit them, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--benchmark", default="gsm8k")
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    from trustdelta.benchmarks import registry
    from trustdelta.data.source import open_source

    benchmark = registry.load(options.benchmark)
    prompts = [p.messages[-1].content for p in benchmark.load(open_source(options.data))]
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / f"{name}.jsonl" for name in ("baseline", "candidate")]
        for seed, file in enumerate(files):
            write(file, prompts, options.rows, seed)
        read = cost([sys.executable, "-c", READ, *map(str, files)])
        audit = ["-c", "from trustdelta.cli.main import main; main()", "audit", "a", "b", "--quiet", "--json"]
        named = ["--benchmark", options.benchmark, "--data-dir", str(options.data), "--out", f"{place}/run"]
        responses = [f"--{f.stem}-responses={f}" for f in files]
        whole = cost([sys.executable, *audit, *named, *responses])
        if not (Path(place) / "run" / "verdict.json").is_file():
            raise SystemExit(f"the audit gave no verdict; its last line: {whole[2]}")
    sys.stdout.write(f"{options.rows} x 2 rows of {options.benchmark}; JSON alone {read[0]:.1f} s CPU\n")
    sys.stdout.write(f"audit {whole[0]:.1f} s CPU, {whole[1]:.0f} MB peak, {whole[0] / read[0]:.0f} x JSON alone\n")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
