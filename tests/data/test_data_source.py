"""Data access: what is pinned is what is read, wherever it comes from; everything else is refused in one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from trustdelta.data import DataFiles, open_source
from trustdelta.data import source as module
from trustdelta.data.pins import Pin, find, git_blob, pins
from trustdelta.errors import DataError, NotAvailableError

MIRROR = Path(__file__).parents[2] / "../shared/data"
TEXT = b"prompt,label\nhello,1\n"


def pin(**changes: object) -> Pin:
    """A pin of TEXT at example/set, with changes."""
    values: dict[str, object] = {"sha256": hashlib.sha256(TEXT).hexdigest(), "size": len(TEXT), "licence": "CC0 1.0"}
    values |= {"repo": "example/set", "commit": "c0ffee", "path": "data/a.csv", **changes}
    return Pin(**values)  # type: ignore[arg-type]


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Pin:
    """The table of pins holds one file."""
    only = pin()
    monkeypatch.setattr(module, "find", lambda repo, path: only)
    return only


def put(folder: Path, path: str, data: bytes) -> Path:
    """Write `data` below `folder`."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("path", ["example/set/data/a.csv", "example/set/c0ffee/data/a.csv"])
def test_a_plain_mirror_folder_is_read(one: Pin, tmp_path: Path, path: str) -> None:
    """A file is found below its repository, with or without the commit in between."""
    put(tmp_path, path, TEXT)
    assert open_source(tmp_path).text(one.repo, one.path) == TEXT.decode()


def test_a_listed_mirror_folder_is_read(one: Pin, tmp_path: Path) -> None:
    """SOURCES.json says where a file of the mirror lies."""
    put(tmp_path, "odd/name.csv", TEXT)
    entry = {"file": "odd/name.csv", "repo": one.repo, "commit": one.commit, "path": one.path}
    put(tmp_path, "SOURCES.json", json.dumps([entry]).encode())
    assert open_source(tmp_path).text(one.repo, one.path) == TEXT.decode()


@pytest.mark.parametrize("damage", [TEXT.replace(b"1", b"2"), TEXT[:-3], b""])
def test_a_changed_byte_or_a_truncated_file_is_refused_in_one_line(one: Pin, tmp_path: Path, damage: bytes) -> None:
    """Whatever is not the pinned bytes is refused, and the message names the file and what was wanted."""
    place = put(tmp_path, "example/set/data/a.csv", damage)
    with pytest.raises(DataError, match="damaged or another version") as caught:
        open_source(tmp_path).text(one.repo, one.path)
    assert "\n" not in str(caught.value)
    assert str(place) in str(caught.value)


def test_a_git_blob_pin_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file whose SHA-256 nobody knows is checked by its git blob id."""
    only = pin(sha256="", git_blob=git_blob(TEXT))
    monkeypatch.setattr(module, "find", lambda repo, path: only)
    place = put(tmp_path, "example/set/data/a.csv", TEXT)
    assert open_source(tmp_path).text("example/set", "data/a.csv") == TEXT.decode()
    place.write_bytes(TEXT + b" ")
    with pytest.raises(DataError, match="git blob"):
        open_source(tmp_path).text("example/set", "data/a.csv")


def test_git_blob_is_git_s_own() -> None:
    r"""The id of the bytes "hello\n", as `git hash-object` prints it."""
    assert git_blob(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_missing_file_says_what_to_do(one: Pin, tmp_path: Path) -> None:
    """Without permission to download, a missing file is not available, not empty."""
    with pytest.raises(NotAvailableError, match="allow downloads"):
        DataFiles(None, tmp_path).text(one.repo, one.path)


def test_a_gated_file_says_what_to_click_and_set(tmp_path: Path) -> None:
    """A set that nobody could pin names its page, its place and the variable to set."""
    with pytest.raises(NotAvailableError, match=r"huggingface.*TRUSTDELTA_DATA"):
        DataFiles(None, tmp_path, allow_download=True).text("bench-llm/or-bench", "or-bench-toxic.csv")


def test_an_unpinned_file_is_not_read(tmp_path: Path) -> None:
    """There is no way around the table of pins."""
    with pytest.raises(DataError, match="not pinned"):
        DataFiles(tmp_path, tmp_path).text("nyu-mll/BBQ", "data/other.jsonl")


def test_a_missing_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder that does not exist is an error at once, not an empty mirror."""
    monkeypatch.setenv("TRUSTDELTA_DATA", str(tmp_path / "none"))
    with pytest.raises(DataError, match="does not exist"):
        open_source()


@pytest.mark.skipif(not (MIRROR / "SOURCES.json").is_file(), reason="no data folder beside the checkout")
def test_every_pin_that_the_mirror_lists_is_there_unchanged() -> None:
    """All pinned files that the mirror holds are found through its listing and hash to their pins."""
    files = DataFiles(MIRROR, Path("/nonexistent"))
    held = [key for key in pins() if files.available(*key)]
    assert len(held) >= 55
    for repo, path in held:
        assert not find(repo, path).problem(files.read(repo, path))


def test_every_file_of_the_mirror_is_pinned_to_its_very_bytes() -> None:
    """Each pinned file that is at hand is what was pinned; one flipped bit or a lost last byte is not."""
    if not (MIRROR / "SOURCES.json").is_file():
        pytest.skip("no data folder beside the checkout")
    files = DataFiles(MIRROR, Path("/nonexistent"))
    checked = 0
    for (repo, path), one in pins().items():
        if not one.supplied and files.available(repo, path):
            data = files.read(repo, path)
            middle = len(data) // 2
            flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            assert not one.problem(data)
            for damaged in (flipped, data[:-1], data[:middle], b""):
                assert "\n" not in one.problem(damaged)
                assert one.problem(damaged)
            checked += 1
    assert checked > 50


@pytest.mark.parametrize("variable", ["TRUSTDELTA_OFFLINE", "HF_HUB_OFFLINE"])
def test_the_environment_forbids_downloads(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either variable holds, unless it is 0 or empty."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert open_source(tmp_path, allow_download=True).allow_download
    monkeypatch.setenv(variable, "0")
    assert open_source(tmp_path, allow_download=True).allow_download
    monkeypatch.setenv(variable, "1")
    assert not open_source(tmp_path, allow_download=True).allow_download
