"""Redacts secrets in text from servers, in all common encodings."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from trustdelta.records import SECRET

REDACTED = "[key]"
SHORTEST = 4
"""Fewest characters of a secret; shorter values of such variables are switches."""
SHORTEST_CODED = 8
"""Fewest characters of a secret that is also searched in other encodings."""
SHORTEST_IN_TEXT = 12
"""Fewest characters of a secret that is redacted in a model's own text, where ordinary words must not be."""
SENT = ("TRUSTDELTA_API_KEY", "OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
"""Environment variables whose values are sent to servers."""

ESCAPED = re.compile(r"%[0-9a-f]{2}|\\+[ux0-7\W]|&\w{1,6};|&#", re.IGNORECASE)
"""Pattern of escaped characters."""


def of_environment() -> frozenset[str]:
    """All values in the environment that may be secrets."""
    return frozenset(v for k, v in os.environ.items() if SECRET.search(k) and len(v) >= SHORTEST)


def sent() -> frozenset[str]:
    """Keys that servers are sent and may repeat in a response, without plain words such as EMPTY."""
    values = (os.environ.get(name, "") for name in SENT)
    return frozenset(v for v in values if len(v) >= SHORTEST_IN_TEXT and not v.isalpha())


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced, in any encoding.

    In any case, reversed, hexadecimal, base64 of both alphabets at each of its three offsets; and each character
    percent-encoded (once or more), as an escape of JSON, JavaScript or C, or as an HTML reference.
    """
    for secret in sorted(secrets, key=len, reverse=True):  # one may be part of another
        text = text.replace(secret, REDACTED)
        if len(secret) >= SHORTEST_CODED:
            text = _uncoded(text, secret)
    return text


def _uncoded(text: str, secret: str) -> str:
    codings = _codings(secret)
    text = codings.hexadecimal.sub(REDACTED, text)
    if any(mark in text for mark in "%\\&") and ESCAPED.search(text):
        text = codings.escaped.sub(REDACTED, text)
    folded = _folded(text)
    if any(mark in folded for mark in codings.marks):
        for pattern in codings.others:
            text = pattern.sub(REDACTED, text)
    return text


class _Codings(NamedTuple):
    """Patterns of one secret."""

    hexadecimal: re.Pattern[str]
    escaped: re.Pattern[str]
    others: tuple[re.Pattern[str], ...]
    marks: tuple[str, ...]
    """Folded texts, one of which is in every text that `others` match."""


@lru_cache(maxsize=512)
def _codings(secret: str) -> _Codings:
    raw = secret.encode("utf-8", "surrogatepass")
    cores = [_core(raw, offset) for offset in range(3)]
    escaped = re.compile("".join(_escaped(c) for c in secret), re.IGNORECASE)
    return _Codings(
        re.compile(r"(?:0x|\\+x|[\s:,-])*".join(f"{byte:02x}" for byte in raw), re.IGNORECASE),
        escaped,
        (
            escaped,
            re.compile(re.escape(secret[::-1]), re.IGNORECASE),
            *(re.compile("".join(f"[{re.escape(BASE64.get(c, c))}]" for c in core)) for core in cores),
        ),
        tuple(_folded(mark) for mark in (secret, secret[::-1], *cores)),
    )


def _folded(text: str) -> str:
    """The text in lower case and in one of the two alphabets of base64."""
    return text.casefold().replace("-", "+").replace("_", "/")


BASE64 = {"+": "+-", "/": "/_"}


def _core(raw: bytes, offset: int) -> str:
    """The base64 characters that depend on the bytes alone, `offset` bytes into a group of three."""
    text = base64.b64encode(bytes(offset) + raw).decode().rstrip("=")
    whole = (offset + len(raw)) * 8 // 6
    return text[-(-offset * 8 // 6) : whole]


def _escaped(character: str) -> str:
    """A pattern of one character, plain or escaped."""
    number = ord(character)
    octets = character.encode("utf-8", "surrogatepass")
    percent = "".join(rf"%(?:25)*{byte:02x}" for byte in octets)
    named = {"&": "|&amp;", "<": "|&lt;", ">": "|&gt;", '"': "|&quot;", "'": "|&apos;"}.get(character, "")
    return (
        rf"(?:\\*{re.escape(character)}|{percent}|\\+u{number:04x}|\\+u\{{0*{number:x}\}}|\\+x{number:02x}|\\+0*{number:o}"
        rf"|&#0*{number};?|&#x0*{number:x};?{named})"
    )
