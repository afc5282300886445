"""Tables for other programs, read back by those programs' own readers."""

from __future__ import annotations

import csv
import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from report_fixtures import BARE, HOSTILE, RESULT, poisoned

from trustdelta.errors import FolderError, UsageError
from trustdelta.records import AuditResult
from trustdelta.report.exports import cell, csv_text, latex, latex_text, write_table
from trustdelta.report.table import TABLES, rows


def read(text: str) -> list[dict[str, str]]:
    """CSV rows as the standard library reads them."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_holds_every_row_at_full_precision() -> None:
    """Numbers come back exactly, None is empty, and the columns are those of the rows."""
    for found, row in zip(read(csv_text(RESULT)), rows(RESULT), strict=True):
        assert list(found) == list(row)
        for name, value in row.items():
            assert found[name] == ("" if value is None else str(value))
            if isinstance(value, float):
                assert float(found[name]) == value
    assert csv_text(BARE) == ""


@pytest.mark.parametrize("text", [*HOSTILE, "+1", "-2+3", "@SUM(A1)", "\t=1+1", " =1", "＝1+1", "\r=1"])
def test_no_csv_cell_is_a_formula(text: str) -> None:
    """Text that a spreadsheet could run is quoted; every row keeps its columns."""
    found = read(csv_text(poisoned(RESULT, text)))
    assert len(found) == len(RESULT.metrics)
    for row in found:
        assert row["title"].lstrip()[:1] not in tuple("=+-@＝＋－＠")
        assert None not in row
    assert cell(-1.5) == -1.5, "numbers are not text"
    assert cell("plain") == "plain"


def test_parquet_has_the_same_types_whatever_is_missing(tmp_path: Path) -> None:
    """Numbers are numbers and text is text, also where a column has no value at all; pandas reads it."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")

    def schema(result: AuditResult, name: str) -> dict[str, str]:
        found = parquet.read_schema(write_table(result, tmp_path / name))
        return {field.name: str(field.type) for field in found}

    whole = schema(RESULT, "a.parquet")
    without = tuple(m for m in RESULT.metrics if m.estimate is None)
    assert whole == schema(replace(RESULT, metrics=without), "b.parquet")
    assert {whole[name] for name in ("difference", "margin", "detectable")} == {"double"}
    assert {whole[name] for name in ("pairs", "pairs_needed")} == {"int64"}
    frame = pandas.read_parquet(tmp_path / "a.parquet")
    assert frame["difference"].tolist()[0] == rows(RESULT)[0]["difference"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_go_into_parquet(text: str, tmp_path: Path) -> None:
    """Lone surrogates and controls are named, so that every reader can read the file."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = parquet.read_table(write_table(poisoned(RESULT, text), tmp_path / "a.parquet"))
    assert table.num_rows == len(RESULT.metrics)


def test_latex_has_a_row_per_primary_metric() -> None:
    """Eight columns in every row, rules of booktabs, numbers as in the report."""
    lines = latex_text(RESULT).split("\n")
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert len(body) == sum(m.verdict is not None for m in RESULT.metrics)
    assert all(len(re.findall(r"(?<!\\)&", line)) == 7 for line in body)
    assert r"98.0\% & 11.8\% & $-$86.2 [$-$92.3, $-$80.1] & 2.0 & 197 / 3 & regressed \\" in body[0]


@pytest.mark.parametrize("text", [*HOSTILE, r"\input{/etc/passwd}", "a & b \\\\ c", "% gone", "x_1^2"])
def test_latex_runs_nothing(text: str) -> None:
    """Every special character is escaped: what is left are the macros of the escapes themselves."""
    shown = latex(text)
    bare = re.sub(
        r"\\textbackslash\{\}|\\text(asciitilde|asciicircum|less|greater|bar)\{\}|\\[{}$&#%_]|\$-\$|\$\\infty\$",
        "",
        shown,
    )
    assert not set(bare) & set("\\{}$&#%_~^<>|")
    assert "\n" not in shown


def test_another_ending_or_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown ending, a missing folder and a missing pyarrow are each one clear line."""
    with pytest.raises(UsageError, match=r"unknown extension '.xlsx'; use .csv, .parquet or .tex"):
        write_table(RESULT, tmp_path / "a.xlsx")
    with pytest.raises(FolderError, match="cannot write"):
        write_table(RESULT, tmp_path / "none" / "a.csv")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="needs pyarrow"):
        write_table(RESULT, tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("name", "count"), [("dimensions", 7), ("drift", len(RESULT.drift)), ("outcomes", len(RESULT.outcomes))]
)
def test_other_tables_are_asked_for_by_name(name: str, count: int, tmp_path: Path) -> None:
    """drift.csv, run1-outcomes.parquet and the like hold those tables whole, in each form; other names are metrics."""
    table = TABLES[name](RESULT)
    assert len(table) == count
    found = list(csv.DictReader(io.StringIO(write_table(RESULT, tmp_path / f"{name}.csv").read_text("utf-8"))))
    assert [list(row) for row in found] == [list(row) for row in table]
    for read, made in zip(found, table, strict=True):
        for key, value in made.items():
            assert read[key] == ("" if value is None else str(value)) or read[key] == f"'{value}"
    tex = write_table(RESULT, tmp_path / f"run1-{name}.tex").read_text("utf-8")
    assert tex.count(r" \\") == count + 1
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    assert parquet.read_table(write_table(RESULT, tmp_path / f"a-{name}.parquet")).to_pylist() == table
