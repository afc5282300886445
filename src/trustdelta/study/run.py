"""Running a study: pair by pair here, in processes side by side, or several at once with the generation elsewhere."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from pathlib import Path

from trustdelta.errors import MeasurementError, TrustdeltaError
from trustdelta.pipeline import run as pipeline
from trustdelta.pipeline.run import OpenEngine
from trustdelta.progress import Progress, Silent
from trustdelta.records import Json, content_hash
from trustdelta.store import Store
from trustdelta.study.baseline_cache import Shelves, asked_alike
from trustdelta.study.forecast import hold_to_budget
from trustdelta.study.plan import PairSpec, Study, freeze, run_folder
from trustdelta.study.status import PairStatus, is_complete, status

Through = Callable[[OpenEngine], OpenEngine]


@dataclass(slots=True)
class Ran:
    """What a call of `run_study` did: pairs that it finished, that were finished before, and that failed, and why."""

    finished: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    taken: int = 0

    def add(self, other: Ran) -> None:
        """What another process did of the same call."""
        self.finished += other.finished
        self.before += other.before
        self.failed |= other.failed
        self.taken += other.taken


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold the study's folder: one process runs a study at a time; raises BusyError."""
    with Store(out / "baselines", write=True, create=True):
        yield


@contextmanager
def held(study: Study, out: Path) -> Iterator[None]:
    """Hold the folder of a study whose pairs can all be configured, with the study's copy written.

    Raises before anything is written what `Study.config` raises, then BusyError, FolderError, or `freeze`'s StoreError.
    """
    for spec in study.pairs:
        study.config(spec)
    with claimed(out):
        freeze(study, out)
        yield


def workers(count: int) -> ProcessPoolExecutor:
    """Processes of this machine that end with this one, however it ends."""
    return ProcessPoolExecutor(count, get_context("spawn"), end_with_driver)


def end_with_driver() -> None:
    """Let this process end when the one that started it does: a killed driver could not end it."""

    def wait() -> None:
        driver = parent_process()
        if driver is not None:
            driver.join()
            os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


def run_study(
    study: Study,
    out: Path,
    progress: Progress | None = None,
    *,
    through: Through | None = None,
    at_once: int = 1,
    processes: int = 1,
) -> Ran:
    """Audit every pair of a study into its folder; what is finished stays, what was stopped goes on.

    `through`: where engines run, this process if None. `at_once`: pairs that are under way together. `processes`: of
    this machine, side by side; pairs that share a baseline stay in one. A pair that fails is told and the others go on.

    Raises UsageError where the study's forecast is above its budget, and what `held` raises.
    """
    heard = progress or Silent()
    hold_to_budget(study)
    with held(study, out):
        parts = divided(study, processes)
        if len(parts) < 2:
            return audit_pairs(study, out, study.pairs, heard, through, at_once)
        return audit_beside(study, out, parts)


def audit_beside(study: Study, out: Path, parts: Sequence[Sequence[PairSpec]]) -> Ran:
    """Audit parts of a study in one process each; raises MeasurementError where one of them is killed."""
    ran = Ran()
    try:
        with workers(len(parts)) as pool:
            for waiting in as_completed([pool.submit(audit_pairs, study, out, part, Silent()) for part in parts]):
                ran.add(waiting.result())
    except BrokenProcessPool:
        raise MeasurementError(
            "a process of the study was killed, as happens without enough memory; what was stored is kept: run the "
            "same command again, with a smaller --at-once."
        ) from None
    return ran


def divided(study: Study, processes: int) -> list[list[PairSpec]]:
    """The pairs in at most so many parts of much the same size; pairs that share a baseline are in one part."""
    groups: dict[str, list[PairSpec]] = {}
    for spec in study.pairs:
        groups.setdefault(content_hash(asked_alike(study.config(spec))), []).append(spec)
    parts: list[list[PairSpec]] = [[] for _ in range(min(processes, len(groups)))]
    for group in sorted(groups.values(), key=len, reverse=True):
        min(parts, key=len).extend(group)
    return parts


def audit_pairs(
    study: Study,
    out: Path,
    pairs: Sequence[PairSpec],
    heard: Progress,
    through: Through | None = None,
    at_once: int = 1,
) -> Ran:
    """Audit some pairs of a study, in this process."""
    configs = {spec.name: study.config(spec) for spec in study.pairs}
    runs = {run_folder(out, spec): configs[spec.name] for spec in study.pairs}
    shelves, ran = Shelves(out / "baselines", configs.values(), runs), Ran()

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
        for spec in pairs:
            one(spec)
    else:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(one, pairs))
    ran.taken = shelves.taken
    return ran


def counts(study: Study, out: Path) -> dict[str, Json]:
    """Responses stored, and generated but lost, over the whole study."""
    found: list[PairStatus] = status(study, out)
    return {"stored": sum(s.stored for s in found), "lost": sum(s.lost for s in found)}
