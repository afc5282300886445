"""Records as rows of the store, and back; each row has a digest of its content."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import asdict, fields
from operator import attrgetter
from typing import NamedTuple

from trustdelta.records import Arm, Finish, Json, Message, Outcome, Part, Prompt, Response, Score

Row = tuple[Json, ...]
SHORT = 1024
"""Bytes below which a response is not compressed: setting up a compressor would cost more than it saves."""
_RESPONSE_FIELDS = tuple(f.name for f in fields(Response))
_values_of = attrgetter(*_RESPONSE_FIELDS)
_encode = json.JSONEncoder(sort_keys=True).encode
_ARMS = {arm.value: arm for arm in Arm}
_PARTS = {part.value: part for part in Part}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
"""Lookup tables for scores; calling an enumeration is slow."""
ADDED = frozenset({"moderated", "asked", "taken_over", "settled"})
"""Fields of a response that older run folders lack; their defaults apply."""


class DriftRow(NamedTuple):
    """Sums of drift over one part of one response, in nats; None for a direction that the method does not estimate.

    `dropped_*`: summed probability of ids that only one model has.
    """

    text_of: str
    prompt_id: str
    draw: int
    part: str
    method: str
    tokens: int
    text_bytes: int
    kl_candidate_to_baseline: float | None
    kl_baseline_to_candidate: float | None
    dropped_candidate: float = 0.0
    dropped_baseline: float = 0.0

    @property
    def own_nats(self) -> float | None:
        """The nats in the direction whose expectation is under the text's author."""
        candidate = self.text_of == Arm.CANDIDATE.value
        return self.kl_candidate_to_baseline if candidate else self.kl_baseline_to_candidate


def seal(table: str, row: Sequence[Json]) -> int:
    """62 bits of BLAKE2b over a row's values; bytes can only be the last."""
    last = row[-1]
    packed = last if isinstance(last, bytes) else b""
    text = repr((table, *row[:-1]) if packed else (table, *row))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass") + packed, digest_size=8).digest()
    return int.from_bytes(digest) >> 2


def score_row(score: Score) -> Row:
    """A score as a row of the store, with its digest."""
    prompt_id, arm, draw, scorer, part, value, outcome, reason = score
    row = (str(arm), prompt_id, draw, scorer, str(part), real(value), str(outcome), _utf8(reason))
    return (*row, seal("scores", row))


def read_score(row: Row) -> Score:
    """The score of a row without its digest."""
    arm, prompt_id, draw, scorer, part, value, outcome, reason = row
    return Score(prompt_id, _ARMS[arm], draw, scorer, _PARTS[part], value, _OUTCOMES[outcome], reason)


def packed(response: Response) -> bytes:
    """The body of a response as it is stored."""
    values = dict(zip(_RESPONSE_FIELDS, _values_of(response), strict=True))
    return _zlib(_encode(values).encode("utf-8", "surrogatepass"))


def unpacked(body: bytes) -> Response:
    """The response of a stored body."""
    return read_response(body_of(body))


def unpacked_text(body: bytes) -> str:
    """The text of the response of a stored body."""
    return str(body_of(body)["text"])


def body_of(body: bytes) -> Json:
    """The response of a stored body in plain values."""
    return json.loads(zlib.decompress(body).decode("utf-8", "surrogatepass"))


def _zlib(raw: bytes) -> bytes:
    """Bytes as a zlib stream; short ones as its single block without compression (RFC 1950, RFC 1951 3.2.4)."""
    if len(raw) >= SHORT:
        return zlib.compress(raw, 1)
    n = len(raw)
    head = b"\x78\x01\x01" + n.to_bytes(2, "little") + (n ^ 0xFFFF).to_bytes(2, "little")
    return head + raw + zlib.adler32(raw).to_bytes(4, "big")


def real(value: float | None) -> float | None:
    """A number as SQLite returns it: a float, None for NaN, without negative zero."""
    return None if value is None or math.isnan(value) else float(value) + 0.0


def _utf8(text: str) -> str:
    """Text that SQLite can store: lone surrogates as backslash escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def prompt_body(prompt: Prompt) -> Json:
    """A prompt in plain values."""
    return {**asdict(prompt), "metadata": dict(prompt.metadata)}


def read_prompt(body: Json) -> Prompt:
    """The prompt of plain values."""
    return Prompt(**{**body, "messages": tuple(Message(**m) for m in body["messages"])})


def read_response(body: Json) -> Response:
    """The response of plain values."""
    values = {name: body[name] for name in _RESPONSE_FIELDS if name in body or name not in ADDED}
    values["finish"] = Finish(values["finish"])
    values["token_ids"] = tuple(values["token_ids"])
    values["prompt_token_ids"] = tuple(values["prompt_token_ids"])
    return Response(**values)
