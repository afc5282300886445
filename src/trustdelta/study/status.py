"""Progress of a study, read from its run folders without writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trustdelta.errors import FolderError, TrustdeltaError
from trustdelta.records import Arm
from trustdelta.records.state import COMPLETE, started
from trustdelta.store import Store
from trustdelta.study.plan import Study, run_folder


@dataclass(frozen=True, slots=True)
class PairStatus:
    """The progress of one pair."""

    name: str
    state: str
    """One of waiting, under way, finished, damaged."""
    stored: int = 0
    """Stored responses of both models."""
    lost: int = 0
    """Responses whose generation started and that are not stored."""
    note: str = ""

    @property
    def text(self) -> str:
        """The state in words: responses stored and lost, and what is wrong."""
        lost = f", {self.lost} started and not stored" if self.lost else ""
        return f"{self.state}, {self.stored} responses{lost}{': ' + self.note if self.note else ''}"


def is_complete(folder: Path) -> bool:
    """Whether a run folder has a finished audit with its verdict."""
    if not (folder / "run.sqlite").is_file() or not (folder / "verdict.json").is_file():
        return False
    with Store(folder, write=False) as store:
        return bool(store.get(COMPLETE))


def status(study: Study, out: Path) -> list[PairStatus]:
    """The state of every pair, in the study's order."""
    return [pair_status(name, folder) for name, folder in ((s.name, run_folder(out, s)) for s in study.pairs)]


def pair_status(name: str, folder: Path) -> PairStatus:
    """The state of one pair, whose run folder may not exist."""
    if not folder.exists():
        return PairStatus(name, "waiting")
    try:
        with Store(folder, write=False) as store:
            stored = sum(len(store.have(arm)) for arm in Arm)
            begun = sum(int(store.get(started(arm.value))) for arm in Arm)
            state = "finished" if store.get(COMPLETE) and (folder / "verdict.json").is_file() else "under way"
    except FolderError:  # no run was started there
        return PairStatus(name, "waiting")
    except TrustdeltaError as problem:
        return PairStatus(name, "damaged", note=str(problem))
    return PairStatus(name, state, stored, max(begun - stored, 0))
