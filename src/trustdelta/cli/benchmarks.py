"""Commands about benchmarks."""

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

    found = sorted(registry.table().items(), key=lambda item: (item[1].dimension, item[0]))
    return Reply(
        [{"name": name, "dimension": b.dimension.value, "title": b.title} for name, b in found],
        (f"{b.dimension.value:<11} {name:<34} {b.title}" for name, b in found),
    )


@app.command(epilog="Example: trustdelta benchmarks show xstest --data-dir data")
def show(name: str, data_dir: DataDir = None, download: Download = False) -> Reply:
    """Print paper, licence, counts, an example prompt, metrics, margins and budget of one benchmark as JSON."""
    from trustdelta.benchmarks import registry
    from trustdelta.benchmarks.shared import check
    from trustdelta.data import open_source
    from trustdelta.pipeline.task import largest_margin

    found = check.show(registry.load(name), open_source(data_dir, allow_download=download), largest_margin)
    return Reply(found, as_json(found).split("\n"))


def _count(found: CheckResult) -> str:
    """How many prompts were proven, and how many the literature has where that is another number."""
    literature = found.published or (
        f"{found.expected_count:,}" if found.expected_count not in (None, found.count) else ""
    )
    published = f" (published: {literature})" if literature else ""
    return f"{found.count:,} prompts{published}" if found.count else f"built-in examples{published}"


@app.command("check", epilog="Example: trustdelta benchmarks check xstest bbq_age")
def check_(
    names: Annotated[list[str] | None, typer.Argument(help="Which; default all.")] = None,
    data_dir: DataDir = None,
    download: Download = False,
) -> Reply:
    """Prove benchmarks without a model: data hash, counts, unique ids, known answers. Exits 3 where one failed."""
    from trustdelta.benchmarks import registry
    from trustdelta.benchmarks.shared import check
    from trustdelta.data import open_source

    results = check.check(names or registry.names(), open_source(data_dir, allow_download=download))
    lines = []
    for found in results:
        lines.append(f"{found.state:<17} {found.name:<34} {_count(found)}, {found.known_answers} known answers")
        lines += [f"{'':<17} {problem}" for problem in found.problems]
    totals = Counter(found.state for found in results)
    lines.append(", ".join(f"{n} {state}" for state, n in sorted(totals.items())))
    return Reply([asdict(found) for found in results], lines, 3 if totals[check.FAILED] else 0)
