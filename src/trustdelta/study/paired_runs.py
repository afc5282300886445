"""Two runs of one pair on the same prompts: each metric's change from run to run, paired by prompt.

The difference of a prompt's worsening between the runs cancels its difficulty and shared baseline responses, which the
difference of two independent intervals does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from trustdelta.pipeline.conclude import scores_of
from trustdelta.records import Arm, AuditResult, Metric
from trustdelta.report import blessed
from trustdelta.report.studies.records import PairedChange
from trustdelta.stats.pairs import pair
from trustdelta.stats.score_interval import bounds, moments
from trustdelta.stats.table import ARMS, ScoreTable
from trustdelta.store import Store

ALPHA = 0.05
"""Error rate of all intervals together."""
SCORED = "SII"
"""Method of estimates without human labels and without an anytime-valid design."""

Worsening = Mapping[str, float]
"""Worsening by prompt id."""


def paired_changes(folders: Sequence[Path], results: Sequence[AuditResult]) -> dict[str, PairedChange]:
    """By metric, the later run minus the earlier one, where both scored all of its prompts by the same rule.

    A metric that a sequential design stopped early, or that human labels correct, is left out, since its estimate is no
    mean over all prompts. The intervals are Bonferroni-adjusted for all metrics that the two runs have in common.
    """
    if not all((folder / "run.sqlite").is_file() for folder in folders):
        return {}
    rows = [row for row in blessed.since(blessed.of(results[0], "", ""), results[1]) if row.comparable]
    plain = [{m.metric.name for m in r.metrics if m.estimate and m.estimate.method == SCORED} for r in results]
    metrics = [row.now.metric for row in rows if row.now.metric.name in plain[0] & plain[1]]
    earlier, later = (_worsening(folder, metrics) for folder in folders)
    changes = {
        m.name: _change(earlier[m.name], later[m.name], ALPHA / 2 / len(rows))
        for m in metrics
        if m.name in earlier and m.name in later
    }
    return {name: change for name, change in changes.items() if change is not None}


def _worsening(folder: Path, metrics: Sequence[Metric]) -> dict[str, tuple[Worsening, float]]:
    """By metric whose prompts were all answered, the worsening of each scored prompt, and the largest possible one."""
    with Store(folder, write=False) as store:
        scores = scores_of(store)
    table, ids = scores.table(), [p.id for p in scores.prompts]
    worsening: dict[str, tuple[Worsening, float]] = {}
    for metric in metrics:
        rows = table.metric_rows(metric.benchmark, metric.scorer, metric.part, metric.strata)
        answered = rows.prompt[rows.arm == ARMS.index(Arm.CANDIDATE)]
        if np.unique(answered).size == _pool(table, metric):
            pairs = pair(rows, metric)
            names = [ids[table.place_P[place]] for place in pairs.prompt_N]
            worsening[metric.name] = (dict(zip(names, pairs.worse_N.tolist(), strict=True)), pairs.span)
    return worsening


def _pool(table: ScoreTable, metric: Metric) -> int:
    return int(table.pool_clusters(metric.benchmark, metric.strata).size)


def _change(earlier: tuple[Worsening, float], later: tuple[Worsening, float], alpha: float) -> PairedChange | None:
    """The mean difference over the prompts that both runs scored, with its bounds on these prompts."""
    common = sorted(earlier[0].keys() & later[0].keys())
    if len(common) < 2:
        return None
    widest = earlier[1] + later[1]  # so that a difference of two worsenings is within -1 and 1
    m = moments(np.array([later[0][name] - earlier[0][name] for name in common]) / widest)
    low, high = bounds(m, alpha)
    return PairedChange(float(m.mean) * widest, float(low) * widest, float(high) * widest, len(common))
