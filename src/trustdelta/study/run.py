"""Runs a study: pair by pair, in parallel processes, or concurrently with remote engines."""

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
from trustdelta.study.baseline_cache import BaselineCaches, baseline_settings
from trustdelta.study.forecast import hold_to_budget
from trustdelta.study.plan import PairSpec, Study, freeze, run_folder
from trustdelta.study.status import PairStatus, is_complete, status

Through = Callable[[OpenEngine], OpenEngine]


@dataclass(slots=True)
class Ran:
    """The outcome of one call of `run_study`."""

    finished: list[str] = field(default_factory=list)
    """Pairs that this call finished."""
    before: list[str] = field(default_factory=list)
    """Pairs that were finished before."""
    failed: dict[str, str] = field(default_factory=dict)
    """Error messages of the pairs that failed."""
    taken: int = 0
    """Baseline responses reused from the cache."""

    def add(self, other: Ran) -> None:
        """Add the outcome of another process of this call."""
        self.finished += other.finished
        self.before += other.before
        self.failed |= other.failed
        self.taken += other.taken


@contextmanager
def folder_lock(out: Path) -> Iterator[None]:
    """Lock the study's folder for one process; raises BusyError."""
    with Store(out / "baselines", write=True, create=True):
        yield


@contextmanager
def study_lock(study: Study, out: Path) -> Iterator[None]:
    """Lock the folder of a study with valid pairs and write the study's copy.

    Raises errors of `Study.config` before anything is written, then BusyError, FolderError, or `freeze`'s StoreError.
    """
    for spec in study.pairs:
        study.config(spec)
    with folder_lock(out):
        freeze(study, out)
        yield


def workers(count: int) -> ProcessPoolExecutor:
    """Local processes that end with this one, even if it is killed."""
    return ProcessPoolExecutor(count, get_context("spawn"), end_with_driver)


def end_with_driver() -> None:
    """End this process when its parent ends, which a killed parent could not do."""

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
    """Audit every pair of a study into its folder; finished pairs are skipped, interrupted pairs resume.

    `through`: where engines run; None is this process. `at_once`: number of concurrent pairs. `processes`: number of
    local processes; pairs with a shared baseline run in one. A failed pair is reported, and the others continue.

    Raises UsageError if the study's forecast exceeds its budget, and the errors of `study_lock`.
    """
    listener = progress or Silent()
    hold_to_budget(study)
    with study_lock(study, out):
        parts = divided(study, processes)
        if len(parts) < 2:
            return audit_pairs(study, out, study.pairs, listener, through, at_once)
        return audit_in_processes(study, out, parts)


def audit_in_processes(study: Study, out: Path, parts: Sequence[Sequence[PairSpec]]) -> Ran:
    """Audit parts of a study in one process each; raises MeasurementError if one is killed."""
    ran = Ran()
    try:
        with workers(len(parts)) as pool:
            for waiting in as_completed([pool.submit(audit_pairs, study, out, part, Silent()) for part in parts]):
                ran.add(waiting.result())
    except BrokenProcessPool:
        raise MeasurementError(
            "a process of the study was killed, possibly for lack of memory; stored responses remain: rerun the "
            "command with a smaller --at-once."
        ) from None
    return ran


def divided(study: Study, processes: int) -> list[list[PairSpec]]:
    """The pairs in at most `processes` parts of similar size; pairs with a shared baseline are in one part."""
    groups: dict[str, list[PairSpec]] = {}
    for spec in study.pairs:
        groups.setdefault(content_hash(baseline_settings(study.config(spec))), []).append(spec)
    parts: list[list[PairSpec]] = [[] for _ in range(min(processes, len(groups)))]
    for group in sorted(groups.values(), key=len, reverse=True):
        min(parts, key=len).extend(group)
    return parts


def audit_pairs(
    study: Study,
    out: Path,
    pairs: Sequence[PairSpec],
    progress: Progress,
    through: Through | None = None,
    at_once: int = 1,
) -> Ran:
    """Audit some pairs of a study in this process."""
    configs = {spec.name: study.config(spec) for spec in study.pairs}
    runs = {run_folder(out, spec): configs[spec.name] for spec in study.pairs}
    caches, ran = BaselineCaches(out / "baselines", configs.values(), runs), Ran()

    def engines(opener: OpenEngine) -> OpenEngine:
        return caches.wrap(through(opener) if through else opener)

    def audit_one(spec: PairSpec) -> None:
        folder = run_folder(out, spec)
        if is_complete(folder):
            ran.before.append(spec.name)
            return
        progress.note(f"pair {spec.name}")
        try:
            listener = progress if at_once == 1 else Silent()
            pipeline.run(configs[spec.name], folder, listener, through=engines)
            ran.finished.append(spec.name)
        except TrustdeltaError as problem:
            ran.failed[spec.name] = str(problem)
            progress.note(f"pair {spec.name} failed: {problem}")

    if at_once == 1:
        for spec in pairs:
            audit_one(spec)
    else:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(audit_one, pairs))
    ran.taken = caches.reused
    return ran


def counts(study: Study, out: Path) -> dict[str, Json]:
    """Responses of the whole study that are stored, and that were generated but lost."""
    states: list[PairStatus] = status(study, out)
    return {"stored": sum(s.stored for s in states), "lost": sum(s.lost for s in states)}
