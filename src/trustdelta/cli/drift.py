"""The `drift` command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.bars import Bars
from trustdelta.cli.output import Reply, clean
from trustdelta.errors import UsageError

if TYPE_CHECKING:
    from trustdelta.config import AuditConfig
    from trustdelta.pipeline.drift.standalone import DriftAlone

EXAMPLES = """Examples:

trustdelta drift organism:instruct organism:sft

trustdelta drift Qwen/Qwen2.5-1.5B-Instruct simplescaling/s1.1-1.5B --text corpus.txt --json

trustdelta drift organism:instruct organism:sft --responses runs/instruct--sft-1a2b3c4d
"""


class Direction(StrEnum):
    """Direction of the divergence; the expectation is under the model named first."""

    BOTH = "both"
    CANDIDATE = "candidate-to-baseline"
    BASELINE = "baseline-to-candidate"


class Mode(StrEnum):
    """Whether both models are in memory at the same time, and whether vLLM reads the texts."""

    AUTO = "auto"
    ONE_PASS = "one_pass"
    TWO_PASS = "two_pass"
    VLLM = "vllm"


class NumberType(StrEnum):
    """Number type of both models' weights."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


DIRECTIONS = {
    Direction.BOTH: ("kl_candidate_to_baseline", "kl_baseline_to_candidate"),
    Direction.CANDIDATE: ("kl_candidate_to_baseline",),
    Direction.BASELINE: ("kl_baseline_to_candidate",),
}
TITLES = {
    "kl_candidate_to_baseline": "KL(candidate ‖ baseline)",
    "kl_baseline_to_candidate": "KL(baseline ‖ candidate)",
}


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog=EXAMPLES)(drift)


def drift(  # noqa: PLR0913 - the signature is the command's interface
    baseline: Annotated[str, typer.Argument(help="organism:NAME, hub id, folder, or http://HOST:PORT/v1#MODEL.")],
    candidate: Annotated[str, typer.Argument(help="organism:NAME, hub id, folder, or http://HOST:PORT/v1#MODEL.")],
    text: Annotated[
        Path | None, typer.Option(help="Texts, one per line; or .jsonl with prompt and response in each line.")
    ] = None,
    responses: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder with stored responses.")] = None,
    direction: Annotated[Direction, typer.Option(help="Which divergence.")] = Direction.BOTH,
    benchmark: Annotated[
        list[str] | None, typer.Option(help="Benchmark whose prompts are sampled (repeatable).")
    ] = None,
    prompts: Annotated[int, typer.Option(min=1, help="Prompts for each metric when responses are sampled.")] = 32,
    seed: Annotated[int, typer.Option(min=0, help="Seed of prompt samples and draws.")] = 0,
    top_logprobs: Annotated[
        int, typer.Option(min=-1, help="Most likely tokens requested from a server per position; -1: all.")
    ] = 20,
    yardstick: Annotated[
        str, typer.Option(metavar="MODEL", help="Reference model: the one that the baseline was trained from.")
    ] = "",
    mode: Annotated[
        Mode, typer.Option(help="Both models in memory at the same time, one after the other, or by vLLM.")
    ] = Mode.AUTO,
    dtype: Annotated[
        NumberType, typer.Option(help="Number type of both models' weights; auto: that of their files where it runs.")
    ] = NumberType.AUTO,
) -> Reply:
    """Measure the divergence of the two models' next-token distributions.

    On texts of a file, on a run's responses, or (without either) on responses sampled from both models.
    """
    from trustdelta.pipeline.drift.standalone import drift_alone, sampled, stored, texts_of_file
    from trustdelta.resolve import resolve

    if text is not None and responses is not None:
        raise UsageError("found both --text and --responses, wanted one of them or neither.")
    with Bars() as bars:
        if text is None and responses is None:
            config = resolve(
                baseline,
                candidate,
                benchmarks=tuple(benchmark or ()),
                prompts_per_metric=prompts,
                seed=seed,
                design="fixed",
                drift_mode=mode.value,
                drift_top_logprobs=top_logprobs,
                drift_reference_model=yardstick,
            )
            config = in_type(config, dtype)
            source = sampled(config, bars)
        else:
            config = teacher_forced(baseline, candidate, mode, top_logprobs)
            config = in_type(config.replace(drift_reference_model=yardstick), dtype)
            source = texts_of_file(config, text) if text is not None else stored(config, responses or Path())
        if yardstick and text is not None:
            raise UsageError("found --yardstick with --text, wanted each model's own responses; omit --text.")
        result = drift_alone(config, source, bars)
    return Reply(result.json(DIRECTIONS[direction]), table(result, DIRECTIONS[direction]).split("\n"))


def teacher_forced(baseline: str, candidate: str, mode: Mode, top_logprobs: int) -> AuditConfig:
    """The configuration of a measurement on existing texts, all of which are used."""
    from trustdelta.config import check

    return check(
        {
            "baseline": {"source": baseline},
            "candidate": {"source": candidate},
            "benchmarks": ("given text",),
            "drift_prompts_per_benchmark": 10**9,
            "drift_mode": mode.value,
            "drift_top_logprobs": top_logprobs,
        }
    )


def in_type(config: AuditConfig, dtype: NumberType) -> AuditConfig:
    """The configuration with both models' weights in one number type."""
    models = (config.baseline, config.candidate)
    baseline, candidate = (model.model_copy(update={"dtype": dtype.value}) for model in models)
    return config.model_copy(update={"baseline": baseline, "candidate": candidate})


def table(result: DriftAlone, directions: tuple[str, ...]) -> str:
    """The measurement as text."""
    lines = [f"{result.baseline} → {result.candidate}", f"Text: {result.text}", ""]
    for direction in directions:
        lines.append(f"{TITLES[direction]:<26}{'nats/token':>12}{'nats/response':>15}{'tokens':>9}  {'floor':<9}on")
        for part, row in result.parts(direction).items():
            floor = row["floor_nats_per_token"]
            shown = "–" if floor is None else f"{floor:.1e}"
            exact = row["method"] == "exact"
            lines.append(
                f"  {part:<24}{row['nats_per_token']:>12.4g}{row['nats_per_response']:>15.4g}"
                f"{row['tokens']:>9,}  {shown:<9}{row['text_of']}" + ("" if exact else f" by {row['method']}")
            )
        lines.append("")
    lines.append("Nats per token: ratio of sums, minus the noise floor; exact over the whole vocabulary unless noted.")
    if result.note:
        lines.append(f"Note: {result.note}")
    return clean("\n".join([*lines, *study_lines(result)]))


def study_lines(result: DriftAlone) -> list[str]:
    """The study's statistic by benchmark: sums over whole responses and their components."""
    if not result.study:
        return []
    lines = ["", "KL(candidate ‖ baseline) of whole responses, in the study's definition:"]
    lines.append(f"  {'':<24}{'nats/response':>15}{'log-ratio':>11}{'tokens':>9}{'nats/token':>12}  length")
    for row in result.study:
        ratio, share = row.log_ratio_nats_per_response, row.share_of_length
        lines.append(
            f"  {row.benchmark:<24}{row.nats_per_response:>15.4g}{_shown(ratio):>11}{row.tokens_per_response:>9.1f}"
            f"{row.nats_per_token:>12.4g}  {_share(share)}"
            + ("" if row.over_yardstick is None else f"  {row.over_yardstick:.3g} x the reference model's")
        )
    return [*lines, "Length: share of the between-response variance of log sums that is explained by length."]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"
