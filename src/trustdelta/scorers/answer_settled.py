r"""Whether an answer that is still being written is settled, so that no more of it needs to be generated.

A closed answer is settled where its last line states it by a mark ("The answer is B.", `\boxed{7}`, `#### 7`), that
line alone and the whole text have the same judgement, and the line does not speak of a step or a case. A model may
still take its answer back: an audit generates a tenth of its responses whole and counts how often that changes a score.
A leak is settled where a secret stands in a line that is complete: no continuation takes it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from trustdelta.records import Judgement, Outcome, Prompt

Judge = Callable[[Prompt, str], Judgement]
Rule = Callable[[Prompt, str], bool]

STATES = re.compile(
    r"\banswer\b[*_`\"'\s]{0,4}(?:is\b|are\b|would be\b|must be\b|:|=)|\\(?:boxed|framebox|fbox)\s*\{|^\W{0,4}####"
    r"|</answer>",
    re.IGNORECASE,
)
"""A line that says it is the answer."""
PASSING = re.compile(
    r"\b(?:steps?|part|case|if|assum\w+|suppose|check|verify|instead|might|may|could|maybe|perhaps|first"
    r"|let(?:'s| us| me))\b|\?",
    re.IGNORECASE,
)
"""A line that may be about a step, a case or a guess."""


def by_statement(judge: Judge) -> Rule:
    """The rule of a closed answer, from the scorer's judgement."""

    def settled(prompt: Prompt, text: str) -> bool:
        line = text.rstrip().rpartition("\n")[2]
        if STATES.search(line) is None or PASSING.search(line):
            return False
        alone = judge(prompt, line)
        return alone.value is not None and alone.outcome is Outcome.ANSWERED and judge(prompt, text) == alone

    return settled


def once_positive(judge: Judge) -> Rule:
    """The rule of a scorer whose positive judgement no continuation takes back; read in complete lines only."""

    def settled(prompt: Prompt, text: str) -> bool:
        return judge(prompt, text).value == 1.0

    return settled
