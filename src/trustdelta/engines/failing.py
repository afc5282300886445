"""When a server or provider is at fault rather than the model: nothing of a whole batch came back."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.records import Finish, Response

ALL_FAILED = 8
"""A batch of at least this many requests of which none succeeded stops the run."""


def all_failed(responses: Sequence[Response]) -> str:
    """What is said of a batch of which every request failed, with the first cause; "" where one succeeded."""
    failed = [r for r in responses if r.finish is Finish.ERROR and not r.moderated]
    if not len(failed) == len(responses) >= ALL_FAILED:
        return ""
    return f"all {len(failed)} requests of a batch failed, the first: {failed[0].error}"
