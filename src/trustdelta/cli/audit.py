"""The `audit` command."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli import names as completed
from trustdelta.cli.bars import Bars
from trustdelta.cli.columns import pairs, recorded_columns, recorded_files
from trustdelta.cli.flags import benchmarks, flagged, refuse_chosen, refuse_two_values
from trustdelta.cli.output import RESUME, Reply
from trustdelta.cli.own import described
from trustdelta.errors import UsageError
from trustdelta.profiles import NAMES

if TYPE_CHECKING:
    from trustdelta.config import AuditConfig, ModelConfig
    from trustdelta.records import AuditResult, Json

EXAMPLES = """Examples:

trustdelta audit organism:instruct organism:sft

trustdelta audit Qwen/Qwen2.5-1.5B-Instruct simplescaling/s1.1-1.5B --profile quick

trustdelta audit --baseline-responses a.jsonl --candidate-responses b.jsonl --benchmark coconot_original
"""

Model = Annotated[str | None, typer.Argument(help="organism:NAME, hub id or folder (a label for recorded responses).")]
Files = Annotated[list[Path] | None, typer.Option(help="Recorded responses; one per --benchmark.")]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog=EXAMPLES)(audit)


def audit(  # noqa: PLR0913 - the signature is the command's interface
    baseline: Model = None,
    candidate: Model = None,
    profile: Annotated[
        str | None, typer.Option(help=f"One of {NAMES}; default quick.", autocompletion=completed.profiles)
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(
            help="Benchmark or pattern such as 'bbq_*' (repeatable); default: the profile's.",
            autocompletion=completed.benchmarks,
        ),
    ] = None,
    tasks: Annotated[str | None, typer.Option(help="Benchmarks or patterns, separated by commas.")] = None,
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            help="Run the benchmarks of these dimensions only (repeatable); the others are listed as not run.",
            autocompletion=completed.dimensions,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default runs/BASELINE--CANDIDATE-HASH.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of prompt samples and draws; default 0.")] = None,
    draws: Annotated[int | None, typer.Option(min=1, help="Responses per prompt of both models.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML saved by an audit; runs it again. Flags of settings override it.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Prompts for each metric that carries a verdict.")] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=2, help="Most tokens of a response, reasoning trace and answer together.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not download benchmark data.")] = False,
    no_drift: Annotated[bool, typer.Option("--no-drift", help="Do not measure drift.")] = False,
    include_text: Annotated[
        bool, typer.Option("--include-text", help="Print prompts and responses in the report.")
    ] = False,
    sampling: Annotated[str | None, typer.Option(help="own (each model's recommendation) or common to both.")] = None,
    noise_floor: Annotated[bool, typer.Option("--noise-floor", help="Also audit the baseline against itself.")] = False,
    trust_remote_code: Annotated[
        list[str] | None, typer.Option(help="baseline or candidate: run its remote code; needs SOURCE@COMMIT.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Any setting of `trustdelta settings`, as NAME=VALUE.")
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(help="Judge model, as NAME=SOURCE; a second one is compared with the first.")
    ] = None,
    baseline_responses: Files = None,
    candidate_responses: Files = None,
    baseline_scores: Annotated[list[Path] | None, typer.Option(help="Recorded scores, one per --benchmark.")] = None,
    candidate_scores: Annotated[list[Path] | None, typer.Option(help="Recorded scores, one per --benchmark.")] = None,
    scorer: Annotated[
        str | None, typer.Option(help="Scorer of responses to prompts of your own; needs --dimension and --better.")
    ] = None,
    better: Annotated[
        str | None, typer.Option(help="Better direction of the scorer's values: higher or lower.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="What the scorer must know, as KEY=COLUMN of the responses: answer=gold.")
    ] = None,
    margin: Annotated[float | None, typer.Option(help="Largest worsening that is still preserved.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Column mapping: ROLE=PATH, candidate.ROLE=PATH, where=COLUMN=VALUE.")
    ] = None,
    score_column: Annotated[list[str] | None, typer.Option(help="Column mapping of the score files.")] = None,
    columns: Annotated[Path | None, typer.Option(help="YAML file with the column mapping.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Mirror folder of benchmark data.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Completed sheet of `judges label`; for a finished run.")] = None,
) -> Reply:
    """Audit a candidate (reasoning model) against its baseline (instruct model).

    Rerun the same command to resume. Exits with 0 whatever the verdict; `trustdelta gate RUN` exits by it.
    """
    resolved = configured(locals())
    from trustdelta.pipeline.run import run
    from trustdelta.resolve import default_folder

    folder = out or default_folder(resolved)
    RESUME.set(resuming(folder))
    with Bars() as bars:
        result = run(resolved, folder, bars, labels=labels)
    return concluded(result, folder)


def resuming(folder: Path) -> str:
    """The command that resumes an audit, whatever flags began it."""
    saved, to = shlex.quote(str(folder / "config.yaml")), shlex.quote(str(folder))
    return f"rerun the same command, or `trustdelta audit --config {saved} --out {to}`"


def configured(options: Mapping[str, Json]) -> AuditConfig:
    """The configuration of the command's options, by their names in its signature."""
    from trustdelta.config import load
    from trustdelta.resolve import resolve

    options, own = described(options)
    more = settings(options["setting"])
    refuse_two_values(options, more)
    more |= flagged(options) | own
    if options["config"] is not None:
        refuse_chosen(options)
        config = load(options["config"])
        return config.replace(**more) if more else config
    mapping = recorded_columns(options["column"], options["columns"])
    score_columns = pairs("--score-column", options["score_column"])
    models, trusted, names = [], trusting(options.get("trust_remote_code")), benchmarks(options)
    for arm in ("baseline", "candidate"):
        files, scores = options[f"{arm}_responses"], options[f"{arm}_scores"]
        columns = mapping[arm] | ({"score_columns": score_columns} if score_columns else {})
        recorded = recorded_files(names, files, scores, columns)
        if arm in more:
            raise UsageError(f"--set: found {arm}, wanted {arm}.KEY=VALUE; the model itself is an argument.")
        own = of_model(more, arm) | ({"trust_remote_code": True} if arm in trusted else {})
        models.append(model(arm, options[arm], recorded, own))
    named = {
        "profile": options["profile"] or "quick",
        "benchmarks": tuple(names),
        "sampling": options["sampling"],
        "judges": options.get("judge"),
    }
    return resolve(*models, **{**named, **more})


