"""The noise floor of an audit: the baseline against itself with other draws, by the very same path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trustdelta.config import AuditConfig
from trustdelta.records import Arm, AuditResult, Verdict
from trustdelta.store import Store

FOLDER = "noise-floor"
"""Where in a run folder the audit of the baseline against itself lies, a run folder of its own."""

Audit = Callable[[AuditConfig, Path], AuditResult]


def note_noise_floor(store: Store, config: AuditConfig, audit: Audit) -> None:
    """Audit the baseline against itself, and keep the line that the report says of it.

    The baseline's responses are taken over, so that only its second draws are generated.
    """
    if config.baseline.recorded:
        store.set_meta("noise_floor", "Noise floor: not measured, since recorded responses cannot be drawn again.")
        return
    folder = store.folder / FOLDER
    against_itself = config.model_copy(
        update={
            "candidate": config.baseline,
            "draws": config.baseline_draws,
            "design": "fixed",
            "drift": False,
            "noise_floor": False,
            "pair": "",
            "method": "unknown",
        }
    )
    with Store(folder, write=True, create=True) as own:
        if not own.have(Arm.BASELINE):
            own.claim_fingerprint("baseline", store.meta("fingerprint:baseline"))
            own.put_responses(Arm.BASELINE, store.responses(Arm.BASELINE))
    store.set_meta("noise_floor", said_of(audit(against_itself, folder)))


def said_of(result: AuditResult) -> str:
    """What the engine's own randomness amounts to: false regressions, and the largest difference."""
    measured = [v for v in result.metrics if v.verdict is not None and v.estimate is not None]
    regressed = [v.metric.name for v in measured if v.verdict is Verdict.REGRESSED]
    line = (
        f"Noise floor: the baseline against itself with other draws, {len(measured)} metrics, "
        f"regressed: {', '.join(regressed) or 'none'}"
    )
    sizes = [(abs(v.estimate.worsening), v) for v in measured if v.estimate is not None]
    if not sizes:
        return f"{line}; nothing could be measured."
    size, largest = max(sizes, key=lambda found: found[0])
    found = largest.estimate
    bounds = f"[{found.low:+.4g}, {found.high:+.4g}]" if found else ""
    return f"{line}; largest difference {size:.4g} {bounds} in {largest.metric.name}."
