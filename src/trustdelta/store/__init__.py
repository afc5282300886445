"""The run folder: responses, scores and state of one audit."""

from trustdelta.store.rows import (
    DriftRow,
    body_of,
    prompt_body,
    read_prompt,
    read_response,
    score_row,
    unpacked,
    unpacked_text,
)
from trustdelta.store.run import Store
from trustdelta.store.tables import PAGE

__all__ = [
    "PAGE",
    "DriftRow",
    "Store",
    "body_of",
    "prompt_body",
    "read_prompt",
    "read_response",
    "score_row",
    "unpacked",
    "unpacked_text",
]
