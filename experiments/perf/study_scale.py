"""`study report` over many pairs: seconds, memory and file sizes, and whether they grow with the pairs in a line.

Run: python experiments/perf/study_scale.py [--pairs 25 50 100 200 400] [--prompts 2500] [--write docs/studies.md]

Four pairs with different recorded responses are audited (two scored responses for each prompt); their run folders are
copied under the names of the other pairs, so that every run that is read is a whole one. Seconds and peak memory are
those of a fresh process that does nothing but the report, the median of three. `--write` puts the table into the page
and the picture beside it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from pages import rewrite

from trustdelta.report.svg import Axis, element
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


LAUNCH = """
import os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, state, used = os.wait4(child.pid, 0)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(state != 0)
"""
"""A small process that starts the measured one: a child's peak memory is never below that of who started it."""


class Row(NamedTuple):
    """What the report over some pairs costs."""

    pairs: int
    responses: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    runs_mib: float
    page_kib: float


def report_cost(out: Path, repeats: int = 3) -> tuple[float, float, float]:
    """Wall and CPU seconds and peak MiB of a process that writes the page again."""
    command = [sys.executable, "-c", LAUNCH, sys.executable, "-m", "trustdelta.cli.main", "study", "report", str(out)]
    seen = []
    for _ in range(repeats):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seen.append([float(v) for v in done.stdout.split()])
    wall, cpu, peak = np.median(np.array(seen), axis=0)
    return float(wall), float(cpu), float(peak)


def measured(folder: Path, sizes: Sequence[int], prompts: int) -> Iterator[Row]:
    """One row for each number of pairs."""
    out = folder / "out"
    whole = made_up(folder, max(sizes), prompts)
    first = whole.model_copy(update={"pairs": whole.pairs[:DISTINCT]})
    if failed := run_study(first, out).failed:
        raise SystemExit(str(failed))
    for pairs in sorted(sizes):
        study = whole.model_copy(update={"pairs": whole.pairs[:pairs]})
        for i, spec in enumerate(study.pairs):
            if not run_folder(out, spec).exists():
                shutil.copytree(run_folder(out, study.pairs[i % DISTINCT]), run_folder(out, spec))
        freeze(study, out)
        cost = report_cost(out)
        size = sum(f.stat().st_size for f in (out / "runs").rglob("*") if f.is_file()) / 2**20
        yield Row(pairs, 2 * prompts * pairs, *cost, size, (out / "study.html").stat().st_size / 1024)


def line(x_K: Sequence[float], y_K: Sequence[float]) -> tuple[float, float, float]:
    """Least squares: value at nothing, rise for each pair, and the share of the variance that the line explains."""
    rise, start = np.polyfit(x_K, y_K, 1)
    left = np.sum((np.array(y_K) - start - rise * np.array(x_K)) ** 2)
    return float(start), float(rise), float(1 - left / np.sum((np.array(y_K) - np.mean(y_K)) ** 2))


def table(rows: Sequence[Row]) -> str:
    """The rows, and the lines through them."""
    lines = [
        "| pairs | scored responses | wall s | CPU s | peak MiB | run folders, MiB | page, KiB |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.pairs} | {r.responses:,} | {r.wall_s:.1f} | {r.cpu_s:.1f} | {r.peak_mib:.0f} | {r.runs_mib:.0f} | "
        f"{r.page_kib:.0f} |"
        for r in rows
    ]
    said = []
    for name, values, unit, digits in panels(rows):
        start, rise, explained = line([r.pairs for r in rows], values)
        said.append(f"{name} {start:.{digits}f} + {100 * rise:.{digits}f} {unit} for 100 pairs (R² {explained:.3f})")
    return "\n".join(lines) + f"\n\nStraight lines through them: {'; '.join(said)}.\n"


def panels(rows: Sequence[Row]) -> list[tuple[str, list[float], str, int]]:
    """What is drawn: title, values, unit and decimals."""
    return [
        ("CPU", [r.cpu_s for r in rows], "s", 2),
        ("peak memory", [r.peak_mib for r in rows], "MiB", 0),
        ("page", [r.page_kib for r in rows], "KiB", 0),
    ]


WIDTH, HEIGHT, TOP, BOTTOM = 820, 230, 40.0, 180.0


def picture(rows: Sequence[Row]) -> str:
    """The measured points and their straight lines as one SVG file, a panel for each cost."""
    shapes = [element("rect", {"width": str(WIDTH), "height": str(HEIGHT), "fill": "#ffffff"})]
    pairs = [r.pairs for r in rows]
    wide = WIDTH / 3
    across = Axis.over([*map(float, pairs)], 4)
    for i, (name, values, unit, _) in enumerate(panels(rows)):
        upward, left = Axis.over(values, 4), i * wide + 52

        def at(x: float, y: float, left: float = left, upward: Axis = upward) -> tuple[float, float]:
            return left + (wide - 74) * x / across.high, BOTTOM - (BOTTOM - TOP) * y / upward.high

        shapes.append(_text((left, 20), f"{name}, {unit}", anchor="start", **{"font-weight": "600"}))
        for tick in upward.ticks:
            (x0, y), (x1, _) = at(0, tick), at(across.high, tick)
            shapes += [_stroke((x0, y), (x1, y), "#d0d7de"), _text((x0 - 6, y + 4), upward.label(tick), anchor="end")]
        shapes += [_text((at(t, 0)[0], BOTTOM + 17), across.label(t)) for t in across.ticks]
        shapes.append(_text((at(across.high / 2, 0)[0], BOTTOM + 38), "pairs"))
        start, rise, _ = line(pairs, values)
        shapes.append(_stroke(at(0, start), at(across.high, start + rise * across.high), "#0969da"))
        for x, y in zip(pairs, values, strict=True):
            cx, cy = at(x, y)
            shapes.append(element("circle", {"cx": f"{cx:.1f}", "cy": f"{cy:.1f}", "r": "4", "fill": "#cf222e"}))
    frame = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"}
    font = {"width": str(WIDTH), "height": str(HEIGHT), "font-family": "system-ui, sans-serif", "font-size": "12"}
    return str(element("svg", {**frame, **font}, element("title", {}, "study report at scale"), *shapes)) + "\n"


def _text(place: tuple[float, float], words: str, anchor: str = "middle", **style: str) -> Markup:
    where = {"x": f"{place[0]:.1f}", "y": f"{place[1]:.1f}", "fill": "#24292f", "text-anchor": anchor}
    return element("text", {**where, **style}, words)


def _stroke(start: tuple[float, float], end: tuple[float, float], colour: str) -> Markup:
    ends = {"x1": f"{start[0]:.1f}", "y1": f"{start[1]:.1f}", "x2": f"{end[0]:.1f}", "y2": f"{end[1]:.1f}"}
    return element("line", {**ends, "stroke": colour})


def main() -> None:
    """Print one row for each number of pairs; with `--write`, put them and the picture into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, nargs="+", default=[25, 50, 100, 200, 400])
    parser.add_argument("--prompts", type=int, default=2500)
    parser.add_argument("--write", type=Path, help="page with the marks of the section study_scale")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = list(measured(Path(name), given.pairs, given.prompts))
    text = table(rows)
    sys.stdout.write(text)
    if given.write:
        (given.write.parent / "study_scale.svg").write_text(picture(rows), encoding="utf-8")
        rewrite(given.write, "study_scale", f"{text}\n![What a report costs against the pairs](study_scale.svg)")


if __name__ == "__main__":
    main()
