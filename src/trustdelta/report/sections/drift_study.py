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


_YARDSTICK = Column("Over the yardstick", numeric=True)


def _over(found: StudyDrift) -> Inlines:
    if found.over_yardstick is None:
        return (fmt.NONE,)
    length = () if found.length_of_ratio is None else (Small(f"{fmt.share(found.length_of_ratio)} of it length"),)
    return (f"× {fmt.nats(found.over_yardstick)}", *length)


def _row(found: StudyDrift, *, beside: bool) -> tuple[Inlines, ...]:
    return (
        (found.benchmark, Small(f"{fmt.count(found.responses)} responses, {found.method}")),
        _nats(found.nats_per_response),
        _nats(found.log_ratio_nats_per_response),
        (fmt.fixed(found.tokens_per_response),),
        _nats(found.nats_per_token),
        _nats(found.thought_nats_per_token),
        _nats(found.answer_nats_per_token),
        (fmt.NONE if found.share_of_length is None else fmt.share(found.share_of_length),),
        *((_over(found),) if beside else ()),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """A table in a fold; nothing where drift was not measured."""
    del extras
    if not result.study_drift:
        return ()
    intro = (
        "KL(candidate ‖ baseline) summed over whole responses of the candidate, as the study that this audit follows "
        "reports it: its own figure is the log-ratio of the sampled responses, which the divergence summed over tokens "
        "estimates with less noise. A sum grows with length. The share of length is that of the variance between "
        "responses, of the logarithm of the sum, that is their length."
    )
    beside = any(row.over_yardstick is not None for row in result.study_drift)
    if beside:
        intro += (
            " The yardstick is the baseline's own distance, summed likewise over its responses, from the model that it "
            "was made from."
        )
    columns = (*_COLUMNS, _YARDSTICK) if beside else _COLUMNS
    rows = tuple(_row(row, beside=beside) for row in result.study_drift)
    table = Table("Sums and rates by benchmark.", columns, rows, stack=True)
    return (Fold(("Drift of whole responses, as published",), (Paragraph((intro,)), table)),)


SECTION = Section(57, "drift_study", "Drift of whole responses", build)
