"""All stages of `make reproduce` in order; what is finished is not done again."""

from __future__ import annotations

from pathlib import Path

from experiments.reproduce import jobs
from experiments.reproduce.kept import held, read
from experiments.reproduce.misread import misread_run
from experiments.reproduce.plan import (
    Conversion,
    Scale,
    conversions,
    cut_study,
    grown_already,
    pair_of,
    sources,
    study,
)
from experiments.reproduce.pools import name_of
from experiments.reproduce.work import Clock, Say, spread
from trustdelta.errors import MeasurementError
from trustdelta.records import Json
from trustdelta.study.page import write_page
from trustdelta.study.plan import Study, run_folder
from trustdelta.study.run import run_study


class Reproduction:
    """One folder with everything that was grown, audited and found. Calls go on where an earlier one was stopped."""

    def __init__(self, out: Path, scale: Scale, processes: int, say: Say) -> None:
        self.out, self.scale, self.processes, self.say = out, scale, processes, say
        self.models, self.pools = out / "models", out / "pools"
        self.clock = Clock(out / "stages.json", say)
        self.where = sources(scale, self.models)

    @property
    def studies(self) -> dict[str, Study]:
        """The studies by the name of their folder."""
        cut = cut_study(self.scale, self.where)
        return {"study": study(self.scale, self.where), "cut": cut}

    @property
    def pooled(self) -> list[Conversion]:
        """Candidates that audits are drawn of from pools: the shipped ones and the replay series."""
        first = set(pair_of(self.scale, self.where).values())
        return [c for c in conversions(self.scale) if c.series in ("", "replay") and c.name in first]

    def run(self) -> None:
        """Every stage. Raises StoreError where the folder was made by another plan, or another process has it."""
        with held(self.out, self.scale):
            self.stages()

    def stages(self) -> None:
        """What is missing of each stage, in order."""
        with self.clock.stage("grow"):
            self.grow()
        for name, planned in self.studies.items():
            with self.clock.stage(name):
                self.audit(planned, self.out / name)
        with self.clock.stage("pools"):
            self.draw()
        with self.clock.stage("resample"):
            self.resample()
        with self.clock.stage("misread"):
            self.misread()

    def grow(self) -> None:
        """Conversions that are not shipped and not grown yet; the longest first."""
        wanted = [c for c in conversions(self.scale) if self.where[c.name] == str(self.models / c.name)]
        missing = [c for c in wanted if not grown_already(self.models / c.name, c.organism)]
        self.say(f"{len(self.where) - len(wanted)} shipped, {len(wanted) - len(missing)} grown before")
        missing.sort(key=lambda c: -(c.dose if c.series == "examples" else 0.0))
        spread(jobs.grow, [(c, self.models) for c in missing], self.processes, self.say)

    def audit(self, planned: Study, folder: Path) -> None:
        """Audit every pair and write the study's page; raises MeasurementError where a pair failed."""
        ran = run_study(planned, folder, processes=self.processes)
        self.say(f"finished {len(ran.finished)}, before {len(ran.before)}, baseline responses shared {ran.taken}")
        if ran.failed:
            name, why = next(iter(ran.failed.items()))
            raise MeasurementError(f"{len(ran.failed)} of {len(planned.pairs)} pairs failed, first {name}: {why}")
        write_page(planned, folder)

    def draw(self) -> None:
        """Pools: two draws of each base, one of each candidate."""
        wanted = [(f"organism:{b}", 2) for b in self.scale.bases] + [(self.where[c.name], 1) for c in self.pooled]
        spread(jobs.pool, [(m, n, self.scale.every, self.pools) for m, n in wanted], self.processes, self.say)

    def resample(self) -> None:
        """Audits drawn from the pools, in one file for each pair."""
        bases = [f"organism:{b}" for b in self.scale.bases]
        pairs = [(b, b) for b in bases] + [(f"organism:{c.organism.base}", self.where[c.name]) for c in self.pooled]
        files = {p: self.out / "resampled" / f"{name_of(p[1])}.json" for p in pairs}
        missing = [(p, self.scale, self.pools, f) for p, f in files.items() if not f.is_file()]
        spread(jobs.resample, missing, self.processes, self.say)

    def misread(self) -> None:
        """Every stored audit, decided again under the wrong rules."""
        missing = []
        for name, planned in self.studies.items():
            for spec in planned.pairs:
                file = self.out / "misread" / name / f"{spec.name}.json"
                if not file.is_file():
                    missing.append((run_folder(self.out / name, spec), file))
        spread(misread_run, missing, self.processes, self.say)

    def loaded(self, kind: str) -> dict[str, Json]:
        """What a stage wrote, by name of the file; raises StoreError where one is damaged."""
        return {f.stem: read(f) for f in sorted((self.out / kind).glob("*.json"))}
