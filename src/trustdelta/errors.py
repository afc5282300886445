"""The error tree. Every message says what was found, what was wanted and what to do next, in one line.

::

    TrustdeltaError          exit code
    ├── UsageError               64   the request cannot be understood or served as given
    │   ├── ConfigError          64   a configuration value is unknown or out of range
    │   ├── UnknownNameError     64   no such model, organism, benchmark, scorer or profile
    │   └── FolderError          64   a folder cannot be written, or holds something else
    └── MeasurementError          3   the request is fine, its measurement is not
        ├── DataError             3   a data file is missing, damaged or not what was pinned
        │   └── NotAvailableError 3   a data file cannot be had here: not downloaded, gated or not pinned
        ├── PairingError          3   the two models' responses cannot be paired
        ├── StoreError            3   the run folder is damaged or its fingerprints differ
        │   └── BusyError         3   another process is writing this run folder
        ├── EngineError           3   a model cannot be loaded or run
        ├── PreflightError        3   a model does not behave as declared (thought parser, sampling, seed)
        └── VerificationError     3   a bundle or a run does not fit its hashes, its signature or its verdict
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_LISTED = 24
"""Most names that are listed beside the nearest one."""


class TrustdeltaError(Exception):
    """Base of every error that trustdelta raises on purpose."""

    exit_code = 3


class UsageError(TrustdeltaError):
    """The request cannot be understood or served as given."""

    exit_code = 64


class ConfigError(UsageError):
    """A configuration value is unknown or out of range."""


class UnknownNameError(UsageError):
    """No such model, organism, benchmark, scorer or profile."""

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """Name what was asked for, the nearest known name, and all known names."""
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        listed = "" if near and len(names) > MOST_LISTED else f" Known: {', '.join(names) or 'none'}."
        return cls(f"unknown {kind} {name!r}{hint}{listed}")


class FolderError(UsageError):
    """A folder cannot be written, or holds something else."""


class MeasurementError(TrustdeltaError):
    """The request is fine, but what it asks for could not be measured."""


class DataError(MeasurementError):
    """A data file is missing, damaged or not what was pinned."""


class NotAvailableError(DataError):
    """A data file cannot be had here: what reads it is not run, and says why and what to do.

    `cause` is the reason without the file, equal for all files that it holds for.
    """

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause or message


class PairingError(MeasurementError):
    """The two models' responses cannot be paired."""


class StoreError(MeasurementError):
    """The run folder is damaged or its fingerprints differ."""


class BusyError(StoreError):
    """Another process is writing this run folder."""


class EngineError(MeasurementError):
    """A model cannot be loaded or run."""


class PreflightError(MeasurementError):
    """A model does not behave as declared: thought parser, sampling parameters or seed."""


class VerificationError(MeasurementError):
    """A bundle or a run does not fit its own hashes, its signature or its verdict.

    `parts`: names of the parts that do not fit, like scores or signature.
    """

    def __init__(self, message: str, parts: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.parts = tuple(parts)
