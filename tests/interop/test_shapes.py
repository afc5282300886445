"""Shapes of files that APIs, servers and harnesses write, and chats recovered from rendered templates."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapes import PLAIN, RENDERED, SHAPES, WITH_SYSTEM, Right, Shape

from trustdelta.errors import DataError
from trustdelta.interop.responses import RecordedSet, read_recorded
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.templates import chat_of
from trustdelta.records import Finish


def read(shape: Shape, folder: Path) -> RecordedSet:
    """The file of a shape, written and read."""
    path = folder / shape.name
    path.write_text(shape.text, "utf-8")
    return read_recorded(path, ColumnMap.of(shape.columns))


@pytest.mark.parametrize("shape", [s for s in SHAPES if not isinstance(s.right, str)], ids=lambda s: s.id)
def test_every_shape_is_read_rightly(shape: Shape, tmp_path: Path) -> None:
    """What was asked, said and thought, and how it ended, is the same whatever the shape."""
    rows = [
        Right(
            next(m.content for m in reversed(r.messages) if m.role == "user"),
            r.text,
            r.finish,
            r.reasoning,
            r.moderated,
        )
        for r in read(shape, tmp_path).rows
    ]
    assert tuple(rows) == shape.right


@pytest.mark.parametrize(
    "shape", [s for s in SHAPES if isinstance(s.right, str) and s.right != "draws"], ids=lambda s: s.id
)
def test_what_is_not_clear_is_refused_in_one_line(shape: Shape, tmp_path: Path) -> None:
    """The refusal names what was found."""
    with pytest.raises(DataError, match=str(shape.right)) as refused:
        read(shape, tmp_path)
    assert "\n" not in str(refused.value)


def test_several_choices_are_draws(tmp_path: Path) -> None:
    """A reply with two choices is two draws of one prompt."""
    (shape,) = (s for s in SHAPES if s.right == "draws")
    rows = read(shape, tmp_path).rows
    assert [(r.draw, r.text, r.finish) for r in rows] == [(0, "A", Finish.STOP), (1, "B", Finish.LENGTH)]


@pytest.mark.parametrize("family", RENDERED)
def test_a_rendered_chat_is_taken_apart(family: str) -> None:
    """The user's question, and the system text where there is one, come out of each family's template."""
    chat = chat_of(RENDERED[family])
    assert chat is not None
    system = [("system", "S")] if family in WITH_SYSTEM else []
    assert [(m.role, m.content) for m in chat] == [*system, ("user", "Q")]


@pytest.mark.parametrize("text", PLAIN)
def test_a_users_own_text_is_no_rendered_chat(text: str) -> None:
    """Markers that are talked about leave a text whole."""
    assert chat_of(text) is None
