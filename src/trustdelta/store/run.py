"""The run folder: one durable SQLite file with one writer, and the files derived from it.

Every batch of responses is one transaction (WAL, fsync on commit), so that a killed process leaves complete batches,
from which a rerun resumes. Each row has a digest of its content. A ledger, updated in the same transaction, holds each
table's number of rows and the exclusive or of their digests: a changed, missing or duplicate row is an error on
reading. Large tables are read a page at a time, so that memory does not grow with the run.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from trustdelta.errors import StoreError
from trustdelta.records import Arm, Json, Prompt, Response, Score, changes, content_hash
from trustdelta.records.state import FINGERPRINT, PLAN, STORE_VERSION, Fingerprint, Key
from trustdelta.store.rows import (
    DriftRow,
    Row,
    packed,
    prompt_body,
    read_prompt,
    read_score,
    real,
    score_row,
    seal,
    unpacked,
)
from trustdelta.store.tables import PAGE, Tables


class Store(Tables):
    """A run folder opened for writing (exclusive) or reading; only `create` creates a new one."""

    def restart(self) -> None:
        """Delete everything but the store's version; the lock remains."""
        for author in self.authors():
            self.forget_responses(author)
        self.clear_scores()
        self._run(("DELETE FROM prompts WHERE ?", [(True,)]))
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
        rows = [(p.id, i, p.benchmark, json.dumps(prompt_body(p), sort_keys=True)) for i, p in enumerate(prompts)]
        self._put("prompts", rows)

    def prompts(self) -> list[Prompt]:
        """The prompts of this run, in order."""
        rows = self._read("prompts", self._all("SELECT * FROM prompts ORDER BY position"))
        return [read_prompt(json.loads(body)) for _, _, _, body in rows]

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
        self._put("responses", [(str(author), r.prompt_id, r.draw, packed(r)) for r in responses])

    def forget_responses(self, author: str) -> None:
        """Delete every response of an author."""
        self._run(("DELETE FROM responses WHERE arm = ?", [(str(author),)]))

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

    def response(self, author: str, prompt_id: str, draw: int) -> Response | None:
        """One stored response; None where there is none. Raises StoreError for a damaged row."""
        query = "SELECT * FROM responses WHERE arm = ? AND prompt_id = ? AND draw = ?"
        for *row, digest in self._all(query, (str(author), prompt_id, draw)):
            if seal("responses", row) != digest:
                raise self._damaged_row("responses", row)
            return unpacked(row[-1])
        return None

    def first_responses(self, author: str, prompt_ids: Iterable[str]) -> dict[str, Response]:
        """The first draw of each of these prompts, by prompt id, where there is one."""
        first = {prompt_id: self.response(author, prompt_id, 0) for prompt_id in prompt_ids}
        return {prompt_id: response for prompt_id, response in first.items() if response is not None}

    # scores and drift

    def put_scores(self, scores: Iterable[Score]) -> None:
        """Store scores in one transaction."""
        self.put_score_rows(list(map(score_row, scores)))

    def put_score_rows(self, rows: Sequence[Row]) -> None:
        """Store the rows that `score_row` makes in one transaction."""
        self._insert("scores", rows)

    def clear_scores(self) -> None:
        """Delete every score, including damaged ones; responses remain."""
        reset = "UPDATE ledger SET rows = 0, mix = 0 WHERE name = ?", [("scores",)]
        self._run(("DELETE FROM scores WHERE ?", [(True,)]), reset)

    def scored(self, arm: Arm) -> set[tuple[str, int]]:
        """The (prompt id, draw) pairs of one arm that have a score."""
        return set(self._all("SELECT DISTINCT prompt_id, draw FROM scores WHERE arm = ?", (arm.value,)))

    def scores(self) -> Iterator[Score]:
        """Every score, by model, prompt id, draw, scorer and part."""
        key = "arm, prompt_id, draw, scorer, part"
        query = f"SELECT * FROM scores WHERE ({key}) > (?, ?, ?, ?, ?) ORDER BY {key} LIMIT ?"
        rows = self._paged(query, (), ("", "", -1, "", ""))
        return map(read_score, self._read("scores", rows))

    def put_drift(self, rows: Iterable[DriftRow]) -> None:
        """Store one batch of per-response drift sums in one transaction."""
        self._put("drift", [(*row[:7], *(real(value) for value in row[7:])) for row in rows])

    def drift(self) -> list[DriftRow]:
        """Every stored drift row, in a fixed order."""
        rows = self._read("drift", self._all("SELECT * FROM drift ORDER BY text_of, prompt_id, draw, part, method"))
        return [DriftRow(*row) for row in rows]

    def rows(self) -> dict[str, list[int]]:
        """Rows of each table and the exclusive or of their digests, without meta: the data of a verdict."""
        return {name: counts for name, *counts in self._all("SELECT * FROM ledger ORDER BY name") if name != "meta"}

    def check(self) -> None:
        """Read every row; raises StoreError for a damaged, missing or duplicate one."""
        self._verify("meta")
        self._verify("prompts")
        listed = self._all("SELECT substr(name, 10) FROM ledger WHERE name LIKE 'responses_%'")
        for (author,) in {*listed, *self._all("SELECT DISTINCT arm FROM responses")}:
            deque(self.packed_responses(author), maxlen=0)
        deque(self.scores(), maxlen=0)
        self._verify("drift")
