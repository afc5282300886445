"""The answer to a question of the user's own, which only a judge with a rubric gives (`--judge FILE.yaml=SOURCE`).

The judge takes this scorer's place; an audit without one is refused before it starts. `rubric/NAME` is the same for
the rubric of that name, so that the metrics of an audit can have different questions.
"""

from __future__ import annotations

from dataclasses import replace

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.scorers.base import Scorer


def judge(prompt: Prompt, text: str) -> Judgement:
    """Never a number: no judge was asked."""
    del prompt, text
    return Judgement(None, Outcome.JUDGE_FAILED, "no judge with a rubric")


SCORER = Scorer("rubric", "1", judge)
PREFIX = f"{SCORER.name}/"


def rubric_of(scorer: str) -> str:
    """The name of the rubric that must take a scorer's place; "" where any may, or none."""
    return scorer.removeprefix(PREFIX) if scorer.startswith(PREFIX) else ""


def named(rubric: str) -> Scorer:
    """The scorer that only the rubric of this name replaces."""
    return replace(SCORER, name=PREFIX + rubric, of=SCORER.name)
