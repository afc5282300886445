"""The `judges` commands: list, calibrate against human labels, stress-test, compare."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.bars import Bars
from trustdelta.cli.output import Reply

if TYPE_CHECKING:
    from trustdelta.records import Json
    from trustdelta.scorers.base import Scorer

app = typer.Typer(help="Judges: list, calibrate against labels, stress-test, compare two.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="Answers as CSV, TSV, JSONL, JSON or Parquet.", show_default=False)]
PromptColumn = Annotated[
    str, typer.Option(help="Column of the prompt, the cluster of intervals; default: prompt, if present.")
]
TextColumn = Annotated[str, typer.Option(help="Column of the answer that is judged.")]
GroupColumn = Annotated[str, typer.Option(help="Column of the judged model, for statistics per group.")]
Out = Annotated[Path, typer.Option(help="Folder of the result and the judges' calls.")]
Judge = Annotated[str, typer.Argument(help="Scorer, or model as NAME=SOURCE or NAME:SCORER=SOURCE: see `judges list`.")]
FIGURES = ("coverage", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "kappa", "auroc")
RUNS = Path("runs/judges")


@app.command("list", epilog="Example: trustdelta judges list")
def list_() -> Reply:
    """List built-in scorers and judge models: the scorer that each replaces, its licence and its model."""
    from trustdelta.judges import measure
    from trustdelta.judges.guards import registry

    lines = [f"built-in  {name}" for name in measure.names()]
    guards = sorted(registry.table().items())
    for name, guard in guards:
        model = guard.models[0] if guard.models else "any instruction-following model"
        lines.append(f"model     {name:<24} {', '.join(guard.fills):<20} {guard.licence or 'ours':<34} {model}")
    models = [
        {"name": name, "fills": list(g.fills), "licence": g.licence, "models": list(g.models)} for name, g in guards
    ]
    return Reply({"built_in": list(measure.names()), "models": models}, lines)


@app.command(
    epilog="Example: trustdelta judges calibrate refusal --data labels.csv --prompt-column prompt "
    "--text-column completion --label-column label --positive refused --negative complied"
)
def calibrate(  # noqa: PLR0913 - the signature is the command's interface
    scorer: Judge,
    data: Data,
    label_column: Annotated[str, typer.Option(help="Column of the human label.", show_default=False)],
    prompt_column: PromptColumn = "",
    text_column: TextColumn = "text",
    positive: Annotated[list[str] | None, typer.Option(help="Label of the positive class (repeatable).")] = None,
    negative: Annotated[list[str] | None, typer.Option(help="Label of the negative class (repeatable).")] = None,
    group_column: GroupColumn = "",
    out: Out = RUNS,
) -> Reply:
    """Measure a scorer against human labels, overall and per judged model, with intervals clustered by prompt.

    Rows with another label are counted and excluded.
    """
    from trustdelta.judges import measure, rows

    columns = rows.Columns(prompt_column, text_column, label_column, group_column)
    result = measure.calibrate(judge(scorer, out, data), rows.read(data), columns, positive or (), negative or ())
    path = store_result(result, out / f"calibrate-{slug(scorer)}-{slug(data.stem)}.json")
    lines = [
        f"{result['scorer']} (version {result['version']})",
        f"{result['overall']['n']} rows; {result['left_out']} with other labels excluded",
    ]
    return Reply(
        result, [*lines, *figure_lines(result, FIGURES, path), *shifted(result["pair_bias"], result["scorer"])]
    )


@app.command(epilog="Example: trustdelta judges init my_rubric.yaml")
def init(path: Annotated[Path, typer.Argument(help="File to write; its name becomes the judge's.")]) -> Reply:
    """Write a commented example of a rubric, by which any chat model is a judge."""
    from trustdelta.own.template import RUBRIC, write

    written = write(path, RUBRIC)
    steps = (f"wrote {written}", f"next: trustdelta audit … --judge {shlex.quote(str(written))}=SOURCE")
    return Reply({"path": str(written)}, steps)


@app.command(epilog="Example: trustdelta judges stress refusal --data answers.csv --text-column completion")
def stress(  # noqa: PLR0913 - the signature is the command's interface
    scorer: Judge,
    data: Annotated[Path | None, typer.Option(help="Answers to transform; default: built-in texts.")] = None,
    prompt_column: PromptColumn = "",
    text_column: TextColumn = "text",
    texts: Annotated[int, typer.Option(help="Most answers, evenly spaced over the file.")] = 200,
    run: Annotated[
        Path | None, typer.Option(help="Finished audit by this judge, whose report shows the result.")
    ] = None,
    out: Out = RUNS,
) -> Reply:
    """Stress-test a judge with transformed answers, some with equal and some with opposite meaning.

    Changes of wording or layout may change its rate by 2 percentage points at most; replacing every answer by a refusal
    must change it. For judges of refusal, noncompliance, harm and toxicity. Needs no labels.
    """
    from trustdelta.judges import rows
    from trustdelta.judges import stress as suite
    from trustdelta.pipeline.run import record_stress
    from trustdelta.pipeline.scoring.judges import role_of

    source = data or Path("own-texts")
    columns = rows.Columns(prompt_column, text_column, "", "")
    author = "" if run is None else audit_judge(run, scorer)
    measured = judge(scorer, out, source)
    answers = suite.own_texts() if data is None else rows.texts(rows.read(data), columns, texts)
    result = suite.stress(measured, role_of(measured.name), answers)
    path = store_result(result, out / f"stress-{slug(scorer)}-{slug(source.stem)}.json")
    rate = f"{result['judged']} of {result['n']} answers judged, {100 * result['rate']:.1f} % positive"
    head = f"{result['scorer']} (version {result['version']}): {rate}"
    lines = [head, *stressed(result), f"written: {path}"]
    if run is not None:
        with Bars() as bars:
            record_stress(run, author, suite.summary(result), bars)
        lines.append(f"reported: {run}")
    return Reply(result, lines)


@app.command(epilog="Example: trustdelta judges agree refusal wildguard:refusal=allenai/wildguard --data answers.jsonl")
def agree(  # noqa: PLR0913 - the signature is the command's interface
    first: Judge,
    second: Judge,
    data: Data,
    prompt_column: PromptColumn = "",
    text_column: TextColumn = "text",
    group_column: GroupColumn = "",
    out: Out = RUNS,
) -> Reply:
    """Compare two scorers on the same answers: coverage, agreement and Cohen's kappa."""
    from trustdelta.judges import measure, rows

    columns = rows.Columns(prompt_column, text_column, "", group_column)
    both = (judge(first, out, data), judge(second, out, data))
    result = measure.agree(*both, rows.read(data), columns)
    path = store_result(result, out / f"agree-{slug(first)}-{slug(second)}-{slug(data.stem)}.json")
    both_named = " and ".join(f"{j['name']} (version {j['version']})" for j in result["judges"])
    return Reply(result, [both_named, *figure_lines(result, ("coverage", "accuracy", "kappa"), path)])


