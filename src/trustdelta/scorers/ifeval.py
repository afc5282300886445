"""IFEval: does a text follow every verifiable instruction of its prompt?

Zhou et al., "Instruction-Following Evaluation for Large Language Models", 2023, arXiv 2311.07911. `target`:
`Instructions`. Strict reads the text as it is; loose counts an instruction as followed where one of eight variants of
the text follows it: without its first line, its last line or both, and each without asterisks. `…_share` is the share
of the prompt's instructions that are followed.
"""

from __future__ import annotations

from functools import partial

from trustdelta.records import Judgement, Prompt
from trustdelta.records.targets import Instructions, target_of
from trustdelta.scorers.base import Scorer
from trustdelta.scorers.ifeval_rules import follows


def variants(text: str) -> list[str]:
    """The text, its variants without first line, last line or both, and all of them without asterisks."""
    lines = text.split("\n")
    cut = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    return [v for whole in (text, *cut) for v in (whole, whole.replace("*", ""))]


def _judge(prompt: Prompt, text: str, *, loose: bool, share: bool) -> Judgement:
    texts = variants(text) if loose else [text]
    target = target_of(prompt, Instructions)
    pairs = zip(target["names"], target["arguments"], strict=True)
    missed = [name for name, arguments in pairs if not any(follows(name, arguments, t) for t in texts)]
    value = 1.0 - len(missed) / len(target["names"]) if share else float(not missed)
    return Judgement(value, reason=", ".join(missed))


SCORERS = (
    Scorer("ifeval_strict", "1", partial(_judge, loose=False, share=False), target=Instructions),
    Scorer("ifeval_loose", "1", partial(_judge, loose=True, share=False), target=Instructions),
    Scorer("ifeval_strict_share", "1", partial(_judge, loose=False, share=True), target=Instructions),
    Scorer("ifeval_loose_share", "1", partial(_judge, loose=True, share=True), target=Instructions),
)
