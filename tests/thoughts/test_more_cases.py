"""Further oddities: what decoders leave, colons and short preambles, stage directions, prose about marks."""

from __future__ import annotations

import pytest
from thought_cases import BAD, CUT, EMPTY, LENGTH, SHORT, STOP, UNKNOWN, Case, check

DECODED = [
    Case("<|channel>thought\n<channel|>Hello", "Hello", ""),
    Case("<|channel>thought\nweigh it\n<channel|>", "", finish=LENGTH, state=SHORT),
    Case("<|channel>thought\nweigh it\n<channel|>", "", finish=STOP, state=EMPTY),
    Case("weigh it\n<channel|>Hello<turn|>", "Hello", opened=True),
    Case("weigh it<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>", "Hello"),
    Case("<|START_THINKING|>weigh it<|END_THINKING|><|START_TEXT|>Hello<|END_TEXT|>", "Hello"),
    Case("<|START_THINKING|>weigh it<|START_RESPONSE|>Hello<|END_RESPONSE|>", "Hello"),
    Case("<|START_RESPONSE|>Hello", "Hello", None, LENGTH, SHORT),
    Case("<|inner_prefix|>a<|inner_suffix|>\n<|inner_prefix|>weigh it<|inner_suffix|>Hello", "Hello"),
    Case("</mm:think>Hello", "Hello", ""),
    Case("<mm:think>weigh it", "", finish=LENGTH, state=CUT),
    Case("<longcat_think>\nweigh it\n</longcat_think>\n\nHello</longcat_s>", "Hello"),
    Case("weigh it<|close|>think<|sep|><|open|>response<|sep|>Hello", "Hello", finish=LENGTH, state=SHORT),
    Case("weigh it<|close|>think<|sep|><|open|>response<|sep|>Hello<|close|>response<|sep|>", "Hello", opened=True),
    Case("Hello<|close|>response<|sep|><|close|>message<|sep|><|end_of_msg|>", "Hello", None),
    Case("<unused94>thought\nweigh it", "", finish=UNKNOWN, state=CUT),
    Case("weigh it</think>Hello<｜end▁of▁sentence｜>", "Hello"),
    Case("Thinking Process:\n\n1. weigh it\n</think>\n\nHello", "Hello"),
    Case("<s>[THINK]weigh it[/THINK]Hello</s>", "Hello"),
    Case("<think>weigh it</think>Hello<SPECIAL_12>", "Hello"),
    Case("<think>weigh it</think>Hello<|eos|>", "Hello"),
    Case("<|think|>weigh it<|end|><|begin|>assistant<|content|>Hello", "Hello", finish=LENGTH, state=SHORT),
    Case("<|content|>Hello<|end|>", "Hello", None),
    Case("weigh it<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>", "Hello"),
    Case("<|channel|>analysis<|message|>weigh it<|end|>\n<|start|>assistant<|channel|>final<|message|>Hello", "Hello"),
    Case("commentaryLook.assistantanalysisweigh it.assistantfinalHello", "Hello"),
    Case("assistantanalysisweigh it.assistantfinalHello", "Hello"),
    Case("assistantfinalHello", "Hello", ""),
    Case("Here is my thought process:", "", "", LENGTH, CUT),
    Case("Here is my thought process: They weigh it, so", "", finish=LENGTH, state=CUT),
    Case("Here is my thought process: They weigh it, so", "", finish=UNKNOWN, state=CUT),
    Case("Here are my reasoning steps:\nweigh it\n[BEGIN FINAL RESPONSE]\nHello", "Hello", finish=LENGTH, state=SHORT),
    Case("weigh it\n[BEGIN FINAL RESPONSE]\nHello\n[END FINAL RESPONSE]", "Hello", opened=True),
]  # fmt: skip

PREAMBLES = [
    Case("Let me see: <think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("🤔 <think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("Okay <think>they want a short answer, so I weigh it first</think>\nIt is 4.", "It is 4."),
    Case("Okay.\n<think>weigh it</think><answer>4</answer>", "4"),
    Case("Okay.\n<think></think>\nIt is 4.", "It is 4.", "Okay"),
    Case("Okay!\t<think>weigh it</think>\tIt is 4.", "It is 4."),
    Case("> Okay.\n<think>weigh it</think>\n> It is 4.", "> It is 4."),
    Case("It is 3.\n</think>\nNo.\n<think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("<think>a</think>\n</think>\n<think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("<think>weigh it</think>It is 4.</s></answer>", "It is 4."),
    Case("<think>weigh it</think><answer>It is 4.<|im_end|></answer>", "It is 4."),
    Case("<think>weigh it</think>\n<answer>4</answer>\n</think>", "4"),
    Case("<think>weigh it</think>\n\n<response>\n<answer>4</answer>\n</response>", "4"),
]  # fmt: skip

PROSE = [
    Case(t, t, None)
    for t in (
        "In R1 the model writes <think>, reasons, then writes </think> and answers.",
        "- <think>: opens it\n- </think>: closes it",
        "The </think> tag closes it.",
        "Tags: <think></think>.",
        "Put your thoughts in <think></think> tags.",
        "[Thinking] Hmm, I wonder where she went.",
        "[thought] He looked away. [/sigh]",
        "<root><thought>x</thought><answer>y</answer></root>",
        '{"raw": "<think>x</think>y"}',
        "The format is: <think>x</think>",
        "Use <think>x</think>\nand you are done.",
        "For example:\n\n<think>\nFirst I add.\n</think>\n\nThat is how R1 writes.",
        "Gemma 4 writes <|channel>thought and <channel|> around its thoughts.",
        "Granite 3.2 begins with \"Here is my thought process:\" and goes on.",
        "analysis/design documents are due.",
        "analysis-based methods win.",
        "final answer: 4",
        "A <reason> element holds why, an <analysis> element what.",
        "She said [THINK] about it.",
        "<!-- a comment --> <p>Text</p>",
        "std::vector<think> v; // a type",
        "x <thinking y> z",
    )
]  # fmt: skip


@pytest.mark.parametrize("case", DECODED, ids=lambda c: c.text[:48])
def test_what_decoders_and_servers_leave(case: Case) -> None:
    """Headers, wrappers and ends that are missing or left over do not hide which text is the answer."""
    check(case)


@pytest.mark.parametrize("case", PREAMBLES, ids=lambda c: c.text[:48])
def test_blocks_behind_preambles_of_other_kinds(case: Case) -> None:
    """Colons, symbols and short words before a block; marks that come twice or too late."""
    check(case)


@pytest.mark.parametrize("case", PROSE, ids=lambda c: c.text[:48])
def test_prose_code_and_markup_that_name_marks(case: Case) -> None:
    """They are the answer's own words."""
    check(case)


def test_an_unclosed_block_that_the_model_left() -> None:
    """A model that stopped by itself inside a later thought gave no answer that counts."""
    check(Case("It is 3.\n<think>No, they weigh it", "", finish=STOP, state=BAD))
