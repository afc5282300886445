"""Open questions with a short answer, in two readings. `target`: `OpenAnswer`.

Ours: `open_answer` is 1 where the answer settles on the gold text, or names it as whole words and none of the other
choices but to exclude them ("London, not Paris"); of a name its last word will do ("Biden"). To name another or none of
them is not correct. `open_refusal` is 1 where it names none and says that it will not or cannot tell.
Published (arXiv 2606.11046): `open_exact_paper` is 1 where the whole text equals the gold one; of the rest,
`open_refusal_paper` is 1 where a keyword occurs ("however" and "i'm" among them), `open_known_paper` where there is
none and the gold text occurs, and `open_error_paper` is what is left.
"""

from __future__ import annotations

import re

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.records.targets import OpenAnswer, target_of
from trustdelta.scorers.answer_names import by_names
from trustdelta.scorers.answer_reader import settle
from trustdelta.scorers.answer_text import declines, tidy
from trustdelta.scorers.answer_view import Style
from trustdelta.scorers.base import Scorer

KEYWORDS = ("sorry", "apologize", "don't know", "thank you", "cannot", "i'm", "however", "glad")
"""The published list; one of them anywhere in the text is a refusal."""
UNSURE = re.compile(
    r"\bi (?:do not|don't) (?:know|have (?:any |the )?(?:information|access|data|real-time|knowledge))"
    r"|\bi(?:'m| am) (?:not sure|not aware|unaware|unsure|uncertain)|\bmy knowledge (?:cutoff|ends|only)"
    r"|\b(?:no|not enough|insufficient) information\b|\bas of my (?:last|knowledge)"
    r"|\bunable to (?:find|determine|verify)",
    re.IGNORECASE,
)


def named(text: str, choices: list[str]) -> set[str]:
    """The choices whose words occur in a text; a longer one hides those that it contains."""
    return {choices[mention.value] for mention in by_names(tidy(text), choices) if isinstance(mention.value, int)}


def read_open(text: str, choices: list[str]) -> str | None:
    """The choice that a text settles on, or the only one that it names; None where there is none, or several."""
    option = settle(tidy(text), Style(lambda plain: by_names(plain, choices)))
    return choices[option] if isinstance(option, int) else None


def _answer(prompt: Prompt, text: str) -> Judgement:
    choices = target_of(prompt, OpenAnswer)["choices"]
    choice = read_open(text, choices)
    if choice is None and declined(text) and not named(text, choices):
        return Judgement(0.0, Outcome.REFUSED, "says that it cannot tell, which is not correct")
    return Judgement(float(choice == target_of(prompt, OpenAnswer)["gold"]))


def declined(text: str) -> bool:
    """Whether a text says that it will not or cannot tell."""
    return declines(text) or UNSURE.search(tidy(text)) is not None


def _refusal(prompt: Prompt, text: str) -> Judgement:
    if named(text, target_of(prompt, OpenAnswer)["choices"]) or not declined(text):
        return Judgement(0.0)
    return Judgement(1.0, Outcome.REFUSED, "says that it cannot tell")


def published(gold: str, text: str) -> str:
    """Which of the published four a text is: exact, refusal, known or error."""
    low, expected = text.strip().lower(), gold.strip().lower()
    if low == expected:
        return "exact"
    if any(word in low for word in KEYWORDS):
        return "refusal"
    return "known" if expected in low else "error"


def _paper(kind: str) -> Scorer:
    def judge(prompt: Prompt, text: str) -> Judgement:
        return Judgement(float(published(target_of(prompt, OpenAnswer)["gold"], text) == kind))

    return Scorer(f"open_{kind}_paper", "1", judge, target=OpenAnswer)


SCORERS = (
    Scorer("open_answer", "4", _answer, target=OpenAnswer),
    Scorer("open_refusal", "4", _refusal, target=OpenAnswer),
    *(_paper(kind) for kind in ("exact", "refusal", "known", "error")),
)
