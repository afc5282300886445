"""Final verdicts from the store: scores and human labels, the frozen plan, the A/A check, the effort of each metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig
from trustdelta.pipeline.groups import Group, Pool, groups_of
from trustdelta.pipeline.labelling.effect import notes, with_effects
from trustdelta.pipeline.labelling.entries import label_plan, label_scores, strong_judge
from trustdelta.pipeline.labelling.frame import STRONG, strata
from trustdelta.pipeline.observations import Observations
from trustdelta.pipeline.plans import final_plan
from trustdelta.pipeline.scoring.blind import found_nothing
from trustdelta.pipeline.scoring.columns import StoredScores
from trustdelta.pipeline.scoring.judge_bias import judge_biases
from trustdelta.pipeline.scoring.outline import Outline
from trustdelta.pipeline.task import by_benchmark, counts
from trustdelta.pipeline.undeclared import declared_notes
from trustdelta.records import AACheck, Arm, Effort, Json, MetricVerdict, Prompt, Verdict, content_hash
from trustdelta.records.state import CONFIGURATION, LOOKS, Looks
from trustdelta.stats.aa import aa_check
from trustdelta.stats.metric import FOUND_NOTHING
from trustdelta.store import Store
from trustdelta.verdict import Decision, decide


@dataclass(frozen=True, slots=True)
class Concluded:
    """The verdicts of an audit, and the conditions that they depend on."""

    decision: Decision
    """Verdicts of metrics, dimensions and the audit."""
    scores: StoredScores
    """The scores that they rest on."""
    aa: AACheck | None
    """The A/A check; None where it was not possible."""
    exploratory: tuple[str, ...]
    """Parts of the frozen plan that were changed afterwards."""
    notes: tuple[str, ...]
    """Remarks for the report."""
    unreadable: bool = False
    """Whether answers cannot be separated from reasoning traces, so that no score is valid."""


def concluded(
    store: Store, config: AuditConfig, benchmarks: Mapping[str, Benchmark], observed: Observations
) -> Concluded:
    """Decide on all stored scores; no text is read."""
    metrics = [m for b in benchmarks.values() for m in b.metrics]
    prompts = store.prompts()
    pool = Pool(config, prompts, groups_of(benchmarks))
    ordered = pool.in_order(prompts)
    scores = StoredScores.of(ordered, chain(store.scores(), label_scores(store)))
    table = scores.table().with_frames([p.id for p in ordered], strata(store))
    blind, unread = observed.blind, observed.unreadable
    labels = label_plan(store, metrics)
    stronger = {m.name: strong_judge(store, m) for m in metrics if labels.get(m.name, "").startswith(STRONG)}
    plan = replace(
        final_plan(store, config, benchmarks),
        labels=labels,
        by_judge=tuple(stronger),
        blind=blind.codes,
        judge_bias=judge_biases(metrics, config.statistics.judge_bias or {}, stronger),
    )
    frozen = store.get(CONFIGURATION)
    rng = np.random.default_rng(int(content_hash([frozen, "aa"])[:16], 16))
    check = aa_check(metrics, table, plan, rng)
    failed = check is not None and check.failed
    plan = replace(plan, assumption_failed=failed, unreadable=unread.reason)
    decision = decide(metrics, table, plan, observed.not_run)
    verdicts = tuple(
        replace(v, effort=effort)
        for v, effort in zip(
            decision.metrics, efforts(store, pool, decision, observed.outlines[Arm.CANDIDATE]), strict=True
        )
    )
    if plan.labels:
        verdicts = with_effects(verdicts, decide(metrics, table, replace(plan, labels={}, by_judge=())).metrics, store)
    labelled = {v.metric.name for v in verdicts if v.labels is not None}
    changed = changes(frozen, config)
    remarks = notes(verdicts, store)
    remarks += [*unread.notes, *declared_notes(store)] + ([] if check is None else [aa_note(check, plan.alpha)])
    remarks += [*blind.notes(labelled), *found_nothing(verdicts, FOUND_NOTHING)]
    remarks += observed.settling
    if changed:
        remarks.append(f"Exploratory: the plan was changed after the candidate had answered ({'; '.join(changed)}).")
    return Concluded(replace(decision, metrics=verdicts), scores, check, changed, tuple(remarks), bool(unread.reason))


def changes(frozen: Mapping[str, Json], config: AuditConfig) -> tuple[str, ...]:
    """Settings that differ from the configuration that was frozen before the candidate answered."""
    now = config.measured()
    return tuple(f"{k} from {frozen[k]} to {now[k]}" for k in sorted(frozen) if k in now and frozen[k] != now[k])


def aa_note(check: AACheck, alpha: float) -> str:
    """The result of the A/A check in one line."""
    alarms = check.splits_with_false_regression
    count = f"{alarms} with a false alarm" if alarms else "no false alarm"
    splits = f"{check.splits} random splits of the baseline's samples, {count}"
    if check.failed:
        return f"A/A check failed ({splits}), beyond the level of {100 * alpha:g} %: no metric gets a verdict."
    return f"A/A check passed ({splits})."


def efforts(store: Store, pool: Pool, decision: Decision, candidate: Outline) -> list[Effort]:
    """Effort of each metric, in the order of the verdicts."""
    draws, tokens = Counter(candidate.prompt_ids), Counter[str]()
    for prompt_id, n in zip(candidate.prompt_ids, candidate.tokens, strict=True):
        tokens[prompt_id] += n
    spent = (draws, tokens)
    state = store.get(LOOKS) if store.has(LOOKS) else None
    group_of = {m.name: g for g in pool.groups for m in g.metrics}
    own = by_benchmark(candidate.prompts.values())
    return [
        _effort(
            v,
            [p for p in own.get(v.metric.benchmark, ()) if counts(v.metric, p)],
            spent,
            _Interim.of(group_of.get(v.metric.name), pool, state),
        )
        for v in decision.metrics
    ]


@dataclass(frozen=True, slots=True)
class _Interim:
    """Interim analyses of one group of metrics."""

    done: int
    """Interim analyses so far."""
    looks: int
    """Interim analyses of the schedule."""
    planned: Sequence[tuple[Prompt, int]]
    """Prompts and draws of the last one."""

    @classmethod
    def of(cls, group: Group | None, pool: Pool, state: Looks | None) -> _Interim | None:
        """None for a metric without a verdict, and for a fixed design."""
        if group is None or state is None:
            return None
        looks = len(pool.schedule.looks)
        return cls(state["done"].get(group.name, 0), looks, list(pool.draws_through(group, looks - 1)))


def _effort(
    row: MetricVerdict,
    prompts: Sequence[Prompt],
    spent: tuple[Mapping[str, int], Mapping[str, int]],
    interim: _Interim | None,
) -> Effort:
    used, tokens = (sum(each.get(p.id, 0) for p in prompts) for each in spent)
    more = None
    if row.verdict is Verdict.INCONCLUSIVE and row.pairs_needed is not None and row.estimate is not None:
        more = max(row.pairs_needed - row.estimate.n_pairs, 0)
    return Effort(
        responses=used,
        planned=sum(counts(row.metric, p) for p, _ in interim.planned) if interim else used,
        look=interim.done if interim else 0,
        looks=interim.looks if interim else 0,
        tokens=tokens / used if used else 0.0,
        to_decide=more,
    )
