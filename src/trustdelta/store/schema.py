"""The tables of a run's SQLite file, and the triggers that keep their ledger."""

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
VERSION = 3
DERIVED = ("config.yaml", "verdict.json")
"""Files of a run folder that are written after its store."""
PARTED = ("responses",)
"""Tables that are read by author, their first column; the ledger has one entry per author."""


def statements() -> Iterator[str]:
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
