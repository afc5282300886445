"""Reads one row of a file of recorded responses into flat rows, one per response.

What the rows of a file share (the map of columns, prompts that come again with every draw) is worked out once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from trustdelta.errors import DataError
from trustdelta.interop.chats import RecordedPrompt, last_turn, read_prompt, text_of
from trustdelta.interop.replies import Reply, error_of, failed, read_replies
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_paths import first, iterates, values
from trustdelta.interop.responses_record import NOTHING, RecordedRow
from trustdelta.parsing import short
from trustdelta.records import Finish, FinishReason, Json, Message, Prompt, read_finish

MOST_DRAWS = 2**53
"""Exclusive bound of the numbers of draws, exact as a float; only their order counts."""
ABSENT: tuple[Json, ...] = (None, "", False, 0, [], {}, "None", "none", "null", "nan", "NaN", "False", "false")
"""Values of an error's column without an error."""
CODES = frozenset(("status_code", "http_status", "status"))
"""Columns of the status code of a request."""
CLIENT_ERROR = re.compile(
    r"\A(?:Error code: [45]\d\d\b|(?:openai|anthropic|litellm|httpx|requests|aiohttp|botocore|google)\.[\w.]*"
    r"(?:Error|Exception|Timeout)\b)"
)
"""Start of the text that a client's library writes for a failed request."""


class _Sent(NamedTuple):
    """The prompt of a row."""

    prompt: RecordedPrompt
    key: str
    """The join key of its messages."""
    last: Reply | None = None
    """The last answer of the chat, if it is the response."""


