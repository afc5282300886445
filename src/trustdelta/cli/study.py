"""The `study` commands: many pairs under one plan."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli import trade_off
from trustdelta.cli.bars import Bars
from trustdelta.cli.output import Reply, wrote
from trustdelta.errors import UsageError

if TYPE_CHECKING:
    from trustdelta.study.plan import Study

app = typer.Typer(
    help="Audits of many pairs under one plan, and comparison of conversion methods.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
trade_off.register(app)


class Form(StrEnum):
    """The page that `study report` writes."""

    PAGE = "page"
    PAPER = "paper"


File = Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study.", show_default=False)]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a study (its --out).", show_default=False)]
Root = Annotated[Path | None, typer.Option(help="Base folder of relative paths of recorded responses.")]


def _loaded(file: Path, root: Path | None) -> Study:
    from trustdelta.study.plan import load

    return load(file, root)


@app.command(epilog="Example: trustdelta study plan study.yaml")
def plan(
    file: File,
    root: Root = None,
    throughput: Annotated[float | None, typer.Option(min=0.001, help="Tokens per second of every model.")] = None,
) -> Reply:
    """Estimate prompts, tokens, time and memory of a study, without running a model."""
    from trustdelta.study.forecast import forecast_study

    estimate = forecast_study(_loaded(file, root), throughput)
    return Reply(asdict(estimate), tuple(estimate.lines))


@app.command(epilog="Example: trustdelta study run study.yaml --out studies/mine")
def run(
    file: File,
    out: Annotated[Path, typer.Option(help="Folder of the study; rerun the same command to resume.")],
    root: Root = None,
    address: Annotated[str, typer.Option(help="Ray cluster to generate on: HOST:PORT, auto, or local (new).")] = "",
    at_once: Annotated[
        int, typer.Option(min=0, help="Concurrent pairs: 8 on a cluster; else 1, or processes by baseline.")
    ] = 0,
    in_flight: Annotated[
        int,
        typer.Option(min=0, help="On a cluster: concurrent batches of a model; 0: automatic."),
    ] = 0,
) -> Reply:
    """Audit every pair, then write the study page. Rerun the same command to resume."""
    from trustdelta.report.sanitise import visible
    from trustdelta.report.studies.headline import headline
    from trustdelta.study.cluster import Cluster
    from trustdelta.study.page import write_page
    from trustdelta.study.run import run_study

    if in_flight and not address:
        raise UsageError(f"--in-flight: found {in_flight} without --address; pass both.")
    study = _loaded(file, root)
    with Bars() as bars:
        if address:
            together = min(at_once or 8, len(study.pairs))
            place = None if address == "local" else address
            with Cluster(place, together=together, in_flight=in_flight) as cluster:
                ran = run_study(study, out, bars, through=cluster.through, at_once=together)
            bars.note(", ".join(f"{name}: {n}" for name, n in sorted(cluster.counts.items())))
        else:
            ran = run_study(study, out, bars, processes=at_once or 1)
    result, paths = write_page(study, out)
    lines = (
        visible(headline(result)),
        f"finished: {len(ran.finished)}, finished before: {len(ran.before)}, failed: {len(ran.failed)}; "
        f"baseline responses shared: {ran.taken}",
        f"page: {paths[-1]}",
    )
    problem = ""
    if ran.failed:
        name, why = next(iter(ran.failed.items()))
        problem = f"{len(ran.failed)} of {len(study.pairs)} pairs failed, first {name}: {why}"
    return Reply(asdict(ran), lines, code=3 if problem else 0, problem=problem)


@app.command(epilog="Example: trustdelta study status studies/mine")
def status(
    folder: Folder,
) -> Reply:
    """Print the progress of a study."""
    from trustdelta.study.plan import of_folder
    from trustdelta.study.status import status as states

    rows = states(of_folder(folder), folder)
    return Reply([asdict(row) for row in rows], [f"{row.name}: {row.text}" for row in rows])


@app.command(epilog="Example: trustdelta study report studies/mine --as paper")
def report(
    folder: Folder,
    form: Annotated[
        Form, typer.Option("--as", help="The study's page, or the tables of the paper that the study repeats.")
    ] = Form.PAGE,
) -> Reply:
    """Rewrite study.html and study.json from the finished pairs, or write paper.html, paper.md and paper.json.

    Nothing is generated.
    """
    from trustdelta.study.page import write_page
    from trustdelta.study.paper.page import write_paper
    from trustdelta.study.plan import of_folder

    study = of_folder(folder)
    return wrote((write_page(study, folder) if form is Form.PAGE else write_paper(study, folder))[1])
