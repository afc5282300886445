"""The run folder: one durable SQLite file with one writer, and the files derived from it.

Every batch of responses is one transaction (WAL, fsync on commit), so that a killed process leaves complete batches,
from which a rerun resumes. Each row has a digest of its content. A ledger, updated in the same transaction, holds each
table's number of rows and the exclusive or of their digests: a changed, missing or duplicate row is an error on
reading. Large tables are read a page at a time, so that memory does not grow with the run.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import sqlite3
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, TypeVar

from trustdelta.errors import BusyError, FolderError, StoreError
from trustdelta.records import Arm, Finish, Json, Message, Outcome, Part, Prompt, Response, Score, changes, content_hash
from trustdelta.records.state import FINGERPRINT, PLAN, STORE_VERSION, Fingerprint, Key

T = TypeVar("T")

TABLES = {
    "meta": "key TEXT, value TEXT NOT NULL, {digest}, PRIMARY KEY (key)",
    "prompts": "id TEXT, position INTEGER NOT NULL, benchmark TEXT NOT NULL, body TEXT NOT NULL, {digest},"
    " PRIMARY KEY (id)",
    "responses": "arm TEXT, prompt_id TEXT, draw INTEGER, body BLOB NOT NULL, {digest},"
    " PRIMARY KEY (arm, prompt_id, draw)",
    "scores": "arm TEXT, prompt_id TEXT, draw INTEGER, scorer TEXT, part TEXT, value REAL, outcome TEXT NOT NULL,"
    " reason TEXT NOT NULL, {digest}, PRIMARY KEY (arm, prompt_id, draw, scorer, part)",
    "drift": "text_of TEXT, prompt_id TEXT, draw INTEGER, part TEXT, method TEXT, tokens INTEGER NOT NULL,"
    " text_bytes INTEGER NOT NULL, kl_candidate_to_baseline REAL, kl_baseline_to_candidate REAL,"
    " dropped_candidate REAL NOT NULL, dropped_baseline REAL NOT NULL, {digest},"
    " PRIMARY KEY (text_of, prompt_id, draw, part, method)",
}
VERSION = 3
DERIVED = ("config.yaml", "verdict.json")
"""Files of a run folder that are written after its store."""
PAGE = 4096
"""Rows that are read together. No statement stays open between pages, so that scores can be written meanwhile."""
SHORT = 1024
"""Bytes below which a response is not compressed: setting up a compressor would cost more than it saves."""
_RESPONSE_FIELDS = tuple(f.name for f in fields(Response))
_encode = json.JSONEncoder(sort_keys=True).encode
_ARMS = {arm.value: arm for arm in Arm}
_PARTS = {part.value: part for part in Part}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
"""Lookup tables for scores; calling an enumeration is slow."""
ADDED = frozenset({"moderated", "asked"})
"""Fields of a response that older run folders lack; their defaults apply."""


PARTED = ("responses",)
"""Tables that are read by author, their first column; the ledger has one entry per author."""


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


def _schema() -> Iterator[str]:
    """Statements that create an empty store."""
    yield "CREATE TABLE ledger (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, mix INTEGER NOT NULL) WITHOUT ROWID"
    for table, columns in TABLES.items():
        yield f"CREATE TABLE {table} ({columns.format(digest='digest INTEGER NOT NULL')}) WITHOUT ROWID"
        for event, row, step in (("INSERT", "NEW", "+ 1"), ("DELETE", "OLD", "- 1")):
            name = f"'{table}' || {row}.arm" if table in PARTED else f"'{table}'"
            # no INSERT OR IGNORE: inside a trigger, the OR REPLACE of the statement that fired it would hold instead
            yield (
                f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN"
                f" INSERT INTO ledger SELECT {name}, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE name = {name});"
                f" UPDATE ledger SET rows = rows {step}, mix = (mix | {row}.digest) - (mix & {row}.digest)"
                f" WHERE name = {name}; END"
            )


def seal(table: str, row: Sequence[Json]) -> int:
    """62 bits of BLAKE2b over a row's values; bytes can only be the last."""
    last = row[-1]
    packed = last if isinstance(last, bytes) else b""
    text = repr((table, *row[:-1]) if packed else (table, *row))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass") + packed, digest_size=8).digest()
    return int.from_bytes(digest) >> 2


