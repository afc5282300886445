"""Dimensions that an audit was to cover and of which a benchmark was not run."""

from __future__ import annotations

from collections.abc import Mapping

from trustdelta.config import AuditConfig
from trustdelta.pipeline.task import configured
from trustdelta.records import Dimension, Part, Role


def not_run_dimensions(config: AuditConfig, not_run: Mapping[str, str]) -> dict[Dimension, str]:
    """The reasons by dimension, from those by benchmark (`not_run`).

    A benchmark covers the dimensions of its primary metrics of answers.
    """
    if not not_run:
        return {}
    reasons: dict[Dimension, dict[str, list[str]]] = {}
    for name, benchmark in configured(config.data).items():
        primary = {m.dimension for m in benchmark.metrics if m.role is Role.PRIMARY and m.part is Part.ANSWER}
        for dimension in primary if name in not_run else ():
            reasons.setdefault(dimension, {}).setdefault(not_run[name], []).append(name)
    return {
        dimension: " ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items())
        for dimension, by_reason in reasons.items()
    }
