"""Token spans found through decoded prefixes, with a byte-level tokenizer built here."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from trustdelta.drift.parts import Span, split_tokens
from trustdelta.records import Outcome, Reading


def byte_tokenizer(added: tuple[str, ...] = (), merges: tuple[tuple[str, str], ...] = ()) -> Any:
    """Byte-level BPE over the 256 bytes with an end token; decodes any text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = alphabet + [left + right for left, right in merges]
    backend = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=list(merges)))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|end|>")
    tokenizer.add_tokens(list(added))
    return tokenizer


TOKENIZER = byte_tokenizer(merges=(("<", "/"),))


def pieces(text: str, reading: Reading) -> dict[str, str]:
    """Text of each part, decoded from its tokens."""
    ids = TOKENIZER.encode(text, add_special_tokens=False)
    found: dict[str, str] = {}
    for part, start, end in split_tokens(TOKENIZER, ids, text, reading):
        found[part] = found.get(part, "") + TOKENIZER.decode(ids[start:end])
    return found


def reading(text: str) -> Reading:
    """Split at </think>, as the parser does."""
    thought, _, rest = text.removeprefix("<think>\n").partition("</think>\n")
    return Reading(thought, rest, Outcome.ANSWERED, "think", (), text.index("</think>\n") + len("</think>\n"))


def test_thought_tags_and_answer_are_told_apart() -> None:
    """Tags and the end token are format; thought and answer keep their own tokens."""
    text = "<think>\nfirst, add</think>\nIt is 4.<|end|>"
    read = reading(text)
    found = pieces(text, read)
    assert found == {"thought": "first, add", "answer": "It is 4.", "format": "<think>\n</think>\n<|end|>"}


@given(st.text(alphabet="aé漢🙂 \n", min_size=1, max_size=20), st.text(alphabet="aé漢🙂 ", min_size=1, max_size=20))
@settings(max_examples=50)
def test_characters_of_several_bytes_stay_in_their_part(thought: str, answer: str) -> None:
    """A character cut into byte tokens belongs to one part as a whole."""
    text = f"<think>\n{thought}</think>\n{answer}"
    found = pieces(text, reading(text))
    assert (found["thought"], found["answer"]) == (thought, answer)


def test_truncated_thought_has_no_answer() -> None:
    """An unclosed thought is all thought after its tag."""
    text = "<think>\nand so on"
    found = pieces(text, Reading("and so on", "", Outcome.TRUNCATED_IN_THOUGHT, "think"))
    assert found == {"format": "<think>\n", "thought": "and so on"}


def test_plain_answers_are_all_answer() -> None:
    """A response without a thought is answer from its first token."""
    found = pieces("Yes.<|end|>", Reading(None, "Yes.<|end|>", Outcome.ANSWERED, answer_char_start=0))
    assert found == {"answer": "Yes.", "format": "<|end|>"}


def test_a_token_across_the_boundary_goes_to_the_answer() -> None:
    """The token that holds the answer's first character is the answer's first."""
    ids = TOKENIZER.encode("</ab", add_special_tokens=False)
    read = Reading(None, "/ab", Outcome.ANSWERED, answer_char_start=1)
    assert split_tokens(TOKENIZER, ids, "</ab", read) == (Span("answer", 0, 3),)


@pytest.mark.parametrize("text", ["other text", ""])
def test_ids_that_do_not_decode_to_the_text_are_not_split(text: str) -> None:
    """No spans rather than wrong spans."""
    ids = TOKENIZER.encode("text", add_special_tokens=False)
    assert split_tokens(TOKENIZER, ids, text, Reading(None, text, Outcome.ANSWERED, answer_char_start=0)) == ()


def test_unknown_places_are_not_split() -> None:
    """A reading that says neither where the thought nor where the answer lies gives no spans."""
    ids = TOKENIZER.encode("text", add_special_tokens=False)
    assert split_tokens(TOKENIZER, ids, "text", Reading(None, "", Outcome.MALFORMED)) == ()
