"""Which prompts people label: for every judged metric with a verdict, an order of which every prefix is a sample.

The order is drawn once, from the judge's scores and a seed, and stored with the strata, so that inclusion probabilities
are known whenever labelling stops, and whatever the scores become later (`stats.label_design`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from trustdelta.pipeline.task import counts
from trustdelta.records import Arm, Metric, Part, Prompt, Role, content_hash
from trustdelta.records.state import LABEL_FRAME, PLAN, LabelCell
from trustdelta.stats.label_design import drawing_order
from trustdelta.store import Store

HUMAN = "human:"
"""Prefix of a judge's name: the scorer of the human labels of its texts."""
STRONG = "strong:"
"""Prefix of a judge's name: the scorer of a stronger judge's labels of its texts."""
STRATA = 8
"""Codes reserved for the strata of one cell."""

Series = tuple[str, Part]
"""Scorer and part."""
Pair = dict[Arm, float]
"""Judged value of both models."""


def judged_metrics(metrics: Iterable[Metric]) -> list[Metric]:
    """Primary metrics whose scores come from a judge."""
    return [m for m in metrics if m.judged and m.role is Role.PRIMARY]


def frame(store: Store, metrics: Iterable[Metric]) -> list[LabelCell]:
    """The stored frame, completed by the judged metrics that it does not cover."""
    cells = store.get(LABEL_FRAME)
    judged = judged_metrics(metrics)
    covered = {name for cell in cells for name in cell["metrics"]}
    if all(m.name in covered for m in judged):
        return cells
    values = first_scores(store, {(m.scorer, m.part) for m in judged})
    drawn = {(c["scorer"], c["part"], p) for c in cells for p in c["prompts"]}
    prompts = store.prompts()
    seed = content_hash([store.get(PLAN), "labels"])
    for series, members in _by_series(judged).items():
        free = [p for p in prompts if (series[0], series[1].value, p.id) not in drawn and _whole(values, series, p)]
        for names, chosen in _by_membership(members, free).items():
            codes = STRATA * len(cells)
            cells.append(_cell(members[0], names, chosen, values[series], (seed, codes)))
    store.put(LABEL_FRAME, cells)
    return cells


def first_scores(store: Store, series: Iterable[Series]) -> Mapping[Series, Mapping[str, Pair]]:
    """Judged values of the first responses, by series, prompt id and model."""
    judged = set(series)
    values: dict[Series, dict[str, Pair]] = {s: defaultdict(dict) for s in judged}
    for score in store.scores() if judged else ():
        if score.draw == 0 and score.value is not None and (score.scorer, score.part) in judged:
            values[score.scorer, score.part][score.prompt_id][score.arm] = score.value
    return values


def strata(store: Store) -> dict[Series, dict[str, int]]:
    """Stratum of each prompt that can be labelled, by series of labels; empty where no frame was drawn."""
    codes: dict[Series, dict[str, int]] = defaultdict(dict)
    for cell in store.get(LABEL_FRAME):
        for kind in (HUMAN, STRONG):
            codes[kind + cell["scorer"], Part(cell["part"])] |= dict(zip(cell["prompts"], cell["strata"], strict=True))
    return dict(codes)


def _by_series(metrics: Sequence[Metric]) -> dict[Series, list[Metric]]:
    groups: dict[Series, list[Metric]] = defaultdict(list)
    for metric in metrics:
        groups[metric.scorer, metric.part].append(metric)
    return groups


def _whole(values: Mapping[Series, Mapping[str, Pair]], series: Series, prompt: Prompt) -> bool:
    """Whether the judge scored both models' first responses."""
    return len(values[series].get(prompt.id, ())) == len(Arm)


def _by_membership(metrics: Sequence[Metric], prompts: Iterable[Prompt]) -> dict[tuple[str, ...], list[Prompt]]:
    """Prompts by the metrics that they count for."""
    cells: dict[tuple[str, ...], list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        if names := tuple(m.name for m in metrics if counts(m, prompt)):
            cells[names].append(prompt)
    return cells


def _cell(
    metric: Metric,
    names: Sequence[str],
    prompts: Sequence[Prompt],
    values: Mapping[str, Pair],
    drawing: tuple[str, int],
) -> LabelCell:
    """One cell, drawn with a seed; `drawing`: the seed, and the first code of the cell's strata."""
    seed, first = drawing
    low = -metric.bound if metric.signed else 0.0
    score_N2 = np.array([[values[p.id][arm] for arm in Arm] for p in prompts])
    digests = [content_hash([seed, metric.scorer, metric.part.value, p.id]) for p in prompts]
    luck_N = np.array([int(d[:13], 16) / 16**13 for d in digests])
    order, stratum = drawing_order((score_N2 - low) / (metric.bound - low), luck_N)
    return LabelCell(
        scorer=metric.scorer,
        part=metric.part.value,
        benchmark=prompts[0].benchmark,
        metrics=list(names),
        prompts=[prompts[i].id for i in order],
        strata=[first + int(stratum[i]) for i in order],
    )
