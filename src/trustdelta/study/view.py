"""Run folders as a local page: the list of runs, the report of each, and their comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs

from trustdelta.errors import FolderError, TrustdeltaError
from trustdelta.local_server import Answer, LocalServer
from trustdelta.pipeline.conclude import VERDICT, read_verdict, rendered
from trustdelta.report import run_list
from trustdelta.report.html import policy_of_pages
from trustdelta.report.run_list import ListedRun
from trustdelta.report.sanitise import visible
from trustdelta.report.studies.side_by_side import render_html
from trustdelta.study.compare_runs import named, side_by_side

DEPTH = 3
"""Folders below a given one in which runs are looked for: studies/mine/runs/PAIR."""


def runs_in(folders: Sequence[Path]) -> list[Path]:
    """The run folders among and below these folders. Raises FolderError where there is none."""
    patterns = ["/".join(["*"] * depth + [VERDICT]) for depth in range(DEPTH + 1)]
    paths = (path.parent for folder in folders for pattern in patterns for path in sorted(folder.glob(pattern)))
    runs = list(dict.fromkeys(path.resolve() for path in paths))
    if not runs:
        names = ", ".join(map(str, folders))
        raise FolderError(f"{names}: found no {VERDICT} here or in folders below; pass folders of finished audits.")
    return runs


def listed(folder: Path, name: str) -> ListedRun:
    """A run with its verdict, or the reason why it cannot be read."""
    try:
        return ListedRun(name, read_verdict(folder))
    except TrustdeltaError as problem:
        return ListedRun(name, None, str(problem))


class ViewServer(LocalServer):
    """Serves run folders; nothing is written, and texts are shown only on request."""

    def __init__(self, folders: Sequence[Path], *, include_text: bool = False, port: int = 0) -> None:
        self.runs = runs_in(folders)
        self.include_text = include_text
        self.reports: dict[Path, str] = {}
        super().__init__(port)

    def get(self, path: str, query: str) -> Answer | None:
        """The list, a report (`run/0`), or a comparison (`compare?run=0&run=1`)."""
        try:
            if path == "":
                names = named(self.runs)
                text, policy = run_list.render([listed(run, name) for run, name in zip(self.runs, names, strict=True)])
                return Answer(text.encode("utf-8", "backslashreplace"), policy=policy)
            if path == "compare":
                chosen = [self._run(place) for place in parse_qs(query).get("run", [])]
                return _page(render_html(side_by_side([run for run in chosen if run])))
            kind, _, place = path.partition("/")
            run = self._run(place) if kind == "run" else None
            return None if run is None else _page(self._report(run))
        except TrustdeltaError as problem:
            return Answer(f"{visible(str(problem))}\n".encode("utf-8", "backslashreplace"), "text/plain; charset=utf-8")

    def _run(self, place: str) -> Path | None:
        return self.runs[int(place)] if place.isdecimal() and int(place) < len(self.runs) else None

    def _report(self, run: Path) -> str:
        if run not in self.reports:
            self.reports[run] = rendered(run, include_text=self.include_text)
        return self.reports[run]


def _page(text: str) -> Answer:
    return Answer(text.encode("utf-8", "backslashreplace"), policy=policy_of_pages())
