"""The signed statement of a bundle: an in-toto statement (v1) on verdict.json, whose predicate holds every part's root.

All of it but the public key follows from the parts, so that a changed statement is noticed without a signature too.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence

from trustdelta.bundle.envelope import PublicKey, coded
from trustdelta.bundle.merkle import root
from trustdelta.records import Json

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:trustdelta:bundle:1"
"""Type of the predicate; its last number is the version of the format."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(value: Json) -> bytes:
    """A JSON value in the only spelling of a bundle: ASCII, sorted keys, no blanks, shortest exact floats.

    NaN is written as null, an infinity as the text "Infinity" or "-Infinity", as in verdict.json.
    """
    try:
        return _encode(value).encode("ascii")
    except ValueError:
        return _encode(_finite(value)).encode("ascii")


def _finite(value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def measured(rows: Mapping[str, Sequence[bytes]]) -> dict[str, dict[str, Json]]:
    """Number of rows and root of each part."""
    return {name: {"root": root(lines), "rows": len(lines)} for name, lines in rows.items()}


def statement(parts: Mapping[str, Json], verdict: str, key: PublicKey | None) -> bytes:
    """The statement on measured parts; `verdict`: the text of verdict.json. Raises ValueError for a damaged verdict."""
    result = json.loads(verdict)
    try:
        about = {name: [result[name]["name"], result[name]["fingerprint"]] for name in ("baseline", "candidate")}
        overall = result["overall"]
    except (LookupError, TypeError):
        raise ValueError("verdict.json lacks its models or its verdict") from None
    predicate = {
        **about,
        "overall": overall,
        "parts": dict(parts),
        "public_key": None if key is None else coded(key.der),
        "root": whole(parts),
    }
    digest = hashlib.sha256(verdict.encode("utf-8", "surrogatepass")).hexdigest()
    subject = [{"digest": {"sha256": digest}, "name": "verdict.json"}]
    return canonical({"_type": TYPE, "predicate": predicate, "predicateType": PREDICATE, "subject": subject})


def whole(parts: Mapping[str, Json]) -> str:
    """The root over all parts, whose leaves are the lists of name, number of rows and root."""
    return root([canonical([name, part["rows"], part["root"]]) for name, part in sorted(parts.items())])