def score_row(score: Score) -> tuple[Json, ...]:
    """A score as a row of the store, with its digest."""
    prompt_id, arm, draw, scorer, part, value, outcome, reason = score
    row = (arm.value, prompt_id, draw, scorer, part.value, _real(value), outcome.value, _utf8(reason))
    return *row, seal("scores", row)


def unpacked(body: bytes) -> Response:
    """A stored response."""
    return _read_response(json.loads(zlib.decompress(body).decode("utf-8", "surrogatepass")))


def _packed(raw: bytes) -> bytes:
    """Bytes as a zlib stream; short ones as its single block without compression (RFC 1950, RFC 1951 3.2.4)."""
    if len(raw) >= SHORT:
        return zlib.compress(raw, 1)
    n = len(raw)
    head = b"\x78\x01\x01" + n.to_bytes(2, "little") + (n ^ 0xFFFF).to_bytes(2, "little")
    return head + raw + zlib.adler32(raw).to_bytes(4, "big")


class Store:
    """A run folder opened for writing (exclusive) or reading; only `create` creates a new one."""

    def __init__(self, folder: Path, *, write: bool, create: bool = False) -> None:
        self.folder = folder
        self._lock: IO[str] | None = None
        self._check_there(create=create)
        if write:
            self._claim()
        try:
            readable = (
                "" if write or os.access(folder, os.W_OK) else "?mode=ro&immutable=1"
            )  # a copy on read-only media
            address = f"{self.path.absolute().as_uri()}{readable}"
            self._db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=2.0)
            self._prepare(create=write and create)
            self._check_whole()
        except (sqlite3.Error, StoreError) as problem:
            self.close()
            if isinstance(problem, StoreError):
                raise
            raise _damaged(self.path, problem) from None

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self.folder / "run.sqlite"

    def _check_there(self, *, create: bool) -> None:
        if self.path.is_file() and self.path.stat().st_size:
            return
        derived = [name for name in DERIVED if (self.folder / name).exists()]
        if derived:
            what = "is empty" if self.path.is_file() else "is missing"
            raise StoreError(f"{self.path}: {what} beside {derived[0]}; restore it, or audit into a new --out.")
        if not create:
            raise FolderError(f"{self.folder}: found no run.sqlite; pass the folder of an audit (its --out).")

    def _prepare(self, *, create: bool) -> None:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON", "cell_size_check=ON"):
            self._db.execute(f"PRAGMA {setting}")
        empty = not self._all("SELECT name FROM sqlite_master LIMIT 1")
        if create and empty and not any((self.folder / name).exists() for name in DERIVED):
            self._db.execute("BEGIN IMMEDIATE")
            for statement in _schema():
                self._db.execute(statement)
            self._db.execute("COMMIT")
            self.put(STORE_VERSION, VERSION)

    def _check_whole(self) -> None:
        """Verify all meta rows, later read singly; raises StoreError for another version and for a damaged row."""
        if [row[1] for row in self._all("PRAGMA table_info(meta)")] == ["key", "value"]:  # before rows had digests
            raise self._of_another_version(1)
        self._verify("meta")
        if self.get(STORE_VERSION) != VERSION:
            raise self._of_another_version(self.get(STORE_VERSION))

    def _of_another_version(self, version: Json) -> StoreError:
        if isinstance(version, int) and version > VERSION:
            return StoreError(
                f"{self.path}: found a store of version {version}, which a newer trustdelta wrote; this one reads "
                f"{VERSION}; upgrade trustdelta, or audit into a new --out."
            )
        return StoreError(f"{self.path}: found a store of version {version}, wanted {VERSION}; audit into a new --out.")

    def _claim(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # O_NONBLOCK: a pipe of that name must not block
            lock = os.fdopen(os.open(self.folder / "run.lock", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o644), "w")
        except OSError as problem:
            raise FolderError(f"{self.folder}: cannot be written ({problem.strerror}); pass another --out.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise BusyError(
                f"{self.folder}: another process is writing this run; wait for it or pass another --out."
            ) from None
        self._lock = lock

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Store:
        """Use as a context manager, which closes the store and frees the lock."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and free the lock."""
        if hasattr(self, "_db"):
            self._db.close()
        self._release()

    # state

    def get(self, key: Key[T]) -> T:
        """The value stored under a key, or the key's empty value."""
        row = self._one("SELECT value FROM meta WHERE key = ?", (key.name,))
        value: T = key.empty() if row is None else json.loads(row[0])
        return value

    def has(self, key: Key[Any]) -> bool:
        """Whether a value is stored under a key."""
        return self._one("SELECT 1 FROM meta WHERE key = ?", (key.name,)) is not None

    def put(self, key: Key[T], value: T) -> None:
        """Store the value of a key."""
        self._put("meta", [(key.name, json.dumps(value, sort_keys=True))])

    def forget(self, keys: Iterable[Key[Any]]) -> None:
        """Delete the values of these keys."""
        self._forget(key.name for key in keys)

    def _forget(self, names: Iterable[str]) -> None:
        self._run("DELETE FROM meta WHERE key = ?", [(name,) for name in names])

    def restart(self) -> None:
        """Delete everything but the store's version; the lock remains."""
        for author in self.authors():
            self.forget_responses(author)
        self.clear_scores()
        self._run("DELETE FROM prompts WHERE ?", [(True,)])
        self._forget([name for (name,) in self._all("SELECT key FROM meta") if name != STORE_VERSION.name])

    def claim(self, key: Key[Fingerprint], value: Mapping[str, Json]) -> None:
        """Record a fingerprint, or compare it with the stored one; raises StoreError with the changed parts."""
        fresh = json.loads(json.dumps(value))
        if not self.has(key):
            self.put(key, fresh)
        elif changed := changes(self.get(key), fresh):
            raise StoreError(
                f"{self.path}: {key.name.removeprefix(FINGERPRINT)} changed in {changed}; stored work is never mixed "
                "with new, so pass a new --out."
            )

    # prompts

    def put_prompts(self, prompts: Sequence[Prompt]) -> None:
        """Store the prompts of this run in order."""
        rows = [(p.id, i, p.benchmark, json.dumps(_prompt_body(p), sort_keys=True)) for i, p in enumerate(prompts)]
        self._put("prompts", rows)

    def prompts(self) -> list[Prompt]:
        """The prompts of this run, in order."""
        rows = self._read("prompts", self._all("SELECT * FROM prompts ORDER BY position"))
        return [_read_prompt(json.loads(body)) for _, _, _, body in rows]

    def check_prompts(self) -> None:
        """Raise StoreError with the first missing prompt of a response, a score or the plan."""
        for table in ("responses", "scores", "drift"):
            column = "text_of" if table == "drift" else "arm"
            row = self._one(
                f"SELECT prompt_id FROM {table} WHERE {column} IN (?, ?) AND prompt_id NOT IN (SELECT id FROM prompts)"
                " LIMIT 1",
                tuple(arm.value for arm in Arm),
            )
            if row is not None:
                raise StoreError(
                    f"{self.path}: prompt {row[0]} has {table} but is missing; restore the file, or audit into a new "
                    "--out."
                )
        planned = self.get(PLAN).get("prompts")
        ids = [row[0] for row in self._all("SELECT id FROM prompts ORDER BY position")]
        if planned and planned != content_hash(ids)[:16]:
            raise StoreError(
                f"{self.path}: its {len(ids)} prompts are not those of the frozen plan; restore the file, or audit "
                "into a new --out."
            )

    # responses

    def put_responses(self, author: str, responses: Iterable[Response]) -> None:
        """Store one batch of responses of an arm, or of a judge, in one transaction."""
        rows = []
        for response in responses:
            values = {name: getattr(response, name) for name in _RESPONSE_FIELDS}
            body = _packed(_encode(values).encode("utf-8", "surrogatepass"))
            rows.append((str(author), response.prompt_id, response.draw, body))
        self._put("responses", rows)

    def forget_responses(self, author: str) -> None:
        """Delete every response of an author."""
        self._run("DELETE FROM responses WHERE arm = ?", [(str(author),)])

    def authors(self) -> set[str]:
        """Authors of stored responses: arms and judges."""
        return {author for (author,) in self._all("SELECT DISTINCT arm FROM responses")}

    def count(self, author: str) -> int:
        """Number of stored responses of an arm or a judge."""
        row = self._one("SELECT rows FROM ledger WHERE name = ?", (f"responses{author}",))
        return 0 if row is None else int(row[0])

    def have(self, author: str) -> set[tuple[str, int]]:
        """The stored (prompt id, draw) pairs of an arm or a judge."""
        return set(self._all("SELECT prompt_id, draw FROM responses WHERE arm = ?", (str(author),)))

    def responses(self, author: str) -> Iterator[Response]:
        """Every stored response of an arm or a judge, by prompt id and draw; raises StoreError for a damaged row."""
        return (unpacked(body) for page in self.packed_responses(author) for _, _, body in page)

    def packed_responses(self, author: str, size: int = PAGE) -> Iterator[list[tuple[str, int, bytes]]]:
        """The same as pages of (prompt id, draw, body), whose bodies `unpacked` reads."""
        query = "SELECT * FROM responses WHERE arm = ? AND (prompt_id, draw) > (?, ?) ORDER BY prompt_id, draw LIMIT ?"
        rows = self._read("responses", self._paged(query, (str(author),), ("", -1)), str(author))
        while page := [(prompt_id, draw, body) for _, prompt_id, draw, body in islice(rows, size)]:
            yield page

    def first_responses(self, author: str, prompt_ids: Iterable[str]) -> dict[str, Response]:
        """The first draw of each of these prompts, by prompt id, where there is one."""
        query = "SELECT * FROM responses WHERE arm = ? AND prompt_id = ? AND draw = 0"
        rows = [row for prompt_id in prompt_ids for row in self._all(query, (str(author), prompt_id))]
        return {row[1]: unpacked(self._undamaged("responses", row)[-1]) for row in rows}

    # scores and drift

    def put_scores(self, scores: Iterable[Score]) -> None:
        """Store scores in one transaction."""
        self.put_score_rows(list(map(score_row, scores)))

    def put_score_rows(self, rows: Sequence[tuple[Json, ...]]) -> None:
        """Store the rows that `score_row` makes in one transaction."""
        self._insert("scores", rows)

    def clear_scores(self) -> None:
        """Delete every score, including damaged ones; responses remain."""
        self._run("DELETE FROM scores WHERE ?", [(True,)], "UPDATE ledger SET rows = 0, mix = 0 WHERE name = 'scores'")

    def scored(self, arm: Arm) -> set[tuple[str, int]]:
        """The (prompt id, draw) pairs of one arm that have a score."""
        return set(self._all("SELECT DISTINCT prompt_id, draw FROM scores WHERE arm = ?", (arm.value,)))

    def scores(self) -> Iterator[Score]:
        """Every score, by model, prompt id, draw, scorer and part."""
        key = "arm, prompt_id, draw, scorer, part"
        query = f"SELECT * FROM scores WHERE ({key}) > (?, ?, ?, ?, ?) ORDER BY {key} LIMIT ?"
        rows = self._paged(query, (), ("", "", -1, "", ""))
        for arm, prompt_id, draw, scorer, part, value, outcome, reason in self._read("scores", rows):
            yield Score(prompt_id, _ARMS[arm], draw, scorer, _PARTS[part], value, _OUTCOMES[outcome], reason)

    def put_drift(self, rows: Iterable[DriftRow]) -> None:
        """Store one batch of per-response drift sums in one transaction."""
        self._put("drift", [(*row[:7], *(_real(value) for value in row[7:])) for row in rows])

    def drift(self) -> list[DriftRow]:
        """Every stored drift row, in a fixed order."""
        rows = self._read("drift", self._all("SELECT * FROM drift ORDER BY text_of, prompt_id, draw, part, method"))
        return [DriftRow(*row) for row in rows]

    # plumbing

    def rows(self) -> dict[str, list[int]]:
        """Rows of each table and the exclusive or of their digests, without meta: the data of a verdict."""
        return {name: counts for name, *counts in self._all("SELECT * FROM ledger ORDER BY name") if name != "meta"}

    def check(self) -> None:
        """Read every row; raises StoreError for a damaged, missing or duplicate one."""
        for table in TABLES:
            self._verify(table)

    def _verify(self, table: str) -> None:
        if table == "responses":
            listed = self._all("SELECT substr(name, 10) FROM ledger WHERE name LIKE 'responses_%'")
            for (author,) in {*listed, *self._all("SELECT DISTINCT arm FROM responses")}:
                deque(self.packed_responses(author), maxlen=0)
        elif table == "scores":
            deque(self.scores(), maxlen=0)
        else:
            deque(self._read(table, self._all(f"SELECT * FROM {table}")), maxlen=0)

    def _run(self, statement: str, rows: Sequence[tuple[object, ...]], then: str = "") -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(statement, rows)
            if then:
                self._db.execute(then)
            self._db.execute("COMMIT")
        except sqlite3.Error as problem:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise _damaged(self.path, problem) from None

    def _put(self, table: str, rows: Sequence[tuple[Json, ...]]) -> None:
        """Add or replace rows, each with its digest, in one transaction."""
        self._insert(table, [(*row, seal(table, row)) for row in rows])

    def _insert(self, table: str, sealed: Sequence[tuple[Json, ...]]) -> None:
        if sealed:
            self._run(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(sealed[0]))})", sealed)

    def _paged(self, query: str, values: tuple[object, ...], after: tuple[object, ...]) -> Iterator[tuple[Json, ...]]:
        """All rows of a query for the rows behind a key, whose columns begin with `values` and that key."""
        while page := self._all(query, (*values, *after, PAGE)):
            yield from page
            after = page[-1][len(values) : len(values) + len(after)]

    def _read(self, table: str, rows: Iterable[tuple[Json, ...]], part: str = "") -> Iterator[tuple[Json, ...]]:
        """All rows of a table (or of one of its parts) without their digests.

        Raises StoreError with the row where content and digest differ, and at the end where the rows differ from the
        ledger.
        """
        count = mix = 0
        for row in rows:
            digest = row[-1]
            yield self._undamaged(table, row)
            count, mix = count + 1, mix ^ digest
        ledger = self._all("SELECT rows, mix FROM ledger WHERE name = ?", (f"{table}{part}",)) or [(0, 0)]
        if ledger != [(count, mix)]:
            raise self._lost(f"table {table} has missing or duplicate rows and")

    def _undamaged(self, table: str, sealed: tuple[Json, ...]) -> tuple[Json, ...]:
        """A row without its digest; raises StoreError where they differ."""
        row = sealed[:-1]
        if seal(table, row) != sealed[-1]:
            raise self._lost(f"{table} row {'/'.join(str(v) for v in row[:3])}"[:120])
        return row

    def _lost(self, what: str) -> StoreError:
        return StoreError(f"{self.path}: {what} is damaged; restore the file, or audit into a new --out.")

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Json, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as problem:
            raise _damaged(self.path, problem) from None

    def _one(self, query: str, values: tuple[object, ...]) -> tuple[Json, ...] | None:
        rows = self._all(query, values)
        return rows[0] if rows else None


def _real(value: float | None) -> float | None:
    """A number as SQLite returns it: a float, None for NaN, without negative zero."""
    return None if value is None or math.isnan(value) else float(value) + 0.0


def _utf8(text: str) -> str:
    """Text that SQLite can store: lone surrogates as backslash escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _damaged(path: Path, problem: sqlite3.Error) -> StoreError:
    return StoreError(f"{path}: {problem}; restore the file, free disk space, or audit into a new --out.")


def _prompt_body(prompt: Prompt) -> Json:
    return {**asdict(prompt), "metadata": dict(prompt.metadata)}


def _read_prompt(body: Json) -> Prompt:
    return Prompt(**{**body, "messages": tuple(Message(**m) for m in body["messages"])})


def _read_response(body: Json) -> Response:
    values = {name: body[name] for name in _RESPONSE_FIELDS if name in body or name not in ADDED}
    values["finish"] = Finish(values["finish"])
    values["token_ids"] = tuple(values["token_ids"])
    values["prompt_token_ids"] = tuple(values["prompt_token_ids"])
    return Response(**values)
