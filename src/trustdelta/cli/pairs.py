"""The `pairs` commands."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.output import Reply

app = typer.Typer(help="Matched pairs: list, show, verify two folders, suggest a baseline.", no_args_is_help=True)

Method = Annotated[str | None, typer.Option(help="Only this method: sft, rl, distill, hybrid or mixed.")]
Lineage = Annotated[str | None, typer.Option(help="Only this lineage: strict, sibling or conventional.")]


@app.command("list", epilog="Example: trustdelta pairs list --method rl --lineage strict")
def list_(method: Method = None, lineage: Lineage = None) -> Reply:
    """List the known pairs: name, method, lineage, evidence grade, candidate and baseline."""
    from trustdelta.errors import UnknownNameError
    from trustdelta.pairs import table
    from trustdelta.pairs.registry import CHOICES

    for field, choice in (("method", method), ("lineage", lineage)):
        if choice is not None and choice not in CHOICES[field]:
            raise UnknownNameError.of(field, choice, CHOICES[field])
    chosen = [p for p in table().values() if method in (None, p.method) and lineage in (None, p.lineage)]
    return Reply(
        [asdict(p) for p in chosen],
        (f"{p.name:<30} {p.method:<8} {p.lineage:<13} {p.grade:<11} {p.reasoning} <- {p.baseline}" for p in chosen),
    )


@app.command(epilog="Example: trustdelta pairs show s1.1-1.5B")
def show(name: Annotated[str, typer.Argument(help="Name of a pair, or hub id of its reasoning model.")]) -> Reply:
    """Print one pair with its evidence and its audit settings as YAML."""
    import yaml

    from trustdelta.pairs import load

    pair = load(name)
    shown = {k: v for k, v in asdict(pair).items() if v not in ("", {}, None)}
    card = {"pair": shown, "settings": pair.settings}
    return Reply(card, yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=110).splitlines())


@app.command(epilog="Example: trustdelta pairs verify models/Qwen2.5-1.5B-Instruct models/s1.1-1.5B")
def verify(
    baseline: Annotated[str, typer.Argument(help="Local model folder or organism:NAME.")],
    candidate: Annotated[str, typer.Argument(help="Local model folder or organism:NAME.")],
) -> Reply:
    """Check offline whether two model folders can be compared; exits with 3 if a check blocks the audit."""
    from trustdelta.pairs import verify as check

    checks = check(_folder(baseline), _folder(candidate))
    blocking = [c for c in checks if c.state == "blocks"]
    return Reply(
        [asdict(c) for c in checks],
        (f"{c.state:<8} {c.name:<16} {c.detail}" for c in checks),
        code=3 if blocking else 0,
        problem=f"{len(blocking)} of {len(checks)} checks block an audit: {blocking[0].detail}." if blocking else "",
    )


@app.command(epilog="Example: trustdelta pairs suggest models/my-reasoner")
def suggest(
    model: Annotated[str, typer.Argument(help="Local model folder, or hub id.")],
    network: Annotated[bool, typer.Option("--network", help="Read the model's card from the hub.")] = False,
) -> Reply:
    """Suggest a baseline for a candidate, from the registry or the base_model of its card, with its certainty."""
    from trustdelta.pairs import suggest as ask

    suggestions = ask(model, allow_network=network)
    nothing = f"nothing: neither the registry nor the card of {model} names a base model"
    lines = [f"{s.sure:<9} {s.baseline:<45} {s.why}" for s in suggestions]
    return Reply([asdict(s) for s in suggestions], lines or [nothing])


def _folder(model: str) -> Path:
    from trustdelta import organisms

    return organisms.folder(model.removeprefix("organism:")) if model.startswith("organism:") else Path(model)
