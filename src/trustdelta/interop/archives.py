"""Reads untrusted zip archives: their directory is checked against limits before anything is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import IO

from trustdelta.errors import DataError

MAX_ENTRY_BYTES = 256 << 20
MAX_TOTAL_BYTES = 4 << 30
MAX_RATIO = 200
MAX_ENTRIES = 1_000_000
SMALL_BYTES = 1 << 20
"""Entries below this may have any ratio: short repetitive texts compress well."""
BLOCK = 1 << 20
"""Bytes unpacked at a time."""
ZSTANDARD = 93
"""The number of the Zstandard method in the zip format."""


def entries(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in an archive, one at a time; nothing is written to disk.

    Raises DataError for a damaged archive, an entry above 256 MiB, more than 4 GiB in all, a ratio above 200, more
    than a million entries, or a name outside the archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
            check_limits(path, listed)
            if any(entry.compress_type == ZSTANDARD for entry in listed):
                allow_zstandard(path)
            for entry in listed:
                with archive.open(entry) as packed:
                    yield entry.filename, read_whole(path, packed, entry.file_size)
    except (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path}: the archive is cut off or damaged ({error}); write or fetch it again.") from error


def read_whole(path: Path, packed: IO[bytes] | BufferedIOBase, most: int) -> bytes:
    """The unpacked content of a stream, read block by block; raises DataError beyond `most` bytes."""
    content = bytearray()
    while block := packed.read(BLOCK):
        content += block
        if len(content) > most:
            raise DataError(f"{path}: unpacks to more than {most} bytes; wanted what it declares, and at most 200:1.")
    return bytes(content)


def check_limits(path: Path, listed: list[zipfile.ZipInfo]) -> None:
    """Raise DataError for an archive whose directory exceeds the limits; reads never exceed the directory."""
    if len(listed) > MAX_ENTRIES or sum(entry.file_size for entry in listed) > MAX_TOTAL_BYTES:
        raise DataError(f"{path}: {len(listed)} entries or their size is too much; wanted at most 4 GiB unpacked.")
    for entry in listed:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts:
            raise DataError(f"{path}: an entry's name leads out of the archive; fetch the log from its author again.")
        packed = max(entry.compress_size, 1)
        if entry.file_size > MAX_ENTRY_BYTES or (
            entry.file_size > SMALL_BYTES and entry.file_size > MAX_RATIO * packed
        ):
            raise DataError(
                f"{path}: an entry of {packed} bytes unpacks to {entry.file_size}; wanted at most 256 MiB and 200:1."
            )


def allow_zstandard(path: Path) -> None:
    """Enable Zstandard in `zipfile`, which Inspect's reader provides; raises DataError without it."""
    try:
        import inspect_ai.log as reader
    except ImportError as error:
        raise DataError(f"{path}: reading this log needs inspect-ai; pip install 'trustdelta[inspect]'.") from error
    del reader
