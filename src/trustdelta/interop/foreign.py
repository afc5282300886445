"""Logs of other harnesses as flat rows: Inspect's `.eval` and `.json`, and lm-eval's `samples_*.jsonl`.

What was asked is what the model was sent, not what the data set says; rows carry the columns that COLUMNS names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.interop.archives import entries
from trustdelta.records import Json

COLUMNS = ("prompt", "response", "reasoning", "draw", "finish", "id")
"""Columns of a row; `scores` and `metadata` beside them hold the log's own, by name."""
ATTACHED = "attachment://"
GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, True: 1.0, False: 0.0}
"""Numbers that Inspect's own metrics take letters for; N (no answer) is left unscored."""


def read_archive(path: Path) -> list[Json]:
    """The rows of an Inspect `.eval` log; raises DataError where it is damaged, unfinished or beyond the limits."""
    rows: list[Json] = []
    for name, content in entries(path):
        if name.startswith("samples/") and name.endswith(".json"):
            try:
                rows += inspect_rows(path, json.loads(content))
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}: {name!r} in it is not JSON ({error}); write the log again.") from error
    if not rows:
        raise DataError(f"{path}: holds no samples; was the log written with samples, by Inspect?")
    return rows


def flat(path: Path, data: Json) -> Json | None:
    """The rows of parsed data that are another harness's log; None where they are not."""
    if isinstance(data, Mapping) and {"eval", "samples", "version"} <= data.keys():
        return [row for sample in data["samples"] or () for row in inspect_rows(path, sample)]
    first = data[0] if isinstance(data, list) and data else None
    if isinstance(first, Mapping) and {"doc_id", "arguments", "resps"} <= first.keys():
        return lm_eval_rows(path, data)
    return None


def inspect_rows(path: Path, sample: Json) -> Iterator[Json]:
    """One row for each completion of one sample; the epoch is its draw. Raises DataError for a sample that is none."""
    try:
        found = attached(sample, sample.get("attachments") or {})
        chat = asked(found)
        choices: Sequence[Any] = (found.get("output") or {}).get("choices") or [None]
        failed = bool(found.get("error"))
        for i, choice in enumerate(choices):
            content = [] if choice is None else choice["message"]["content"]
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            thoughts = [thought_of(p) for p in parts if p["type"] == "reasoning"]
            yield {
                "prompt": chat,
                "response": "".join(p["text"] for p in parts if p["type"] == "text"),
                "reasoning": "\n\n".join(thoughts) if thoughts else None,
                "draw": (int(found["epoch"]) - 1) * len(choices) + i,
                "finish": "error" if failed or choice is None else choice.get("stop_reason"),
                "id": found["id"],
                "scores": {k: n for k, s in (found.get("scores") or {}).items() if (n := number(s)) is not None},
                "metadata": found.get("metadata") or {},
            }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{path}: a sample in it is not one of an Inspect log ({error!r}); write it again.") from error


def asked(sample: Json) -> list[Json]:
    """The messages that led to the last answer of a sample, as texts; its input where no messages were kept."""
    messages = sample.get("messages") or []
    last = max((i for i, m in enumerate(messages) if m["role"] == "assistant"), default=len(messages))
    given = messages[:last] or sample["input"]
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return [{"role": m["role"], "content": text_of(m["content"])} for m in given]


def text_of(content: Json) -> str:
    """The text of a message's content."""
    return content if isinstance(content, str) else "".join(p["text"] for p in content if p["type"] == "text")


def thought_of(part: Json) -> str:
    """A thought's text; where the provider withheld it, its summary."""
    return str((part.get("summary") or "") if part.get("redacted") else part["reasoning"])


def attached(value: Json, found: Mapping[str, str]) -> Json:
    """A value with the long texts put back that a log keeps apart."""
    if isinstance(value, str) and value.startswith(ATTACHED):
        return found.get(value.removeprefix(ATTACHED), value)
    if isinstance(value, list):
        return [attached(v, found) for v in value]
    return {k: attached(v, found) for k, v in value.items() if k != "events"} if isinstance(value, dict) else value


def number(score: Json) -> float | None:
    """A score as a number; None for lists, mappings and texts that are none."""
    value = score.get("value") if isinstance(score, Mapping) else score
    if isinstance(value, bool | str) and value in GRADES:
        return GRADES[value]
    return float(value) if isinstance(value, int | float) and value == value else None


def lm_eval_rows(path: Path, samples: Sequence[Json]) -> list[Json]:
    """One row for each response of each document; a metric of each filter is one score, `filter.metric`.

    A score counts for a document's first response alone, which is what lm-eval's filters take. Raises DataError for
    log-likelihoods, which are no responses.
    """
    rows: dict[tuple[Json, int], dict[str, Json]] = {}
    try:
        for sample in samples:
            metrics = {m: number(sample.get(m)) for m in sample.get("metrics") or ()}
            named = {f"{sample.get('filter', 'none')}.{m}": v for m, v in metrics.items() if v is not None}
            for draw, text in enumerate(responses_of(path, sample)):
                row = rows.setdefault((sample["doc_id"], draw), lm_eval_row(sample, draw, text))
                row["scores"] |= {} if draw else named
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: a row is not one of lm-eval's samples ({error!r}); log them again.") from error
    return list(rows.values())


def responses_of(path: Path, sample: Json) -> list[str]:
    """The texts of one document's responses; raises DataError for log-likelihoods."""
    if len(sample["resps"]) != 1 or any(not isinstance(text, str) for text in sample["resps"][0]):
        raise DataError(f"{path}: holds log-likelihoods, not responses; wanted a task of type generate_until.")
    return list(sample["resps"][0])


def lm_eval_row(sample: Json, draw: int, text: str) -> dict[str, Json]:
    """One response of one document; a chat that lm-eval keeps as a JSON text is read back."""
    arguments = sample["arguments"]
    first = arguments["gen_args_0"]["arg_0"] if isinstance(arguments, Mapping) else arguments[0][0]
    prompt = first[0] if isinstance(first, list) and first and isinstance(first[0], str) else first
    if isinstance(prompt, str) and prompt.startswith('[{"role"'):
        prompt = json.loads(prompt)
    doc = sample.get("doc")
    return {
        "prompt": prompt,
        "response": text,
        "reasoning": None,
        "draw": draw,
        "finish": None,
        "id": sample["doc_id"],
        "scores": {},
        "metadata": doc if isinstance(doc, Mapping) else {},
    }
