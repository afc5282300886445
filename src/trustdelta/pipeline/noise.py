"""The noise floor of an audit: the baseline audited against itself with other samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from trustdelta.config import AuditConfig
from trustdelta.records import Arm, AuditResult, Estimate, NoiseFloor, Verdict
from trustdelta.records.state import NOISE_FLOOR, fingerprint
from trustdelta.store import Store

FOLDER = "noise-floor"
"""Subfolder of a run folder with the audit of the baseline against itself."""

Audit = Callable[[AuditConfig, Path], AuditResult]


def measure_noise_floor(store: Store, config: AuditConfig, audit: Audit) -> None:
    """Audit the baseline against itself, and store the result for the report.

    The baseline's responses are reused, so that only the second samples are generated.
    """
    if config.baseline.recorded:
        return
    folder = store.folder / FOLDER
    against_itself = config.replace(
        candidate=config.baseline,
        draws=config.generation.baseline_draws,
        design="fixed",
        drift=False,
        noise_floor=False,
        coupling="independent",
        pair="",
        method="unknown",
    )
    with Store(folder, write=True, create=True) as own:
        if not own.have(Arm.BASELINE):
            baseline = store.get(fingerprint(Arm.BASELINE))
            own.claim(fingerprint(Arm.BASELINE), baseline)
            own.put_responses(Arm.BASELINE, store.responses(Arm.BASELINE))
    result = audit(against_itself, folder)
    store.put(NOISE_FLOOR, [asdict(row) for row in rows_of(result)])


def noise_floor_of(store: Store) -> tuple[NoiseFloor, ...]:
    """Difference of the baseline from itself, by metric; empty where it was not measured."""
    stored = store.get(NOISE_FLOOR)
    return tuple(NoiseFloor(r["metric"], Estimate(**r["estimate"]), Verdict(r["verdict"])) for r in stored)


def noise_notes(store: Store, config: AuditConfig) -> list[str]:
    """The report's note on the noise floor; none where it was not configured."""
    if config.statistics.noise_floor and config.baseline.recorded:
        return ["Noise floor: not measured, since recorded responses cannot be sampled again."]
    return [noise_line(noise_floor_of(store))] if store.has(NOISE_FLOOR) else []


def rows_of(result: AuditResult) -> list[NoiseFloor]:
    """Every measurable metric with a verdict."""
    return [
        NoiseFloor(v.metric.name, v.estimate, v.verdict)
        for v in result.metrics
        if v.verdict is not None and v.estimate is not None
    ]


def noise_line(measured: Sequence[NoiseFloor]) -> str:
    """False regressions and the largest difference that sampling alone causes."""
    regressed = [row.metric for row in measured if row.verdict is Verdict.REGRESSED]
    line = (
        f"Noise floor: the baseline against itself with other samples, {len(measured)} metrics, "
        f"regressed: {', '.join(regressed) or 'none'}"
    )
    if not measured:
        return f"{line}; nothing could be measured."
    largest = max(measured, key=lambda row: abs(row.estimate.worsening))
    estimate = largest.estimate
    bounds = f"[{estimate.low:+.4g}, {estimate.high:+.4g}]"
    return f"{line}; largest difference {abs(estimate.worsening):.4g} {bounds} in {largest.metric}."
