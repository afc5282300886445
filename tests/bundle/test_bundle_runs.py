"""Bundles of every kind of run: made, verified and equal, without texts, and refused where the run does not fit."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import trustdelta
from bundle.forging import forged, rows
from trustdelta.errors import FolderError, StoreError, UsageError, VerificationError
from trustdelta.pipeline.bundles.check import export_bundle, verify_bundle, verify_run
from trustdelta.pipeline.bundles.write import cluster_names
from trustdelta.pipeline.conclude import VERDICT
from trustdelta.records import Json, Message, Prompt
from trustdelta.store import Store
from trustdelta.store.rows import seal

RUNS = ("organism_run", "labelled_run", "exploratory_run")


@pytest.mark.parametrize("run", RUNS)
def test_a_bundle_gives_the_verdict_byte_for_byte(request: pytest.FixtureRequest, tmp_path: Path, run: str) -> None:
    """The recomputed text is verdict.json of the run, whose folder may be gone; equal runs give equal bundles."""
    folder = tmp_path / "run"
    shutil.copytree(request.getfixturevalue(run), folder)
    text = (folder / VERDICT).read_text("utf-8")
    first = export_bundle(folder, tmp_path / "first.bundle")
    second = export_bundle(folder, tmp_path / "second.bundle")
    assert first.read_bytes() == second.read_bytes()
    assert verify_run(folder).text == text
    shutil.rmtree(folder)
    verified = verify_bundle(first)
    assert verified.text == text
    assert verified.key is None
    assert verified.result.exploratory == (() if run != "exploratory_run" else verified.result.exploratory)
    assert bool(verified.result.exploratory) == (run == "exploratory_run")


@pytest.mark.parametrize(
    "settings",
    [
        {"design": "fixed"},
        {"design": "anytime"},
        {"budget": 120},
        {"rule": "screen", "design": "fixed", "draws": 2, "noise_floor": True},
        {"benchmarks": ["world_safety", "world_arithmetic"], "coupling": "maximal"},
        {"benchmarks": ["world_safety", "world_ethics"], "stop_when_settled": True},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_every_design_is_recomputed(tmp_path: Path, settings: dict[str, Json]) -> None:
    """Fixed, anytime and budgeted designs, several draws, a noise floor, couplings, answers that end early."""
    pytest.importorskip("torch")
    pair = "organism:instruct", "organism:sft"
    plain = {"prompts_per_metric": 8, "drift": False, **settings}
    trustdelta.audit(*pair, out=tmp_path / "run", **plain)
    verified = verify_bundle(export_bundle(tmp_path / "run", tmp_path / "a.bundle"))
    assert verified.text == (tmp_path / "run" / VERDICT).read_text("utf-8")


def test_a_benchmark_of_ones_own_is_not_needed(tmp_path: Path) -> None:
    """The metrics are in the bundle: it verifies where the benchmark's file and its data are gone."""
    own = tmp_path / "own"
    own.mkdir()
    lines = [{"q": f"Is {i} even? Answer yes or no.", "gold": "yes" if i % 2 == 0 else "no"} for i in range(60)]
    (own / "data.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    (own / "parity.yaml").write_text(
        "name: parity\ndimension: parity_sense\nprompts: data.jsonl\ncolumns: {prompt: q}\n"
        "target: {options: ['yes', 'no'], gold: gold}\nlicence: CC0-1.0\n"
        "metrics:\n  - {name: accuracy, scorer: label_answer, better: higher}\n"
        "known:\n  - {response: 'yes', scores: {accuracy: 1}}\n",
        "utf-8",
    )
    pair = "organism:instruct", "organism:sft"
    trustdelta.audit(*pair, out=tmp_path / "run", benchmarks=[str(own / "parity.yaml")], drift=False)
    bundle = export_bundle(tmp_path / "run", tmp_path / "a.bundle")
    shutil.rmtree(own)
    assert verify_bundle(bundle).text == (tmp_path / "run" / VERDICT).read_text("utf-8")


