"""Drift as in the original study: sums over whole responses, with rates and the share explained by length."""

from __future__ import annotations

from trustdelta.records import AuditResult, StudyDrift
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Fold, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras

_COLUMNS = (
    Column("Benchmark"),
    Column("Nats per response", numeric=True),
    Column("Log-likelihood ratio of the responses", numeric=True),
    Column("Tokens per response", numeric=True),
    Column("Nats per token", numeric=True),
    Column("In reasoning traces", numeric=True),
    Column("In answers", numeric=True),
    Column("Explained by length", numeric=True),
)


def _nats(value: float | None) -> Inlines:
    return (fmt.NONE if value is None else fmt.nats(value),)


_REFERENCE = Column("Relative to the reference model", numeric=True)


def _over(study_drift: StudyDrift) -> Inlines:
    if study_drift.over_yardstick is None:
        return (fmt.NONE,)
    length = (
        ()
        if study_drift.length_of_ratio is None
        else (Small(f"{fmt.share(study_drift.length_of_ratio)} explained by length"),)
    )
    return (f"× {fmt.nats(study_drift.over_yardstick)}", *length)


def _row(study_drift: StudyDrift, *, beside: bool) -> tuple[Inlines, ...]:
    return (
        (study_drift.benchmark, Small(f"{fmt.count(study_drift.responses)} responses, {study_drift.method}")),
        _nats(study_drift.nats_per_response),
        _nats(study_drift.log_ratio_nats_per_response),
        (fmt.fixed(study_drift.tokens_per_response),),
        _nats(study_drift.nats_per_token),
        _nats(study_drift.thought_nats_per_token),
        _nats(study_drift.answer_nats_per_token),
        (fmt.NONE if study_drift.share_of_length is None else fmt.share(study_drift.share_of_length),),
        *((_over(study_drift),) if beside else ()),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """A collapsed table; no block where drift was not measured."""
    del extras
    if not result.study_drift:
        return ()
    intro = (
        "KL(candidate ‖ baseline) summed over whole responses of the candidate, as in the original study. The study "
        "reports the log-likelihood ratio of the sampled responses; the KL summed over tokens estimates the same "
        "quantity with less variance. A sum grows with length. Explained by length: the share of the variance of log "
        "sums between responses that response length explains."
    )
    beside = any(row.over_yardstick is not None for row in result.study_drift)
    if beside:
        intro += " The reference is the same sum for the baseline against the model that it was trained from."
    columns = (*_COLUMNS, _REFERENCE) if beside else _COLUMNS
    rows = tuple(_row(row, beside=beside) for row in result.study_drift)
    table = Table("KL sums and rates by benchmark.", columns, rows, stack=True)
    return (Fold(("KL per response, as published",), (Paragraph((intro,)), table)),)


SECTION = Section(57, "drift_study", "KL per response", build)
