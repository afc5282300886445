"""Logs of other harnesses without those harnesses: shapes, attachments, and archives that mean harm."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from trustdelta.errors import DataError
from trustdelta.interop import archives
from trustdelta.interop.responses import read_recorded
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.records import Finish, Json


def sample(epoch: Json = 1, **changed: Json) -> Json:
    """A sample as Inspect writes it, with its long text kept apart."""
    said = {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "yes"}]}
    asked = {"role": "user", "content": "attachment://abc"}
    return {
        "id": 7,
        "epoch": epoch,
        "input": "What?",
        "messages": [{"role": "system", "content": "Be kind."}, asked, said],
        "output": {"choices": [{"message": said, "stop_reason": "max_tokens"}]},
        "scores": {"match": {"value": "C"}, "note": {"value": {"a": 1}}},
        "attachments": {"abc": "A long question"},
        "metadata": {"topic": "x"},
        **changed,
    }


def archive(path: Path, **members: str) -> Path:
    """A zip archive with these members; `__` in a name stands for a slash."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name.replace("__", "/") + ".json", text)
    return path


def test_both_forms_of_an_inspect_log_are_alike(tmp_path: Path) -> None:
    """A log as archive and as JSON gives the same rows: what was sent, thought and answer apart, epochs as draws."""
    samples = [sample(1), sample(2)]
    packed = archive(tmp_path / "a.eval", **{f"samples__7_epoch_{s['epoch']}": json.dumps(s) for s in samples})
    plain = tmp_path / "a.json"
    plain.write_text(json.dumps({"version": 2, "eval": {}, "samples": samples}))
    one, two = read_recorded(packed), read_recorded(plain)
    assert one.rows == two.rows
    row = one.rows[1]
    assert [(m.role, m.content) for m in row.messages] == [("system", "Be kind."), ("user", "A long question")]
    assert (row.draw, row.text, row.reasoning, row.finish) == (1, "yes", "hm", Finish.LENGTH)
    assert dict(row.scores) == {"score": 1.0, "match": 1.0}
    assert dict(row.metadata) == {"topic": "x"}


def test_a_failed_sample_is_an_error_not_an_answer(tmp_path: Path) -> None:
    """A sample that ended in an error has no answer and no score, and is not left out."""
    failed = sample(messages=[], output={"choices": []}, scores=None, error={"message": "boom"})
    path = archive(tmp_path / "a.eval", samples__7_epoch_1=json.dumps(failed))
    (row,) = read_recorded(path, ColumnMap()).rows
    assert (row.text, row.finish, dict(row.scores)) == ("", Finish.ERROR, {})


def test_the_score_that_counts_can_be_named(tmp_path: Path) -> None:
    """Columns given beside a log override its own, so another score can be the recorded one."""
    path = archive(
        tmp_path / "a.eval", s="{}", samples__7=json.dumps(sample(scores={"a": {"value": 1}, "b": {"value": 0}}))
    )
    (row,) = read_recorded(path, ColumnMap.of({"score": "scores.b"})).rows
    assert row.scores["score"] == 0.0


@pytest.mark.parametrize("name", ["../samples/1", "/samples/1", "..\\samples/1"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    """An archive with a name that leads out of it is refused whole."""
    with pytest.raises(DataError, match="leads out"):
        read_recorded(archive(tmp_path / "a.eval", **{name: "{}"}))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """An entry that unpacks to far more than it is packed is refused from the archive's directory alone."""
    with pytest.raises(DataError, match="200:1"):
        read_recorded(archive(tmp_path / "a.eval", samples__1=" " * (2 << 20)))


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of entries is bounded."""
    monkeypatch.setattr(archives, "MAX_ENTRIES", 1)
    with pytest.raises(DataError, match="too much"):
        read_recorded(archive(tmp_path / "a.eval", a="{}", b="{}"))


@pytest.mark.parametrize("cut", [0.2, 0.6, 0.95])
def test_a_cut_archive_is_one_clear_line(tmp_path: Path, cut: float) -> None:
    """An archive that was cut off is damaged, not empty."""
    path = archive(tmp_path / "a.eval", samples__1=json.dumps(sample()))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    with pytest.raises(DataError, match="damaged"):
        read_recorded(path)


@pytest.mark.parametrize("content", ["[]", "{}", '{"id": 1}', json.dumps(sample(epoch="x")), "nonsense"])
def test_samples_that_are_none_are_named(tmp_path: Path, content: str) -> None:
    """An entry that is no sample is an error that says so."""
    with pytest.raises(DataError):
        read_recorded(archive(tmp_path / "a.eval", samples__1=content))


def test_log_likelihoods_are_no_responses(tmp_path: Path) -> None:
    """lm-eval's samples of a multiple-choice task hold log-likelihoods, and are refused."""
    row = {"doc_id": 0, "doc": {}, "arguments": {"gen_args_0": {"arg_0": "q"}}, "resps": [[["-1.0", "False"]]] * 2}
    path = tmp_path / "samples_x.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match="log-likelihoods"):
        read_recorded(path)


def test_a_chat_that_lm_eval_kept_as_text_is_read_back(tmp_path: Path) -> None:
    """A prompt that was sent as a chat is the same prompt as the chat itself."""
    chat = [{"role": "user", "content": "q"}]
    row = {"doc_id": 0, "doc": {}, "arguments": {"gen_args_0": {"arg_0": [json.dumps(chat)]}}, "resps": [["a"]]}
    path = tmp_path / "samples_x.jsonl"
    path.write_text(json.dumps(row) + "\n")
    assert [m.content for m in read_recorded(path).rows[0].messages] == ["q"]


def test_promptfoos_scores_are_recorded_and_a_failed_request_has_none(tmp_path: Path) -> None:
    """The score and named scores of a result are recorded scores; the 0 of a failed request is not one."""
    shared = {"provider": {"id": "p"}, "vars": {}, "failureReason": 0}
    results = [
        {**shared, "prompt": {"raw": "Q"}, "response": {"output": "A"}, "score": 0.5, "namedScores": {"tone": 1}},
        {**shared, "prompt": {"raw": "R"}, "response": {"error": "late"}, "error": "late", "score": 0},
    ]
    path = tmp_path / "promptfoo.json"
    path.write_text(json.dumps({"evalId": "e", "results": {"version": 3, "results": results}}))
    scored, failed = read_recorded(path).rows
    assert dict(scored.scores) == {"score": 0.5, "tone": 1.0}
    assert (dict(failed.scores), failed.finish) == ({}, Finish.ERROR)
