"""Multiple choice: which option a text settles on, by its letter, its number or its words.

`target`: `Choice`. An answer that names no option, or more than one without settling on one of them, is malformed;
nothing is guessed. `choice` leaves a refusal unscored, `choice_correct` counts it as not correct (for knowledge and
ability), `choice_refusal` is 1 for it. `choice_place` is the place of the option that is chosen, from 0: it shows a
taste for a position.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.records.targets import Choice, Options, target_of
from trustdelta.scorers import answer_plain
from trustdelta.scorers.answer_options import choices, without_listing
from trustdelta.scorers.answer_reader import settle
from trustdelta.scorers.answer_settled import by_statement
from trustdelta.scorers.answer_text import closed, declines, tidy
from trustdelta.scorers.answer_view import Style
from trustdelta.scorers.base import Scorer


def read_choice(text: str, labels: Sequence[str], options: Sequence[str]) -> int | None:
    """Index of the option that `text` settles on; None where it settles on none or names several."""
    plain = answer_plain.choice(text, labels, options)
    return read_choice_in_full(text, labels, options) if plain is None else plain


def read_choice_in_full(text: str, labels: Sequence[str], options: Sequence[str]) -> int | None:
    """The same, whatever form the text has."""
    option = settle(without_listing(tidy(text), labels), Style(choices(labels, options)))
    return option if isinstance(option, int) else None


def settled(prompt: Prompt, text: str) -> int | Judgement:
    """The option that a text settles on, or the judgement that says why there is none."""
    option = read_choice(text, target_of(prompt, Options)["labels"], target_of(prompt, Options)["options"])
    if option is not None:
        return option
    if declines(text):
        return Judgement(None, Outcome.REFUSED, "declined to choose")
    return Judgement(None, Outcome.MALFORMED, "settles on no single option")


_judge, _judge_correct, _judge_refusal = closed(settled)


def _judge_place(prompt: Prompt, text: str) -> Judgement:
    option = settled(prompt, text)
    return option if isinstance(option, Judgement) else Judgement(float(option))


SCORERS = (
    Scorer("choice", "5", _judge, target=Choice, settled=by_statement(_judge)),
    Scorer("choice_correct", "5", _judge_correct, target=Choice, settled=by_statement(_judge_correct)),
    Scorer("choice_refusal", "5", _judge_refusal, target=Choice, settled=by_statement(_judge_refusal)),
    Scorer("choice_place", "5", _judge_place, target=Choice, settled=by_statement(_judge_place)),
)
