"""The HTML fragment that a notebook displays: verdict, a row per primary metric, drift. It holds no script.

Notebooks trust displayed HTML, so every text is sanitised and escaped here, as in the report.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.format import headline
from trustdelta.report.rows import MetricRow, primary_rows
from trustdelta.report.sanitise import visible
from trustdelta.report.sections._common import direction, leading_drift, text_name

_HEAD = ("Dimension", "Metric", "Baseline", "Candidate", "Change [95 % CI]", "Prompts", "Verdict")


def render(result: AuditResult) -> str:
    """One HTML fragment. Equal input gives equal bytes."""
    names = f"{result.baseline.name} → {result.candidate.name}"
    verdict = f"{fmt.SYMBOLS[result.overall]} {fmt.WORDS[result.overall]}"
    rows = [_cells("td", _texts(row)) for row in primary_rows(result)]
    drift = [f"{fmt.nats(d.nats_per_token)} on {text_name(d)} ({direction(d)})" for d in leading_drift(result)] or [
        f"not comparable: {result.drift_note or 'not measured'}"
    ]
    return (
        f"<p><strong>{_text(verdict)}</strong> {_text(names)}<br>{_text(headline(result))}</p>"
        f"<table><thead>{_cells('th', _HEAD)}</thead><tbody>{''.join(rows)}</tbody></table>"
        f"<p>Drift in nats per token: {_text('; '.join(drift))}</p>"
    )


def _texts(row: MetricRow) -> tuple[str, ...]:
    levels = (row.dimension, row.title, row.baseline, row.candidate, row.change)
    return (*levels, row.prompts, fmt.verdict_text(row.verdict))


def _cells(tag: str, texts: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(text)}</{tag}>' for text in texts)}</tr>"


def _text(text: str) -> str:
    return html.escape(visible(text))
