"""Writes files atomically."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

from trustdelta.errors import FolderError


def save_text(path: Path, text: str) -> Path:
    """Write `text` as UTF-8 to `path` like `save_stream`.

    Lone surrogates, which UTF-8 cannot encode, are written as backslash escapes.
    """
    return save_stream(path, io.BytesIO(text.encode("utf-8", "backslashreplace")))


def save_stream(path: Path, content: IO[bytes]) -> Path:
    """Copy `content` to a temporary file in the same folder, flush it to disk, and rename it to `path`.

    Raises FolderError if the folder is missing or not writable; then `path` is unchanged and no temporary file remains.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise FolderError(_complaint(path, error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise FolderError(_complaint(path, error)) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
    _sync_folder(path.parent)
    return path


def _sync_folder(folder: Path) -> None:
    """Make the rename durable, on platforms that can open a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _complaint(path: Path, error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return f"cannot write {path}: {reason}; it needs a writable folder with free space; choose another place."
