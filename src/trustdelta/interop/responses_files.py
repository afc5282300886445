"""Reads files of recorded responses as JSON-like values: JSONL, JSON, CSV, TSV (also packed), Parquet, logs."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import lzma
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.interop.archives import MAX_RATIO, SMALL_BYTES, read_whole
from trustdelta.interop.foreign import read_archive
from trustdelta.parsing import parse_json, short
from trustdelta.records import Json

MAX_BYTES = 2 << 30
"""Largest unpacked file in bytes."""
BOM = b"\xef\xbb\xbf"
"""Byte order mark that some editors write before UTF-8."""
PACKED = (".gz", ".xz", ".zst")
"""Suffixes of packed files."""
SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".eval")


def read_file(path: Path) -> tuple[Json, str]:
    """The content of a file and the SHA-256 of its bytes; line formats are lists of rows.

    Raises DataError, with the line's number, for a missing, empty, damaged, half-written or unknown file.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; name a file that ends in one of {', '.join(SUFFIXES)}.")
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    name = path.name.lower()
    for end in PACKED:
        if name.endswith(end):
            raw, name = _unpack(path, raw, end), name.removesuffix(end)
    if not raw or raw.isspace():
        raise DataError(f"{path}: the file is empty; write it again, or pass another file.")
    return _parsed(path, name, raw), digest


def _parsed(path: Path, name: str, raw: bytes) -> Json:
    """The content of an unpacked file, by its suffix."""
    if name.endswith(".eval"):
        return read_archive(path)
    if name.endswith(".parquet"):
        return _parquet(path, raw)
    if name.endswith((".jsonl", ".ndjson")) and not raw.removeprefix(BOM).lstrip().startswith(b"["):
        return _json_lines(path, raw)
    text = _decode(path, raw)
    if name.endswith((".jsonl", ".ndjson")):
        return _json(path, text)
    if name.endswith((".csv", ".tsv")):
        header = text.partition("\n")[0]
        comma = ";" if ";" in header and "," not in header else ","
        return _csv(path, text, "\t" if name.endswith(".tsv") else comma)
    if name.endswith(".json"):
        return _json(path, text)
    raise DataError(
        f"{path}: unknown file type {path.suffix!r}; wanted one of {', '.join(SUFFIXES)}, "
        f"with or without {', '.join(PACKED)}."
    )


def _unpack(path: Path, raw: bytes, end: str) -> bytes:
    most = min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * len(raw)))
    try:
        with _opened(path, io.BytesIO(raw), end) as packed:
            return read_whole(path, packed, most)
    except (EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        kind = {".gz": "gzip", ".xz": "xz", ".zst": "Zstandard"}[end]
        raise DataError(f"{path}: the {kind} file is cut off or damaged ({error}); fetch or write it again.") from error


def _opened(path: Path, raw: io.BytesIO, end: str) -> Any:
    """A packed file as a stream of its content; raises DataError without a library for Zstandard."""
    if end == ".gz":
        return gzip.open(raw)
    if end == ".xz":
        return lzma.open(raw)
    try:
        import pyarrow
    except ImportError as error:
        raise DataError(
            f"{path}: reading .zst needs pyarrow; pip install 'trustdelta[tables]', or unpack it."
        ) from error
    return pyarrow.CompressedInputStream(pyarrow.BufferReader(raw.getvalue()), "zstd")


def _decode(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not UTF-8 (byte 0x{raw[error.start]:02x} at offset {error.start}); convert the file to UTF-8."
        ) from error


def _is_object(line: str) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except ValueError:
        return False


def _json_lines(path: Path, raw: bytes) -> list[Json]:
    """The values of all lines that are not blank, decoded a line at a time, so that no second copy is held."""
    rows = []
    for n, line in enumerate(io.BytesIO(raw.removeprefix(BOM)), 1):
        try:
            text = line.decode().removesuffix("\n")
            if text and not text.isspace():
                rows.append(parse_json(text))
        except UnicodeDecodeError:
            _decode(path, raw)  # raises, with the offset in the file
        except ValueError as error:
            whole = raw.rstrip().count(b"\n") + 1
            last = n == whole and not raw.endswith(b"\n")
            what = "is cut off (half-written?)" if last else f"is not JSON ({error})"
            raise DataError(f"{path}: line {n} of {whole} {what}; correct or delete that line.") from error
    return rows


def _json(path: Path, text: str) -> Json:
    try:
        return parse_json(text)
    except ValueError as error:
        if _is_object(text.lstrip().partition("\n")[0]):  # JSON lines under another name
            return _json_lines(path, text.encode())
        raise DataError(f"{path}: not JSON ({error}); is it cut off, or JSON Lines under another name?") from error


def _csv(path: Path, text: str, delimiter: str) -> list[Json]:
    csv.field_size_limit(1 << 30)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Json] = []
    try:
        if twice := next((name for name, n in Counter(reader.fieldnames or ()).items() if n > 1), None):
            raise DataError(f"{path}: its header holds the column {short(twice)} twice; rename or remove one.")
        for row in reader:
            if None in row or None in row.values():
                raise DataError(
                    f"{path}: line {reader.line_num} does not have the {len(reader.fieldnames or ())} columns of the "
                    "header; write the file again."
                )
            rows.append(dict(row))
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num + 1} is not CSV ({error}); write the file again.") from error
    return rows


def _parquet(path: Path, raw: bytes) -> list[Json]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise DataError(f"{path}: reading Parquet needs pyarrow; pip install 'trustdelta[tables]'.") from error
    try:
        table: Any = pyarrow.parquet.read_table(io.BytesIO(raw))
    except (pyarrow.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{path}: the Parquet file is cut off or damaged ({first}); write it again.") from error
    rows: list[Json] = table.to_pylist()
    return rows
