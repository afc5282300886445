"""Archives that mean harm: whatever they unpack to, the memory that reading them takes is bounded."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from trustdelta.errors import DataError
from trustdelta.interop.archives import entries
from trustdelta.interop.responses_files import read_file

MIB = 1 << 20
BOMB = 64 * MIB
"""Bytes of zeros, which pack to a thousandth."""


def packed(path: Path, *members: tuple[str, bytes]) -> Path:
    """A zip archive of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def honest_bomb(path: Path) -> Path:
    """One entry that says how much it unpacks to."""
    return packed(path, ("samples/1.json", bytes(BOMB)))


def lying_bomb(path: Path) -> Path:
    """One entry that declares a hundred bytes, in the directory and before the data."""
    raw = honest_bomb(path).read_bytes()
    assert raw.count(struct.pack("<L", BOMB)) == 2
    path.write_bytes(raw.replace(struct.pack("<L", BOMB), struct.pack("<L", 100)))
    return path


def many_bombs(path: Path) -> Path:
    """Entries that are each within the limits, and together more than may be unpacked."""
    content = bytes(60_000)
    raw = packed(path, *((f"samples/{i}.json", content) for i in range(20))).read_bytes()
    size = struct.pack("<L", len(content))
    path.write_bytes(raw.replace(size, struct.pack("<L", 255 * MIB)))
    return path


def gzip_bomb(path: Path) -> Path:
    """The same zeros as gzip."""
    path.write_bytes(gzip.compress(bytes(BOMB)))
    return path


def peak(read: Callable[[], object]) -> int:
    """Most bytes that were allocated at once while a hostile file was read and refused."""
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as refused:
            read()
        assert "\n" not in str(refused.value)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("make", [honest_bomb, lying_bomb, many_bombs])
def test_a_bomb_in_an_archive_takes_no_memory(make: Callable[[Path], Path], tmp_path: Path) -> None:
    """A bomb that says so, one that lies about its size, and many small ones: refused within a few MiB."""
    path = make(tmp_path / "log.eval")
    assert peak(lambda: list(entries(path))) < 6 * MIB


def test_a_gzip_bomb_is_cut_off_at_its_ratio(tmp_path: Path) -> None:
    """Recorded responses as gzip: unpacking stops at 200 times the file's size."""
    path = gzip_bomb(tmp_path / "rows.jsonl.gz")
    assert peak(lambda: read_file(path)) < 2 * 200 * path.stat().st_size + 4 * MIB < BOMB


def test_entries_are_read_one_at_a_time(tmp_path: Path) -> None:
    """A large log takes the memory of its largest entry, whatever there is in all."""
    content = Random(0).randbytes(2 * MIB)
    path = packed(tmp_path / "log.eval", *((f"samples/{i}.json", content[i:]) for i in range(12)))
    tracemalloc.start()
    total = sum(len(found) for _, found in entries(path))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 22 * MIB
    assert most < 10 * MIB


def test_a_directory_of_many_entries(tmp_path: Path) -> None:
    """Ten thousand empty entries are listed in less than a KiB each."""
    path = packed(tmp_path / "log.eval", *((f"samples/{i}.json", b"") for i in range(10_000)))
    tracemalloc.start()
    assert sum(1 for _ in entries(path)) == 10_000
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000 * 1024
