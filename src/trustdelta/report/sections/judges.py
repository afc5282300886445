"""Judge models: the scorers they replace, their failures, and the agreement of two judges."""

from __future__ import annotations

from trustdelta.records import Arm, AuditResult, JudgeAgreement, JudgeCard, MetricVerdict, Part
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import badge, label

_JUDGES = (
    Column("Judge"),
    Column("Model"),
    Column("Replaces scorer"),
    Column("Label from"),
    Column("Texts judged", numeric=True),
    Column("Unjudged, baseline", numeric=True),
    Column("Unjudged, candidate", numeric=True),
    Column("Stress test, worst line"),
)
_AGREEMENT = (
    Column("First and second judge"),
    Column("Model"),
    Column("Judged by both", numeric=True),
    Column("Agreement", numeric=True),
    Column("Cohen’s kappa", numeric=True),
)
_SECOND = (
    Column("Metric"),
    Column("Verdict"),
    Column("Change, first judge", numeric=True),
    Column("Second judge"),
    Column("Change, second judge", numeric=True),
)


def _judge(card: JudgeCard) -> tuple[Inlines, ...]:
    prompt = str(card.details.get("prompt", ""))
    return (
        (card.name, Small(f"prompt {prompt}")) if prompt else (card.name,),
        (card.source, Small(f"{card.engine} {card.fingerprint}".strip())),
        (", ".join(card.fills) or fmt.NONE,),
        (card.scored_by or fmt.NONE,),
        (fmt.count(card.texts),),
        (_lost(card, Arm.BASELINE),),
        (_lost(card, Arm.CANDIDATE),),
        _stress(card),
    )


def _stress(card: JudgeCard) -> Inlines:
    """The worst line of the judge's stress test; a judge without one is named as such."""
    if not card.stress:
        return ("not run", Small("trustdelta judges stress"))
    worst = card.stress["worst"]
    if worst["before"] is None:
        moved = "no text judged"
    else:
        moved = f"{fmt.share(worst['before'])} → {fmt.share(worst['after'])}"
    faults = f"{card.stress['faults']} of {card.stress['transformations']} transformations are faults"
    return (f"{worst['name']}: {moved}", Small(faults))


def _lost(card: JudgeCard, arm: Arm) -> str:
    counts = card.unjudged.get(arm.value, {})
    parts = [f"{fmt.count(n)} {name.removeprefix('judge_')}" for name, n in sorted(counts.items())]
    return ", ".join(parts) or fmt.count(0)


def _agreement(agreement: JudgeAgreement) -> tuple[Inlines, ...]:
    where = ", reasoning trace" if agreement.part is Part.THOUGHT else ""
    return (
        (f"{agreement.first}, {agreement.second}",),
        (f"{agreement.arm.value}{where}",),
        (fmt.count(agreement.texts),),
        (fmt.NONE if agreement.equal is None else fmt.share(agreement.equal),),
        (fmt.NONE if agreement.kappa is None else fmt.fixed(agreement.kappa, 2),),
    )


def _second(metric_verdict: MetricVerdict) -> tuple[Inlines, ...]:
    second, metric = metric_verdict.second, metric_verdict.metric
    change = fmt.estimate_text(metric, second.estimate) if second and second.estimate else fmt.NONE
    verdict = Badge(second.verdict, fmt.reason(second.reason)) if second else fmt.NONE
    return (label(metric), (badge(metric_verdict),), (fmt.change_text(metric_verdict),), (verdict,), (change,))


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """The judges, and with two of them their verdicts and agreement; no block without a judge model."""
    del extras
    if not result.judges:
        return ()
    intro = (
        "These models replace built-in scorers. A judge sees a question and one answer (a reasoning trace only for "
        "metrics on reasoning traces), never which model wrote it. A judgement that could not be parsed counts as "
        "unscored, never as an outcome."
    )
    blocks: list[Block] = [
        Paragraph((intro,)),
        Table("Judges.", _JUDGES, tuple(map(_judge, result.judges)), stack=True),
    ]
    second = tuple(_second(m) for m in by_metric(result) if m.second)
    if second:
        caption = "The first judge decides. A claim that the second judge does not support is withdrawn (inconclusive)."
        blocks.append(Table(caption, _SECOND, second, stack=True))
    if result.judge_agreement:
        rows = tuple(map(_agreement, result.judge_agreement))
        blocks.append(Table("Agreement of the two judges by model.", _AGREEMENT, rows, stack=True))
    return tuple(blocks)


SECTION = Section(72, "judges", "Judge models", build)
