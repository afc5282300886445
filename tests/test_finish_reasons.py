"""Why generation ended, as servers and libraries write it."""

from __future__ import annotations

import pytest

from trustdelta.records import Finish, FinishReason, Json, read_finish


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        *[
            (word, Finish.STOP)
            for word in ("stop", "STOP", "eos_token", "end_turn", "EndTurn", "endoftext", "COMPLETE")
        ],
        *[(word, Finish.STOP) for word in ("<FinishReason.STOP: 1>", "FinishReason.STOP", "tool-calls", "toolUse")],
        *[(word, Finish.LENGTH) for word in ("length", "maxTokens", "MAX_TOKENS", "FINISH_REASON_MAX_TOKENS")],
        *[(word, Finish.LENGTH) for word in ("FINISH_REASON_LENGTH", "model_length", "incomplete", "limit")],
        *[(word, Finish.ERROR) for word in ("abort", "timeout", "Cancelled", "failed", "MALFORMED_FUNCTION_CALL")],
        ({"type": "length", "length": 32}, Finish.LENGTH),
        ({"type": "stop", "matched": 151645}, Finish.STOP),
        ({"type": "abort", "message": "out of memory"}, Finish.ERROR),
        ({"reason": "endoftext"}, Finish.STOP),
        ("{'type': 'length', 'length': 32}", Finish.LENGTH),
        (["stop"], Finish.STOP),
    ],
)
def test_reasons_in_every_spelling(reason: Json, finish: Finish) -> None:
    """Case, humps, hyphens, enumerations' names and objects do not change what a reason means."""
    read = read_finish(reason)
    assert (read.finish, read.moderated) == (finish, False)


@pytest.mark.parametrize(
    "reason",
    [
        *("content_filter", "content-filter", "SAFETY", "FinishReason.SAFETY", "refusal", "guardrail_intervened"),
        *("guardrailIntervened", "contentFiltered", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"),
        *("ERROR_TOXIC", "sensitive", "MODEL_ARMOR", "content_filter: PROHIBITED_CONTENT"),
    ],
)
def test_what_a_filter_withheld_is_moderated(reason: str) -> None:
    """A filter's word is an error that is marked as moderated, and the word is kept."""
    read = read_finish(reason)
    assert (read.finish, read.moderated) == (Finish.ERROR, True)
    assert read.word


@pytest.mark.parametrize("reason", [None, "", " ", "banana", {}, {"type": 3}, [], ["stop", "length"], 7, True])
def test_what_is_not_in_the_table_is_unknown(reason: Json) -> None:
    """Nothing is guessed, and nothing raises."""
    read = read_finish(reason)
    assert isinstance(read, FinishReason)
    assert (read.finish, read.moderated) == (Finish.UNKNOWN, False)
