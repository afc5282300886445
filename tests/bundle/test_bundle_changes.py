"""What is refused: 300 of 300 random changes of real bundles, signed and unsigned, each with the changed part named."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from bundle.forging import Changes, forged, rows
from trustdelta.bundle import PublicKey, Signer
from trustdelta.errors import VerificationError
from trustdelta.pipeline.bundles.check import export_bundle, verify_bundle
from trustdelta.records import Json

CHANGES = 300
Edit = Callable[[dict[str, list[Json]]], object]


def refusal(raw: bytes, folder: Path, keys: tuple[PublicKey, ...] = ()) -> VerificationError | None:
    """Why a bundle of these bytes is refused; None where it is accepted."""
    path = folder / "changed.bundle"
    path.write_bytes(raw)
    try:
        verify_bundle(path, keys)
    except VerificationError as problem:
        return problem
    return None


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("run", ["organism_run", "labelled_run"])
def test_every_random_change_is_refused_and_named(
    request: pytest.FixtureRequest, tmp_path: Path, keys: Path, run: str, *, signed: bool
) -> None:
    """A byte, score, margin, label, setting, verdict word, response, observation; rows swapped, lost, twice, moved."""
    folder = request.getfixturevalue(run)
    path = export_bundle(folder, tmp_path / "a.bundle", key=keys / "release.pem" if signed else None)
    raw = path.read_bytes()
    assert refusal(raw, tmp_path) is None
    kinds, misses = set(), []
    for change in islice(Changes(raw, seed=20261201), CHANGES):
        kinds.add(change.kind)
        problem = refusal(change.raw, tmp_path)
        if problem is None or not problem.parts or not set(problem.parts) <= change.parts:
            misses.append((change.kind, change.parts, problem and problem.parts))
    assert misses == []
    assert len(kinds) == (13 if run == "labelled_run" else 12)


def _score(parts: dict[str, list[Json]]) -> None:
    for row in parts["scores"]:
        if row[0] == "candidate" and row[5] is not None:
            row[5] = 0.0


def _verdict(parts: dict[str, list[Json]]) -> None:
    parts["verdict"][0] = parts["verdict"][0].replace('"regressed"', '"preserved"')


def _margin(parts: dict[str, list[Json]]) -> None:
    for _, own in dict(parts["plan"])["metrics"]:
        for metric in own:
            metric["margin"] = 0.9


def _alpha(parts: dict[str, list[Json]]) -> None:
    dict(parts["plan"])["config"]["statistics"]["alpha"] = 0.2


def _judge_bias(parts: dict[str, list[Json]]) -> None:
    dict(parts["plan"])["config"]["statistics"]["judge_bias"] = {"refusal": 0.5}


def _labels(parts: dict[str, list[Json]]) -> None:
    for row in dict(parts["labels"])["labels"]["rows"]:
        row[4] = 1.0


def _no_labels(parts: dict[str, list[Json]]) -> None:
    parts["labels"].clear()


def _lost_prompt(parts: dict[str, list[Json]]) -> None:
    parts["prompts"].pop()


def _lost_responses(parts: dict[str, list[Json]]) -> None:
    del parts["responses"][-20:]


EDITS: dict[Edit, str] = {
    _score: "verdict",
    _verdict: "verdict",
    _margin: "verdict",
    _alpha: "verdict",
    _judge_bias: "verdict",
    _labels: "verdict",
    _no_labels: "verdict",
    _lost_prompt: "prompts",
    _lost_responses: "verdict",
}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__.strip("_"))
def test_a_change_with_new_hashes_is_refused_by_the_recomputed_verdict(
    labelled_run: Path, tmp_path: Path, edit: Edit
) -> None:
    """Whoever renews all hashes but not the verdict is refused without any signature."""
    raw = export_bundle(labelled_run, tmp_path / "a.bundle").read_bytes()
    problem = refusal(forged(raw, edit), tmp_path)
    assert problem is not None
    assert problem.parts == (EDITS[edit],)


def _value(value: Json) -> Edit:
    def edit(parts: dict[str, list[Json]]) -> None:
        parts["scores"][0][5] = value

    return edit


def _unknown_setting(parts: dict[str, list[Json]]) -> None:
    dict(parts["plan"])["config"]["statistics"]["new_setting"] = 1


def _frozen_list(parts: dict[str, list[Json]]) -> None:
    next(row for row in parts["plan"] if row[0] == "fingerprint:plan")[1] = []


NO_ROWS: dict[str, tuple[Edit, str]] = {
    "a score with seven values": (lambda parts: parts["scores"][3].pop(), "scores"),
    "a score that is a text": (_value("0.0"), "scores"),
    "a score of thousands of digits": (_value(10**4000), "scores"),
    "a score of infinity": (_value(float("inf")), "scores"),
    "a score of no model": (lambda parts: parts["scores"][0].__setitem__(0, "reference"), "scores"),
    "a score of no prompt": (lambda parts: parts["scores"][0].__setitem__(1, "f" * 24), "scores"),
    "a score twice": (lambda parts: parts["scores"].append(parts["scores"][0]), "scores"),
    "a response to no prompt": (lambda parts: parts["responses"][0].__setitem__(1, "f" * 24), "responses"),
    "a response of no known state": (lambda parts: parts["responses"][0].__setitem__(3, "fine"), "responses"),
    "a response that is a number": (lambda parts: parts["responses"].append(7), "responses"),
    "a prompt twice": (lambda parts: parts["prompts"].append(parts["prompts"][0]), "prompts"),
    "a prompt without an id": (lambda parts: parts["prompts"][0].pop("id"), "prompts"),
    "a setting of another version": (_unknown_setting, "plan"),
    "a frozen plan that is a list": (_frozen_list, "plan"),
    "no observations": (lambda parts: parts["observations"].clear(), "observations"),
    "two verdicts": (lambda parts: parts["verdict"].append(parts["verdict"][0]), "verdict"),
}


@pytest.mark.parametrize("name", NO_ROWS)
def test_rows_of_no_audit_with_new_hashes_are_refused_by_their_part(
    labelled_run: Path, tmp_path: Path, name: str
) -> None:
    """What is no score, response, prompt or plan is named by its part in one line, whatever its hashes."""
    edit, part = NO_ROWS[name]
    raw = export_bundle(labelled_run, tmp_path / "a.bundle").read_bytes()
    problem = refusal(forged(raw, edit), tmp_path)
    assert problem is not None
    assert problem.parts == (part,)
    assert "\n" not in str(problem)


def test_a_whole_forgery_is_refused_only_by_a_signature(labelled_run: Path, tmp_path: Path, keys: Path) -> None:
    """A bundle of other scores with their own verdict verifies where it is unsigned; a key shows the difference."""
    other = tmp_path / "other"
    _audit_of_nothing_lost(labelled_run, other)
    raw = export_bundle(other, tmp_path / "forged.bundle").read_bytes()
    assert refusal(raw, tmp_path) is None
    release = PublicKey.read(keys / "release.pub.pem")
    unsigned = refusal(raw, tmp_path, (release,))
    assert unsigned is not None
    assert unsigned.parts == ("signature",)
    assert "unsigned" in str(unsigned)
    resigned = refusal(forged(raw, lambda parts: None, Signer.read(keys / "other.pem")), tmp_path, (release,))
    assert resigned is not None
    assert PublicKey.read(keys / "other.pub.pem").id in str(resigned)
    assert resigned.parts == ("signature",)


def _audit_of_nothing_lost(like: Path, out: Path) -> None:
    """An audit in which the candidate answers like the baseline, in place of the real one."""
    from trustdelta.config import check, load
    from trustdelta.pipeline.run import run

    values = load(like / "config.yaml").model_dump(mode="json")
    answers = Path(values["baseline"]["recorded"][0]["file"])
    other = out.with_suffix(".jsonl")
    other.write_text(answers.read_text("utf-8").replace("half an hour", "an hour"), "utf-8")
    values["candidate"]["recorded"][0]["file"] = str(other)
    run(check(values), out)


def test_a_removed_signature_is_noticed(labelled_run: Path, tmp_path: Path, keys: Path) -> None:
    """Without its signature, with that of another bundle, and with another key's name."""
    raw = export_bundle(labelled_run, tmp_path / "a.bundle", key=keys / "release.pem").read_bytes()
    head, body = raw.split(b"\n", 1)
    start = head.index(b'"signatures":')
    assert head[start:].startswith(b'"signatures":[{"keyid":"')
    other = forged(raw, _score, Signer.read(keys / "release.pem")).split(b"\n", 1)[0]
    for end in (
        b'"signatures":[]}',
        other[other.index(b'"signatures":') :],
        head[start:].replace(b'd":"', b'd":"0', 1),
    ):
        problem = refusal(head[:start] + end + b"\n" + body, tmp_path)
        assert problem is not None
        assert problem.parts == ("signature",)


def test_rows_are_read_by_other_means(labelled_run: Path, tmp_path: Path) -> None:
    """The forger of these tests reads all parts, and renewed hashes of unchanged rows give the same bytes."""
    raw = export_bundle(labelled_run, tmp_path / "a.bundle").read_bytes()
    assert sum(map(len, rows(raw).values())) == raw.count(b"\n") - 1 - len(rows(raw))
    assert forged(raw, lambda parts: None) == raw
