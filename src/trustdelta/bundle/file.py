"""A bundle as a file: the envelope in its first line, then every part, a line for its name and a line for each row.

Text of ASCII characters with one JSON value in each line, not compressed, so that every byte of the file is covered by
a hash, and other programs can check it. The same rows and key give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from trustdelta.bundle.envelope import PAYLOAD_TYPE, PublicKey, Signer, coded, decoded
from trustdelta.bundle.merkle import root
from trustdelta.bundle.statement import PREDICATE, canonical, measured, statement, whole
from trustdelta.errors import VerificationError
from trustdelta.parsing import parse_json
from trustdelta.records import Json

PARTS = ("prompts", "responses", "scores", "drift", "labels", "plan", "models", "observations", "verdict")
"""Parts in the order of the file."""
MANIFEST, SIGNATURE = "manifest", "signature"
"""Names of the statement and of its signature, where they do not fit."""
PAGE = 250
"""Rows that are values at a time; so few are freed before Python's garbage collector walks over them."""
MAKE = "make the bundle again with `trustdelta export RUN --bundle FILE`"


class Head(NamedTuple):
    """The first line of a bundle."""

    payload: bytes
    """The statement."""
    predicate: Json
    """Its predicate."""
    key: PublicKey | None
    """The key that the bundle says it is signed with; None: unsigned."""
    signatures: Json
    """Signatures of the envelope."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose every row fits the hashes."""

    rows: Mapping[str, Sequence[bytes]] = field(repr=False)
    """Lines by part."""
    verdict: str = field(repr=False)
    """The text of verdict.json."""
    root: str
    """The hash over all parts."""
    key: PublicKey | None
    """The key by which it is signed; None: unsigned."""

    def values(self, part: str) -> list[Json]:
        """The rows of a part as JSON values; raises VerificationError like `pages`."""
        return [row for page in self.pages(part) for row in page]

    def pages(self, part: str) -> Iterator[list[Json]]:
        """The rows of a part as JSON values, PAGE at a time; raises VerificationError where a line is none."""
        lines = self.rows[part]
        for start in range(0, len(lines), PAGE):
            block = lines[start : start + PAGE]
            try:
                page: list[Json] = json.loads(b"[%b]" % b",".join(block))
            except (ValueError, RecursionError):
                page = []
            if len(page) != len(block):
                place = f"rows {start + 1:,} to {start + len(block):,}"
                raise VerificationError(f"{part}: {place} are not one JSON value in each line; {MAKE}.", (part,))
            yield page


def dumps(rows: Mapping[str, Sequence[Json]], signer: Signer | None = None) -> bytes:
    """The bytes of a bundle of these rows by part; the only row of the verdict is the text of verdict.json."""
    lines = {name: [canonical(row) for row in rows[name]] for name in PARTS}
    key = None if signer is None else signer.public
    payload = statement(measured(lines), rows["verdict"][0], key)
    return b"\n".join([_envelope(payload, signer), *_body(lines), b""])


