"""Writes `study.html` and `study.json` into a study's folder."""

from __future__ import annotations

from pathlib import Path

from trustdelta.files import save_text
from trustdelta.report.studies.page import as_json, render
from trustdelta.report.studies.records import StudyResult
from trustdelta.study.compare import compare
from trustdelta.study.plan import Study


def write_page(study: Study, out: Path) -> tuple[StudyResult, list[Path]]:
    """Compare the finished pairs and write the page; returns the result and the paths of both files."""
    result = compare(study, out)
    return result, [
        save_text(out / "study.json", as_json(result)),
        save_text(out / "study.html", render(result)),
    ]
