"""Logs of other harnesses as flat rows: Inspect's `.eval` and `.json`, lm-eval's `samples_*.jsonl`, and `harnesses`.

The prompt is the text sent to the model, not the data set's. Rows have the columns COLUMNS, and `questions`: texts of
the document, one of which may be the bare question.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.interop.archives import entries
from trustdelta.interop.chats import text_of, thought_of
from trustdelta.interop.harnesses import TABLES, Rows, flat_harness, row
from trustdelta.records import Json

COLUMNS = ("prompt", "response", "reasoning", "draw", "finish", "error", "id", "document", "model")
"""Columns of a row, besides `scores` and `metadata`, which hold the log's own by name."""
UNFINISHED = ("error", "cancelled", "started")
"""States of an Inspect log of an unfinished run."""
ATTACHED = "attachment://"
GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, True: 1.0, False: 0.0}
"""Values of letter grades in Inspect's metrics; N (no answer) is unscored."""


@dataclass(frozen=True, slots=True)
class Log:
    """The rows of a harness's log."""

    rows: Rows
    remarks: tuple[str, ...] = ()
    """Remarks on the log as a whole."""


def read_archive(path: Path) -> Log:
    """The rows of an Inspect `.eval` log; raises DataError if it is damaged, empty or beyond the limits."""
    rows: Rows = []
    header: Json = {"status": "started"}  # the header is written last
    for name, content in entries(path):
        if not name.endswith(".json"):
            continue
        try:
            if name.startswith("samples/"):
                rows += inspect_rows(path, json.loads(content))
            elif name == "header.json":
                header = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}: {name!r} in it is not JSON ({error}); write the log again.") from error
    return inspect_log(path, header, rows)


def inspect_log(path: Path, header: Mapping[str, Json], rows: Rows) -> Log:
    """An Inspect log with its rows; raises DataError with the run's status if there are none."""
    status = header.get("status")
    message = (header.get("error") or {}).get("message") or "without a message"
    ended = f"its run ended in status {status!r} ({' '.join(str(message).split())[:120]})"
    if not rows:
        why = ended if status in UNFINISHED else "was the log written with samples, by Inspect?"
        raise DataError(f"{path}: holds no samples; {why}; run the evaluation again.")
    return Log(rows, (f"{ended}; the {len(rows)} samples in it are read",) if status in UNFINISHED else ())


def flat(path: Path, data: Json) -> Log | None:
    """The rows of parsed data of another harness's log; None for other data.

    Raises DataError for a row of another form.
    """
    if isinstance(data, Mapping) and {"eval", "version"} <= data.keys() and isinstance(data["eval"], Mapping):
        rows = [row for sample in data.get("samples") or () for row in inspect_rows(path, sample)]
        return inspect_log(path, data, rows)
    first = data[0] if isinstance(data, list) and data else None
    if isinstance(first, Mapping) and {"doc_id", "arguments", "resps"} <= first.keys():
        return Log(lm_eval_rows(path, data))
    try:
        known = flat_harness(data)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise DataError(f"{path}: a row is not one of its harness ({error!r}); write the file again.") from error
    return None if known is None else Log(known)


def table(path: Path, data: Json) -> Json:
    """Parsed data with its rows as a list, if an object holds them as a table; other data unchanged."""
    try:
        return next((rows for read in TABLES if (rows := read(data)) is not None), data)
    except ValueError as error:
        raise DataError(f"{path}: a row of the table has not as many values as columns; write it again.") from error


def inspect_rows(path: Path, sample: Json) -> Iterator[dict[str, Json]]:
    """One row per completion of one sample; the epoch is its draw. Raises DataError for an invalid sample."""
    try:
        whole = attached(sample, sample.get("attachments") or {})
        chat = sent_messages(whole)
        choices: Sequence[Any] = (whole.get("output") or {}).get("choices") or [None]
        failed = bool(whole.get("error"))
        for i, choice in enumerate(choices):
            content = [] if choice is None else choice["message"]["content"]
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            thoughts = [inspect_thought(p) for p in parts if p["type"] == "reasoning"]
            yield row(
                chat,
                "".join(p["text"] for p in parts if p["type"] == "text"),
                reasoning="\n\n".join(thoughts) if thoughts else None,
                draw=(int(whole["epoch"]) - 1) * len(choices) + i,
                finish="error" if failed or choice is None else choice.get("stop_reason"),
                id=whole["id"],
                questions=[text_of(m["content"]) for m in opening(whole)[-1:]],
                scores={k: n for k, s in (whole.get("scores") or {}).items() if (n := number(s)) is not None},
                metadata=whole.get("metadata") or {},
            )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{path}: a sample in it is not one of an Inspect log ({error!r}); write it again.") from error


