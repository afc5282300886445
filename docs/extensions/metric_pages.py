"""Writes the page of metric definitions from the benchmarks themselves, so that no definition is typed twice."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from trustdelta.benchmarks import registry
from trustdelta.pipeline.task import largest_margin
from trustdelta.records import Metric, Part, Role, in_order

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from trustdelta.benchmarks.base import Benchmark

REDUCTIONS = {
    "mean": "",
    "max": "; unbiased expected maximum over samples",
    "net_share": "; sum of the scores over the sum of their absolute values",
    "positive_share": "; sum of the positive scores over the sum of their absolute values",
}
HEAD = """# Every metric's definition

Generated from the benchmarks. A metric is the mean of one scorer's scores of one part of each response (the answer, or
the reasoning trace where marked), over samples, then over prompts. A primary metric names its margin
([how a verdict is made](../statistics.md)); others have only an interval. *Judged* scores come from a judge
([judges](../judges.md)), the others from a rule or a key. `trustdelta benchmarks show NAME` prints one benchmark with
its counts, an example and the versions of its scorers.
"""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _row(metric: Metric) -> str:
    over = ", ".join(metric.strata) if len(metric.strata) <= 3 else f"{len(metric.strata)} kinds of prompt"
    judged = ("judged",) if metric.judged else ()
    trace = ("reasoning trace",) if metric.part is Part.THOUGHT else ()
    cells = (
        f"`{metric.name.removeprefix(metric.benchmark + '.')}`",
        _cell(metric.title + REDUCTIONS[metric.reduce]),
        metric.better.value,
        ", ".join((f"`{metric.scorer}`", *judged, *trace)),
        over or "all",
        f"by {largest_margin(metric):.3g}" if metric.role is Role.PRIMARY else "no",
    )
    return "| " + " | ".join(cells) + " |"


def _facts(benchmark: Benchmark) -> str:
    facts = (f"`{benchmark.name}`", benchmark.paper, benchmark.licence and f"Licence: {benchmark.licence}")
    return ". ".join(_cell(fact).removesuffix(".") for fact in facts if fact) + "."


def _section(benchmark: Benchmark) -> str:
    lines = [f"### {benchmark.title}", "", _facts(benchmark), ""]
    if benchmark.metrics:
        lines += ["| metric | what it counts | better | scorer | prompts | verdict |", "|---" * 6 + "|"]
        lines += [_row(metric) for metric in benchmark.metrics]
        others = {m.source for m in benchmark.metrics if m.source} - {benchmark.paper}
        lines += ["", *(f"Source: {_cell(source)}" for source in sorted(others))]
    lines += [f"- `{a.name}`: {_cell(a.title)}" for a in benchmark.aggregates]
    return "\n".join(lines) + "\n"


def write(folder: Path) -> Path:
    """Write `generated/metrics.md` under the documentation folder, only if it changed; returns its path."""
    benchmarks = registry.table().values()
    place = {dimension: n for n, dimension in enumerate(in_order(b.dimension for b in benchmarks))}
    table = sorted(benchmarks, key=lambda b: (place[b.dimension], b.name))
    parts = [HEAD]
    for dimension, group in itertools.groupby(table, key=lambda b: b.dimension):
        title = dimension.value.replace("_", " ").capitalize()
        parts += [f"## {title}\n", *map(_section, group)]
    text, path = "\n".join(parts), folder / "generated" / "metrics.md"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx: the page is written before the sources are read."""
    app.connect("builder-inited", lambda built: write(Path(built.srcdir)))
    return {"parallel_read_safe": True}
