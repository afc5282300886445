"""The tables of a run's SQLite file, and the triggers that take deleted rows off their ledger.

Inserted rows are added to the ledger by the batch (`Tables._insert`): a trigger would double the time of an insert.
"""

from __future__ import annotations

from collections.abc import Iterator

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
VERSION = 4
DERIVED = ("config.yaml", "verdict.json")
"""Files of a run folder that are written after its store."""
PARTED = ("responses",)
"""Tables that are read by author, their first column; the ledger has one entry per author."""
KEYS = {table: columns.rpartition("PRIMARY KEY (")[2].rstrip(")").split(", ") for table, columns in TABLES.items()}
"""Columns of each primary key, which are a table's first ones."""
ADD_TO_LEDGER = (
    "INSERT INTO ledger VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET rows = rows + excluded.rows,"
    " mix = (mix | excluded.mix) - (mix & excluded.mix)"
)
"""The exclusive or, which SQLite lacks, of the stored digests and those of inserted rows."""


def statements() -> Iterator[str]:
    """Statements that create an empty store."""
    yield "CREATE TABLE ledger (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, mix INTEGER NOT NULL) WITHOUT ROWID"
    for table, columns in TABLES.items():
        yield f"CREATE TABLE {table} ({columns.format(digest='digest INTEGER NOT NULL')}) WITHOUT ROWID"
        name = f"'{table}' || OLD.arm" if table in PARTED else f"'{table}'"
        yield (
            f"CREATE TRIGGER {table}_delete AFTER DELETE ON {table} BEGIN"
            " UPDATE ledger SET rows = rows - 1, mix = (mix | OLD.digest) - (mix & OLD.digest)"
            f" WHERE name = {name}; END"
        )