def judge(name: str, out: Path, data: Path) -> Scorer:
    """The scorer that a command names; a model's calls are stored below `out`."""
    from trustdelta.config import JudgeConfig
    from trustdelta.pipeline.scoring import standalone
    from trustdelta.resolve import judge_settings

    config = None
    if "=" in name:
        config = JudgeConfig.model_validate(judge_settings(standalone.without_scorer(name)))
    with Bars() as bars:
        return standalone.measured(name, config, out / f"{slug(name)}-{slug(data.stem)}", bars)


def audit_judge(run: Path, name: str) -> str:
    """The name under which a finished audit stores the outputs of the judge that a command names."""
    from trustdelta.config import JudgeConfig
    from trustdelta.errors import UsageError
    from trustdelta.pipeline.run import judge_author
    from trustdelta.pipeline.scoring.standalone import without_scorer
    from trustdelta.resolve import judge_settings

    if "=" not in name:
        raise UsageError(f"--run: found the built-in judge {name}, whose card holds its stress test; name a model.")
    return judge_author(run, JudgeConfig.model_validate(judge_settings(without_scorer(name))))


def figure_lines(result: Json, figures: Sequence[str], path: Path) -> Iterator[str]:
    """The statistics overall and per group, and the path of the result."""
    for name, values in {"overall": result["overall"], **result["groups"]}.items():
        yield f"{name}: n {values['n']}"
        for figure in figures:
            yield f"  {figure:<18} {shown(values[figure])}"
    yield f"written: {path}"


def shifted(pair_bias: Json, scorer: str) -> Iterator[str]:
    """The judge's bias in the difference of two models, where enough models were judged, and how an audit uses it."""
    for kind, figures in pair_bias.items():
        mean, spread, bound, systematic = (100 * figures[n] for n in ("mean", "spread", "bound", "systematic"))
        yield f"pair bias, {kind}: {figures['models']} models, mean {mean:+.1f}, spread {spread:.1f} pp"
        yield f"  95 % of pairs within {bound:.1f} pp ({systematic:.1f} without sampling noise)"
    if pair_bias:
        yield f"  for an audit: --set judge_bias.{scorer}={pair_bias['all']['bound']:.3f}"


def stressed(result: Json) -> Iterator[str]:
    """The faults, worst first; without a fault, the transformation closest to one."""
    count = len(result["lines"])
    yield f"{result['faults'] or 'none'} of {count} transformations are faults"
    for line in result["lines"][: max(1, result["faults"])]:
        rates = f"{100 * line['before']:.1f} % to {100 * line['after']:.1f} %" if line["n"] else "no text judged"
        lost = f"; {100 * line['missing']:.0f} % no longer judged" if line["missing"] else ""
        mark = "fault" if line["fault"] else "worst"
        yield f"  {mark}: {line['name']} ({line['kind']}): {rates}{lost}"


def slug(name: str) -> str:
    """A name as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "judge"


def store_result(result: Json, path: Path) -> Path:
    """Store a result as JSON."""
    from trustdelta.errors import FolderError
    from trustdelta.files import save_text

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FolderError(f"{path.parent}: cannot be written ({problem.strerror}); pass another --out.") from None
    return save_text(path, json.dumps(result, indent=2, sort_keys=True) + "\n")


def shown(figure: Json) -> str:
    """A statistic with its interval."""
    if figure["estimate"] is None:
        return "not defined"
    if figure["low"] is None:
        return f"{figure['estimate']:.3f}"
    return f"{figure['estimate']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
