"""The noise floor of an audit: the baseline against itself with other draws, by the very same path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from trustdelta.config import AuditConfig
from trustdelta.records import Arm, AuditResult, Estimate, NoiseFloor, Verdict
from trustdelta.records.state import NOISE_FLOOR, fingerprint
from trustdelta.store import Store

FOLDER = "noise-floor"
"""Where in a run folder the audit of the baseline against itself lies, a run folder of its own."""

Audit = Callable[[AuditConfig, Path], AuditResult]


def note_noise_floor(store: Store, config: AuditConfig, audit: Audit) -> None:
    """Audit the baseline against itself, and keep what the report says of it.

    The baseline's responses are taken over, so that only its second draws are generated.
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
    """What the baseline differed by from itself, by metric; nothing where it was not asked."""
    stored = store.get(NOISE_FLOOR)
    return tuple(NoiseFloor(r["metric"], Estimate(**r["estimate"]), Verdict(r["verdict"])) for r in stored)


def noise_notes(store: Store, config: AuditConfig) -> list[str]:
    """What the report's notes say of it; nothing where it was not asked."""
    if config.statistics.noise_floor and config.baseline.recorded:
        return ["Noise floor: not measured, since recorded responses cannot be drawn again."]
    return [said_of(noise_floor_of(store))] if store.has(NOISE_FLOOR) else []


def rows_of(result: AuditResult) -> list[NoiseFloor]:
    """Every metric that carries a verdict and could be measured."""
    return [
        NoiseFloor(v.metric.name, v.estimate, v.verdict)
        for v in result.metrics
        if v.verdict is not None and v.estimate is not None
    ]


def said_of(measured: Sequence[NoiseFloor]) -> str:
    """What the engine's own randomness amounts to: false regressions, and the largest difference."""
    regressed = [row.metric for row in measured if row.verdict is Verdict.REGRESSED]
    line = (
        f"Noise floor: the baseline against itself with other draws, {len(measured)} metrics, "
        f"regressed: {', '.join(regressed) or 'none'}"
    )
    if not measured:
        return f"{line}; nothing could be measured."
    largest = max(measured, key=lambda row: abs(row.estimate.worsening))
    found = largest.estimate
    bounds = f"[{found.low:+.4g}, {found.high:+.4g}]"
    return f"{line}; largest difference {abs(found.worsening):.4g} {bounds} in {largest.metric}."
