"""`trustdelta drift`: KL alone, over texts, over a run's responses, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from trustdelta.cli.drift import Mode, table, teacher_forced
from trustdelta.cli.main import app
from trustdelta.errors import DataError, TrustdeltaError, UsageError
from trustdelta.pipeline.drift.standalone import drift_alone, read_texts, texts_of_file
from trustdelta.progress import Silent

PAIR = ("organism:instruct", "organism:sft")
KEYS = {"nats_per_token", "nats_per_response", "tokens", "responses", "method", "floor_nats_per_token", "text_of"}
KEYS |= {"bits_per_byte", "dropped", "others"}


def call(*arguments: str) -> str:
    """What the command prints; its errors are raised."""
    done = CliRunner().invoke(app, ["drift", *arguments], standalone_mode=False, catch_exceptions=False)
    return done.stdout


def as_json(*arguments: str) -> Any:
    """What the command prints with --json."""
    return json.loads(call(*arguments, "--json", "--quiet"))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three texts and a blank line."""
    path = tmp_path / "corpus.txt"
    path.write_text("how do i cut the bread?\n\nthe address is scarlet.\nwhat is 3 plus 4?\n")
    return path


def test_texts_are_compared_in_both_directions(corpus: Path) -> None:
    """By part, with tokens and method; the other direction is the exchanged pair's."""
    forward, exchanged = as_json(*PAIR, "--text", str(corpus)), as_json(*reversed(PAIR), "--text", str(corpus))
    for direction in ("kl_candidate_to_baseline", "kl_baseline_to_candidate"):
        assert set(forward[direction]) == {"all", "answer", "onset"}
        assert all(set(row) == KEYS for row in forward[direction].values())
    row = forward["kl_candidate_to_baseline"]["all"]
    assert (row["responses"], row["method"], row["text_of"]) == (3, "exact", "given text")
    assert row["nats_per_response"] * 3 == pytest.approx(row["nats_per_token"] * row["tokens"])
    swapped = exchanged["kl_baseline_to_candidate"]["all"]
    assert swapped["nats_per_token"] == pytest.approx(row["nats_per_token"], rel=1e-5)


def test_both_models_run_in_the_number_type_named(corpus: Path) -> None:
    """Half precision changes the figure a little, and float32 is what a miniature has by default."""
    texts = (*PAIR, "--text", str(corpus), "--direction", "candidate-to-baseline")
    default, single, half = (as_json(*texts, *flag) for flag in ((), ("--dtype", "float32"), ("--dtype", "bfloat16")))
    nats = [run["kl_candidate_to_baseline"]["all"]["nats_per_token"] for run in (default, single, half)]
    assert nats[0] == nats[1] != nats[2]
    assert nats[2] == pytest.approx(nats[0], rel=0.2)


def test_a_model_does_not_drift_from_itself(corpus: Path) -> None:
    """All zero; one direction alone is printed where one is asked for."""
    found = as_json(PAIR[0], PAIR[0], "--text", str(corpus), "--direction", "candidate-to-baseline")
    assert "kl_baseline_to_candidate" not in found
    assert {row["nats_per_token"] for row in found["kl_candidate_to_baseline"].values()} == {0.0}


def test_prompts_are_rendered_and_thoughts_told_apart(tmp_path: Path) -> None:
    """Lines with a prompt are read after the candidate's chat template; both ways of loading agree."""
    path = tmp_path / "chats.jsonl"
    row = {"prompt": "what is 3 plus 4?", "response": " the user wants 3 plus 4.</think> 7"}
    path.write_text(json.dumps(row) + "\n")
    one, two = (as_json(*PAIR, "--text", str(path), "--mode", mode) for mode in ("one_pass", "two_pass"))
    assert {"thought", "answer", "format"} <= set(one["kl_candidate_to_baseline"])
    assert "chat template" in one["text"]
    assert (one.pop("mode"), two.pop("mode")) == ("one_pass", "two_pass")
    assert one == two


def test_the_table_names_parts_and_texts(corpus: Path) -> None:
    """Without --json: a line for each part of each direction."""
    shown = call(*PAIR, "--text", str(corpus))
    assert "KL(candidate ‖ baseline)" in shown
    assert shown.count("given text") == 1 + 6


def test_a_floor_of_another_dtype_is_said(corpus: Path) -> None:
    """Where a model runs in bfloat16, its floor is against float32 as well: a note in the table and in the JSON."""
    config = teacher_forced(*PAIR, Mode.AUTO, 20)
    dtypes = {"baseline": "float32", "candidate": "bfloat16"}  # one alone would hold for both
    low = config.model_copy(update={n: getattr(config, n).model_copy(update={"dtype": d}) for n, d in dtypes.items()})
    found = drift_alone(low, texts_of_file(low, corpus), Silent())
    said = "The candidate runs in bfloat16, and its noise floor is against its own weights"
    assert f"Note: {said}" in table(found, ("kl_candidate_to_baseline",))
    assert found.json(())["note"].startswith(said)
    assert found.parts("kl_candidate_to_baseline")["all"]["floor_nats_per_token"] > 1e-6
    assert as_json(*PAIR, "--text", str(corpus))["note"] == ""


@pytest.mark.parametrize("content", ["not json", '["a list"]', '{"response": 3}'])
def test_lines_of_anything_else_are_named(tmp_path: Path, content: str) -> None:
    """A .jsonl line that is no object of texts is refused with its number."""
    path = tmp_path / "bad.jsonl"
    path.write_text('{"response": "fine"}\n' + content + "\n")
    with pytest.raises(DataError, match="line 2"):
        list(read_texts(path))


def test_what_cannot_be_measured_is_one_line(corpus: Path, tmp_path: Path) -> None:
    """Two sources of text, a missing file, an unknown model, a file without texts."""
    with pytest.raises(UsageError, match="both --text and --responses"):
        call(*PAIR, "--text", str(corpus), "--responses", str(tmp_path))
    with pytest.raises(DataError, match="cannot be read"):
        call(*PAIR, "--text", str(tmp_path / "none.txt"))
    with pytest.raises(UsageError, match="did you mean 'sft'"):
        call(PAIR[0], "organism:sfd", "--text", str(corpus))
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    with pytest.raises(TrustdeltaError, match="no response has tokens"):
        call(*PAIR, "--text", str(empty))
