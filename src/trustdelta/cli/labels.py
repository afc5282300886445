"""The `judges` commands on human labels: label a run's texts, and decide again with the labels."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.bars import Bars
from trustdelta.cli.output import Reply
from trustdelta.cli.serving import serve
from trustdelta.errors import UsageError

if TYPE_CHECKING:
    from trustdelta.pipeline.labelling.cascade import Saving

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished audit.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add these commands to `trustdelta judges`."""
    app.command(epilog="Example: trustdelta judges label runs/instruct--sft-1a2b3c4d --labeller ann")(label)
    app.command(epilog="Example: trustdelta judges apply runs/instruct--sft-1a2b3c4d")(apply)
    app.command(
        epilog="Example: trustdelta judges cascade runs/instruct--sft-1a2b3c4d my_rubric.yaml=http://127.0.0.1:8000/v1#m"
    )(cascade)


def label(  # noqa: PLR0913 - the signature is the command's interface
    run: Run,
    terminal: Annotated[bool, typer.Option("--terminal", help="Ask here instead of on a page in the browser.")] = False,
    sheet: Annotated[Path | None, typer.Option(help="Write the texts as CSV instead, to be filled in.")] = None,
    filled: Annotated[Path | None, typer.Option("--from", help="Read a filled-in sheet instead.")] = None,
    pairs: Annotated[int, typer.Option(help="Prompts per judged metric, with both models' answers.")] = 100,
    metric: Annotated[list[str] | None, typer.Option(help="Metric to be labelled (repeatable); default: all.")] = None,
    labeller: Annotated[str, typer.Option(help="Name of the labeller; labels of two people give agreement.")] = "",
    include_text: Annotated[
        bool, typer.Option("--include-text", help="Show texts that may be disturbing without asking.")
    ] = False,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> Reply:
    """Label a run's judged texts, blinded: on a local page, in the terminal, or by sheet.

    Both models' answers to a prompt come in random order. Each label is stored with the run at once; the same command
    goes on. Then run: trustdelta judges apply RUN
    """
    from trustdelta.files import save_text
    from trustdelta.pipeline.labelling.session import Session
    from trustdelta.pipeline.labelling.sheet import sheet as as_sheet
    from trustdelta.pipeline.run import read_labels, to_label

    if sum((terminal, sheet is not None, filled is not None)) > 1:
        raise UsageError("judges label: found several of --terminal, --sheet and --from, wanted one at most.")
    then = f"next: trustdelta judges apply {run}"
    if filled is not None:
        count = read_labels(run, filled, labeller)
        return Reply({"labels": count}, (f"{count} labels stored; {then}",))
    listed = to_label(run, pairs, metric or ())
    if sheet is not None:
        save_text(sheet, as_sheet(listed))
        line = f"{sheet}: {len(listed)} texts; fill in `label`, then: trustdelta judges label {run} --from {sheet}"
        return Reply({"written": [str(sheet)], "texts": len(listed)}, (line,))
    session = Session(run, listed, labeller)
    if terminal:
        from trustdelta.pipeline.labelling.terminal import ask

        ask(session, sys.stdin, sys.stdout, include_text=include_text)
    else:
        from trustdelta.pipeline.labelling.page import LabelServer

        serve(LabelServer(session, include_text=include_text), "labels", open_page=open_page)
    return Reply(
        {"done": session.done, "texts": len(listed)}, (f"{session.done} of {len(listed)} texts labelled; {then}",)
    )


def apply(run: Run) -> Reply:
    """Decide and report again with the labels of a run; no model is loaded and no text is judged again."""
    from trustdelta.cli.audit import concluded
    from trustdelta.pipeline.run import decide_again

    with Bars() as bars:
        result = decide_again(run, bars)
    return concluded(result, run)


def cascade(
    run: Run,
    judge: Annotated[str, typer.Argument(help="The stronger judge, as NAME=SOURCE or RUBRIC.yaml=SOURCE.")],
    cost: Annotated[
        float, typer.Option(min=0.0001, max=1, help="Cost of the run's judge, in calls of the stronger one.")
    ] = 0.01,
    pairs: Annotated[int | None, typer.Option(min=30, help="Prompts per metric; default: the optimal number.")] = None,
) -> Reply:
    """Let a stronger judge label the cost-optimal part of a run's prompts, correct the run's judge by it, decide again.

    Prints the saving over the stronger judge alone at the same precision.
    """
    from trustdelta.cli.audit import concluded
    from trustdelta.config import JudgeConfig
    from trustdelta.pipeline.labelling.cascade import Options
    from trustdelta.pipeline.run import cascade as run_cascade
    from trustdelta.resolve import judge_settings

    config = JudgeConfig.model_validate(judge_settings(judge))
    with Bars() as bars:
        result, savings = run_cascade(run, config, Options(cost, pairs), bars)
    reply = concluded(result, run)
    return replace(reply, lines=(*reply.lines, *(saved(name, saving) for name, saving in savings.items())))


def saved(metrics: str, saving: Saving) -> str:
    """What a cascade spent on one set of prompts, or that it labelled too few to count."""
    if saving.pairs < saving.least:
        return (
            f"{metrics}: the stronger judge labelled both answers to {saving.pairs} of {saving.pairs + saving.unread} "
            f"prompts, wanted {saving.least}: nothing is corrected; its other outputs are no class of its rubric, so "
            "name another judge."
        )
    same = (
        f"{100 * saving.share:.0f} % saved over the {saving.alone:,.0f} that it alone would need for the same precision"
        if saving.share > 0
        else f"nothing saved: alone it would need {saving.alone:,.0f}"
    )
    return (
        f"{metrics}: the stronger judge saw {saving.pairs:,} of {saving.prompts:,} prompts (correlation "
        f"{saving.correlation:.2f}), cost {saving.spent:,.0f} of its pairs; {same}"
    )
