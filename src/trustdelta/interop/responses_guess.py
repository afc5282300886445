"""Guesses undeclared columns of a file by common names; an ambiguous choice is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.interop.chats import read_prompt
from trustdelta.interop.harnesses import QUESTIONS
from trustdelta.interop.replies import is_reply, read_replies
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_paths import ROW, keys
from trustdelta.records import Json

SAMPLE = 200
"""Rows used for a guess."""
PROMPTS = (
    *(
        "prompt",
        "messages",
        "contents",
        "question",
        "instruction",
        "user_prompt",
        "query",
        "problem",
        "input",
        "inputs",
    ),
    *("conversations", "conversation", "request", "modelInput", "user_input", "origin_prompt", "test_case", "goal"),
)
"""Names of a prompt's column, in order of precedence."""
RESPONSE = frozenset(
    (
        *("response", "responses", "completion", "completions", "output", "outputs", "generation", "generations"),
        *("generated", "prediction", "predictions", "predicted", "pred", "reply", "replies", "answer", "answers"),
        "resps",
    )
)
"""Words in the name of a possible response column."""
NOT_RESPONSE = frozenset(
    (
        *("gold", "golden", "reference", "references", "ref", "expected", "correct", "target", "label", "labels"),
        *("ground", "truth", "gt", "human", "true", "ideal", "chosen", "rejected", "best", "incorrect", "wrong"),
        *("right", "exact", "extracted", "parsed", "normalized", "filtered", "cleaned", "judge", "judged", "grader"),
        *("reward", "rewards", "score", "scores", "rating", "eval", "evaluation", "metric", "is", "has", "num", "user"),
        *("id", "ids", "token", "tokens", "length", "len", "time", "seconds", "latency", "count", "path", "file"),
        *("type", "format", "hash", "index", "idx", "logprob", "logprobs", "cost", "usage", "lang", "language"),
        *("class", "category", "mode", "config", "schema", "start", "end", "date", "at", "limit", "max", "min"),
        *("status", "error", "reason", "key", "version", "options", "choices", "letter", "number", "acceptable"),
    )
)
"""Words that rule a response column out: a gold answer, a derived or judged value, a count or a name."""
UNNAMED = ("text", "content", "assistant", "solution")
"""Response columns if there is no other."""
GOLD_TOO = ("answer", "answers", "output", "outputs")
"""Response columns that data sets use for gold answers as well."""
FINISHES = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason", "finish")
THINKS = (*("reasoning_content", "reasoning", "thinking", "thinking_content", "thought", "thoughts", "reasoning_text"),)
ERRORS = ("error", "errors", "exception", "error_message")
RENDERED = ("rendered_prompt", "formatted_prompt", "templated_prompt", "full_prompt", "prompt_rendered", "prompt_text")
MODELS = ("model", "model_name", "model_id", "generator", "model_slug", "llm")
"""Names of the column of a row's model."""


def guessed(path: Path, rows: Sequence[Json], columns: ColumnMap) -> ColumnMap:
    """The map with columns by common names for undeclared roles.

    Raises DataError for several possible response columns, since one of them may be the gold answer.
    """
    sample = [row for row in rows[:SAMPLE] if isinstance(row, Mapping)]
    names = list(dict.fromkeys(str(name) for row in sample for name in row))
    asking = [n for n in PROMPTS if _asks(sample, n)] or [n for n in PROMPTS if n in names]
    prompt = columns.prompt or next(iter(asking), "")
    columns = replace(columns, prompt=prompt)
    response = columns.response or response_of(path, sample, names, columns)
    taken = {*columns.paths.values(), response.removesuffix("[]")}
    beside: dict[str, Any] = {"response": response}
    if response != ROW:
        beside |= {"finish": columns.finish or _first(sample, FINISHES, taken) or _nested_finish(sample, taken)}
        beside |= {"reasoning": columns.reasoning or _first(sample, THINKS, taken)}
    beside |= {"error": columns.error or _first(sample, ERRORS, taken)}
    beside |= {"rendered": columns.rendered or _first(sample, RENDERED, taken)}
    beside |= {"question": columns.question or _first(sample, QUESTIONS, {*taken})}
    if prompt == "instruction" and not columns.input:
        beside |= {"input": next((n for n in ("input", "context") if n in names and n not in taken), "")}
    return replace(columns, **beside)


def response_of(path: Path, sample: Sequence[Mapping[str, Json]], names: Sequence[str], columns: ColumnMap) -> str:
    """The response column, the row if it is a reply, or the prompt's column if its chat ends in the answer.

    "" without one; raises DataError if there are several.
    """
    taken = {path.removesuffix("[]") for path in columns.paths.values()}
    free = [n for n in names if n not in taken and (is_response_name(n) or _wraps_reply(sample, n))]
    named = [n for n in free if _holds_reply(sample, n)] or [n for n in free if _holds_words(sample, n)]
    if named and all(n in GOLD_TOO for n in named):  # another column may be the response, and this one the gold answer
        named += [n for n in UNNAMED if n in names and n not in taken and _holds_reply(sample, n)]
    apart = _distinct(sample, [n for n in named if not _same(sample, n, columns.prompt)])
    apart = [n for n in apart if not (n in UNNAMED and any(_repeats(sample, n, o) for o in apart if o != n))]
    if any(is_reply(row) for row in sample) and all(n in ("output", "outputs", "content") for n in apart):
        return ROW
    if len(apart) > 1:
        listed = ", ".join(map(repr, apart))
        raise DataError(
            f"{path}: {len(apart)} columns may hold the model's responses: {listed}; "
            f"name the model's own with --column response={apart[-1]}."
        )
    if not apart:
        apart = [n for n in UNNAMED if n in names and n not in taken and _holds_reply(sample, n)]
    if not apart:
        return columns.prompt if _ends_in_answer(sample, columns.prompt) else ""
    return apart[0] + ("[]" if _holds_draws(sample, apart[0]) else "")


