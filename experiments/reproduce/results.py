"""What a reproduction found, read from its folder: audits, audits drawn from pools, and what wrong parsers say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.reproduce.kept import read
from experiments.reproduce.plan import Conversion, Scale, conversions, pair_of
from experiments.reproduce.run import Reproduction
from trustdelta.errors import StoreError
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.records import AuditResult, Json, MetricVerdict
from trustdelta.study.compare import compare, drifted
from trustdelta.study.plan import run_folder

DESIGNS = ("fixed", "sequential")
WORDS = "verdicts.json"


@dataclass(frozen=True, slots=True)
class Correlation:
    """Rank correlation of drift with worsening in one dimension, and over how many pairs; None where it has none."""

    dimension: str
    rho: float | None
    pairs: int


@dataclass(frozen=True)
class Results:
    """Everything that the page is made of. `audits` by study and pair; `resampled` and `misread` by pair."""

    scale: Scale
    audits: Mapping[str, Mapping[str, AuditResult]]
    pair_of: Mapping[str, str]
    resampled: Mapping[str, Json]
    misread: Mapping[str, Mapping[str, Json]]
    stages: Mapping[str, Json]
    correlations: Sequence[Correlation]

    @classmethod
    def of(cls, done: Reproduction) -> Results:
        """Read a finished reproduction. Raises FolderError or StoreError where a run is missing or damaged."""
        planned = done.studies
        audits = {n: {p.name: read_verdict(run_folder(done.out / n, p)) for p in s.pairs} for n, s in planned.items()}
        found = compare(planned["study"], done.out / "study")
        return cls(
            done.scale,
            audits,
            pair_of(done.scale, done.where),
            done.loaded("resampled"),
            {name: done.loaded(f"misread/{name}") for name in planned},
            done.clock.stages,
            tuple(Correlation(d.value, rho, len(drifted(found.pairs, d))) for d, rho in found.correlations.items()),
        )

    def kind(self, kind: str) -> list[AuditResult]:
        """The audits of one shipped conversion, base by base."""
        names = [kind + base.removeprefix("instruct") for base in self.scale.bases]
        return [self.audits["study"][n] for n in names if n in self.audits["study"]]

    def series(self, name: str) -> dict[float, list[tuple[Conversion, AuditResult]]]:
        """The audits of a series by dose."""
        found: dict[float, list[tuple[Conversion, AuditResult]]] = {}
        for c in conversions(self.scale):
            if c.series == name:
                found.setdefault(c.dose, []).append((c, self.audits["study"][self.pair_of[c.name]]))
        return dict(sorted(found.items()))

    def drawn(self, name: str) -> Json:
        """The audits that were drawn from pools of one candidate (or of a base against itself)."""
        source = self.pair_of.get(name, name)
        return self.resampled[source]

    @property
    def null(self) -> list[Json]:
        """Audits of a base against itself."""
        return [audit for base in self.scale.bases for audit in self.resampled[base]["audits"]]

    @property
    def pairs_drawn(self) -> dict[str, Json]:
        """Truth and audits of every candidate that has pools, by name."""
        return {name: found for name, found in self.resampled.items() if name not in self.scale.bases}


def metric(result: AuditResult, name: str) -> MetricVerdict:
    """One metric of an audit by its full name; raises KeyError."""
    return {v.metric.name: v for v in result.metrics}[name]


def verdict_words(found: Results) -> dict[str, str]:
    """Every verdict of a reproduction in one flat table: what two runs must agree in."""
    words: dict[str, str] = {}
    for study, audits in found.audits.items():
        for pair, result in audits.items():
            words[f"{study}/{pair}"] = result.overall.value
            words |= {f"{study}/{pair}/{d.dimension.value}": d.verdict.value for d in result.dimensions}
            words |= {f"{study}/{pair}/{v.metric.name}": v.verdict.value for v in result.metrics if v.verdict}
    for pair, drawn in found.resampled.items():
        words |= dict(_drawn_words(f"resampled/{pair}", drawn["audits"]))
    for study, pairs in found.misread.items():
        for pair, kept in pairs.items():
            for rule, verdicts in kept["wrong"].items():
                words |= {f"misread/{study}/{pair}/{rule}/{m}": v for m, v in verdicts.items()}
    return words


def _drawn_words(name: str, audits: Sequence[Json]) -> Iterator[tuple[str, str]]:
    for audit in audits:
        for design in DESIGNS:
            yield f"{name}/{audit['seed']}/{design}", audit[design]["overall"]
            for m, found in audit[design]["metrics"].items():
                yield f"{name}/{audit['seed']}/{design}/{m}", found["verdict"]


def disagreements(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Verdicts that two runs do not share, each as one line."""
    return [
        f"{name}: {one.get(name, 'not there')} and {other.get(name, 'not there')}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def read_words(folder: Path) -> dict[str, str]:
    """The verdicts of a finished reproduction; raises FolderError where it is not, StoreError where it is damaged."""
    words = read(folder / WORDS)
    if not isinstance(words, dict) or not words:
        raise StoreError(f"{folder / WORDS}: holds no verdicts; the same command writes it again.")
    return words
