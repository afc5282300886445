"""Commands on a run folder: score, report, gate, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.bars import Bars
from trustdelta.cli.gate import gate
from trustdelta.cli.output import Reply, wrote
from trustdelta.errors import UsageError

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of an audit (its --out).", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(epilog="Example: trustdelta score runs/instruct--sft-1a2b3c4d --labels labels.csv")(score)
    app.command(epilog="Example: trustdelta report runs/instruct--sft-1a2b3c4d --include-text")(report)
    app.command(
        epilog="Example: trustdelta gate runs/instruct--sft-1a2b3c4d --policy trustdelta.yaml --junit gate.xml"
    )(gate)
    app.command(epilog="Example: trustdelta export runs/instruct--sft-1a2b3c4d --inspect logs")(export)


def score(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Folder of an audit (its --out), or a bundle with texts.", show_default=False
        ),
    ],
    labels: Annotated[
        Path | None, typer.Option(help="Completed sheet of `trustdelta judges label RUN`; stored with the run.")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Use another plan for this call, as KEY=VALUE; or ARM.thinking_format=FORMAT."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New run folder for the content of a bundle.")] = None,
) -> Reply:
    """Rescore, decide and report from stored responses; nothing is generated."""
    from trustdelta.cli.audit import concluded, settings
    from trustdelta.pipeline.bundles.unpack import unpack
    from trustdelta.pipeline.run import rerun

    if run.is_file() and out is None:
        raise UsageError(f"{run}: found a file; pass --out, a new folder into which the bundle is unpacked.")
    if out is not None:
        if run.is_dir():
            raise UsageError(f"--out: found {run}, a run folder, which is scored where it is; leave out --out.")
        unpack(run, out)
        run = out
    with Bars() as bars:
        result = rerun(run, bars, labels=labels, settings=settings(setting))
    return concluded(result, run)


def report(
    run: Run,
    include_text: Annotated[bool, typer.Option(help="Include prompts and answers in the report, collapsed.")] = False,
    table: Annotated[
        list[Path] | None, typer.Option(help="Also write all metrics as .csv, .parquet or .tex (repeatable).")
    ] = None,
) -> Reply:
    """Rewrite report.html and report.md from the run folder."""
    from trustdelta.pipeline.conclude import read_verdict, report_again
    from trustdelta.report.exports import write_table

    paths = report_again(run, include_text=include_text)
    return wrote([*paths, *(write_table(read_verdict(run), path) for path in table or [])])


def export(  # noqa: PLR0913 - the signature is the command's interface
    run: Run,
    inspect: Annotated[
        Path | None, typer.Option(help="Folder for Inspect logs: one per model and benchmark, with texts.")
    ] = None,
    model_card: Annotated[
        Path | None, typer.Option(help="Model card (README.md) whose section on the audit is written or updated.")
    ] = None,
    eval_results: Annotated[
        Path | None, typer.Option(help="Folder (.eval_results) of the candidate's results in the hub's format.")
    ] = None,
    mlflow: Annotated[str | None, typer.Option(help="MLflow's tracking URI, or a folder: log a run there.")] = None,
    wandb: Annotated[str | None, typer.Option(help="Project of Weights & Biases: log a run there.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="File whose verdict `trustdelta verify` recomputes.")] = None,
    sign: Annotated[Path | None, typer.Option(help="Private key (PEM, ed25519) that signs the bundle.")] = None,
    include_text: Annotated[bool, typer.Option(help="Include prompts and responses in the bundle.")] = False,
) -> Reply:
    """Export a finished audit to other formats; nothing is generated. Needs at least one format."""
    from trustdelta.pipeline.bundles.check import export_bundle
    from trustdelta.pipeline.exports import export_card, export_inspect, export_results
    from trustdelta.pipeline.trackers import export_mlflow, export_wandb

    if bundle is None and (sign is not None or include_text):
        raise UsageError("export: found --sign or --include-text without --bundle, which they belong to.")
    if not any(value is not None for value in (inspect, model_card, eval_results, mlflow, wandb, bundle)):
        flags = "--inspect, --model-card, --eval-results, --mlflow, --wandb or --bundle"
        raise UsageError(f"export: found nothing to write, wanted {flags}.")
    paths = [] if inspect is None else export_inspect(run, inspect)
    paths += [] if model_card is None else [export_card(run, model_card)]
    left_out: dict[str, str] = {}
    if eval_results is not None:
        exported = export_results(run, eval_results)
        paths += exported.paths
        left_out = dict(exported.left_out)
    paths += [] if bundle is None else [export_bundle(run, bundle, key=sign, include_text=include_text)]
    names = [str(path) for path in paths]
    names += [] if mlflow is None else [export_mlflow(run, mlflow)]
    names += [] if wandb is None else [export_wandb(run, wandb)]
    lines = [*names, *(f"excluded: {name}: {why}" for name, why in left_out.items())]
    return Reply({"written": names, "left_out": left_out}, lines)
