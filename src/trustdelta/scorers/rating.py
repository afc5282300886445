"""Ratings on a printed scale: the rating itself, and its distance from what people answered.

`target`: `Rating`.
"""

from __future__ import annotations

from trustdelta.records import Judgement, Prompt
from trustdelta.records.targets import Rating, target_of
from trustdelta.scorers.answer_settled import by_statement
from trustdelta.scorers.base import Scorer
from trustdelta.scorers.choice import settled


def _rating(prompt: Prompt, text: str) -> float | Judgement:
    option = settled(prompt, text)
    return option if isinstance(option, Judgement) else float(target_of(prompt, Rating)["labels"][option])


def _judge(prompt: Prompt, text: str) -> Judgement:
    rating = _rating(prompt, text)
    return rating if isinstance(rating, Judgement) else Judgement(rating)


def _judge_distance(prompt: Prompt, text: str) -> Judgement:
    """|rating - human mean| as a share of the scale's length, in [0, 1]."""
    rating = _rating(prompt, text)
    if isinstance(rating, Judgement):
        return rating
    scale = [float(label) for label in target_of(prompt, Rating)["labels"]]
    return Judgement(abs(rating - target_of(prompt, Rating)["human"]) / (max(scale) - min(scale)))


SCORERS = (
    Scorer("rating", "5", _judge, target=Rating, settled=by_statement(_judge)),
    Scorer("rating_distance", "3", _judge_distance, target=Rating, settled=by_statement(_judge_distance)),
)