def opening(sample: Json) -> list[Json]:
    """A sample's input as messages, before a solver's template."""
    content = sample["input"]
    return [{"role": "user", "content": content}] if isinstance(content, str) else content


def sent_messages(sample: Json) -> list[Json]:
    """The messages before the last answer of a sample, as texts; its input if the log has no messages."""
    messages = sample.get("messages") or []
    last = max((i for i, m in enumerate(messages) if m["role"] == "assistant"), default=len(messages))
    return [{"role": m["role"], "content": text_of(m["content"])} for m in messages[:last] or opening(sample)]


def inspect_thought(part: Json) -> str:
    """A thought's text, or the summary of a withheld one."""
    return str(part.get("summary") or "") if part.get("redacted") else thought_of(part)


def attached(value: Json, attachments: Mapping[str, str]) -> Json:
    """A value with its attachments, which a log stores separately, inserted."""
    if isinstance(value, str) and value.startswith(ATTACHED):
        return attachments.get(value.removeprefix(ATTACHED), value)
    if isinstance(value, list):
        return [attached(v, attachments) for v in value]
    return (
        {k: attached(v, attachments) for k, v in value.items() if k != "events"} if isinstance(value, dict) else value
    )


def number(score: Json) -> float | None:
    """A score as a number; None for lists, mappings and other texts."""
    value = score.get("value") if isinstance(score, Mapping) else score
    if isinstance(value, bool | str) and value in GRADES:
        return GRADES[value]
    return float(value) if isinstance(value, int | float) and value == value else None


def lm_eval_rows(path: Path, samples: Sequence[Json]) -> Rows:
    """One row per response of each document; a metric of each filter is one score, `filter.metric`.

    A score counts for a document's first response only, which lm-eval's filters use. Raises DataError for
    log-likelihoods, which are not responses.
    """
    rows: dict[tuple[Json, int], dict[str, Json]] = {}
    try:
        for sample in samples:
            metrics = {m: number(sample.get(m)) for m in sample.get("metrics") or ()}
            named = {f"{sample.get('filter', 'none')}.{m}": v for m, v in metrics.items() if v is not None}
            for draw, text in enumerate(responses_of(path, sample)):
                response_row = rows.get((sample["doc_id"], draw))
                if response_row is None:
                    response_row = rows[sample["doc_id"], draw] = lm_eval_row(sample, draw, text)
                response_row["scores"] |= {} if draw else named
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: a row is not one of lm-eval's samples ({error!r}); log them again.") from error
    return list(rows.values())


def responses_of(path: Path, sample: Json) -> list[str]:
    """The texts of one document's responses, nested or not; raises DataError for log-likelihoods."""
    texts = sample["resps"]
    if len(texts) == 1 and isinstance(texts[0], list):
        texts = texts[0]
    elif texts and all(isinstance(item, list) and len(item) == 1 for item in texts):
        texts = [item[0] for item in texts]
    if not isinstance(arguments_of(sample)[1], Mapping | None) or any(not isinstance(text, str) for text in texts):
        raise DataError(f"{path}: holds log-likelihoods, not responses; wanted a task of type generate_until.")
    return list(texts)


def arguments_of(sample: Json) -> tuple[Json, Json]:
    """The text sent to the model, and its generation options (None if unknown)."""
    arguments = sample["arguments"]
    if isinstance(arguments, Mapping):
        first = arguments["gen_args_0"]
        return first["arg_0"], first.get("arg_1")
    first = arguments[0]
    return first[0], first[1] if len(first) > 1 else None


def lm_eval_row(sample: Json, draw: int, text: str) -> dict[str, Json]:
    """One response of one document, with the document's texts as possible bare questions."""
    first, _ = arguments_of(sample)
    prompt = first[0] if isinstance(first, list) and first and isinstance(first[0], str) else first
    doc = sample.get("doc")
    metadata = doc if isinstance(doc, Mapping) else {}
    texts = [doc] if isinstance(doc, str) else [v for v in metadata.values() if isinstance(v, str)]
    known = {"id": sample["doc_id"], "document": sample.get("doc_hash"), "questions": texts, "metadata": metadata}
    return row(prompt, text, draw=draw, **known)