def test_texts_are_left_out_unless_they_are_asked_for(organism_run: Path, tmp_path: Path) -> None:
    """No message, answer or cluster of 80 is in the bundle; with texts all are, and a changed one is refused."""
    with Store(organism_run, write=False) as store:
        prompts = store.prompts()
        responses = list(store.responses("candidate"))
    bare = export_bundle(organism_run, tmp_path / "bare.bundle").read_text("ascii")
    whole = export_bundle(organism_run, tmp_path / "whole.bundle", include_text=True)
    shown = [json.dumps(p.messages[-1].content)[1:-1] for p in prompts[:40]]
    shown += [text for r in responses[:80] if len(text := json.dumps(r.text)[1:-1]) > 8]
    shown += [p.cluster for p in prompts if len(p.cluster) > 8]
    assert len(shown) > 80
    assert [text for text in shown if text in bare] == []
    assert [text for text in shown[:40] if text not in whole.read_text("ascii")] == []
    assert verify_bundle(whole).texts > 0
    assert verify_bundle(whole).text == verify_bundle(tmp_path / "bare.bundle").text

    def other_answer(parts: dict[str, list[Json]]) -> None:
        parts["responses"][3][6]["text"] += " changed"

    def other_question(parts: dict[str, list[Json]]) -> None:
        parts["prompts"][3]["prompt"]["messages"][0]["content"] += " changed"

    for edit, part in ((other_answer, "responses"), (other_question, "prompts")):
        (tmp_path / "changed.bundle").write_bytes(forged(whole.read_bytes(), edit))
        with pytest.raises(VerificationError) as problem:
            verify_bundle(tmp_path / "changed.bundle")
        assert problem.value.parts == (part,)


def test_names_of_clusters_sort_as_the_clusters_do() -> None:
    """Among each other and among the ids of prompts, in every mixture; no name shows its cluster."""
    clusters = ["", "a text", "Ada@example.org", "0", "zz", "f" * 24, "", "é", "\ud800", "", "5"]
    prompts = [Prompt("b", (Message("user", str(i)),), cluster=c) for i, c in enumerate(clusters)]
    names = cluster_names(prompts)
    before = [p.cluster or p.id for p in prompts]
    after = [names.get(p.cluster) or p.id for p in prompts]
    assert sorted(range(11), key=before.__getitem__) == sorted(range(11), key=after.__getitem__)
    assert len(set(names.values())) == len(set(clusters)) - 1
    assert not any(c in name for c, name in names.items() if len(c) > 1)


def test_what_decides_is_in_the_bundle(labelled_run: Path, tmp_path: Path) -> None:
    """People's labels, the stated bias of a judge, blind spots, the plan and every metric with its margin."""
    parts = rows(export_bundle(labelled_run, tmp_path / "a.bundle").read_bytes())
    assert len(dict(parts["labels"])["labels"]["rows"]) >= 200
    plan = dict(parts["plan"])
    assert plan["config"]["statistics"]["judge_bias"] == {"refusal": 0.01}
    assert [name for name, _ in plan["metrics"]] == ["coconot_contrast"]
    assert {row[0] for row in parts["observations"]} == {"blind", "unreadable", "settling", "coupling", "not_run"}


@pytest.fixture
def copied(labelled_run: Path, tmp_path: Path) -> Path:
    """A copy of a run."""
    shutil.copytree(labelled_run, tmp_path / "run")
    return tmp_path / "run"


def _consistently(folder: Path, table: str, column: str, value: str, digest_of: str) -> None:
    """Change one row of run.sqlite with its digest, and the ledger, as an attacker with the code would."""
    with closing(sqlite3.connect(folder / "run.sqlite")) as db, db:
        old = db.execute(f"SELECT * FROM {table} WHERE {digest_of} LIMIT 1").fetchone()
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        new = [value if name == column else item for name, item in zip(names, old, strict=True)][:-1]
        if column == "value" and table == "scores":
            new[names.index("value")] = float(value)
        digest = seal(table, new)
        sets = ", ".join(f"{name} = ?" for name in names)
        keys = " AND ".join(f"{name} = ?" for name in names[:5])
        db.execute(f"UPDATE {table} SET {sets} WHERE {keys}", [*new, digest, *old[:5]])
        mix = db.execute("SELECT mix FROM ledger WHERE name = ?", (table,)).fetchone()[0]
        db.execute("UPDATE ledger SET mix = ? WHERE name = ?", (mix ^ old[-1] ^ digest, table))


