"""Outputs of a batch joined with its requests, by `custom_id`: OpenAI's Batch API and its kin, vLLM's `run_batch`.

A line of the requests holds `custom_id` and the `body` of a request, a line of the outputs `custom_id` and `response`.
Outputs are in any order. Sources: OpenAI's API reference (BatchRequestInput, BatchRequestOutput), vLLM's
examples/offline_inference/openai/openai_batch.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trustdelta.errors import DataError
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_files import read_file
from trustdelta.parsing import short
from trustdelta.records import Json

ID = "custom_id"
REQUEST = "request"
"""Column of the request's body in a joined row."""
BODIES = ("body", "params")
"""Keys of a request's body; the second one is Anthropic's."""


def with_requests(path: Path, rows: Sequence[Json], columns: ColumnMap) -> tuple[list[Json], ColumnMap]:
    """The rows with the bodies of their requests as prompts; requests without an output are left out.

    Raises DataError for an output without a request, and for a file of requests that is none.
    """
    file = Path(columns.requests)
    bodies = _bodies(file)
    joined = []
    for n, row in enumerate(rows, start=1):
        name = row.get(ID) if isinstance(row, Mapping) else None
        if not isinstance(name, str):
            raise DataError(
                f"{path}: row {n} has no {ID}, wanted the output of a batch; leave out the column requests."
            )
        if name not in bodies:
            raise DataError(f"{path}: row {n}: {file} has no request {short(name)}; name the requests of this batch.")
        joined.append({**row, REQUEST: bodies[name]})
    return joined, replace(columns, prompt=columns.prompt or REQUEST)


def _bodies(file: Path) -> dict[str, Json]:
    """The body of each request by its id; raises DataError for another file, and for an id that occurs twice."""
    content, _ = read_file(file)
    requests = content if isinstance(content, list) else [content]
    bodies: dict[str, Json] = {}
    for n, request in enumerate(requests, start=1):
        body = next((request[key] for key in BODIES if key in request), None) if isinstance(request, Mapping) else None
        if body is None or not isinstance(request.get(ID), str):
            raise DataError(f"{file}: row {n} has no {ID} or no body, wanted a request of a batch.")
        if request[ID] in bodies:
            raise DataError(f"{file}: row {n} repeats the {ID} {short(request[ID])}; number the requests anew.")
        bodies[request[ID]] = body
    return bodies
