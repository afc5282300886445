"""Exported tables (CSV, Parquet and LaTeX) from `table.TABLES`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from trustdelta.errors import UsageError
from trustdelta.files import save_text
from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.rows import primary_rows
from trustdelta.report.sanitise import visible
from trustdelta.report.table import COUNTS, TABLES, TEXTS, Value, rows

_FORMULA = "=+-@＝＋－＠"
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "−": "$-$",
    "–": "--",
    "∞": r"$\infty$",
    "’": "'",
    "⟨": r"\textless{}",
    "⟩": r"\textgreater{}",
}
_HEAD = ("Dimension", "Metric", "Baseline", "Candidate", "Change [95 % CI]", "Margin", "Prompts", "Verdict")


def write_table(result: AuditResult, path: Path) -> Path:
    """Write the table named by the file's name (`drift.csv`, `run1-outcomes.csv`; otherwise metrics).

    The extension selects the format. Raises UsageError for another extension, or for Parquet without pyarrow, and
    FolderError where the file cannot be written.
    """
    suffix = path.stem.rpartition("-")[2]
    name = suffix if suffix in TABLES else "metrics"
    table = TABLES[name](result)
    if path.suffix == ".csv":
        return save_text(path, csv_of(table))
    if path.suffix == ".tex":
        return save_text(path, latex_text(result) if name == "metrics" else latex_of(table))
    if path.suffix == ".parquet":
        return _write_parquet(table, path)
    raise UsageError(f"{path}: unknown extension {path.suffix!r}; use .csv, .parquet or .tex.")


def cell(value: Value) -> Value:
    """A CSV cell that no spreadsheet reads as a formula; numbers stay numbers, invisible characters are named."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.lstrip()[:1] in tuple(_FORMULA) and text.strip() else text


def csv_text(result: AuditResult) -> str:
    """The metrics as CSV."""
    return csv_of(rows(result))


def csv_of(table: Sequence[Mapping[str, Value]]) -> str:
    """CSV by RFC 4180 with a header, CRLF line ends and floats at full precision; None is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    if table:
        writer.writerow(table[0])
    for row in table:
        writer.writerow([cell(value) for value in row.values()])
    return stream.getvalue()


def _write_parquet(rows: Sequence[dict[str, Value]], path: Path) -> Path:
    """Write Parquet whose column types (text, int64, float64) do not depend on which values are missing."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            f"{path}: Parquet needs pyarrow; run `pip install 'trustdelta[tables]'`, or use .csv."
        ) from None
    kinds = {**dict.fromkeys(TEXTS, arrow.string()), **dict.fromkeys(COUNTS, arrow.int64())}
    typed = [_typed(row) for row in rows]
    schema = arrow.schema([(name, kinds.get(name, arrow.float64())) for name in (typed[0] if typed else ())])
    table = arrow.Table.from_pylist(typed, schema=schema)
    spare = path.with_name(f".{path.name}.part")
    try:
        parquet.write_table(table, spare)
        spare.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error}); choose a writable folder.") from error
    finally:
        spare.unlink(missing_ok=True)
    return path


def _typed(row: dict[str, Value]) -> dict[str, Value]:
    """The row with every text valid in UTF-8."""
    return {name: visible(value) if isinstance(value, str) else value for name, value in row.items()}


def latex_text(result: AuditResult) -> str:
    """A booktabs `tabular` of the primary metrics, with numbers as in the report."""
    lines = [r"% needs \usepackage{booktabs}", r"\begin{tabular}{llrrrrrl}", r"\toprule"]
    lines += [" & ".join(latex(title) for title in _HEAD) + r" \\", r"\midrule"]
    for row in primary_rows(result):
        levels = (row.dimension, row.title, row.baseline, row.candidate, row.change, row.margin)
        verdict = fmt.WORDS[row.verdict] if row.verdict else ""
        lines.append(" & ".join(latex(text) for text in (*levels, row.prompts, verdict)) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _written(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


def latex_of(table: Sequence[Mapping[str, Value]]) -> str:
    """A booktabs `tabular` with every column of a table, numbers to six significant digits."""
    names = list(table[0]) if table else []
    lines = [r"% needs \usepackage{booktabs}", rf"\begin{{tabular}}{{{'l' * len(names)}}}", r"\toprule"]
    lines += [" & ".join(latex(name.replace("_", " ")) for name in names) + r" \\", r"\midrule"]
    lines += [" & ".join(latex(_written(value)) for value in row.values()) + r" \\" for row in table]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def latex(text: str) -> str:
    """Text escaped for LaTeX: no macro, mathematics, comment or alignment mark."""
    return re.sub(".", lambda match: _LATEX.get(match.group(), match.group()), visible(text), flags=re.DOTALL)
