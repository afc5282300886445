"""The column map on the command line: for both models, for one, from YAML, and conditions on rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from trustdelta.cli.columns import recorded_columns
from trustdelta.errors import UsageError


def test_a_role_of_one_model_counts_for_it_alone() -> None:
    """`candidate.ROLE` overrides the role that both share."""
    found = recorded_columns(["prompt=q", "reasoning=r", "candidate.reasoning=thinking"], None)
    assert found == {
        "baseline": {"prompt": "q", "reasoning": "r"},
        "candidate": {"prompt": "q", "reasoning": "thinking"},
    }


def test_conditions_add_up() -> None:
    """`where` may be given several times, for both models and for one; a value may hold signs of equality."""
    flags = ["where=split=test", "candidate.where=model=b=2", "baseline.where=model=a"]
    found = recorded_columns(flags, None)
    assert found["baseline"]["where"] == ["split=test", "model=a"]
    assert found["candidate"]["where"] == ["split=test", "model=b=2"]


def test_a_yaml_file_may_hold_a_map_per_model(tmp_path: Path) -> None:
    """Roles under a model's name are its own, conditions may be a mapping, and flags override the file."""
    path = tmp_path / "map.yaml"
    path.write_text(
        "prompt: q\nwhere: {split: test}\ncandidate: {response: b, where: {model: y}}\nbaseline.response: a\n", "utf-8"
    )
    found = recorded_columns(["prompt=question"], path)
    assert found["baseline"] == {"prompt": "question", "response": "a", "where": ["split=test"]}
    assert found["candidate"] == {"prompt": "question", "response": "b", "where": ["split=test", "model=y"]}


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["prompt"], "wanted KEY=VALUE"),
        (["prompt=a", "prompt=b"], "found prompt twice"),
        (["candidate.prompt=a", "candidate.prompt=b"], "found candidate.prompt twice"),
    ],
)
def test_a_flag_that_is_wrong_is_named(flags: list[str], says: str) -> None:
    """Form and repetition are usage errors of one line."""
    with pytest.raises(UsageError, match=says):
        recorded_columns(flags, None)


def test_what_a_file_says_of_a_model_must_be_a_mapping(tmp_path: Path) -> None:
    """A text under a model's name is a usage error."""
    path = tmp_path / "map.yaml"
    path.write_text("candidate: thinking\n", "utf-8")
    with pytest.raises(UsageError, match="candidate: found 'thinking' in the column map"):
        recorded_columns(None, path)
