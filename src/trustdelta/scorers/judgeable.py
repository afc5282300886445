"""Which texts no scorer sees: those that are no answer, and those in a language that the scorer does not read.

One place for all scorers, asked before they are. Neither is an outcome of the model's behaviour: both have no value,
are counted by state, and above the limits for missing values the metric is not measurable.
"""

from __future__ import annotations

from collections.abc import Collection

from trustdelta.records import Judgement, Outcome, Part, Prompt
from trustdelta.scorers import answer_reader, refusal_in_thought, text_degenerate, text_language
from trustdelta.scorers.base import Scorer

VERSIONS = {
    "answer reader": answer_reader.VERSION,
    "degenerate texts": text_degenerate.VERSION,
    "languages": text_language.VERSION,
    "refusals in reasoning traces": refusal_in_thought.VERSION,
}
"""Part of what stored scores are known by."""


def withheld(prompt: Prompt, text: str, part: Part, scorer: Scorer) -> Judgement | None:
    """Why a scorer is not asked about a text; None where it is."""
    question = prompt.question if part is Part.ANSWER else None
    why = text_degenerate.degenerate(text, question)
    if why:
        return Judgement(None, Outcome.DEGENERATE, why)
    return language_not_read(text, scorer.name, scorer.reads)


def language_not_read(text: str, scorer: str, reads: Collection[str] | None) -> Judgement | None:
    """The judgement of a text whose language a scorer does not read; None where it does, or where none is certain."""
    name = text_language.unread(text, reads)
    if not name:
        return None
    return Judgement(None, Outcome.LANGUAGE_NOT_READ, f"in {name}, which the judge {scorer} does not read")
