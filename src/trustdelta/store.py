"""The run folder: one SQLite file that loses nothing, one writer, and the files made from it.

Every batch of responses is one transaction (WAL, fsync on commit), so a killed process leaves whole batches behind and
the same command goes on from them. Each response row carries a digest of its content; a damaged row is an error.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple

from trustdelta.errors import BusyError, FolderError, StoreError
from trustdelta.records import Arm, Finish, Json, Message, Outcome, Part, Prompt, Response, Score

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS prompts (id TEXT PRIMARY KEY, position INTEGER NOT NULL, benchmark TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS responses (arm TEXT, prompt_id TEXT, draw INTEGER, digest TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (arm, prompt_id, draw)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scores (arm TEXT, prompt_id TEXT, draw INTEGER, scorer TEXT, part TEXT, value REAL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (arm, prompt_id, draw, scorer, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drift (text_of TEXT, prompt_id TEXT, draw INTEGER, part TEXT, method TEXT,
    tokens INTEGER NOT NULL, text_bytes INTEGER NOT NULL, kl_candidate_to_baseline REAL, kl_baseline_to_candidate REAL,
    dropped_candidate REAL NOT NULL, dropped_baseline REAL NOT NULL,
    PRIMARY KEY (text_of, prompt_id, draw, part, method)) WITHOUT ROWID;
"""
VERSION = 2


