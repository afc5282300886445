"""Saving, pictures, and the list of sections."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import BARE, EXTRAS, RESULT

import trustdelta.report.sections as package
from trustdelta import files
from trustdelta.errors import FolderError
from trustdelta.report import svg
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections import built, sections


def test_a_saved_file_is_whole_and_alone(tmp_path: Path) -> None:
    """The file holds the text, replaces an older one, and no temporary file is left."""
    path = tmp_path / "report.html"
    files.save_text(path, "old")
    assert files.save_text(path, "new −") == path
    assert path.read_text(encoding="utf-8") == "new −"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is a FolderError naming the path; the old file stays and no temporary file does."""
    path = tmp_path / "verdict.json"
    files.save_text(path, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FolderError, match=r"verdict\.json: No space left on device"):
        files.save_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["verdict.json"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Writing into a folder that does not exist is one clear line."""
    with pytest.raises(FolderError, match="cannot write"):
        files.save_text(tmp_path / "none" / "report.html", "x")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_an_axis_holds_zero_and_its_values(values: list[float]) -> None:
    """Limits are round, enclose every value and zero, and positions rise with values."""
    axis = svg.Axis.over(values)
    slack = (axis.high - axis.low) * 1e-6
    assert axis.low - slack <= min([*values, 0.0])
    assert axis.high + slack >= max([*values, 0.0])
    places = [axis.percent(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert 2 <= len(axis.ticks) <= 9


def test_axis_labels_are_round() -> None:
    """Ticks read as people write them."""
    axis = svg.Axis.over([-0.03, 0.11])
    assert [axis.label(tick) for tick in axis.ticks] == ["−0.05", "0", "0.05", "0.10", "0.15"]


def test_shapes_escape_what_they_are_given() -> None:
    """Attribute values and texts of a picture are escaped, shapes are not escaped twice."""
    shape = svg.label(50, 10, '"><script>')
    whole = svg.picture("a", "<b>", "\x1b", 10, [shape])
    assert "<script>" not in whole
    assert "<b>" not in whole
    assert "⟨U+001B⟩" in whole
    assert whole.count("<text") == 1


def test_every_section_file_is_found_and_ordered() -> None:
    """One file is one section; names and orders are unique."""
    files = {p.stem for p in Path(package.__path__[0]).glob("*.py") if not p.name.startswith("_")}
    assert {section.name for section in sections()} == files
    orders = [section.order for section in sections()]
    assert orders == sorted(set(orders))


def test_a_section_without_content_is_left_out() -> None:
    """A bare result has no tables of nothing; a full one has every section."""
    assert [s.name for s, _ in built(RESULT, EXTRAS)] == [s.name for s in sections()]
    bare = {s.name for s, _ in built(BARE, ReportExtras())}
    assert bare == {"overview", "drift", "methods", "provenance"}