class RowReader:
    """Reads the rows of one file by its map of columns, and numbers draws without a column of their own."""

    def __init__(self, path: Path, columns: ColumnMap) -> None:
        self.path, self.columns = path, columns
        self.repeated: list[str] = []
        """Places of rows with the prompt of an earlier row, without a column of draws; they are further draws."""
        self._sent: dict[tuple[Json, ...], _Sent] = {}
        self._draws: dict[str, int] = {}

    def read(self, n: int, row: Json) -> Iterator[RecordedRow]:
        """The responses of the `n`-th row: one, or one per value of its response path; raises DataError."""
        if type(row) is not dict and not isinstance(row, Mapping):
            raise DataError(f"{self.path}: row {n} is {type(row).__name__}, wanted an object.")
        columns, where = self.columns, self._where(n, row)
        sent = self._prompt(where, row)
        replies = self._replies(where, row, sent.last)
        many = iterates(columns.response) or len(replies) > 1
        reasoning = self._column(where, row, columns.reasoning, len(replies))
        finish = self._column(where, row, columns.finish, len(replies))
        scores = {name: self._column(where, row, p, len(replies)) for name, p in columns.scores.items()}
        shared, failure = self._shared(row, sent.prompt), self._failure(row, replies)
        for i, reply in enumerate(replies):
            at = f"{where}, draw {i}" if many else where
            messages, key = _without_answer(sent, reply)
            thought = self._thought(at, reasoning[i]) if columns.reasoning else reply.reasoning
            end, error = _ended(reply, finish[i], failure, thought)
            yield RecordedRow(
                messages,
                self._draw(at, key, first(row, columns.draw), i if many else None),
                reply.text,
                thought,
                end.finish,
                self._scores(at, scores, i) if scores else NOTHING,
                where=at,
                error=error,
                moderated=end.moderated,
                key=key,
                **shared,
            )

    def _where(self, n: int, row: Json) -> str:
        if not self.columns.id:
            return f"row {n}"
        name = "".join(c if c.isprintable() else "?" for c in str(first(row, self.columns.id))[:60])
        return f"row {n} ({name})"

    def _shared(self, row: Json, prompt: RecordedPrompt) -> dict[str, Any]:
        """The fields that all responses of a row have in common."""
        columns = self.columns
        rendered, cluster = first(row, columns.rendered), first(row, columns.cluster)
        shared: dict[str, Any] = {"rendered": rendered if rendered and isinstance(rendered, str) else prompt.rendered}
        if columns.metadata:
            shared["metadata"] = {name: first(row, p) for name, p in columns.metadata.items()}
        if columns.groups:
            named = {kind: first(row, p) for kind, p in columns.groups.items()}
            shared["groups"] = {kind: str(group) for kind, group in named.items() if group not in (None, "")}
        if columns.question:
            shared["questions"] = tuple(q for q in values(row, columns.question) if isinstance(q, str))
        if columns.document:
            shared["document"] = str(first(row, columns.document) or "")
        if cluster is not None:
            shared["cluster"] = str(cluster)
        return shared

    def _failure(self, row: Json, replies: Sequence[Reply]) -> tuple[FinishReason, str] | None:
        """The failure of a request, from columns other than the response.

        A status as text counts only where the response has no text, since it may be a test's.
        """
        error = first(row, self.columns.error)
        absent = error in ABSENT or error != error
        if absent and CODES.isdisjoint(row):
            return None
        status = row.get("status")
        if isinstance(status, str) and not any(r.text.strip() for r in replies):
            end = read_finish(status)
            if end.finish is Finish.ERROR:
                return end, status
        codes = [row[key] for key in CODES if isinstance(row.get(key), int)]
        if absent and not codes:
            return None
        return error_of({"error": None if absent else error, "status_code": max(codes, default=0)})

    def _replies(self, where: str, row: Json, last: Reply | None) -> list[Reply]:
        """The values of a row's response path, as replies; `last`: the last answer of the chat, if it is that path."""
        columns = self.columns
        if columns.response == columns.prompt:
            return [] if last is None else [last]
        if not iterates(columns.response):
            texts = [first(row, columns.response)]
            replies = read_replies(texts[0])
        else:
            texts = values(row, columns.response)
            replies = read_replies(texts or None)
        if replies is None or (iterates(columns.response) and len(replies) != len(texts)):
            wrong = next(
                (type(v).__name__ for v in texts if not isinstance(v, str) and read_replies(v) is None), "list"
            )
            raise DataError(
                f"{self.path}: {where} has {wrong} as response; wanted a text or an API's reply (does its path lack a "
                "[]?)."
            )
        return replies

    def _prompt(self, where: str, row: Json) -> _Sent:
        """The prompt with its system text and input; a prompt of texts is read once for all of its draws."""
        columns = self.columns
        parts = first(row, columns.prompt), first(row, columns.input), first(row, columns.system)
        if any(part is not None and not isinstance(part, str) for part in parts):
            return self._read_prompt(where, *parts)
        sent = self._sent.get(parts)
        if sent is None:
            sent = self._sent[parts] = self._read_prompt(where, *parts)
        return sent

    def _read_prompt(self, where: str, value: Json, input: Json, system: Json) -> _Sent:
        prompt = read_prompt(value)
        if prompt is None:
            raise DataError(
                f"{self.path}: {where} has {value!r:.40} as prompt; wanted a text or a list of chat messages."
            )
        messages, last = prompt.messages, None
        if self.columns.response == self.columns.prompt:
            messages, last = messages[:-1], _last_reply(value, messages[-1].content)
        if more := self._text(where, "input", input):
            *before, end = messages
            messages = (*before, Message(end.role, f"{end.content}\n\n{more}" if more.strip() else end.content))
        text = self._text(where, "system", system if isinstance(system, str) else text_of(system))
        if text and text.strip():
            messages = (Message("system", text), *messages)
        return _Sent(RecordedPrompt(messages, prompt.rendered), Prompt("", messages).join_key, last)

    def _thought(self, where: str, value: Json) -> str | None:
        """A reasoning field: a text, or parts with one."""
        if isinstance(value, Mapping | list):
            replies = read_replies([value] if isinstance(value, Mapping) else value)
            return "".join(r.reasoning or r.text for r in replies or ())
        return self._text(where, "reasoning", value)

    def _column(self, where: str, row: Json, name: str, count: int) -> list[Json]:
        """One value per response of a row; a column without [] applies to all of them."""
        count = max(count, 1)
        column = values(row, name) if name else []
        if not column:
            return [None] * count
        if len(column) == 1 and not iterates(name):
            return column * count
        if len(column) != count:
            raise DataError(
                f"{self.path}: {where} has {count} responses but {len(column)} values of {name!r}; wanted one each."
            )
        return column

    def _text(self, where: str, role: str, value: Json) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise DataError(
            f"{self.path}: {where} has {type(value).__name__} as {role}; wanted a text (does its path lack a []?)."
        )

    def _draw(self, where: str, key: str, value: Json, place: int | None) -> int:
        """The number of a draw: an integer, which tables with missing values write as 1.0; else its place."""
        if value is None or value == "":
            return self._next_draw(where, key) if place is None else place
        if type(value) is int and 0 <= value < MOST_DRAWS:
            return value
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not (0 <= number < MOST_DRAWS and number.is_integer()):
            raise DataError(f"{self.path}: {where} has draw {short(value):.40}; wanted a whole number from 0 on.")
        return int(number)

    def _next_draw(self, where: str, key: str) -> int:
        draw = self._draws.get(key, 0)
        self._draws[key] = draw + 1
        if draw:
            self.repeated.append(where)
        return draw

    def _scores(self, where: str, columns: Mapping[str, Sequence[Json]], i: int) -> dict[str, float]:
        """The scores of the `i`-th response of a row."""
        scores = {name: self._score(where, name, column[i]) for name, column in columns.items()}
        return {name: score for name, score in scores.items() if score is not None}

    def _score(self, where: str, name: str, value: Json) -> float | None:
        """A recorded score; None and blank text mean no score, NaN and text are an error."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise DataError(
                f"{self.path}: {where} has {name} {short(value):.40}; wanted a finite number, or nothing where "
                "unscored."
            )
        return number


def _last_reply(value: Json, text: str) -> Reply:
    """The answer that ends a chat, with its separate reasoning field, if the recorded message has one."""
    turn = last_turn(value)
    replies = (read_replies(turn) if turn is not None else None) or read_replies(text) or []
    same = len(replies) == 1 and replies[0].text.strip() == text.strip()
    return replies[0] if same else Reply(text)


def _without_answer(sent: _Sent, reply: Reply) -> tuple[tuple[Message, ...], str]:
    """The messages of the prompt without an answer that was recorded with them, and their join key."""
    messages = sent.prompt.messages
    end = messages[-1]
    if len(messages) == 1 or end.role != "assistant" or not end.content.strip():
        return messages, sent.key
    if end.content.strip() != reply.text.strip():
        return messages, sent.key
    return messages[:-1], Prompt("", messages[:-1]).join_key


def _ended(
    reply: Reply, finish: Json, failure: tuple[FinishReason, str] | None, thought: str | None
) -> tuple[FinishReason, str]:
    """Finish reason and error of a response: from the row's failure, the finish column, or the reply, in this order.

    A thought without an answer and without a reason is not a failed request.
    """
    if failure is not None:
        return failure
    declared = read_finish(finish)
    if CLIENT_ERROR.match(reply.text):
        return failed(reply.text)
    end = declared if declared.finish is not Finish.UNKNOWN else reply.end
    absent = reply.end.finish is Finish.ERROR and not reply.text
    if absent and not reply.end.moderated and not reply.end.word and (thought or declared.finish is not Finish.UNKNOWN):
        return declared, ""
    why = reply.error or (f"generation ended in {end.word!r}" if end.word else "the request failed")
    return end, why if end.finish is Finish.ERROR else ""
