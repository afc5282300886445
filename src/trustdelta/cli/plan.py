"""The `plan` command: estimates prompts, tokens, time, memory and power of an audit. Runs no model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trustdelta.cli import audit
from trustdelta.cli.output import Reply

if TYPE_CHECKING:
    from trustdelta.pipeline.forecast import Forecast, MetricForecast, ModelForecast
    from trustdelta.records import Json

EXAMPLE = (
    "Example: trustdelta plan Qwen/Qwen2.5-1.5B-Instruct simplescaling/s1.1-1.5B --profile quick --throughput 2000"
)
NOT_SHARED = frozenset({"out", "labels"})
"""Options of `audit` without a meaning for a plan."""


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("plan", epilog=EXAMPLE)(with_options_of(audit.audit, plan))


def with_options_of(other: Callable[..., Reply], command: Callable[..., Reply]) -> Callable[..., Reply]:
    """`command` with the options of another command, which are passed as a mapping, its first argument."""
    inherited = [p for p in inspect.signature(other, eval_str=True).parameters.values() if p.name not in NOT_SHARED]
    added = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

    def joined(**options: Json) -> Reply:
        own = {p.name: options.pop(p.name) for p in added}
        return command(options, **own)

    joined.__doc__ = command.__doc__
    joined.__annotations__ = {p.name: p.annotation for p in (*inherited, *added)} | {"return": Reply}
    vars(joined)["__signature__"] = inspect.Signature([*inherited, *added], return_annotation=Reply)
    return joined


def plan(
    options: dict[str, Any],
    effect: Annotated[
        float | None, typer.Option(help="Worsening to detect, as a fraction (0.05); default: margins.")
    ] = None,
    base_rate: Annotated[float, typer.Option(help="Assumed typical variance: of a rate of 0.08, 0.17 or 0.5.")] = 0.17,
    earlier: Annotated[Path | None, typer.Option("--from", help="Earlier run: its variance, tokens and speed.")] = None,
    throughput: Annotated[float | None, typer.Option(min=0.001, help="Tokens per second of either model.")] = None,
) -> Reply:
    """Estimate prompts, tokens, time, memory and power of an audit, without running a model.

    Takes the options of `audit`. For each metric: the smallest worsening that is detected with 80 % power, and the
    prompts for a chosen effect. For a sequential design: the expected number of responses.
    """
    from trustdelta.pipeline.forecast import PlanOptions, forecast

    estimate = forecast(audit.configured(options), PlanOptions(effect, base_rate, earlier, throughput))
    return Reply(asdict(estimate), tuple(forecast_lines(estimate)))


def forecast_lines(estimate: Forecast) -> Iterator[str]:
    """The forecast as lines of text."""
    run = len(estimate.benchmarks)
    yield f"{estimate.prompts:,} prompts in {run} of {run + estimate.not_run} benchmarks" + (
        f"; {estimate.not_run} cannot be run (see the notes)" if estimate.not_run else ""
    )
    for arm, model in estimate.models.items():
        yield from _model(arm, model)
    yield "metric: prompts, margin, smallest worsening detected with 80 % power, prompts for the chosen effect"
    for metric in estimate.metrics:
        yield f"  {_metric(metric)}"
    for basis in sorted({m.components for m in estimate.metrics}):
        yield f"variance components: {basis}"
    if estimate.simulated:
        yield (
            f"expected candidate responses ({estimate.design}): {100 * estimate.cost_if_unchanged:.0f} % of "
            f"{estimate.responses_most:,} unchanged, {100 * estimate.cost_if_worse:.0f} % if every metric worsens "
            f"by the chosen effect ({estimate.simulated:,} simulated audits)"
        )
    else:
        yield f"candidate responses (fixed size): {estimate.responses_most:,}"
    for note in estimate.notes:
        yield f"note: {note}"


def _model(arm: str, model: ModelForecast) -> Iterator[str]:
    expected = f"{model.tokens:,} expected" if model.tokens is not None else "expected unknown"
    yield f"{arm} {model.model}: {model.responses:,} responses, about {model.prompt_tokens:,} prompt tokens"
    yield f"  generated tokens: {expected}, {model.tokens_most:,} if every response fills its budget"
    hours = [
        f"{h:.2g} {word}" for h, word in ((model.hours, "expected"), (model.hours_most, "at most")) if h is not None
    ]
    yield f"  hours: {', '.join(hours) or 'unknown'} ({model.speed})"
    yield f"  sampling: {model.sampling}"
    needs = model.needs
    weights, cache, download = (
        "unknown" if v is None else f"{v:.2g} GiB" for v in (needs.weights_gib, needs.cache_gib, needs.download_gib)
    )
    yield f"  memory: weights {weights}, cache {cache}; download {download} (from {needs.basis})"


def _metric(m: MetricForecast) -> str:
    few = ", few clusters" if m.clusters < min(12, m.prompts) else ""
    rare = (
        f" ({m.needed_if_rare:,} for a margin of {m.margin_if_rare:.3g}, for a baseline with almost no harm)"
        if m.margin_if_rare < m.margin
        else ""
    )
    return (
        f"{m.metric}: {m.prompts:,} prompts x {m.draws_candidate}{few}; margin {m.margin:.3g}; detects "
        f"{m.detectable:.3g}; {m.needed:,} prompts for {m.effect:.3g}{rare}; decided "
        f"{100 * m.decided_if_unchanged:.0f} % unchanged, {100 * m.found_if_worse:.0f} % if worse"
    )
