"""The `benchmarks` commands."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import Reply, as_json

if TYPE_CHECKING:
    from trustdelta.benchmarks.shared.check import CheckResult

app = typer.Typer(help="Benchmarks: list, show, check.", no_args_is_help=True)

DataDir = Annotated[
    Path | None, typer.Option(help="Mirror folder of benchmark data; else TRUSTDELTA_DATA or the cache.")
]
Download = Annotated[bool, typer.Option("--download", help="Download what is missing, from pinned commits.")]


@app.command("list", epilog="Example: trustdelta benchmarks list")
def list_() -> Reply:
    """List every benchmark by dimension."""
    from trustdelta.benchmarks import registry

    benchmarks = sorted(registry.table().items(), key=lambda item: (item[1].dimension, item[0]))
    return Reply(
        [{"name": name, "dimension": b.dimension.value, "title": b.title} for name, b in benchmarks],
        (f"{b.dimension.value:<11} {name:<34} {b.title}" for name, b in benchmarks),
    )


@app.command(epilog="Example: trustdelta benchmarks show xstest --data-dir data")
def show(name: str, data_dir: DataDir = None, download: Download = False) -> Reply:
    """Print paper, licence, counts, an example prompt, metrics, margins and budget of one benchmark as JSON."""
    from trustdelta.benchmarks import registry
    from trustdelta.benchmarks.shared import check
    from trustdelta.data import open_source
    from trustdelta.pipeline.task import largest_margin

    card = check.show(registry.load(name), open_source(data_dir, allow_download=download), largest_margin)
    return Reply(card, as_json(card).split("\n"))


def _count(result: CheckResult) -> str:
    """The number of validated prompts, and the published number where it differs."""
    literature = result.published or (
        f"{result.expected_count:,}" if result.expected_count not in (None, result.count) else ""
    )
    published = f" (published: {literature})" if literature else ""
    return f"{result.count:,} prompts{published}" if result.count else f"built-in examples{published}"


@app.command("check", epilog="Example: trustdelta benchmarks check xstest bbq_age")
def check_(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks; default all.")] = None,
    data_dir: DataDir = None,
    download: Download = False,
) -> Reply:
    """Validate benchmarks without a model: data hash, counts, unique ids, known answers. Exits 3 if one fails."""
    from trustdelta.benchmarks import registry
    from trustdelta.benchmarks.shared import check
    from trustdelta.data import open_source

    results = check.check(names or registry.names(), open_source(data_dir, allow_download=download))
    lines = []
    for result in results:
        lines.append(f"{result.state:<17} {result.name:<34} {_count(result)}, {result.known_answers} known answers")
        lines += [f"{'':<17} {problem}" for problem in result.problems]
    totals = Counter(result.state for result in results)
    lines.append(", ".join(f"{n} {state}" for state, n in sorted(totals.items())))
    return Reply([asdict(result) for result in results], lines, 3 if totals[check.FAILED] else 0)
