"""Files of data sets on the Hugging Face hub, pinned by commit: from the cache, else downloaded if allowed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from trustdelta.data.download import retrieve
from trustdelta.data.source import OFFLINE_VARIABLES, DataFiles
from trustdelta.errors import NotAvailableError

HUB = "https://huggingface.co"
CACHED = "huggingface"
"""Folder of the cache."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """Reads files of data sets with the cache and the permission of a data source."""

    files: DataFiles

    def path(self, dataset: str, revision: str, file: str) -> Path:
        """The file on this machine; raises NotAvailableError, with the next step, where it cannot be had."""
        target = self.files.cache / CACHED / dataset / revision / file
        if target.is_file():
            return target
        if not self.files.allow_download:
            raise NotAvailableError(
                f"{dataset}: {file} is not in the cache; allow downloads (no --offline, no "
                f"{' or '.join(OFFLINE_VARIABLES)}), or save the file beside the benchmark's and name it alone."
            )
        endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or HUB
        if self.files.announce is not None:
            self.files.announce(f"downloading {dataset}/{file} at {revision[:12]}")
        retrieve(f"{endpoint}/datasets/{quote(dataset)}/resolve/{revision}/{quote(file)}", target)
        return target
