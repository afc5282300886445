"""Hashes of the prompts of data sets that come only with recorded responses, in `known/`.

One line per prompt: the first 12 hex digits of the SHA-256 of its text, NFC, with single spaces.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import resources

from trustdelta.records import Prompt


def prompt_hash(text: str) -> str:
    """The hash of a prompt's text."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@cache
def known_prompts(name: str) -> frozenset[str]:
    """The hashes of one data set's prompts."""
    return frozenset(resources.files(__package__).joinpath("known", f"{name}.txt").read_text("ascii").split())


def known(*names: str) -> Callable[[Prompt], bool]:
    """A test whether a prompt is in these data sets, by its last user message."""

    def owns(prompt: Prompt) -> bool:
        digest = prompt_hash(prompt.question)
        return any(digest in known_prompts(name) for name in names)

    return owns
