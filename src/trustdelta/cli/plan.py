"""The `plan` command: what an audit with these options would ask, need, cost and see. Runs no model."""

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
"""Options of `audit` that mean nothing to a plan."""


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("plan", epilog=EXAMPLE)(with_options_of(audit.audit, plan))


def with_options_of(other: Callable[..., Reply], command: Callable[..., Reply]) -> Callable[..., Reply]:
    """`command` with the options of another command before its own; it gets them as a mapping, its first argument."""
    theirs = [p for p in inspect.signature(other, eval_str=True).parameters.values() if p.name not in NOT_SHARED]
    ours = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

    def joined(**given: Json) -> Reply:
        own = {p.name: given.pop(p.name) for p in ours}
        return command(given, **own)

    joined.__doc__ = command.__doc__
    joined.__annotations__ = {p.name: p.annotation for p in (*theirs, *ours)} | {"return": Reply}
    vars(joined)["__signature__"] = inspect.Signature([*theirs, *ours], return_annotation=Reply)
    return joined


def plan(
    options: dict[str, Any],
    effect: Annotated[
        float | None, typer.Option(help="Worsening to find, as a share (0.05); default: margins.")
    ] = None,
    base_rate: Annotated[float, typer.Option(help="Typical variance assumed: of a rate of 0.08, 0.17 or 0.5.")] = 0.17,
    earlier: Annotated[Path | None, typer.Option("--from", help="Earlier run: its variance, tokens and speed.")] = None,
    throughput: Annotated[float | None, typer.Option(min=0.001, help="Tokens per second of either model.")] = None,
) -> Reply:
    """Tell what an audit would ask, need, cost and see, without running a model.

    Takes the options of `audit`. Prompts, tokens, hours, memory, downloads; for each metric the smallest worsening
    found with 80 % probability, and the prompts that a wanted effect needs; the expected cost of asking in looks.
    """
    from trustdelta.pipeline.forecast import Wishes, forecast

    found = forecast(audit.configured(options), Wishes(effect, base_rate, earlier, throughput))
    return Reply(asdict(found), tuple(said(found)))


def said(found: Forecast) -> Iterator[str]:
    """The forecast as plain lines."""
    run = len(found.benchmarks)
    yield f"{found.prompts:,} prompts in {run} of {run + found.not_run} benchmarks" + (
        f"; {found.not_run} cannot be run (see the notes)" if found.not_run else ""
    )
    for arm, model in found.models.items():
        yield from _model(arm, model)
    yield "metric: prompts, margin, smallest worsening seen with 80 % power, prompts needed for the wanted effect"
    for metric in found.metrics:
        yield f"  {_metric(metric)}"
    for basis in sorted({m.components for m in found.metrics}):
        yield f"variance components: {basis}"
    if found.simulated:
        yield (
            f"expected candidate responses ({found.design}): {100 * found.cost_if_unchanged:.0f} % of "
            f"{found.responses_most:,} if nothing changed, {100 * found.cost_if_worse:.0f} % if every metric got worse "
            f"by the wanted effect ({found.simulated:,} simulated audits)"
        )
    else:
        yield f"candidate responses (fixed size): {found.responses_most:,}"
    for note in found.notes:
        yield f"note: {note}"


def _model(arm: str, model: ModelForecast) -> Iterator[str]:
    expected = f"{model.tokens:,} expected" if model.tokens is not None else "expected not known"
    yield f"{arm} {model.model}: {model.responses:,} responses, about {model.prompt_tokens:,} prompt tokens"
    yield f"  tokens written: {expected}, {model.tokens_most:,} if every response fills its budget"
    hours = [
        f"{h:.2g} {word}" for h, word in ((model.hours, "expected"), (model.hours_most, "at most")) if h is not None
    ]
    yield f"  hours: {', '.join(hours) or 'not known'} ({model.speed})"
    yield f"  sampling: {model.sampling}"
    needs = model.needs
    weights, cache, download = (
        "not known" if v is None else f"{v:.2g} GiB" for v in (needs.weights_gib, needs.cache_gib, needs.download_gib)
    )
    yield f"  memory: weights {weights}, cache {cache}; download {download} (from {needs.basis})"


def _metric(m: MetricForecast) -> str:
    few = ", few clusters" if m.clusters < min(12, m.prompts) else ""
    rare = (
        f" ({m.needed_if_rare:,} for a margin of {m.margin_if_rare:.3g}, if the baseline does hardly any harm)"
        if m.margin_if_rare < m.margin
        else ""
    )
    return (
        f"{m.metric}: {m.prompts:,} prompts x {m.draws_candidate}{few}; margin {m.margin:.3g}; sees "
        f"{m.detectable:.3g}; {m.needed:,} prompts for {m.effect:.3g}{rare}; decided "
        f"{100 * m.decided_if_unchanged:.0f} % unchanged, {100 * m.found_if_worse:.0f} % if worse"
    )
