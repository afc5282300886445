"""The `schema` command: the JSON Schemas of the files that users write and read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import Reply
from trustdelta.errors import UnknownNameError

if TYPE_CHECKING:
    from trustdelta.records import Json

EXAMPLE = "Example: trustdelta schema policy > policy.schema.json"


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog=EXAMPLE)(schema)


def _complete(incomplete: str) -> list[str]:
    return [name for name in SCHEMAS if name.startswith(incomplete)]


def schema(
    name: Annotated[
        str,
        typer.Argument(
            help="benchmark, config, policy, rubric, study or verdict.", show_default=False, autocompletion=_complete
        ),
    ],
) -> Reply:
    """Print the JSON Schema (draft 2020-12) of a configuration, policy, study, benchmark, rubric or verdict.json."""
    if name not in SCHEMAS:
        raise UnknownNameError.of("schema", name, SCHEMAS)
    value = SCHEMAS[name]()
    return Reply(value, [json.dumps(value, indent=2, ensure_ascii=False)])


def _benchmark() -> dict[str, Json]:
    from trustdelta.config.schema import benchmark_schema

    return benchmark_schema()


def _rubric() -> dict[str, Json]:
    from trustdelta.config.schema import rubric_schema

    return rubric_schema()


def _config() -> dict[str, Json]:
    from trustdelta.config.schema import config_schema

    return config_schema()


def _policy() -> dict[str, Json]:
    from trustdelta.report.policy import policy_schema

    return policy_schema()


def _study() -> dict[str, Json]:
    from trustdelta.study.plan import study_schema

    return study_schema()


def _verdict() -> dict[str, Json]:
    from trustdelta.report.verdict_json import json_schema

    schema: dict[str, Json] = json_schema()
    return schema


SCHEMAS: dict[str, Callable[[], dict[str, Json]]] = {
    "benchmark": _benchmark,
    "config": _config,
    "policy": _policy,
    "rubric": _rubric,
    "study": _study,
    "verdict": _verdict,
}
"""The schema of each kind of file; made only when it is printed."""
