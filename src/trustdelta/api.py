"""The Python interface: `trustdelta.audit(baseline, candidate) -> Audit`."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trustdelta import config as configs
from trustdelta import organisms
from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.pipeline import run as pipeline
from trustdelta.pipeline.task import load_benchmarks
from trustdelta.profiles import choices, profile
from trustdelta.progress import Progress
from trustdelta.records import AuditResult, DimensionVerdict, Json, Verdict

if TYPE_CHECKING:
    import pandas

EXIT_CODES = {
    Verdict.PRESERVED: 0,
    Verdict.IMPROVED: 0,
    Verdict.REGRESSED: 1,
    Verdict.INCONCLUSIVE: 2,
    Verdict.NOT_MEASURABLE: 3,
}


@dataclass(frozen=True, slots=True)
class Audit:
    """A finished audit: its result, and the folder that holds everything it rests on."""

    result: AuditResult
    folder: Path

    @property
    def verdict(self) -> Verdict:
        """The overall verdict."""
        return self.result.overall

    @property
    def verdicts(self) -> dict[str, DimensionVerdict]:
        """The verdict of each dimension, by name."""
        return {d.dimension.value: d for d in self.result.dimensions}

    @property
    def exit_code(self) -> int:
        """What a gate exits with: 0 preserved or improved, 1 regressed, 2 inconclusive, 3 not measurable."""
        return EXIT_CODES[self.verdict]

    def to_pandas(self) -> pandas.DataFrame:
        """One row per metric: values, difference, interval, margin, counts and verdict."""
        import pandas

        from trustdelta.report.table import rows

        return pandas.DataFrame(rows(self.result))

    def _repr_html_(self) -> str:
        from trustdelta.report.table import rows

        table = rows(self.result)
        head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in table[0]) if table else ""
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(v))}</td>" for v in row.values()) + "</tr>" for row in table
        )
        return f"<p>{html.escape(self.result.summary)}</p><table><tr>{head}</tr>{body}</table>"


def audit(
    baseline: str | ModelConfig,
    candidate: str | ModelConfig,
    *,
    profile: str = "quick",
    out: Path | str | None = None,
    progress: Progress | None = None,
    **settings: Json,
) -> Audit:
    """Audit a candidate against its baseline; `settings` are fields of `AuditConfig`.

    Raises TrustdeltaError: UsageError for a request that cannot be served, MeasurementError for a failed measurement.
    """
    config = resolve(baseline, candidate, profile=profile, **settings)
    folder = default_folder(config) if out is None else Path(out)
    return Audit(pipeline.run(config, folder, progress), folder)


def resolve(
    baseline: str | ModelConfig, candidate: str | ModelConfig, *, profile: str = "quick", **settings: Json
) -> AuditConfig:
    """The full configuration of an audit: the profile's values, overridden by `settings`.

    Raises UnknownNameError for a profile, organism, benchmark or metric that there is not, before anything is written.
    """
    pair = [ModelConfig(source=m) if isinstance(m, str) else m for m in (baseline, candidate)]
    chosen = _profile(profile)
    miniatures = [m.place.removeprefix("organism:") for m in pair if m.place.startswith("organism:")]
    for name in miniatures:
        organisms.folder(name)
    given: Sequence[str] = settings.pop("benchmarks", ()) or ()
    models = [m.model_dump() for m in pair]
    values: dict[str, Json] = {
        "baseline": models[0],
        "candidate": models[1],
        "profile": chosen.name,
        "prompts_per_metric": None if any(m.recorded for m in pair) else chosen.prompts_per_metric,
        "draws": chosen.draws,
        **choices(chosen, tuple(given), organisms=len(miniatures) == len(pair)),
    }
    for model in models:
        if chosen.sampling and not model["recorded"] and len(miniatures) < len(pair):
            model["sampling"] = model["sampling"] or dict(chosen.sampling)
    load_benchmarks(values["benchmarks"], settings.get("primary") or values.get("primary"))
    return configs.check({**values, **{k: v for k, v in settings.items() if v is not None}})


_profile = profile


def default_folder(config: AuditConfig) -> Path:
    """`runs/BASELINE--CANDIDATE-HASH`: the same audit always lands in, and resumes from, the same folder."""
    return Path("runs") / f"{_slug(config.baseline.source)}--{_slug(config.candidate.source)}-{config.hash[:8]}"


def _slug(source: str) -> str:
    name = re.sub(r"[^A-Za-z0-9.]+", "-", source.removeprefix("organism:").rstrip("/").rsplit("/", 1)[-1])
    return name.strip("-.")[:60] or "model"


def _cell(value: Json) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
