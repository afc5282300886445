"""The table of pinned upstream files (`pins.toml`), and the verification of bytes against it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from trustdelta.errors import DataError


@dataclass(frozen=True, slots=True)
class Pin:
    """One file of one upstream repository at one commit."""

    repo: str
    commit: str
    path: str
    licence: str
    sha256: str = ""
    """SHA-256 of the file."""
    git_blob: str = ""
    """Git's object id of the file, if there is no `sha256`."""
    size: int | None = None
    rows: int | None = None
    columns: tuple[str, ...] = ()
    derived: str = ""
    """The part of an upstream file that this file is; it cannot be downloaded."""
    mirror_file: str = ""
    """Name in a mirror folder, if it differs from `path`."""
    supplied: bool = False
    """Whether the user supplies the file, which has no hash."""
    where: str = ""
    """Address of the file's page, instead of the repository's."""

    @property
    def url(self) -> str:
        """Web page of the repository at the pinned commit."""
        return self.where or f"https://github.com/{self.repo}/tree/{self.commit}"

    @property
    def fetched_path(self) -> str:
        """The upstream path to download; for a member of an archive (`a.zip!member`), the archive's."""
        return self.path.partition("!")[0]

    def problem(self, data: bytes) -> str:
        """The mismatch of these bytes with the pin, in a few words; empty if they match."""
        if self.sha256 and hashlib.sha256(data).hexdigest() != self.sha256:
            return (
                f"{_size(data, self.size)}, SHA-256 {hashlib.sha256(data).hexdigest()[:12]}, wanted {self.sha256[:12]}"
            )
        if self.git_blob and not self.sha256 and git_blob(data) != self.git_blob:
            return f"{_size(data, self.size)}, git blob {git_blob(data)[:12]}, wanted {self.git_blob[:12]}"
        return ""


def _size(data: bytes, pinned: int | None) -> str:
    if pinned is None or len(data) == pinned:
        return f"found {len(data)} bytes"
    return f"found {len(data)} bytes of {pinned}"


def git_blob(data: bytes) -> str:
    """Git's object id of a file with these bytes, as 40 hex digits."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@cache
def pins() -> Mapping[tuple[str, str], Pin]:
    """Every pinned file by (repository, path)."""
    text = resources.files("trustdelta.data").joinpath("pins.toml").read_text("utf-8")
    return {(pin.repo, pin.path): pin for pin in _read(tomllib.loads(text))}


def _read(table: Mapping[str, Any]) -> Iterator[Pin]:
    for source in table["source"]:
        for entry in source["file"]:
            yield _pin(source["repo"], source["commit"], source["licence"], entry)
    for entry in table["supplied"]:
        yield _pin(entry["repo"], "", entry["licence"], {**entry, "supplied": True})


def _pin(repo: str, commit: str, licence: str, entry: Mapping[str, Any]) -> Pin:
    return Pin(
        repo=repo,
        commit=commit,
        path=entry["path"],
        licence=licence,
        sha256=entry.get("sha256", ""),
        git_blob=entry.get("git_blob", ""),
        size=entry.get("bytes"),
        rows=entry.get("rows"),
        columns=tuple(entry.get("columns", ())),
        derived=entry.get("derived", ""),
        mirror_file=entry.get("file", ""),
        supplied=entry.get("supplied", False),
        where=entry.get("where", ""),
    )


def find(repo: str, path: str) -> Pin:
    """The pin of one file; raises DataError if there is none."""
    if (repo, path) not in pins():
        known = sorted(p for r, p in pins() if r == repo)
        raise DataError(f"{repo}: {path!r} is not pinned; pinned there: {', '.join(known) or 'nothing'}.")
    return pins()[repo, path]
