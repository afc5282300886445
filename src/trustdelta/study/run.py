"""Running a study: pair by pair here, or several at once with the generation elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from trustdelta.errors import TrustdeltaError
from trustdelta.pipeline import run as pipeline
from trustdelta.pipeline.run import OpenEngine
from trustdelta.progress import Progress, Silent
from trustdelta.records import Json
from trustdelta.store import Store
from trustdelta.study.plan import PairSpec, Study, freeze, run_folder
from trustdelta.study.shelf import Shelves
from trustdelta.study.status import PairStatus, is_complete, status

Through = Callable[[OpenEngine], OpenEngine]


@dataclass(slots=True)
class Ran:
    """What a call of `run_study` did: pairs that it finished, that were finished before, and that failed, and why."""

    finished: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    taken: int = 0


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold the study's folder: one process runs a study at a time; raises BusyError."""
    with Store(out / "baselines", write=True, create=True):
        yield


def run_study(
    study: Study,
    out: Path,
    progress: Progress | None = None,
    *,
    through: Through | None = None,
    at_once: int = 1,
) -> Ran:
    """Audit every pair of a study into its folder; what is finished stays, what was stopped goes on.

    `through`: where engines run, this process if None. `at_once`: pairs that are under way together. A pair that fails
    is told and the others go on.
    """
    heard = progress or Silent()
    freeze(study, out)
    configs = {spec.name: study.config(spec) for spec in study.pairs}
    ran = Ran()
    with claimed(out):
        shelves = Shelves(out / "baselines", configs.values())

        def engines(opener: OpenEngine) -> OpenEngine:
            return shelves.lending(through(opener) if through else opener)

        def one(spec: PairSpec) -> None:
            folder = run_folder(out, spec)
            if is_complete(folder):
                ran.before.append(spec.name)
                return
            heard.note(f"pair {spec.name}")
            try:
                listener = heard if at_once == 1 else Silent()
                pipeline.run(configs[spec.name], folder, listener, through=engines)
                ran.finished.append(spec.name)
            except TrustdeltaError as problem:
                ran.failed[spec.name] = str(problem)
                heard.note(f"pair {spec.name} failed: {problem}")

        if at_once == 1:
            for spec in study.pairs:
                one(spec)
        else:
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(one, study.pairs))
        ran.taken = shelves.taken
    return ran


def counts(study: Study, out: Path) -> dict[str, Json]:
    """Responses stored, and generated but lost, over the whole study."""
    found: list[PairStatus] = status(study, out)
    return {"stored": sum(s.stored for s in found), "lost": sum(s.lost for s in found)}
