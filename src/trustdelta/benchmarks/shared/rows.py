"""Prompts from rows of recorded responses, for data sets whose prompts come only with responses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from trustdelta.benchmarks.base import DataSource, KnownAnswer
from trustdelta.errors import DataError
from trustdelta.records import Json, Message, Outcome, Prompt
from trustdelta.records.targets import Target

Row = Mapping[str, Json]


def none_of_its_own(data: DataSource) -> list[Prompt]:
    """The `load` of a benchmark whose prompts come with recorded responses."""
    del data
    return []


def column(row: Row, name: str) -> str:
    """A metadata column as text; "" where it is missing or null."""
    value = row.get(name)
    return "" if value is None else str(value)


def messages(row: Row) -> tuple[Message, ...]:
    """The messages of a row: its chat where it has one, else its system text (unless blank) and its prompt."""
    if chat := row.get("messages"):
        return tuple(Message(str(role), str(content)) for role, content in chat)
    prompt, system = row.get("prompt"), column(row, "system")
    if not isinstance(prompt, str) or not prompt.strip():
        raise DataError(f"a recorded row has {prompt!r:.40} as prompt; wanted a text; check the prompt column.")
    return ((Message("system", system),) if system.strip() else ()) + (Message("user", prompt),)


def prompts(
    benchmark: str,
    rows: Iterable[Row],
    *,
    stratum: Callable[[Row], str] = lambda row: "",
    cluster: Callable[[Row], str] = lambda row: "",
    target: Callable[[Row], Target | None] = lambda row: None,
    keep: Sequence[str] = (),
) -> list[Prompt]:
    """One prompt for each distinct content, in order of first appearance; `keep`: metadata columns."""
    by_key: dict[str, Prompt] = {}
    for row in rows:
        prompt = Prompt(
            benchmark=benchmark,
            messages=messages(row),
            target=target(row),
            cluster=cluster(row),
            stratum=stratum(row),
            metadata={name: row[name] for name in keep if row.get(name) is not None},
        )
        by_key.setdefault(prompt.join_key, prompt)
    return list(by_key.values())


def proof(kind: str, prompt: Prompt, text: str, expected: Mapping[str, float | None], outcome: Outcome) -> KnownAnswer:
    """A known answer to one prompt."""
    return KnownAnswer(kind, prompt, text, expected, outcome)
