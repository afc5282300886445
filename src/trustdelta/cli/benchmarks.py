"""The `benchmarks` commands."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import Reply, as_json
from trustdelta.errors import UsageError

if TYPE_CHECKING:
    from trustdelta.benchmarks.base import Benchmark
    from trustdelta.benchmarks.shared.check import CheckResult

app = typer.Typer(help="Benchmarks: list, show, check, and one of your own.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A benchmark, or the file of one of your own.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Mirror folder of benchmark data; else TRUSTDELTA_DATA or the cache.")
]
Download = Annotated[bool, typer.Option("--download", help="Download what is missing, from pinned commits.")]


@app.command("list", epilog="Example: trustdelta benchmarks list")
def list_() -> Reply:
    """List every benchmark by dimension."""
    from trustdelta.benchmarks import registry
    from trustdelta.own.sources import in_folder
    from trustdelta.records import in_order

    table = {**registry.table(), **{name: own.benchmark for name, own in in_folder().items()}}
    order = in_order(b.dimension for b in table.values())
    benchmarks = sorted(table.items(), key=lambda item: (order.index(item[1].dimension), item[0]))
    return Reply(
        [{"name": name, "dimension": b.dimension.value, "title": b.title} for name, b in benchmarks],
        (f"{b.dimension.value:<11} {name:<34} {b.title}" for name, b in benchmarks),
    )


@app.command(epilog="Example: trustdelta benchmarks show xstest --data-dir data")
def show(name: Name, data_dir: DataDir = None, download: Download = False) -> Reply:
    """Print paper, licence, counts, an example prompt, metrics, margins and budget of one benchmark as JSON."""
    from trustdelta.benchmarks.shared import check
    from trustdelta.data import open_source
    from trustdelta.pipeline.task import largest_margin

    benchmark, *others = named([name])
    if others:
        raise UsageError(f"{name}: found {1 + len(others)} benchmarks, wanted one; name one of its files.")
    card = check.show(benchmark, open_source(data_dir, allow_download=download, announce=_to_stderr), largest_margin)
    return Reply(card, as_json(card).split("\n"))


def _to_stderr(line: str) -> None:
    typer.echo(line, err=True)


def named(names: list[str]) -> list[Benchmark]:
    """The benchmarks of names, files and folders; raises UnknownNameError or ConfigError."""
    from trustdelta.own.sources import choose
    from trustdelta.pipeline.task import load_benchmarks

    chosen = choose(names)
    own = {name: member.benchmark for name, member in chosen.own.items()}
    return list(load_benchmarks(chosen.names, own=own).values())


@app.command(epilog="Example: trustdelta benchmarks init my_benchmark.yaml")
def init(path: Annotated[Path, typer.Argument(help="File to write; its name becomes the benchmark's.")]) -> Reply:
    """Write a commented example of a benchmark of your own, which passes `benchmarks check` as it stands."""
    from trustdelta.own.template import write

    written = write(path)
    steps = (f"wrote {written}", f"next: trustdelta benchmarks check {shlex.quote(str(written))}")
    return Reply({"path": str(written)}, steps)


def _count(result: CheckResult) -> str:
    """The number of validated prompts, and the published number where it differs."""
    literature = result.published or (
        f"{result.expected_count:,}" if result.expected_count not in (None, result.count) else ""
    )
    published = f" (published: {literature})" if literature else ""
    return f"{result.count:,} prompts{published}" if result.count else f"built-in examples{published}"


@app.command("check", epilog="Example: trustdelta benchmarks check xstest bbq_age")
def check_(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks, files or folders; default all.")] = None,
    data_dir: DataDir = None,
    download: Download = False,
) -> Reply:
    """Validate benchmarks without a model: data hash, counts, unique ids, known answers. Exits 3 if one fails."""
    from trustdelta.benchmarks import registry
    from trustdelta.benchmarks.shared import check
    from trustdelta.data import open_source

    data = open_source(data_dir, allow_download=download, announce=_to_stderr)
    results = [check.check_one(benchmark, data) for benchmark in named(names or registry.names())]
    lines = []
    for result in results:
        lines.append(f"{result.state:<17} {result.name:<34} {_count(result)}, {result.known_answers} known answers")
        lines += [f"{'':<17} {problem}" for problem in result.problems]
    totals = Counter(result.state for result in results)
    lines.append(", ".join(f"{n} {state}" for state, n in sorted(totals.items())))
    return Reply([asdict(result) for result in results], lines, 3 if totals[check.FAILED] else 0)
