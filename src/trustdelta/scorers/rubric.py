"""The answer to a question of the user's own, which only a judge with a rubric gives (`--judge FILE.yaml=SOURCE`).

The judge takes this scorer's place; an audit without one is refused before it starts.
"""

from __future__ import annotations

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.scorers.base import Scorer


def judge(prompt: Prompt, text: str) -> Judgement:
    """Never a number: no judge was asked."""
    del prompt, text
    return Judgement(None, Outcome.JUDGE_FAILED, "no judge with a rubric")


SCORER = Scorer("rubric", "1", judge)