def _envelope(payload: bytes, signer: Signer | None) -> bytes:
    signatures = [] if signer is None else [{"keyid": signer.public.id, "sig": coded(signer.sign(payload))}]
    return canonical({"payload": coded(payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures})


def _body(lines: Mapping[str, Sequence[bytes]]) -> Iterator[bytes]:
    for name in PARTS:
        yield _title(name, len(lines[name]))
        yield from lines[name]


def _title(name: str, rows: int) -> bytes:
    return canonical({"part": name, "rows": rows})


def load(raw: bytes) -> Bundle:
    """The bundle of a file's bytes.

    Raises VerificationError with the names of all parts that do not fit, and UsageError where it is signed and
    `cryptography` is not installed.
    """
    if not raw:
        raise _no_bundle("the file is empty")
    lines = raw.split(b"\n")
    head = _head(lines[0])
    blocks = dict(_blocks(lines, head.predicate["parts"]))
    faults = _faults(lines, blocks, head)
    rows = {name: block for name, block in blocks.items() if block is not None}
    verdict = ""
    if not faults:
        verdict, fault = _verdict(rows, head)
        faults |= fault
    faults |= _signature(head)
    if faults:
        raise VerificationError(f"{listed(faults)}; {MAKE}.", faults)
    return Bundle(rows, verdict, head.predicate["root"], head.key)


def listed(faults: Mapping[str, str]) -> str:
    """All faults in one line, each behind the names of its parts."""
    parts: dict[str, list[str]] = {}
    for name, fault in faults.items():
        parts.setdefault(fault, []).append(name)
    return "; ".join(f"{', '.join(names)}: {fault}" for fault, names in parts.items())


def _head(line: bytes) -> Head:
    """The first line; raises VerificationError where it is not one of a bundle."""
    envelope = _json(line)
    if not isinstance(envelope, dict) or envelope.keys() != {"payload", "payloadType", "signatures"}:
        raise _no_bundle("the first line is not that of a bundle, so this is another file or a damaged one")
    payload = decoded(envelope["payload"])
    claim = None if payload is None else _json(payload)
    if payload is None or not isinstance(claim, dict) or envelope["payloadType"] != PAYLOAD_TYPE:
        raise _no_bundle("the statement in the first line cannot be read")
    if claim.get("predicateType") != PREDICATE:
        raise _no_bundle(f"found a statement of another type, wanted {PREDICATE}; upgrade trustdelta if it is newer")
    predicate = claim.get("predicate")
    if not _well_formed(predicate):
        raise _no_bundle("the statement does not list the parts of the bundle")
    key = claim["predicate"]["public_key"]
    der = None if key is None else decoded(key)
    if key is not None and der is None:
        raise _no_bundle("the public key cannot be read")
    return Head(payload, predicate, None if der is None else PublicKey(der), envelope["signatures"])


def _json(raw: bytes) -> Json:
    """The value of canonical JSON; None for anything else."""
    try:
        value = parse_json(raw.decode("ascii"))
        return value if canonical(value) == raw else None
    except (ValueError, RecursionError):
        return None


def _no_bundle(problem: str) -> VerificationError:
    return VerificationError(f"{MANIFEST}: {problem}; {MAKE}.", (MANIFEST,))


def _well_formed(predicate: Json) -> bool:
    if not isinstance(predicate, dict) or not {"parts", "public_key", "root"} <= predicate.keys():
        return False
    parts = predicate["parts"]
    if not isinstance(parts, dict) or parts.keys() != set(PARTS):
        return False
    return all(
        isinstance(part, dict) and part.keys() == {"root", "rows"} and type(part["rows"]) is int
        for part in parts.values()
    )


def _blocks(lines: Sequence[bytes], parts: Json) -> Iterator[tuple[str, Sequence[bytes] | None]]:
    """The rows of each part; None where the part's title is missing. The title of the next part ends a part."""
    titles: dict[str, int] = {}
    at = 1
    for name in PARTS:
        try:
            titles[name] = lines.index(_title(name, parts[name]["rows"]), at)
        except ValueError:
            continue
        at = titles[name] + 1
    ends = [*list(titles.values())[1:], len(lines) - (lines[-1] == b"")]
    end_of = dict(zip(titles, ends, strict=True))
    for place, name in enumerate(PARTS):
        if name not in titles:
            yield name, None
            continue
        block = lines[titles[name] + 1 : end_of[name]]
        cut = place + 1 < len(PARTS) and PARTS[place + 1] not in titles
        yield name, block[: parts[name]["rows"]] if cut else block


def _faults(lines: Sequence[bytes], blocks: Mapping[str, Sequence[bytes] | None], head: Head) -> dict[str, str]:
    """The parts whose rows do not fit the statement, with the reason."""
    parts = head.predicate["parts"]
    if whole(parts) != head.predicate["root"]:
        return {MANIFEST: "its root is not that of the parts that it lists"}
    faults: dict[str, str] = {}
    for name, block in blocks.items():
        if block is None:
            faults[name] = "the title line is missing or was changed"
        elif len(block) != parts[name]["rows"]:
            faults[name] = f"found {len(block):,} rows, wanted {parts[name]['rows']:,}"
        elif root(block) != parts[name]["root"]:
            faults[name] = "rows were changed after the bundle was made (their hashes are others)"
    first = canonical({"part": PARTS[0], "rows": parts[PARTS[0]]["rows"]})
    if not faults and lines[1] != first:
        faults[PARTS[0]] = "there are lines before it"
    if lines[-1] != b"":
        faults.setdefault(PARTS[-1], "the file does not end with a line feed")
    return faults


def _verdict(rows: Mapping[str, Sequence[bytes]], head: Head) -> tuple[str, dict[str, str]]:
    """The text of verdict.json, and the fault of a statement that does not follow from the parts."""
    verdict = _json(rows["verdict"][0]) if len(rows["verdict"]) == 1 else None
    if not isinstance(verdict, str):
        return "", {"verdict": "it is not the text of one verdict.json"}
    try:
        follows = statement(head.predicate["parts"], verdict, head.key)
    except (ValueError, RecursionError):
        return "", {"verdict": "its verdict.json cannot be read"}
    return verdict, {} if follows == head.payload else {MANIFEST: "it does not follow from the parts"}


def _signature(head: Head) -> dict[str, str]:
    """The fault of the signature; none for an unsigned bundle."""
    if head.key is None:
        return {SIGNATURE: "there is one, but the bundle names no key"} if head.signatures != [] else {}
    match head.signatures:
        case [{"keyid": str(id), "sig": str(text), **rest}] if not rest:
            raw = decoded(text)
            if id == head.key.id and raw is not None and head.key.signed(head.payload, raw):
                return {}
            return {SIGNATURE: "it is not that of the key that the bundle names, over its statement"}
        case []:
            return {SIGNATURE: "it is missing, though the bundle names a key"}
    return {SIGNATURE: "it cannot be read"}
