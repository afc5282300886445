"""Drift as the study reports it, sums over whole responses, beside the rates and the share that is length."""

from __future__ import annotations

from trustdelta.records import AuditResult, StudyDrift
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Fold, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras

_COLUMNS = (
    Column("Benchmark"),
    Column("Nats per response", numeric=True),
    Column("Log-ratio of the responses", numeric=True),
    Column("Tokens per response", numeric=True),
    Column("Nats per token", numeric=True),
    Column("In thoughts", numeric=True),
    Column("In answers", numeric=True),
    Column("Share of length", numeric=True),
)


def _nats(value: float | None) -> Inlines:
    return (fmt.NONE if value is None else fmt.nats(value),)


def _row(found: StudyDrift) -> tuple[Inlines, ...]:
    return (
        (found.benchmark, Small(f"{fmt.count(found.responses)} responses, {found.method}")),
        _nats(found.nats_per_response),
        _nats(found.log_ratio_nats_per_response),
        (fmt.fixed(found.tokens_per_response),),
        _nats(found.nats_per_token),
        _nats(found.thought_nats_per_token),
        _nats(found.answer_nats_per_token),
        (fmt.NONE if found.share_of_length is None else fmt.share(found.share_of_length),),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """A table in a fold; nothing where drift was not measured."""
    del extras
    if not result.study_drift:
        return ()
    intro = (
        "KL(candidate ‖ baseline) summed over whole responses of the candidate, as the study that this audit follows "
        "reports it: its own figure is the log-ratio of the sampled responses, which the divergence summed over tokens "
        "estimates with less noise. A sum grows with length. The last column is the share of the variance between "
        "responses, of the logarithm of the sum, that is their length."
    )
    table = Table("Sums and rates by benchmark.", _COLUMNS, tuple(_row(row) for row in result.study_drift), stack=True)
    return (Fold(("Drift of whole responses, as published",), (Paragraph((intro,)), table)),)


SECTION = Section(57, "drift_study", "Drift of whole responses", build)
