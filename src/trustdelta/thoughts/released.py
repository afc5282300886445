"""The answer as the released code of arXiv 2606.11046 (June 2026) cuts it from a response.

A response of s1 is cut at the first `answer` (the letters, also inside a word, in lower case), any other one behind the
last `</think>`; where there is none, also in a truncated trace, the whole text is the answer. Special tokens are
removed first, as by the engine of that code. Which of several `</think>` counts and what happens to an s1 response
without `answer` is not known; both are assumed. That code also adds a mark of its own to the prompts of s1, which
changes responses and cannot be repeated here.
"""

from __future__ import annotations

import re

VERSION = "1"
"""Changes with every change of a cut; part of what stored scores are known by."""
S1 = frozenset({"s1", "s1-plain"})
WORD, MARK = "answer", "</think>"
SPECIAL = re.compile(r"<[|｜][^<>|｜\n]{1,40}[|｜]>|</?s>")
"""Special tokens in the forms of Qwen, DeepSeek and Llama."""


def released_answer(text: str, format: str, reasoning: str | None = None) -> str:
    """The answer in the raw text of a response, of which `format` is the thought format (`Reading.format`).

    `reasoning`: the server's separate reasoning field; the text is then what the server left, and the trace where it
    left nothing.
    """
    plain = SPECIAL.sub("", text).strip()
    if reasoning:
        return plain or reasoning.strip()
    mark = WORD if format in S1 else MARK
    before, cut, after = plain.partition(mark) if format in S1 else plain.rpartition(mark)
    return (after if cut else before or after).strip()
