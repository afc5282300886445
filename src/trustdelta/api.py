"""The Python interface: `trustdelta.audit(baseline, candidate) -> Audit`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trustdelta.config import ModelConfig
from trustdelta.pipeline import run as pipeline
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.progress import Progress
from trustdelta.records import AuditResult, DimensionVerdict, Json, Verdict

if TYPE_CHECKING:
    import pandas
    import polars
from trustdelta.resolve import default_folder, resolve

EXIT_CODES = {
    Verdict.PRESERVED: 0,
    Verdict.IMPROVED: 0,
    Verdict.REGRESSED: 1,
    Verdict.INCONCLUSIVE: 2,
    Verdict.NOT_MEASURABLE: 3,
}


@dataclass(frozen=True, slots=True)
class Audit:
    """A finished audit: its result and its run folder."""

    result: AuditResult
    folder: Path

    @classmethod
    def load(cls, folder: Path | str) -> Audit:
        """A finished audit, from its run folder; raises FolderError if there is none, StoreError if it is damaged."""
        return cls(read_verdict(Path(folder)), Path(folder))

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
        """The gate's exit code: 0 preserved or improved, 1 regressed, 2 inconclusive, 3 not measurable."""
        return EXIT_CODES[self.verdict]

    def to_pandas(self) -> pandas.DataFrame:
        """One row per metric: values, difference, interval, margin, counts and verdict."""
        import pandas

        from trustdelta.report.table import rows

        return pandas.DataFrame(rows(self.result))

    def to_polars(self) -> polars.DataFrame:
        """The rows of `to_pandas` in polars; column types do not depend on missing values."""
        import polars

        from trustdelta.report.table import COUNTS, TEXTS, rows

        records = rows(self.result)
        kinds = {**dict.fromkeys(TEXTS, polars.String), **dict.fromkeys(COUNTS, polars.Int64)}
        return polars.DataFrame(
            records, {name: kinds.get(name, polars.Float64) for name in (records[0] if records else ())}
        )

    def _repr_html_(self) -> str:
        from trustdelta.report.notebook import render

        return render(self.result)


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

    Raises TrustdeltaError: UsageError for an invalid request, MeasurementError for a failed measurement.
    """
    config = resolve(baseline, candidate, profile=profile, **settings)
    folder = default_folder(config) if out is None else Path(out)
    return Audit(pipeline.run(config, folder, progress), folder)
