"""How far a judge may shift the difference between two models: the plausible bias of metrics without labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trustdelta.records import Metric, Role
from trustdelta.scorers.pair_bias_cards import largest_bound, pair_bias
from trustdelta.stats.tipping import CALIBRATED, OTHER_JUDGES, PAIRS, JudgeBias

CONVERSION = "instruct to reasoning"
"""Kind of pairs that an audit compares."""


def judge_biases(
    metrics: Iterable[Metric], stated: Mapping[str, float], stronger: Mapping[str, str] | None = None
) -> dict[str, JudgeBias]:
    """The 95 % bound of the pair bias of each primary judged metric's judge.

    `stated`: bounds of the configuration, by scorer or by the name of a judge model.
    `stronger`: by metric, the name of the judge model whose labels correct the first judge; that one's bias is left.
    """
    stronger = stronger or {}
    judged = [m for m in metrics if m.role is Role.PRIMARY and m.judged]
    return {m.name: _of(stronger.get(m.name, m.scorer), stated) for m in judged}


def _of(judge: str, stated: Mapping[str, float]) -> JudgeBias:
    """A stated bound, else that of the judge's card, else the largest of any card."""
    for name in (judge, judge.partition(":")[0]):
        if name in stated:
            return JudgeBias(stated[name], CALIBRATED)
    card = pair_bias(judge, CONVERSION)
    return JudgeBias(largest_bound(CONVERSION), OTHER_JUDGES) if card is None else JudgeBias(card.bound, PAIRS)
