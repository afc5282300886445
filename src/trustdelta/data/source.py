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
from urllib.parse import quote

from trustdelta.data.pins import Pin, find
from trustdelta.errors import DataError, NotAvailableError
from trustdelta.parsing import MOST_DATA, parse_json, read_text

UPSTREAM = "https://raw.githubusercontent.com"
DATA_VARIABLE = "TRUSTDELTA_DATA"
CACHE_VARIABLE = "TRUSTDELTA_CACHE"
MIRROR = f"set {DATA_VARIABLE} or --data-dir to a mirror folder"
_UNREACHABLE: set[str] = set()
"""Hosts that this process could not connect to."""
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
    """A `DataSource`: pinned files from a mirror folder, a cache and, if allowed, their upstream repository.

    The mirror may have a `SOURCES.json` (a list of {file, repo, commit, path, sha256}); without one a file is searched
    at `<repo>/<commit>/<path>` and `<repo>/<path>`.
    """

    mirror: Path | None
    cache: Path
    allow_download: bool = False
    upstream: str = UPSTREAM
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
        place = self._local(pin)
        data = self._member(pin, place) if place else self._download(pin)
        problem = pin.problem(data)
        if problem:
            origin = place or "the download"
            raise DataError(
                f"{source}: {path} from {origin} is damaged or another version: {problem}; replace the file."
            )
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

    def _member(self, pin: Pin, place: Path) -> bytes:
        """The bytes at `place`, or of the pinned member if it is the archive."""
        data = place.read_bytes()
        archive, _, member = pin.path.partition("!")
        if not member or place.suffix != Path(archive).suffix:
            return data
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as opened:
                return opened.read(member)
        except (zipfile.BadZipFile, KeyError) as problem:
            raise DataError(f"{pin.repo}: {place} holds no {member} ({problem}); remove it and try again.") from None

    def _download(self, pin: Pin) -> bytes:
        if pin.supplied or pin.derived:
            raise NotAvailableError(_how_to_supply(pin))
        if not self.allow_download:
            cure = f"allow downloads (no --offline, no {' or '.join(OFFLINE_VARIABLES)}), or {MIRROR}."
            raise NotAvailableError(
                f"{pin.repo}: {pin.path} is neither in the data folder nor in the cache; {cure}",
                f"data not on this machine, downloads forbidden; {cure}",
            )
        url = f"{self.upstream}/{pin.repo}/{pin.commit}/{quote(pin.fetched_path)}"
        target = self.cache / pin.repo / pin.commit / pin.fetched_path
        if self.announce is not None:
            self.announce(f"downloading {pin.repo}/{pin.fetched_path} (licence: {pin.licence or 'not stated'})")
        retrieve(url, target)
        data = self._member(pin, target)
        if pin.problem(data):
            target.unlink()
        return data


def _how_to_supply(pin: Pin) -> str:
    if pin.derived:
        return f"{pin.repo}: {pin.path} ({pin.derived}) exists only in a mirror folder; set {DATA_VARIABLE} to one."
    return (
        f"{pin.repo}: {pin.path} cannot be downloaded for you; get it at {pin.url} (accept the terms there if asked), "
        f"save it as {pin.repo}/{pin.path} in a folder, and set {DATA_VARIABLE} or --data-dir to that folder."
    )


def retrieve(url: str, target: Path) -> None:
    """Download one file with pooch; raises NotAvailableError if that fails.

    A server that cannot be reached is not asked again, so that a machine without a network waits once.
    """
    import pooch  # type: ignore[import-untyped]
    import requests

    host = url.split("/")[2]
    if host in _UNREACHABLE:
        raise _unreachable(url, host)
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            url,
            known_hash=None,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(timeout=60, progressbar=False),
        )
    except (requests.RequestException, OSError, ValueError) as problem:
        if isinstance(problem, (requests.ConnectionError, requests.Timeout)):
            _UNREACHABLE.add(host)
            raise _unreachable(url, host) from None
        raise NotAvailableError(f"{url} could not be downloaded: {type(problem).__name__}; try again later.") from None


def _unreachable(url: str, host: str) -> NotAvailableError:
    cause = f"data not on this machine, {host} not reachable; try again later, or {MIRROR}."
    return NotAvailableError(f"{url} could not be downloaded: {cause}", cause)