def trusting(arms: list[str] | None) -> list[str]:
    """The models whose remote code may run; raises UsageError for another name."""
    for arm in arms or []:
        if arm not in ("baseline", "candidate"):
            raise UsageError(f"--trust-remote-code: found {arm!r}, wanted baseline or candidate; name one of them.")
    return arms or []


def concluded(result: AuditResult, folder: Path) -> Reply:
    """The verdict table and the report's path; as JSON, verdict.json."""
    from trustdelta.report.terminal import shown
    from trustdelta.report.verdict_json import dumps

    return Reply(json.loads(dumps(result)), (f"report: {folder / 'report.html'}",), shown=shown(result, sys.stdout))


def model(arm: str, name: str | None, recorded: list[Json], values: dict[str, Json]) -> ModelConfig:
    """The configuration of one model; raises UsageError without a model and responses."""
    from trustdelta.config import TABLES, check_model

    if name is None and not recorded:
        raise UsageError(
            f"found no {arm}, wanted a model or --{arm}-responses; "
            "try `trustdelta audit organism:instruct organism:sft`."
        )
    if name is not None and not recorded and Path(name).suffix.lower() in TABLES and Path(name).is_file():
        raise UsageError(
            f"{name}: found a file of responses in place of a model; pass --{arm}-responses {name}, and --benchmark or "
            "--scorer."
        )
    source = name or Path(recorded[0]["file"]).name.split(".")[0]
    return check_model(arm, {"source": source, "recorded": recorded, **values})


def of_model(values: dict[str, Json], arm: str) -> dict[str, Json]:
    """Remove the settings of one model (`candidate.thinking`) from those of the audit, and return them."""
    own = [key for key in values if key.startswith(f"{arm}.")]
    return {key.partition(".")[2]: values.pop(key) for key in own}


def settings(flags: list[str] | None) -> dict[str, Json]:
    """Configuration fields from KEY=VALUE flags, with values in YAML."""
    from trustdelta.parsing import parse_yaml

    values = {}
    for key, value in pairs("--set", flags).items():
        try:
            values[key] = value if key.endswith("thinking_format") else parse_yaml(value)  # marks may be YAML syntax
        except ValueError as problem:
            raise UsageError(f"--set {key}: cannot be read as YAML ({problem}); quote it for the shell.") from None
    return values
