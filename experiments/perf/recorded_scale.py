"""Seconds and peak memory of an audit of recorded responses, beside reading the same files as JSON.

Run: python experiments/perf/recorded_scale.py DATA [--benchmark NAME] [--rows N] [--stages]
(DATA: a mirror of benchmark data). Both files hold N rows: the questions of the benchmark, again and again, with short
answers. Seconds are those of the CPU (user and system), of all processes and of each, and of the clock. Memory is the
largest sum over the processes; pages that they share count in parts (PSS). `--stages` audits in this process and prints
the CPU microseconds per row of each stage.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READ = "import json, sys; print(sum(len(json.loads(line)) for f in sys.argv[1:] for line in open(f, encoding='utf-8')))"
ANSWERS = ("The answer is {}.", "First {}, then step by step.\n\nSo it is **{}**.", "#### {}", "I think {}.")
"""What the rows hold: short answers, each with numbers of its own, so that no two texts are alike."""
TICKS = os.sysconf("SC_CLK_TCK")
INTERVAL = 0.2
"""Seconds between two looks at the processes."""


def write(path: Path, prompts: list[str], rows: int, seed: int) -> None:
    """One file of `rows` rows; every pass over the questions is one more draw."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for i in range(rows):
            draw, place = divmod(i, len(prompts))
            text = rng.choice(ANSWERS).format(rng.randrange(10**6), rng.randrange(10**6))
            file.write(json.dumps({"prompt": prompts[place], "response": text, "draw": draw, "finish": "stop"}) + "\n")


class Cost:
    """What a command costs: the processes that it starts are looked at while it runs."""

    def __init__(self, command: list[str]) -> None:
        self.seconds: dict[int, float] = {}
        """CPU seconds by process, the command's own first."""
        self.megabytes = 0.0
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
            while running.poll() is None:
                self._look(running.pid)
                time.sleep(INTERVAL)
            assert running.stdout is not None
            self.last_line = (running.stdout.read().strip().splitlines() or [""])[-1]
        self.wall = time.monotonic() - began

    def _look(self, first: int) -> None:
        """Record CPU seconds and memory of a process and its children."""
        kilobytes = 0
        for pid in (first, *_children(first)):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
                self.seconds[pid] = (int(fields[11]) + int(fields[12])) / TICKS
                kilobytes += _resident(pid)
            except OSError:  # it has just ended
                continue
        self.megabytes = max(self.megabytes, kilobytes / 1024)

    def __str__(self) -> str:
        """One line."""
        each = " + ".join(f"{seconds:.1f}" for seconds in self.seconds.values())
        total = sum(self.seconds.values())
        return f"{total:.1f} s CPU ({each}), {self.wall:.1f} s wall, {self.megabytes:.0f} MB peak"


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
    except OSError:
        return [
            int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _parent(p) == pid
        ]  # a kernel without the list


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _resident(pid: int) -> int:
    """Kilobytes of a process; shared pages count in parts where the kernel says so."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def main() -> None:
    """Write the files, read them as JSON, audit them, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--benchmark", default="gsm8k")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--stages", action="store_true")
    options = parser.parse_args()
    from trustdelta.benchmarks import registry
    from trustdelta.data.source import open_source

    benchmark = registry.load(options.benchmark)
    prompts = [p.messages[-1].content for p in benchmark.load(open_source(options.data))]
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / f"{name}.jsonl" for name in ("baseline", "candidate")]
        for seed, file in enumerate(files):
            write(file, prompts, options.rows, seed)
        command = ["audit", "a", "b", "--quiet", "--json", "--benchmark", options.benchmark]
        command += ["--data-dir", str(options.data), "--out", f"{place}/run"]
        command += [f"--{f.stem}-responses={f}" for f in files]
        if options.stages:
            from recorded_stages import stages

            sys.stdout.write(stages(command, 2 * options.rows))
            return
        read = Cost([sys.executable, "-c", READ, *map(str, files)])
        audit = Cost([sys.executable, "-c", "from trustdelta.cli.main import main; main()", *command])
        if not (Path(place) / "run" / "verdict.json").is_file():
            raise SystemExit(f"the audit gave no verdict; its last line: {audit.last_line}")
    sys.stdout.write(f"{options.rows} x 2 rows of {options.benchmark}; JSON alone: {read}\naudit: {audit}\n")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