def is_response_name(name: str) -> bool:
    """Whether the name is a possible response column's."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return bool(RESPONSE & set(words)) and not NOT_RESPONSE & set(words)


def models_of(rows: Sequence[Json], columns: ColumnMap) -> tuple[str, list[str]]:
    """The column of the rows' models, and its values; ("", []) without one or with a selected one."""
    present = set().union(*(row for row in rows if isinstance(row, dict)))
    for name in (name for name in MODELS if name in present):
        values = [_name(row[name]) for row in rows if isinstance(row, Mapping) and row.get(name)]
        if any(values) and not any(where.split(".")[0] == name for where in columns.where):
            return name, list(dict.fromkeys(v for v in values if v))
    return "", []


def _name(model: Json) -> str:
    """A model's name: a text, or an object with one."""
    if isinstance(model, Mapping):
        model = next((model[k] for k in ("name", "id", "model") if model.get(k)), "")
    return model if isinstance(model, str) else ""


def _repeats(sample: Sequence[Mapping[str, Json]], whole: str, part: str) -> bool:
    """Whether one column's text contains another's in every row, like a whole chat."""
    return all(str(row.get(part) or "") in str(row.get(whole) or "") for row in sample)


def _asks(sample: Sequence[Mapping[str, Json]], name: str) -> bool:
    return any(row.get(name) is not None and read_prompt(row[name]) is not None for row in sample)


def _first(sample: Sequence[Mapping[str, Json]], names: Sequence[str], taken: set[str]) -> str:
    """The first free column of these names with texts or objects; one with lists has a value per draw."""
    for name in names:
        values = [row[name] for row in sample if row.get(name) not in (None, "", [], {})]
        if name not in taken and values and all(isinstance(v, str | Mapping | list) for v in values):
            return name + ("[]" if all(isinstance(v, list) for v in values) else "")
    return ""


def _nested_finish(sample: Sequence[Mapping[str, Json]], taken: set[str]) -> str:
    """The path of a finish reason in a free column of objects, like TGI's details; "" without one."""
    columns = dict.fromkeys(name for row in sample for name, value in row.items() if isinstance(value, Mapping))
    for name in (name for name in columns if name not in taken):
        inner = {key for row in sample if isinstance(value := row.get(name), Mapping) for key in value}
        if finish := next((key for key in FINISHES if key in inner), ""):
            return f"{name}.{finish}"
    return ""


def _holds_reply(sample: Sequence[Mapping[str, Json]], name: str) -> bool:
    values = [row[name] for row in sample if name in row]
    fit = [v for v in values if v is None or v != v or (not isinstance(v, int | float) and read_replies(v) is not None)]
    return len(fit) == len(values) and bool(values)


def _holds_words(sample: Sequence[Mapping[str, Json]], name: str) -> bool:
    """Whether a column has other values than numbers: an invalid reply there is an error of its row."""
    return not all(isinstance(row.get(name), int | float | None) for row in sample)


def _wraps_reply(sample: Sequence[Mapping[str, Json]], name: str) -> bool:
    """Whether a column has a batch interface's results: objects with a message or an error."""
    return name == "result" and all(isinstance(row.get(name), Mapping | None) for row in sample)


def _holds_draws(sample: Sequence[Mapping[str, Json]], name: str) -> bool:
    """Whether a column has lists of texts, one per draw."""
    lists = [row[name] for row in sample if isinstance(row.get(name), list)]
    return any(lists) and all(v is None or isinstance(v, str) for values in lists for v in values)


def _distinct(sample: Sequence[Mapping[str, Json]], names: Sequence[str]) -> list[str]:
    """Columns with different values; of columns that are equal in every row, the first."""
    apart: list[str] = []
    for name in names:
        if not any(_same(sample, name, other) for other in apart):
            apart.append(name)
    return apart


def _same(sample: Sequence[Mapping[str, Json]], first: str, second: str) -> bool:
    return all(row.get(first) == row.get(second) for row in sample)


def _ends_in_answer(sample: Sequence[Mapping[str, Json]], name: str) -> bool:
    prompts = [read_prompt(row[name]) for row in sample if name in row]
    return bool(prompts) and all(
        a is not None and len(a.messages) > 1 and a.messages[-1].role == "assistant" and not a.rendered for a in prompts
    )


def columns_listed(rows: Sequence[Json]) -> list[str]:
    """The columns of the first rows, for error messages."""
    return list(dict.fromkeys(key for row in rows[:20] for key in keys(row)))
