"""Commands about judges: which there are, how good each is against people, and where two of them differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import clean

if TYPE_CHECKING:
    from trustdelta.records import Json

app = typer.Typer(help="Judges: list them, calibrate one against labels, compare two.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="Answers as CSV, TSV, JSONL, JSON or Parquet.", show_default=False)]
PromptColumn = Annotated[str, typer.Option(help="Column of the question.")]
TextColumn = Annotated[str, typer.Option(help="Column of the answer that is judged.")]
GroupColumn = Annotated[str, typer.Option(help="Column of the judged model: figures per group too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
FIGURES = ("coverage", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "kappa", "auroc")


@app.command("list", epilog="Example: trustdelta judges list")
def list_() -> None:
    """List the built-in scorers and the guard models that can judge."""
    from trustdelta.judges import measure
    from trustdelta.judges.guards import registry

    for name in measure.names():
        typer.echo(f"built-in  {name}")
    for name in sorted(registry.table()):
        typer.echo(f"model     {name}")


@app.command(
    epilog="Example: trustdelta judges calibrate refusal --data labels.csv --prompt-column prompt "
    "--text-column completion --label-column label --positive refused --negative complied"
)
def calibrate(  # noqa: PLR0913 - the signature is the command's interface
    scorer: str,
    data: Data,
    label_column: Annotated[str, typer.Option(help="Column of the human label.", show_default=False)],
    prompt_column: PromptColumn = "prompt",
    text_column: TextColumn = "text",
    positive: Annotated[list[str] | None, typer.Option(help="Label of the positive class (repeatable).")] = None,
    negative: Annotated[list[str] | None, typer.Option(help="Label of the negative class (repeatable).")] = None,
    group_column: GroupColumn = "",
    out: Annotated[Path, typer.Option(help="Folder that keeps the result.")] = Path("runs/judges"),
    as_json: AsJson = False,
) -> None:
    """Measure a scorer against human labels, overall and per judged model, with intervals clustered by prompt."""
    from trustdelta.judges import measure, rows

    columns = rows.Columns(prompt_column, text_column, label_column, group_column)
    found = measure.calibrate(scorer, rows.read(data), columns, positive or (), negative or ())
    keep(found, out / f"calibrate-{scorer}-{data.stem}.json")
    if as_json:
        typer.echo(json.dumps(found, indent=2, sort_keys=True))
        return
    typer.echo(f"{found['scorer']} (version {found['version']}), {found['left_out']} rows with other labels left out")
    for name, figures in {"overall": found["overall"], **found["groups"]}.items():
        typer.echo(f"{clean(name)}: n {figures['n']}")
        for figure in FIGURES:
            typer.echo(f"  {figure:<18} {shown(figures[figure])}")


@app.command(epilog="Example: trustdelta judges agree refusal refusal_rules --data answers.jsonl")
def agree(
    first: str,
    second: str,
    data: Data,
    prompt_column: PromptColumn = "prompt",
    text_column: TextColumn = "text",
    group_column: GroupColumn = "",
) -> None:
    """Compare two scorers on the same answers and print how often they decide alike, as JSON; no labels needed."""
    from trustdelta.judges import measure, rows

    columns = rows.Columns(prompt_column, text_column, "", group_column)
    typer.echo(json.dumps(measure.agree(first, second, rows.read(data), columns), indent=2, sort_keys=True))


@app.command(epilog="Example: trustdelta judges label runs/instruct--sft-1a2b3c4d --out labels.csv")
def label(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished audit.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Where the sheet goes; it holds the models' texts.")] = Path("labels.csv"),
    pairs: Annotated[int, typer.Option(help="Prompts per judged metric, both models' answers to each.")] = 100,
) -> None:
    """Write a blinded sheet for people to label: texts of both models in random order, the judge's scores hidden.

    Fill in the column `label`, then: trustdelta score RUN --labels FILE
    """
    from trustdelta.pipeline.run import label_sheet
    from trustdelta.report.save import save_text

    save_text(out, label_sheet(run, pairs))
    typer.echo(str(out))


def keep(found: Json, path: Path) -> None:
    """Store a result as JSON."""
    from trustdelta.errors import FolderError
    from trustdelta.report.save import save_text

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FolderError(f"{path.parent}: cannot be written ({problem.strerror}); pass another --out.") from None
    save_text(path, json.dumps(found, indent=2, sort_keys=True) + "\n")


def shown(figure: Json) -> str:
    """A figure with its interval."""
    if figure["estimate"] is None:
        return "not defined"
    return f"{figure['estimate']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
