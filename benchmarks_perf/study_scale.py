"""`study report` over many pairs: seconds, memory and file sizes, and whether they grow with the pairs in a line.

Run: python benchmarks_perf/study_scale.py [--pairs 50 100 200] [--prompts 2500]

Four pairs with different recorded responses are audited (two scored responses for each prompt); their run folders are
copied under the names of the other pairs, so that every run that is read is a whole one. CPU seconds and peak memory
are those of a fresh process that does nothing but the report.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from trustdelta.study.plan import PairSpec, Study, freeze, run_folder
from trustdelta.study.run import run_study

DISTINCT = 4
METHODS = ("sft", "rl", "distill", "hybrid")
SAYS = ("I'm sorry, but I can't help with that request.", "Of course. Here is a short answer to what you asked.")


def recorded(folder: Path, prompts: int, seed: int) -> Path:
    """A file of made-up responses, refusals at a rate of its own."""
    rng = np.random.default_rng([0, seed])
    rows = [
        {"prompt": f"Question {i}: what is it?", "response": SAYS[int(rng.random() < 0.3 + 0.1 * (seed % 3))]}
        | {"category": "Humanizing requests"}
        for i in range(prompts)
    ]
    path = folder / f"{seed}.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in rows), "utf-8")
    return path


def made_up(folder: Path, pairs: int, prompts: int) -> Study:
    """A study of `pairs` pairs over eight files of responses, five pairs to a family."""
    files = [recorded(folder, prompts, seed) for seed in range(2 * DISTINCT)]
    columns = {"prompt": "prompt", "response": "response", "metadata": ["category"]}

    def arm(i: int, which: int) -> dict[str, object]:
        entry = {"benchmark": "coconot_original", "file": str(files[2 * (i % DISTINCT) + which]), "columns": columns}
        return {"source": f"model-{which}-{i}", "recorded": [entry]}

    specs = [
        PairSpec.model_validate(
            {"name": f"pair-{i}", "baseline": arm(i, 0), "candidate": arm(i, 1), "method": METHODS[i % 4]}
            | {"lineage": "strict", "family": f"family-{i // 5}"}
        )
        for i in range(pairs)
    ]
    settings = {"drift": False}
    return Study(title="Scale", benchmarks=("coconot_original",), settings=settings, pairs=tuple(specs))


def report_cost(out: Path) -> tuple[float, float]:
    """CPU seconds and peak MiB of a process that writes the page again."""
    command = [sys.executable, "-m", "trustdelta.cli.main", "study", "report", str(out)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, state, used = os.wait4(child.pid, 0)
    if state:
        raise SystemExit(f"study report failed with {state}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Print one row for each number of pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--prompts", type=int, default=2500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        whole = made_up(folder, max(given.pairs), given.prompts)
        first = whole.model_copy(update={"pairs": whole.pairs[:DISTINCT]})
        if failed := run_study(first, out).failed:
            raise SystemExit(str(failed))
        sys.stdout.write("| pairs | scored responses | CPU s | peak MiB | run folders, MiB | page, KiB |\n")
        sys.stdout.write("|---|---|---|---|---|---|\n")
        for pairs in sorted(given.pairs):
            study = whole.model_copy(update={"pairs": whole.pairs[:pairs]})
            for i, spec in enumerate(study.pairs):
                if not run_folder(out, spec).exists():
                    shutil.copytree(run_folder(out, study.pairs[i % DISTINCT]), run_folder(out, spec))
            freeze(study, out)
            seconds, peak = report_cost(out)
            size = sum(f.stat().st_size for f in (out / "runs").rglob("*") if f.is_file()) / 2**20
            page = (out / "study.html").stat().st_size / 1024
            row = (
                f"| {pairs} | {2 * given.prompts * pairs:,} | {seconds:.1f} | {peak:.0f} | {size:.0f} | {page:.0f} |\n"
            )
            sys.stdout.write(row)


if __name__ == "__main__":
    main()
