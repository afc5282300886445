"""Commands about benchmarks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trustdelta.benchmarks.check import CheckResult

app = typer.Typer(help="Benchmarks: list, show, check.", no_args_is_help=True)

DataDir = Annotated[
    Path | None, typer.Option(help="Mirror folder of benchmark data; else TRUSTDELTA_DATA or the cache.")
]
Download = Annotated[bool, typer.Option("--download", help="Download what is missing, from pinned commits.")]


@app.command("list", epilog="Example: trustdelta benchmarks list")
def list_() -> None:
    """List every benchmark by dimension."""
    from trustdelta.benchmarks import registry

    for name, benchmark in sorted(registry.table().items(), key=lambda item: (item[1].dimension, item[0])):
        typer.echo(f"{benchmark.dimension.value:<11} {name:<34} {benchmark.title}")


@app.command(epilog="Example: trustdelta benchmarks show xstest --data-dir data")
def show(name: str, data_dir: DataDir = None, download: Download = False) -> None:
    """Print paper, licence, counts, an example prompt, metrics, margins and budget of one benchmark as JSON."""
    from trustdelta.benchmarks import check, registry
    from trustdelta.data import open_source
    from trustdelta.pipeline.task import largest_margin

    found = check.show(registry.load(name), open_source(data_dir, allow_download=download), largest_margin)
    typer.echo(json.dumps(found, indent=2, ensure_ascii=True))


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
) -> None:
    """Prove benchmarks without a model: data hash, counts, unique ids, known answers. Exits 3 where one failed."""
    from trustdelta.benchmarks import check, registry
    from trustdelta.data import open_source

    results = check.check(names or registry.names(), open_source(data_dir, allow_download=download))
    for found in results:
        typer.echo(f"{found.state:<17} {found.name:<34} {_count(found)}, {found.known_answers} known answers")
        for problem in found.problems:
            typer.echo(f"{'':<17} {problem}")
    totals = Counter(found.state for found in results)
    typer.echo(", ".join(f"{n} {state}" for state, n in sorted(totals.items())))
    raise typer.Exit(3 if totals[check.FAILED] else 0)
