"""Files of further harnesses as flat rows: HELM, promptfoo, garak, OpenAI's evals, lighteval, ZeroEval, and tables.

Each is told by its keys. Rows carry the columns of `foreign.COLUMNS` that the harness knows; replies stay as they are
(`replies` reads them). Sources: the harnesses' own writers, as their repositories have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trustdelta.records import Json

Rows = list[dict[str, Json]]
QUESTIONS = ("question", "problem", "query", "goal", "behavior", "original_question", "raw_question", "input_text")
"""Columns that hold the bare question beside what the model was sent."""


def flat_harness(data: Json) -> Rows | None:
    """The rows of a harness's file; None where it is none of those known here."""
    return next((rows for read in HARNESSES if (rows := read(data)) is not None), None)


def row(prompt: Json, response: Json, **known: Json) -> dict[str, Json]:
    """One row with every column that a log may have."""
    plain: dict[str, Json] = dict.fromkeys(("reasoning", "draw", "finish", "error", "id", "document", "model"))
    return {"prompt": prompt, "response": response, **plain, "questions": [], "scores": {}, "metadata": {}, **known}


def helm(data: Json) -> Rows | None:
    """HELM's `scenario_state.json`: one row per request; its completions are draws."""
    if not isinstance(data, Mapping) or not isinstance(data.get("request_states"), list):
        return None
    return [
        row(
            state["request"]["prompt"] or state["request"].get("messages"),
            state.get("result"),
            id=state["instance"].get("id"),
            questions=[state["instance"]["input"].get("text")],
            model=state["request"].get("model"),
        )
        for state in data["request_states"]
    ]


def promptfoo(data: Json) -> Rows | None:
    """Promptfoo's output as JSON: one row per prompt, test and provider."""
    results = data.get("results") if isinstance(data, Mapping) else None
    results = results.get("results") if isinstance(results, Mapping) else None
    if not isinstance(results, list) or not all("provider" in r and "prompt" in r for r in results):
        return None
    return [
        row(
            one["prompt"],
            one.get("response"),
            error=one.get("error") if not (one.get("response") or {}).get("output") else None,
            model=one["provider"].get("id") if isinstance(one["provider"], Mapping) else one["provider"],
            questions=[v for v in (one.get("vars") or {}).values() if isinstance(v, str)],
        )
        for one in results
    ]


def garak(data: Json) -> Rows | None:
    """Garak's report: one row per attempt, its last entry; outputs are draws, and a missing one is a failed request."""
    if not isinstance(data, list) or not any(isinstance(e, Mapping) and "entry_type" in e for e in data):
        return None
    attempts = {e.get("uuid", i): e for i, e in enumerate(data) if e.get("entry_type") == "attempt"}
    return [
        row(e["prompt"], e.get("outputs") or None, id=e.get("uuid"), metadata={"probe": e.get("probe_classname")})
        for e in attempts.values()
    ]


def openai_evals(data: Json) -> Rows | None:
    """The event log of OpenAI's evals: one row per event of type sampling."""
    if not isinstance(data, list) or not any(isinstance(e, Mapping) and e.get("type") == "sampling" for e in data):
        return None
    events = [e for e in data if isinstance(e, Mapping) and e.get("type") == "sampling" and "sampled" in e["data"]]
    return [row(e["data"]["prompt"], e["data"]["sampled"], id=e.get("sample_id")) for e in events]


def lighteval(data: Json) -> Rows | None:
    """Lighteval's details: what the model was sent, its texts, and the document's query."""
    if not _each(data, ("doc", "model_response")):
        return None
    return [
        row(one["model_response"].get("input") or one["doc"]["query"], {**one["model_response"], "input": None},
            id=one["doc"].get("id"), questions=[one["doc"]["query"]])
        for one in data
    ]  # fmt: skip


def zeroeval(data: Json) -> Rows | None:
    """ZeroEval's result file: the chat that was sent, its outputs as draws, and the bare question."""
    if not _each(data, ("session_id", "chat_history", "output", "generator")):
        return None
    return [
        row(one["chat_history"], one["output"], id=one.get("id"), model=one["generator"], questions=_questions(one))
        for one in data
    ]


def split_table(data: Json) -> Rows | None:
    """A table as columns and rows of values: pandas in orientation `split`, MLflow's and W&B's tables."""
    if not isinstance(data, Mapping) or not isinstance(data.get("data"), list):
        return None
    columns = data.get("columns")
    if not isinstance(columns, list) or not all(isinstance(values, list) for values in data["data"]):
        return None
    return [dict(zip(map(str, columns), values, strict=True)) for values in data["data"]]


def numbered(data: Json) -> Rows | None:
    """Rows of an object under their numbers, as OpenCompass and pandas (orientation `index`) write them."""
    if not isinstance(data, Mapping) or not data or not all(str(k).isdigit() for k in data):
        return None
    return [dict(one) for one in data.values()] if all(isinstance(v, Mapping) for v in data.values()) else None


def one_list(data: Json) -> Rows | None:
    """The rows of an object that holds exactly one list of objects."""
    if not isinstance(data, Mapping):
        return None
    lists = [v for v in data.values() if isinstance(v, list) and v and all(isinstance(x, Mapping) for x in v)]
    alone = len(lists) == 1 and not any(key in data for key in ("prompt", "messages", "question", "response"))
    return [dict(one) for one in lists[0]] if alone else None


def by_prompt(data: Json) -> Rows | None:
    """An object whose keys are prompts and whose values are responses."""
    if not isinstance(data, Mapping) or not data or not all(isinstance(v, str) for v in data.values()):
        return None
    named = {"prompt", "question", "instruction", "query", "problem", "input", "response", "completion", "output"}
    return None if named & data.keys() else [{"prompt": key, "response": value} for key, value in data.items()]


HARNESSES: tuple[Callable[[Any], Rows | None], ...] = (helm, promptfoo, garak, openai_evals, lighteval, zeroeval)
"""Logs whose columns are known; tables, whose columns are not, come after (TABLES)."""
TABLES: tuple[Callable[[Any], Rows | None], ...] = (split_table, numbered, one_list, by_prompt)


def _each(data: Json, keys: tuple[str, ...]) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(r, Mapping) and r.keys() >= set(keys) for r in data)


def _questions(one: Mapping[str, Json]) -> list[str]:
    return list(_texts(one))


def _texts(one: Mapping[str, Json]) -> Iterator[str]:
    yield from (one[name] for name in QUESTIONS if isinstance(one.get(name), str))
