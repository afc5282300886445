"""What a scorer is: a named, versioned, pure function of (prompt, text) to a judgement.

Adding one: write `scorers/<name>.py` with a module-level `SCORER`; nothing else is edited. A scorer sees one part of a
response (answer or thought), never the model's name, the other part, or which of the two models wrote it. What it
cannot grade is `Judgement(None, outcome, reason)`, never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trustdelta.records import Judgement, Outcome, Prompt

ENGLISH = frozenset({"en"})


@dataclass(frozen=True, slots=True)
class Scorer:
    """A named scorer; `version` changes whenever its judgements could, so that stored scores are never mixed.

    `accepts`: the response states in which the text is worth judging (a toxicity scorer may accept a truncated
    answer; by default only a finished answer is judged). `judge_many` gives the very same judgements for a list, in
    its order, where that is faster than one by one. `of` and `derive`: the scorer whose judgement this one turns into
    its own, and how, so that another judge can take that one's place. `reads`: codes (ISO 639-1) of the languages that
    it judges; None: any, as for closed answers, which are malformed where they are not understood. `target`: the kind
    of `Prompt.target` that it needs (a class of `records.targets`); None: it needs none. `settled`: whether an answer
    that so far consists of these complete lines needs no continuation (`answer_settled`); None: it is read whole.
    """

    name: str
    version: str
    judge: Callable[[Prompt, str], Judgement]
    accepts: frozenset[Outcome] = frozenset({Outcome.ANSWERED})
    judge_many: Callable[[Sequence[tuple[Prompt, str]]], list[Judgement]] | None = None
    of: str = ""
    derive: Callable[[Prompt, Judgement], Judgement] | None = None
    reads: frozenset[str] | None = None
    target: type | None = None
    settled: Callable[[Prompt, str], bool] | None = None


def judge_all(scorer: Scorer, pairs: Sequence[tuple[Prompt, str]]) -> list[Judgement]:
    """A scorer's judgements of many texts, in one batch where it can."""
    if scorer.judge_many is not None:
        return scorer.judge_many(pairs)
    return [scorer.judge(prompt, text) for prompt, text in pairs]
