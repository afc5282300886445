"""The tables of one run folder: opened by one writer or for reading, and read with their digests checked."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from trustdelta.errors import BusyError, FolderError, StoreError
from trustdelta.records import Json
from trustdelta.records.state import STORE_VERSION, Key
from trustdelta.store.rows import Row, seal
from trustdelta.store.schema import ADD_TO_LEDGER, DERIVED, KEYS, PARTED, VERSION, statements

T = TypeVar("T")
SETTINGS: tuple[str, ...] = ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON", "cell_size_check=ON")
"""Settings of SQLite: a commit is on the disk when it returns, and damaged pages are noticed."""
PAGE = 4096
"""Rows that are read together. No statement stays open between pages, so that others can be written meanwhile."""


class Tables:
    """A run folder's SQLite file, with its lock; only `create` creates a new one."""

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
        for setting in SETTINGS:
            self._db.execute(f"PRAGMA {setting}")
        empty = not self._all("SELECT name FROM sqlite_master LIMIT 1")
        if create and empty and not any((self.folder / name).exists() for name in DERIVED):
            self._db.execute("BEGIN IMMEDIATE")
            for statement in statements():
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

    def __enter__(self) -> Self:
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
        self._run(("DELETE FROM meta WHERE key = ?", [(name,) for name in names]))

    # rows

    def _run(self, *statements: tuple[str, Sequence[tuple[object, ...]]]) -> None:
        """Execute statements, each for every one of its rows of values, in one transaction."""
        try:
            self._transact(statements)
        except sqlite3.Error as problem:
            raise _damaged(self.path, problem) from None

    def _transact(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, rows in statements:
                self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _put(self, table: str, rows: Sequence[Row]) -> None:
        """Add or replace rows, each with its digest, in one transaction."""
        self._insert(table, [(*row, seal(table, row)) for row in rows])

    def _insert(self, table: str, sealed: Sequence[Row]) -> None:
        """Add or replace rows that have their digests; of rows with one key the last is stored."""
        keys = KEYS[table]
        rows = {row[: len(keys)]: row for row in sealed}
        if not rows:
            return
        counts: dict[str, tuple[int, int]] = {}
        for row in rows.values():
            name = f"{table}{row[0]}" if table in PARTED else table
            count, mix = counts.get(name, (0, 0))
            counts[name] = count + 1, mix ^ row[-1]
        insert = f"INSERT INTO {table} VALUES ({', '.join('?' * len(sealed[0]))})", list(rows.values())
        add = ADD_TO_LEDGER, [(name, *entry) for name, entry in counts.items()]
        try:
            self._transact((insert, add))
        except sqlite3.IntegrityError:  # some of them replace stored rows
            delete = f"DELETE FROM {table} WHERE {' AND '.join(f'{key} = ?' for key in keys)}", list(rows)
            self._run(delete, insert, add)
        except sqlite3.Error as problem:
            raise _damaged(self.path, problem) from None

    def _verify(self, table: str) -> None:
        """Read all rows of a small table; raises StoreError for a damaged, missing or duplicate one."""
        deque(self._read(table, self._all(f"SELECT * FROM {table}")), maxlen=0)

    def _paged(self, query: str, values: tuple[object, ...], after: tuple[object, ...]) -> Iterator[Row]:
        """All rows of a query for the rows behind a key, whose columns begin with `values` and that key."""
        while page := self._all(query, (*values, *after, PAGE)):
            yield from page
            after = page[-1][len(values) : len(values) + len(after)]

    def _read(self, table: str, rows: Iterable[Row], part: str = "") -> Iterator[Row]:
        """All rows of a table (or of one of its parts) without their digests.

        Raises StoreError with the row where content and digest differ, and at the end where the rows differ from the
        ledger.
        """
        count = mix = 0
        for sealed in rows:
            row, digest = sealed[:-1], sealed[-1]
            if seal(table, row) != digest:
                raise self._damaged_row(table, row)
            count, mix = count + 1, mix ^ digest
            yield row
        ledger = self._all("SELECT rows, mix FROM ledger WHERE name = ?", (f"{table}{part}",)) or [(0, 0)]
        if ledger != [(count, mix)]:
            raise self._lost(f"table {table} has missing or duplicate rows and")

    def _damaged_row(self, table: str, row: Sequence[Json]) -> StoreError:
        return self._lost(f"{table} row {'/'.join(str(v) for v in row[:3])}"[:120])

    def _lost(self, what: str) -> StoreError:
        return StoreError(f"{self.path}: {what} is damaged; restore the file, or audit into a new --out.")

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[Row]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as problem:
            raise _damaged(self.path, problem) from None

    def _one(self, query: str, values: tuple[object, ...]) -> Row | None:
        rows = self._all(query, values)
        return rows[0] if rows else None


def _damaged(path: Path, problem: sqlite3.Error) -> StoreError:
    return StoreError(f"{path}: {problem}; restore the file, free disk space, or audit into a new --out.")
