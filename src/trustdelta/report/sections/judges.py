"""The models that judged: whose place they took, what their failures cost, and where two of them part."""

from __future__ import annotations

from trustdelta.records import Arm, AuditResult, JudgeAgreement, JudgeCard, MetricVerdict, Part
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import by_metric, label

_JUDGES = (
    Column("Judge"),
    Column("Model"),
    Column("Takes the place of"),
    Column("Read from"),
    Column("Texts judged", numeric=True),
    Column("Not judged, baseline", numeric=True),
    Column("Not judged, candidate", numeric=True),
)
_AGREEMENT = (
    Column("First and second judge"),
    Column("Texts of"),
    Column("Judged by both", numeric=True),
    Column("Decide alike", numeric=True),
    Column("Cohen’s kappa", numeric=True),
)
_OPINIONS = (
    Column("Metric"),
    Column("Verdict"),
    Column("Difference, first judge", numeric=True),
    Column("Second judge"),
    Column("Difference, second judge", numeric=True),
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
    )


def _lost(card: JudgeCard, arm: Arm) -> str:
    counts = card.unjudged.get(arm.value, {})
    parts = [f"{fmt.count(n)} {name.removeprefix('judge_')}" for name, n in sorted(counts.items())]
    return ", ".join(parts) or fmt.count(0)


def _agreement(found: JudgeAgreement) -> tuple[Inlines, ...]:
    where = " in the thought" if found.part is Part.THOUGHT else ""
    return (
        (f"{found.first}, {found.second}",),
        (f"{found.arm.value}{where}",),
        (fmt.count(found.texts),),
        (fmt.NONE if found.equal is None else fmt.share(found.equal),),
        (fmt.NONE if found.kappa is None else fmt.fixed(found.kappa, 2),),
    )


def _opinion(found: MetricVerdict) -> tuple[Inlines, ...]:
    other, metric = found.second, found.metric
    first = fmt.change_text(found)
    second = fmt.difference_text(metric, other.estimate) if other and other.estimate else fmt.NONE
    said = Badge(other.verdict, fmt.reason(other.reason)) if other else fmt.NONE
    return (label(metric), (Badge(found.verdict, fmt.verdict_detail(found)),), (first,), (said,), (second,))


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Nothing where no model judged; else the judges, and with two of them their agreement and opinions."""
    del extras
    if not result.judges:
        return ()
    intro = (
        "These models judged in the place of built-in scorers. A judge sees a question and one answer (a thought only "
        "where the metric is about thoughts), never which model wrote it. A judgement that could not be read counts as "
        "unscored, never as an outcome."
    )
    blocks: list[Block] = [
        Paragraph((intro,)),
        Table("Judges.", _JUDGES, tuple(map(_judge, result.judges)), stack=True),
    ]
    opinions = tuple(_opinion(found) for found in by_metric(result) if found.second)
    if opinions:
        caption = (
            "The first judge decides. A claim that the second does not come to as well is withdrawn: inconclusive."
        )
        blocks.append(Table(caption, _OPINIONS, opinions, stack=True))
    if result.judge_agreement:
        rows = tuple(map(_agreement, result.judge_agreement))
        blocks.append(Table("Agreement of the two judges, by model.", _AGREEMENT, rows, stack=True))
    return tuple(blocks)


SECTION = Section(72, "judges", "Models that judged", build)
