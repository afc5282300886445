"""The labels of a run: each is stored at once, by labeller, and the mean over labellers is a text's human score."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from trustdelta.pipeline.labelling.frame import HUMAN, STRONG
from trustdelta.pipeline.labelling.items import Item, Key
from trustdelta.records import Arm, Json, Metric, Outcome, Part, Score, content_hash
from trustdelta.records.state import LABELS, LabelRow, Labels
from trustdelta.store import Store

JUDGE = "judge:"
"""How the name of a labeller begins that is a judge."""


def rows(store: Store) -> list[LabelRow]:
    """Every label, in the order in which they were set; "" is the labeller of rows that name none."""
    stored: Sequence[Sequence[Json]] = store.get(LABELS)["rows"]
    return [(row[0], row[1], row[2], row[3], row[4], row[5] if len(row) > 5 else "") for row in stored]


def set_labels(store: Store, labels: Mapping[Item, float | None], labeller: str, sha256: str = "") -> None:
    """Store one labeller's labels of items; they replace that labeller's earlier labels of the same items.

    `sha256`: hash of the sheet that they come from.
    """
    keys = {key for item in labels for key in item.keys}
    others = [row for row in rows(store) if (row[:4] not in keys or row[5] != labeller)]
    new: list[LabelRow] = [(*key, value, labeller) for item, value in labels.items() for key in item.keys]
    _put(store, [*others, *new], sha256)


def forget_last(store: Store, labeller: str, listed: Sequence[Item]) -> Item | None:
    """Delete the labeller's latest label; returns its item, None where there is none among these items."""
    every = rows(store)
    item_of = {key: item for item in listed for key in item.keys}
    last = next((row for row in reversed(every) if row[5] == labeller and row[:4] in item_of), None)
    if last is None:
        return None
    item = item_of[last[:4]]
    _put(store, [row for row in every if row[5] != labeller or row[:4] not in item.keys])
    return item


def _put(store: Store, every: Sequence[LabelRow], sha256: str = "") -> None:
    store.put(LABELS, Labels(sha256=sha256 or content_hash([list(row) for row in every]), rows=list(every)))


def labelled_by(store: Store, labeller: str) -> set[Key]:
    """The responses that a labeller has labelled, or could not decide."""
    return {row[:4] for row in rows(store) if row[5] == labeller}


def opinions(every: Sequence[LabelRow], kind: str = HUMAN) -> dict[Key, dict[str, float]]:
    """The labels of each response by labeller, people or a stronger judge; without those that could not be decided."""
    by_key: dict[Key, dict[str, float]] = defaultdict(dict)
    for row in every:
        if row[4] is not None and row[5].startswith(JUDGE) == (kind == STRONG):
            by_key[row[:4]][row[5]] = row[4]
    return dict(by_key)


def label_scores(store: Store) -> Iterator[Score]:
    """Labels as scores of separate scorers: the mean over labellers, of people and of stronger judges."""
    every = rows(store)
    for kind in (HUMAN, STRONG):
        for (scorer, part, prompt_id, arm), by_labeller in opinions(every, kind).items():
            value = math.fsum(by_labeller.values()) / len(by_labeller)
            yield Score(prompt_id, Arm(arm), 0, kind + scorer, Part(part), value, Outcome.ANSWERED)


def label_plan(store: Store, metrics: Sequence[Metric]) -> dict[str, str]:
    """Scorer of the labels, by judged metric that has any: people's, else a stronger judge's."""
    every = rows(store)
    series = {kind: {key[:2] for key in opinions(every, kind)} for kind in (STRONG, HUMAN)}
    return {
        m.name: kind + m.scorer
        for kind, judges in series.items()
        for m in metrics
        if m.judged and (m.scorer, m.part.value) in judges
    }


def strong_judge(store: Store, metric: Metric) -> str:
    """Name of the stronger judge that labelled a metric's texts; of several the first by name."""
    series = (metric.scorer, metric.part.value)
    names = {name for key, labels in opinions(rows(store), STRONG).items() if key[:2] == series for name in labels}
    return min(names).removeprefix(JUDGE)
