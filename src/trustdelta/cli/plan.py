"""The `plan` command: estimates prompts, tokens, time, memory and power of an audit. Runs no model."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trustdelta.cli import audit
from trustdelta.cli.durations import duration
from trustdelta.cli.output import Reply
from trustdelta.errors import UsageError

if TYPE_CHECKING:
    from trustdelta.pipeline.forecast import Forecast, MetricForecast
    from trustdelta.pipeline.forecast_models import ModelForecast
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
    price: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="Price of a million prompt and of a million generated tokens.")
    ] = None,
) -> Reply:
    """Estimate prompts, tokens, time, memory and power of an audit, without running a model.

    Takes the options of `audit`. For each metric: the smallest worsening that is detected with 80 % power, and the
    prompts for a chosen effect. For a sequential design: the expected number of responses.
    """
    from trustdelta.pipeline.forecast import forecast
    from trustdelta.pipeline.forecast_models import PlanOptions

    wishes = PlanOptions(effect, base_rate, earlier, throughput, prices(price))
    estimate = forecast(audit.configured(options), wishes)
    return Reply(asdict(estimate), tuple(forecast_lines(estimate)))


def prices(text: str | None) -> tuple[float, float] | None:
    """The two prices of `--price`; raises UsageError for anything else."""
    if text is None:
        return None
    try:
        per_prompt, written = (float(part) for part in text.split(","))
    except ValueError:
        per_prompt = written = math.nan
    if not (0 <= per_prompt < math.inf and 0 <= written < math.inf):
        raise UsageError(f"--price: found {text!r}, wanted IN,OUT: two prices per million tokens, such as 0.5,1.5.")
    return per_prompt, written


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
    yield from totals(estimate)
    for line in estimate.advice:
        yield f"advice: {line}"
    for note in estimate.notes:
        yield f"note: {note}"


def totals(estimate: Forecast) -> Iterator[str]:
    """Time and cost of both models, one after the other, where they are known."""
    models = [m for m in estimate.models.values() if m.responses]
    parts = []
    if models and all(m.hours is not None for m in models):
        hours, most = (sum(v or 0.0 for v in x) for x in zip(*((m.hours, m.hours_most) for m in models), strict=True))
        parts.append(f"about {duration(hours)}, at most {duration(most)}")
    if models and all(m.cost is not None for m in models):
        cost, most = (sum(v or 0.0 for v in x) for x in zip(*((m.cost, m.cost_most) for m in models), strict=True))
        parts.append(f"cost about {cost:,.2f}, at most {most:,.2f}")
    if parts:
        yield f"both models, one after the other, for the whole design: {'; '.join(parts)}"


def _model(arm: str, model: ModelForecast) -> Iterator[str]:
    yield f"{arm} {model.model}: {model.responses:,} responses, about {model.prompt_tokens:,} prompt tokens"
    yield (
        f"  generated tokens: about {model.tokens:,}, {model.tokens_most:,} if every response fills its budget "
        f"(lengths: {model.tokens_from})"
    )
    if model.hours is not None and model.hours_most is not None:
        yield f"  time: about {duration(model.hours)}, at most {duration(model.hours_most)} ({model.speed})"
    elif model.responses:
        yield "  time: unknown; pass --throughput TOKENS_PER_SECOND, or --from RUN with an earlier run's folder"
    if model.cost is not None:
        yield f"  cost: about {model.cost:,.2f}, at most {model.cost_most:,.2f} at the prices of --price"
    yield f"  sampling: {model.sampling}"
    needs = model.needs
    weights, cache, download = (
        "unknown" if v is None else f"{v:.2g} GiB" for v in (needs.weights_gib, needs.cache_gib, needs.download_gib)
    )
    served = needs.weights_gib is None and needs.download_gib == 0
    known = f"weights {weights}, cache {cache}; download {download} (from {needs.basis})"
    yield f"  memory: {'none on this machine' if served else known}"


def _metric(m: MetricForecast) -> str:
    few = ", few clusters" if m.clusters < min(12, m.prompts) else ""
    rare = (
        f" ({m.needed_if_rare:,} for a margin of {m.margin_if_rare:.3g}, for a baseline with almost no harm)"
        if m.margin_if_rare < m.margin
        else ""
    )
    labels = f"; {m.labels:,} labelled pairs correct its judge within {m.effect:.3g}" if m.labels else ""
    return (
        f"{m.metric}: {m.prompts:,} prompts x {m.draws_candidate}{few}; margin {m.margin:.3g}; detects "
        f"{m.detectable:.3g}; {m.needed:,} prompts for {m.effect:.3g}{rare}; decided "
        f"{100 * m.decided_if_unchanged:.0f} % unchanged, {100 * m.found_if_worse:.0f} % if worse{labels}"
    )
