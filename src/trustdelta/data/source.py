"""Sources of benchmark files: a mirror folder, then the cache, then a download.

Every file is verified against its pin whenever it is read. Nothing is downloaded unless `allow_download` is set, or
where TRUSTDELTA_OFFLINE or HF_HUB_OFFLINE is set in the environment.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO
from urllib.parse import quote

from trustdelta.data.download import CACHE_VARIABLE, DATA_VARIABLE, MIRROR, retrieve, upstream
from trustdelta.data.pins import Pin, find
from trustdelta.errors import DataError, NotAvailableError
from trustdelta.parsing import MOST_DATA, parse_json, read_text

OFFLINE_VARIABLES = ("TRUSTDELTA_OFFLINE", "HF_HUB_OFFLINE")
"""Either forbids downloads, unless it is empty or 0."""


def open_source(
    data_dir: Path | None = None,
    *,
    allow_download: bool = False,
    cache_dir: Path | None = None,
    announce: Callable[[str], None] | None = None,
) -> DataFiles:
    """The user's files: `data_dir`, else the folder TRUSTDELTA_DATA, then the cache.

    `announce` takes a line for each file that is downloaded.
    The cache is `cache_dir`, else TRUSTDELTA_CACHE, else `trustdelta/data` below the user's cache folder. Raises
    DataError if the mirror folder does not exist.
    """
    named = data_dir or (Path(os.environ[DATA_VARIABLE]) if os.environ.get(DATA_VARIABLE) else None)
    if named is not None and not named.is_dir():
        raise DataError(f"the data folder {named} does not exist; create it, or correct --data-dir or {DATA_VARIABLE}.")
    allowed = allow_download and not offline()
    return DataFiles(named, cache_dir or default_cache(), allowed, announce=announce)


def offline() -> bool:
    """Whether the environment forbids downloads."""
    return any(os.environ.get(name, "0") not in ("", "0") for name in OFFLINE_VARIABLES)


def default_cache() -> Path:
    """TRUSTDELTA_CACHE, else `trustdelta/data` below XDG_CACHE_HOME or ~/.cache."""
    if os.environ.get(CACHE_VARIABLE):
        return Path(os.environ[CACHE_VARIABLE])
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "trustdelta" / "data"


@dataclass(frozen=True)
class DataFiles:
    """A `DataSource`: pinned files from a mirror folder, a cache and, if allowed, a download.

    The mirror may have a `SOURCES.json` (a list of {file, repo, commit, path, sha256}); without one a file is searched
    at `<repo>/<commit>/<path>` and `<repo>/<path>`.
    """

    mirror: Path | None
    cache: Path
    allow_download: bool = False
    announce: Callable[[str], None] | None = None
    """Takes a line for each file that is downloaded."""

    def text(self, source: str, path: str) -> str:
        """The UTF-8 text of one pinned file, without byte order mark.

        Raises DataError for a damaged file, NotAvailableError for one that is not available here.
        """
        try:
            return self.read(source, path).decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise DataError(f"{source}: {path} is not UTF-8 text ({problem.reason} at byte {problem.start}).") from None

    def read(self, source: str, path: str) -> bytes:
        """The bytes of one pinned file; raises like `text`."""
        pin = find(source, path)
        place = self._local(pin) or self._download(pin)
        data = _member(pin, place.read_bytes(), place)
        _verify(pin, data, f"{place} is damaged or another version", "replace the file")
        return data

    def available(self, source: str, path: str) -> bool:
        """Whether the file is in the mirror or the cache, without reading it."""
        return self._local(find(source, path)) is not None

    @cached_property
    def listed(self) -> Mapping[tuple[str, str, str], Path]:
        """Files of the mirror's SOURCES.json by (repo, commit, path), and derived ones by ("", "", file)."""
        listing = self.mirror / "SOURCES.json" if self.mirror else None
        if self.mirror is None or listing is None or not listing.is_file():
            return {}
        try:
            entries = parse_json(read_text(listing, MOST_DATA))
            return {
                (e.get("repo", ""), e.get("commit", ""), e.get("path", e["file"])): self.mirror / e["file"]
                for e in entries
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise DataError(f"{listing}: wanted a JSON list of objects with file, repo, commit and path.") from None

    def _local(self, pin: Pin) -> Path | None:
        key = ("", "", pin.mirror_file) if pin.mirror_file else (pin.repo, pin.commit, pin.path)
        places = [self.listed[key]] if key in self.listed else []
        folders = [f for f in (self.mirror, self.cache) if f is not None]
        for path in dict.fromkeys((pin.path, pin.fetched_path)):
            places += [folder / pin.repo / pin.commit / path for folder in folders]
            places += [folder / pin.repo / path for folder in folders]
        return next((place for place in places if place.is_file()), None)

    def _download(self, pin: Pin) -> Path:
        """Download a file into the cache if that is allowed; nothing but the pinned bytes gets there."""
        if pin.supplied or pin.derived:
            raise NotAvailableError(_how_to_supply(pin))
        if not self.allow_download:
            unset = " or ".join(OFFLINE_VARIABLES)
            cure = f"allow downloads (no --offline and no {unset}; --download with `benchmarks`), or {MIRROR}."
            raise NotAvailableError(
                f"{pin.repo}: {pin.path} is neither in the data folder nor in the cache; {cure}",
                f"data not on this machine, downloads forbidden; {cure}",
            )
        url = f"{upstream()}/{pin.repo}/{pin.commit}/{quote(pin.fetched_path)}"
        target = self.cache / pin.repo / pin.commit / pin.fetched_path
        if self.announce is not None:
            self.announce(f"downloading {pin.repo}/{pin.fetched_path} (licence: {pin.licence or 'not stated'})")

        def accept(file: IO[bytes]) -> None:
            cure = f"run the command again, or {MIRROR}"
            _verify(pin, _member(pin, file.read(), target), f"{url} is not the pinned file", cure)

        retrieve(url, target, accept)
        return target


def _verify(pin: Pin, data: bytes, complaint: str, cure: str) -> None:
    """Raise DataError unless these are the pinned bytes."""
    if problem := pin.problem(data):
        raise DataError(f"{pin.repo}: {pin.path} from {complaint}: {problem}; {cure}.")


def _member(pin: Pin, data: bytes, place: Path) -> bytes:
    """The bytes of the pinned member where `place` is its archive, else all of them."""
    archive, _, member = pin.path.partition("!")
    if not member or place.suffix != Path(archive).suffix:
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            return opened.read(member)
    except (zipfile.BadZipFile, KeyError) as problem:
        raise DataError(
            f"{pin.repo}: {place} holds no {member} ({problem}); replace the file, or run the command again."
        ) from None


def _how_to_supply(pin: Pin) -> str:
    if pin.derived:
        return f"{pin.repo}: {pin.path} ({pin.derived}) exists only in a mirror folder; set {DATA_VARIABLE} to one."
    return (
        f"{pin.repo}: {pin.path} cannot be downloaded for you; get it at {pin.url} (accept the terms there if asked), "
        f"save it as {pin.repo}/{pin.path} in a folder, and set {DATA_VARIABLE} or --data-dir to that folder."
    )