def test_a_run_folder_is_verified_part_by_part(copied: Path) -> None:
    """A changed verdict, report, score (with and without its digest) and a lost row are each named."""
    assert verify_run(copied).rows["responses"] == 240
    files = {name: (copied / name).read_bytes() for name in ("verdict.json", "report.html", "run.sqlite")}

    def refused(match: str) -> None:
        with pytest.raises((StoreError, VerificationError), match=match):
            verify_run(copied)
        for name, content in files.items():
            (copied / name).write_bytes(content)
            (copied / f"{name}-wal").unlink(missing_ok=True)

    (copied / VERDICT).write_bytes(files[VERDICT].replace(b'"regressed"', b'"preserved"'))
    refused("verdict.json: not the file")
    (copied / "report.html").write_bytes(files["report.html"] + b" ")
    refused("report.html: not the file")
    with closing(sqlite3.connect(copied / "run.sqlite")) as db, db:
        db.execute("UPDATE scores SET value = 1.0 WHERE value = 0.0 AND arm = 'candidate'")
    refused("scores row")
    with closing(sqlite3.connect(copied / "run.sqlite")) as db, db:
        db.execute("DROP TRIGGER responses_delete")
        first = db.execute("SELECT prompt_id FROM responses LIMIT 1").fetchone()
        db.execute("DELETE FROM responses WHERE prompt_id = ?", first)
    refused("table responses has missing")
    _consistently(copied, "scores", "value", "1.0", "value = 0.0 AND arm = 'candidate'")
    refused("its rows changed after the verdict was written")


def test_what_is_no_bundle_is_refused(tmp_path: Path, organism_run: Path) -> None:
    """Nothing, other JSON, deep nesting, a report, an older or newer format; a folder without a run, a missing file."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(FolderError):
        verify_run(tmp_path / "empty")
    with pytest.raises(UsageError, match="cannot be read"):
        verify_bundle(tmp_path / "none.bundle")
    path = tmp_path / "x.bundle"
    for raw in (
        b"",
        b"\n",
        b"{}\n",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe",
        b"\x00" * 1000,
        (organism_run / "report.html").read_bytes(),
        (organism_run / "run.sqlite").read_bytes(),
        b'{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
        b'{"payload":1,"payloadType":2,"signatures":3}\n',
    ):
        path.write_bytes(raw)
        with pytest.raises(VerificationError) as problem:
            verify_bundle(path)
        assert problem.value.parts == ("manifest",)
        assert problem.value.exit_code == 3


HOSTILE: tuple[tuple[str, Json], ...] = (
    ("prompts", 5),
    ("prompts", {"id": "x"}),
    ("prompts", []),
    ("responses", ["baseline", "x"]),
    ("responses", None),
    ("scores", [1, 2, 3]),
    ("scores", ["candidate", "x", 0, "s", "answer", "many", "answered", ""]),
    ("drift", ["x"]),
    ("labels", 5),
    ("labels", ["labels", 5]),
    ("plan", ["config", {}]),
    ("plan", ["config", []]),
    ("plan", ["metrics", [["b", [{}]]]]),
    ("plan", ["looks", 7]),
    ("plan", ["fingerprint:plan", []]),
    ("models", ["fingerprint:baseline", 1]),
    ("observations", ["blind", 5]),
    ("observations", ["not_run", [["no dimension", 1]]]),
)


@pytest.mark.parametrize("place", range(len(HOSTILE)), ids=lambda place: f"{HOSTILE[place][0]}-{place}")
def test_rows_of_another_form_are_refused_in_one_line(labelled_run: Path, tmp_path: Path, place: int) -> None:
    """Rows that fit their hashes but are no rows of an audit raise one error, never another exception."""
    part, row = HOSTILE[place]
    raw = export_bundle(labelled_run, tmp_path / "a.bundle").read_bytes()
    (tmp_path / "b.bundle").write_bytes(forged(raw, lambda parts: parts[part].append(row)))
    with pytest.raises(VerificationError) as problem:
        verify_bundle(tmp_path / "b.bundle")
    assert "\n" not in str(problem.value)
    assert problem.value.parts