class DriftRow(NamedTuple):
    """Sums of drift over one part of one response, in nats; a direction that the method does not give is None.

    `dropped_*` are sums of the probability of ids that only one model has.
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


_RESPONSE_FIELDS = tuple(f.name for f in fields(Response))


class Store:
    """A run folder opened for writing (exclusive) or reading; only `create` makes a new one."""

    def __init__(self, folder: Path, *, write: bool, create: bool = False) -> None:
        self.folder = folder
        self._lock: IO[str] | None = None
        if not create and not (folder / "run.sqlite").is_file():
            raise FolderError(f"{folder}: found no run.sqlite; pass the folder of an audit (its --out).")
        if write:
            self._claim()
        try:
            self._db = sqlite3.connect(folder / "run.sqlite", isolation_level=None, timeout=2.0)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            if write:
                self._db.executescript(SCHEMA)
            self._check_version(write=write)
        except (sqlite3.Error, StoreError) as problem:
            self._release()
            if isinstance(problem, StoreError):
                raise
            raise _damaged(folder, problem) from None

    def _claim(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "run.lock").open("a")
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

    def _check_version(self, *, write: bool) -> None:
        found = self.meta("version")
        if found is None and write:
            self.set_meta("version", VERSION)
        elif found != VERSION:
            raise StoreError(
                f"{self.folder}: found a store of version {found}, wanted {VERSION}; audit into a new --out."
            )

    def __enter__(self) -> Store:
        """Use as a context manager; leaving closes the store and frees the lock."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and free the lock."""
        self._db.close()
        self._release()

    # meta and fingerprints

    def meta(self, key: str) -> Json:
        """The JSON value stored under `key`, or None."""
        row = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else json.loads(row[0])

    def set_meta(self, key: str, value: Json) -> None:
        """Store a JSON value under `key`."""
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, json.dumps(value, sort_keys=True))])

    def claim_fingerprint(self, name: str, value: Mapping[str, Json]) -> None:
        """Record what produced stored work, or check that it is the same; raises StoreError naming what changed."""
        stored = self.meta(f"fingerprint:{name}")
        fresh = json.loads(json.dumps(value))
        if stored is None:
            self.set_meta(f"fingerprint:{name}", fresh)
            return
        for key in sorted(stored.keys() | fresh.keys()):
            if stored.get(key) != fresh.get(key):
                raise StoreError(
                    f"{self.folder}: {name} changed in {key!r}: stored {_short(stored.get(key))}, now "
                    f"{_short(fresh.get(key))}; stored work is never mixed with new, so pass a new --out."
                )

    # prompts

    def put_prompts(self, prompts: Sequence[Prompt]) -> None:
        """Record the prompt set of this run, in order."""
        rows = [(p.id, i, p.benchmark, json.dumps(_prompt_body(p), sort_keys=True)) for i, p in enumerate(prompts)]
        self._run("INSERT OR REPLACE INTO prompts VALUES (?, ?, ?, ?)", rows)

    def prompts(self) -> list[Prompt]:
        """The prompts of this run, in order; raises StoreError where a body does not hash to its id."""
        found = []
        for key, body in self._all("SELECT id, body FROM prompts ORDER BY position"):
            prompt = _read_prompt(json.loads(body))
            if prompt.id != key:
                raise StoreError(
                    f"{self.folder / 'run.sqlite'}: prompt {key} is damaged; restore it or audit into a new --out."
                )
            found.append(prompt)
        return found

    # responses

    def put_responses(self, author: str, responses: Iterable[Response]) -> None:
        """Store one batch of responses of an arm, or of a judge, in one transaction."""
        rows = []
        for response in responses:
            body = zlib.compress(json.dumps(asdict(response), sort_keys=True).encode("utf-8", "surrogatepass"), 1)
            rows.append((str(author), response.prompt_id, response.draw, _digest(body), body))
        self._run("INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?)", rows)

    def have(self, author: str) -> set[tuple[str, int]]:
        """The (prompt id, draw) pairs that are stored of an arm or of a judge."""
        return set(self._all("SELECT prompt_id, draw FROM responses WHERE arm = ?", (str(author),)))

    def responses(self, author: str) -> Iterator[Response]:
        """Every stored response of an arm or a judge, by prompt id and draw; raises StoreError on a damaged row."""
        query = "SELECT prompt_id, draw, digest, body FROM responses WHERE arm = ? ORDER BY prompt_id, draw"
        for prompt_id, draw, digest, body in self._all(query, (str(author),)):
            if _digest(body) != digest:
                raise StoreError(
                    f"{self.folder / 'run.sqlite'}: response {prompt_id}/{draw} of the {author} is damaged; "
                    "restore the file, or audit into a new --out."
                )
            yield _read_response(json.loads(zlib.decompress(body).decode("utf-8", "surrogatepass")))

    # scores and drift

    def put_scores(self, scores: Iterable[Score]) -> None:
        """Store scores in one transaction."""
        rows = [
            (s.arm.value, s.prompt_id, s.draw, s.scorer, s.part.value, s.value, s.outcome.value, s.reason)
            for s in scores
        ]
        self._run("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def clear_scores(self) -> None:
        """Forget every score; responses stay."""
        self._run("DELETE FROM scores WHERE arm = ?", [(arm.value,) for arm in Arm])

    def scored(self, arm: Arm) -> set[tuple[str, int]]:
        """The (prompt id, draw) pairs of one arm that have a score."""
        return set(self._all("SELECT DISTINCT prompt_id, draw FROM scores WHERE arm = ?", (arm.value,)))

    def scores(self) -> Iterator[Score]:
        """Every score, in a fixed order."""
        query = "SELECT * FROM scores ORDER BY scorer, part, arm, prompt_id, draw"
        for arm, prompt_id, draw, scorer, part, value, outcome, reason in self._all(query):
            yield Score(prompt_id, Arm(arm), draw, scorer, Part(part), value, Outcome(outcome), reason)

    def put_drift(self, rows: Iterable[DriftRow]) -> None:
        """Store one batch of per-response drift sums in one transaction."""
        self._run("INSERT OR REPLACE INTO drift VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", list(rows))

    def drift(self) -> list[DriftRow]:
        """Every stored drift row, in a fixed order."""
        found = self._all("SELECT * FROM drift ORDER BY text_of, prompt_id, draw, part, method")
        return [DriftRow(*row) for row in found]

    # plumbing

    def _run(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as problem:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise _damaged(self.folder, problem) from None

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Json, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as problem:
            raise _damaged(self.folder, problem) from None

    def _one(self, query: str, values: tuple[object, ...]) -> tuple[Json, ...] | None:
        rows = self._all(query, values)
        return rows[0] if rows else None


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def _short(value: Json) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 80 else text[:77] + "..."


def _damaged(folder: Path, problem: sqlite3.Error) -> StoreError:
    return StoreError(
        f"{folder / 'run.sqlite'}: {problem}; restore the file, free disk space, or audit into a new --out."
    )


def _prompt_body(prompt: Prompt) -> Json:
    return {**asdict(prompt), "metadata": dict(prompt.metadata)}


def _read_prompt(body: Json) -> Prompt:
    return Prompt(**{**body, "messages": tuple(Message(**m) for m in body["messages"])})


def _read_response(body: Json) -> Response:
    values = {name: body[name] for name in _RESPONSE_FIELDS}
    values["finish"] = Finish(values["finish"])
    values["token_ids"] = tuple(values["token_ids"])
    values["prompt_token_ids"] = tuple(values["prompt_token_ids"])
    return Response(**values)
