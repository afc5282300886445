"""Writes `paper.html`, `paper.md` and `paper.json` of a study's finished pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trustdelta.errors import UsageError
from trustdelta.files import save_text
from trustdelta.pipeline.conclude import read_verdict, scores_of
from trustdelta.records import AuditResult, Dimension, StudyDrift
from trustdelta.records.state import CONFIG
from trustdelta.report import format as fmt
from trustdelta.report.studies.paper import METHODS, Cell, Coverage, DriftRow, PaperResult, PaperTable, Pathway, Row
from trustdelta.report.studies.paper_page import as_json, render, render_markdown
from trustdelta.store import Store
from trustdelta.study.paper import notes
from trustdelta.study.paper.cells import NOT_RUN, RunScores, cell_of
from trustdelta.study.paper.design import Quantity, TableDesign
from trustdelta.study.paper.drift import KL, kl_of
from trustdelta.study.paper.tables import TABLES
from trustdelta.study.plan import PairSpec, Study, run_folder
from trustdelta.study.status import is_complete, pair_status

REFERENCE, BASE = "reference", "base"
"""The label of the pair base → instruct, and its value."""
DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class _Measured:
    """One finished pair."""

    spec: PairSpec
    result: AuditResult
    cells: tuple[tuple[Cell, ...], ...]
    """By table and row."""
    drift: tuple[StudyDrift | None, ...]
    """By condition."""
    notes: tuple[str, ...]
    """What its run lacks."""


def write_paper(study: Study, out: Path) -> tuple[PaperResult, list[Path]]:
    """Compute every cell and write the page; returns the result and the paths of the files."""
    result = paper(study, out)
    return result, [
        save_text(out / "paper.json", as_json(result)),
        save_text(out / "paper.md", render_markdown(result)),
        save_text(out / "paper.html", render(result)),
    ]


def paper(study: Study, out: Path) -> PaperResult:
    """The finished pairs of a study in the paper's form, by method.

    Raises StoreError for a damaged run, UsageError where two pairs are labelled as the reference.
    """
    finished = [spec for spec in study.pairs if is_complete(run_folder(out, spec))]
    names = {spec.name for spec in finished}
    references = [spec for spec in study.pairs if spec.labels.get(REFERENCE) == BASE]
    if len(references) > 1:
        raise UsageError(
            f"{out}: pairs {references[0].name!r} and {references[1].name!r} have the label `{REFERENCE}: {BASE}`, "
            "wanted one; remove a label."
        )
    columns = sorted((s for s in finished if s not in references), key=lambda s: list(METHODS).index(s.method))
    measured = [_measured(spec, run_folder(out, spec)) for spec in columns]
    base = next((_reference(run_folder(out, spec)) for spec in references if spec.name in names), None)
    return PaperResult(
        title=study.title,
        pathways=tuple(_pathway(m) for m in measured),
        tables=tuple(_table(design, i, measured) for i, design in enumerate(TABLES)),
        drift=tuple(
            DriftRow(kl.title, kl.printed, base[1][i] if base else None, tuple(m.drift[i] for m in measured))
            for i, kl in enumerate(KL)
        ),
        reference=base[0] if base else "",
        coverage={name: tuple(_coverage(m, name) for m in measured) for name in (*map(str, Dimension), DRIFT)},
        unfinished={
            spec.name: pair_status(spec.name, run_folder(out, spec)).text
            for spec in study.pairs
            if spec.name not in names
        },
        notes=(*notes.of_study(study), *notes.of_runs({m.spec.name: m.notes for m in measured})),
    )


def _measured(spec: PairSpec, folder: Path) -> _Measured:
    result = read_verdict(folder)
    unreadable = _unreadable(result)
    with Store(folder, write=False) as store:
        run = RunScores(scores_of(store))
        cells = tuple(tuple(_cell(run, q, spec.method, unreadable) for q in t.rows) for t in TABLES)
        return _Measured(spec, result, cells, kl_of(store), tuple(notes.of_run(run, store.get(CONFIG))))


def _cell(run: RunScores, quantity: Quantity, method: str, unreadable: str) -> Cell:
    """The cell, or why there is none where answers cannot be separated from reasoning traces."""
    cell = cell_of(run, quantity, method)
    return Cell(printed=cell.printed, note=unreadable) if unreadable and cell.measured else cell


def _unreadable(result: AuditResult) -> str:
    """Why no score of a run is valid: its metrics have one reason and no estimate; empty where they are."""
    reasons = {m.reason for m in result.metrics if m.missing.wanted}
    none = all(m.estimate is None for m in result.metrics)
    return f"not measurable: {fmt.reason(reasons.pop())}" if none and len(reasons) == 1 and "" not in reasons else ""


def _reference(folder: Path) -> tuple[str, tuple[StudyDrift | None, ...]]:
    """The reference pair as baseline → candidate, and its figures by condition."""
    result = read_verdict(folder)
    with Store(folder, write=False) as store:
        return f"{result.baseline.name} → {result.candidate.name}", kl_of(store)


def _pathway(m: _Measured) -> Pathway:
    spec = m.spec
    return Pathway(spec.name, spec.method, spec.lineage, m.result.baseline.name, m.result.candidate.name)


def _table(design: TableDesign, place: int, measured: Sequence[_Measured]) -> PaperTable:
    directions = {quantity.better for quantity in design.rows}
    one = f" {directions.pop().value.capitalize()} is better." if len(directions) == 1 else ""
    cells_R = [tuple(m.cells[place][i] for m in measured) for i in range(len(design.rows))]
    rows = tuple(_row(q, cells, direction=not one) for q, cells in zip(design.rows, cells_R, strict=True))
    return PaperTable(design.section, design.title, design.caption + one, rows)


def _row(quantity: Quantity, cells: tuple[Cell, ...], *, direction: bool) -> Row:
    """The row; its remark says what to do where no pair has it, and in a table of both directions which is better."""
    absent = all(cell.note == NOT_RUN for cell in cells) and quantity.absent != NOT_RUN
    better = f"{quantity.better.value} is better" if direction else ""
    return Row(quantity.title, " · ".join(filter(None, (better, quantity.absent if absent else quantity.about))), cells)


def _coverage(m: _Measured, name: str) -> Coverage:
    """What one dimension's verdict rests on: its reason, and the measured cells of the paper's tables."""
    if name == DRIFT:
        n = sum(figures is not None for figures in m.drift)
        return Coverage(None, f"{'measured' if n else 'not measured'}: {n} of {len(KL)} conditions")
    cells = [cell for design, own in zip(TABLES, m.cells, strict=True) if design.dimension == name for cell in own]
    count = f"{sum(cell.measured for cell in cells)} of {len(cells)} cells"
    verdict = next((d for d in m.result.dimensions if d.dimension.value == name), None)
    if verdict is None:
        measured = any(cell.measured for cell in cells)
        return Coverage(None, f"{'measured, no verdict' if measured else 'not measured'}: {count}")
    why = f"{fmt.reason(verdict.reason)}; " if verdict.reason else ""
    return Coverage(verdict.verdict, f"{why}{count}")
