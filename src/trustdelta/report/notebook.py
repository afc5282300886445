"""What a notebook shows of an audit: verdict, a row for each metric that carries one, drift. HTML without any script.

Notebooks trust what is displayed, so every text is made visible and escaped here, as in the report.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from trustdelta.records import AuditResult, MetricVerdict
from trustdelta.report import format as fmt
from trustdelta.report.format import headline
from trustdelta.report.sanitise import visible
from trustdelta.report.sections._common import by_metric, direction, leading_drift, text_name

_HEAD = ("Dimension", "Metric", "Baseline", "Candidate", "Change [interval]", "Pairs", "Verdict")


def render(result: AuditResult) -> str:
    """One HTML fragment. Equal input gives equal bytes."""
    names = f"{result.baseline.name} → {result.candidate.name}"
    verdict = f"{fmt.SYMBOLS[result.overall]} {fmt.WORDS[result.overall]}"
    rows = [_cells("td", _row(found)) for found in by_metric(result) if found.verdict is not None]
    drift = [f"{fmt.nats(d.nats_per_token)} on {text_name(d)} ({direction(d)})" for d in leading_drift(result)] or [
        f"not comparable: {result.drift_note or 'not measured'}"
    ]
    return (
        f"<p><strong>{_text(verdict)}</strong> {_text(names)}<br>{_text(headline(result))}</p>"
        f"<table><thead>{_cells('th', _HEAD)}</thead><tbody>{''.join(rows)}</tbody></table>"
        f"<p>Drift in nats per token: {_text('; '.join(drift))}</p>"
    )


def _row(found: MetricVerdict) -> tuple[str, ...]:
    metric, estimate = found.metric, found.estimate
    was, now = (fmt.rate(metric, v) for v in (estimate.baseline, estimate.candidate)) if estimate else (fmt.NONE,) * 2
    change = fmt.change_text(found)
    name = metric.title or metric.name
    return metric.dimension.value, name, was, now, change, fmt.pairs_text(found), fmt.verdict_text(found.verdict)


def _cells(tag: str, texts: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(text)}</{tag}>' for text in texts)}</tr>"


def _text(text: str) -> str:
    return html.escape(visible(text))
