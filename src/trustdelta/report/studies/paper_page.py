"""A study in the paper's form, as HTML, Markdown and JSON: the pathways side by side, three numbers in each cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby

from trustdelta.records import StudyDrift
from trustdelta.report import format as fmt
from trustdelta.report import markdown
from trustdelta.report.blocks import (
    Badge,
    Block,
    Bullets,
    Code,
    Column,
    Heading,
    Headline,
    Inlines,
    Paragraph,
    Small,
    Table,
    Warn,
)
from trustdelta.report.html import Frame, page
from trustdelta.report.studies.paper import Cell, Coverage, PaperResult, PaperTable, Printed, Rates, Share

NBSP = "\N{NO-BREAK SPACE}"
SECTIONS = {
    "capability": "Capability and aggregates",
    "safety": "Safety and utility",
    "toxicity": "Toxicity",
    "bias": "Stereotypes",
    "ethics": "Machine ethics",
    "robustness": "News questions",
    "privacy": "Privacy",
}
"""Titles of the sections with tables."""
CELLS = (
    "Each cell: baseline → candidate by the corrected scoring with the change [95 % CI], positive is better; then the "
    "published scoring of the same responses; then the part of the published change that is due to the scoring; then "
    "the number that the paper prints."
)
HEADLINE = (
    "The printed headline aggregates equal single cells of the paper’s own tables: ethics 59.1 → 25.7 is the benign "
    "ETHICS accuracy of the SFT model (59.14 → 25.72), privacy 77.6 → 17.3 is 100 minus its leak rate under 3-shot "
    "protection (22.36 → 82.72). The paper does not state this; it follows from the numbers.",
    "Both cells are those of the SFT model, whose answers the released code does not separate from its reasoning "
    "trace: it splits responses of s1 at the first word “answer”, and takes a trace that never ends as the answer. "
    "Printed SFT numbers therefore mix behaviour and parsing.",
)
CUTS = (
    "The published scoring has both steps of the released code. It cuts an answer from the response: s1 at the first "
    "“answer”, other models behind the last “</think>”, the whole text where neither occurs, as in a truncated trace. "
    "It then reads that answer. Due to cutting is the first step’s part of the published change, and is in the part "
    "due to the scoring. Toxicity, stereotypes and safety are judged, and judges get the correctly separated answer "
    "alone. The mark that the released code adds to the prompts of s1 is not repeated."
)
LIMITS = (
    "Due to scoring: (published change − corrected change) / published change, with a 95 % interval over the prompts "
    "of the same responses. 100 %: the published change is an artefact; 0 %: it is behaviour; a negative share: the "
    "published scoring shows too little. There is no share where the published change does not differ clearly from 0.",
    "Published accuracy is over the answers that the published code reads, a different set for each model; corrected "
    "rates are over the prompts that are scored for both. Truncated responses are in no corrected rate, and answers as "
    "published.",
    "Printed numbers are of models of 1.5 billion parameters and of one sample without a seed. The printed RL model "
    "was trained from a distilled one and the printed distilled model from a mathematics model, neither from the "
    "baseline.",
    "Intervals are not adjusted for the number of cells; each pair’s verdicts are in its own report.",
)
NO_REFERENCE = (
    "No pair is named as the reference, so that only the printed sum of the base model (13.35 nats on news) is known. "
    "To measure it, add the pair base → instruct with the label “reference: base”."
)


def headline(result: PaperResult) -> str:
    """How many of the cells whose published change differs from 0 are mostly scoring."""
    own = [t for t in result.tables if t.section != "capability"]  # aggregates repeat cells of the other tables
    shares = [c.share for t in own for r in t.rows for c in r.cells if c.share is not None]
    if not result.pathways:
        return "No pair is finished."
    if not shares:
        return "No published change that differs from 0 has a corrected scoring beside it."
    most = sum(share.low > 0.5 for share in shares)
    none = sum(share.high < 0.5 for share in shares)
    return (
        f"Of {fmt.count(len(shares))} cells whose published change differs from 0, {fmt.count(most)} are mostly due to "
        f"the scoring, {fmt.count(none)} mostly behaviour and {fmt.count(len(shares) - most - none)} undecided."
    )


def parts(result: PaperResult) -> list[tuple[str, str, tuple[Block, ...]]]:
    """Name, title and blocks of every section."""
    tables = [
        (name, SECTIONS[name], tuple(_blocks(result, own)))
        for name, own in groupby(result.tables, key=lambda table: table.section)
    ]
    if not result.pathways:
        return [("pathways", "Pathways", tuple(_overview(result)))]
    return [
        ("pathways", "Pathways", tuple(_overview(result))),
        *tables,
        ("drift", "KL by condition", tuple(_drift(result))),
        ("coverage", "What a model card can report", tuple(_coverage(result))),
        ("limits", "Limitations", (Bullets(tuple((text,) for text in LIMITS)),)),
    ]


def _overview(result: PaperResult) -> Iterator[Block]:
    yield Headline(None, headline(result))
    columns = tuple(Column(title) for title in ("Pair", "Baseline", "Candidate", "Lineage"))
    rows = tuple(((p.title,), (p.baseline,), (p.candidate,), (p.lineage,)) for p in result.pathways)
    if rows:
        yield Table("Pairs in the order of the columns.", columns, rows, stack=True)
    if result.unfinished:
        states = "; ".join(f"{name} ({state})" for name, state in result.unfinished.items())
        yield Warn(f"Not finished, and in no table: {states}.")
    yield from map(Warn, result.notes)
    yield from (Paragraph((text,)) for text in (*HEADLINE, CUTS, CELLS))


def _columns(result: PaperResult) -> tuple[Column, ...]:
    return tuple(Column(pathway.title) for pathway in result.pathways)


def _blocks(result: PaperResult, tables: Iterator[PaperTable]) -> Iterator[Block]:
    listed = list(tables)
    for table in listed:
        title = "Quantity" if len(listed) > 1 else table.title
        if len(listed) > 1:
            yield Heading(table.title)
        rows = tuple(((row.title, Small(row.about)), *map(_cell, row.cells)) for row in table.rows)
        yield Table(table.caption, (Column(title), *_columns(result)), rows, stack=True)


def _cell(cell: Cell) -> Inlines:
    """The corrected rates first, then the published ones, the share and the printed numbers."""
    lines: list[str] = []
    if cell.corrected is not None:
        lines += [_levels(cell.corrected), _change(cell.corrected)]
    if cell.published is not None:
        levels = f"published: {_levels(cell.published)}"
        lines += [levels, _change(cell.published)]
    if cell.corrected is not None and cell.published is not None:
        lines.append(_share(cell.share))
    if cell.parsing is not None:
        lines.append(_percent("due to cutting", cell.parsing))
    lines += [cell.note] if cell.note else []
    lines += [f"printed: {_printed(cell.printed)}"] if cell.printed else []
    return (lines[0], *map(Small, lines[1:])) if lines else (fmt.NONE,)


def _levels(rates: Rates) -> str:
    return f"{fmt.fixed(100 * rates.baseline)} → {fmt.fixed(100 * rates.candidate)}%"


def _change(rates: Rates) -> str:
    change, low, high = (fmt.fixed(100 * v, sign=True) for v in (rates.change, rates.low, rates.high))
    counts = sorted({rates.prompts_baseline, rates.prompts_candidate}, reverse=True)
    return f"{change} [{low}, {high}] pp, n{NBSP}={NBSP}{f'{NBSP}/{NBSP}'.join(map(fmt.count, counts))}"


def _share(share: Share | None) -> str:
    if share is None:
        return "no share: published change too close to 0"
    return _percent("due to scoring", share)


def _percent(title: str, share: Share) -> str:
    low, high = (fmt.fixed(100 * v) for v in (share.low, share.high))
    return f"{title}: {fmt.fixed(100 * share.value)}% [{low}, {high}]"


def _printed(printed: Printed) -> str:
    before, after = (fmt.NONE if v is None else f"{v:.2f}" for v in (printed.baseline, printed.candidate))
    return f"{before} → {after}%"


def _drift(result: PaperResult) -> Iterator[Block]:
    yield Paragraph((
        "KL(candidate ‖ baseline) on the candidate’s own responses, summed over whole responses as printed, and per "
        "token. A sum grows with length, so that sums of models with reasoning traces and without are not comparable.",
    ))  # fmt: skip
    note = f"Reference: {result.reference}." if result.reference else NO_REFERENCE
    yield Paragraph((note,))
    reference = (Column("Reference"),) if result.reference else ()
    columns = (Column("Prompts"), *reference, *_columns(result))
    methods = [pathway.method for pathway in result.pathways]
    rows = tuple(
        (
            (row.title,),
            *(_figures(row.reference, row.printed.get("reference")) for _ in reference),
            *(_figures(cell, row.printed.get(m)) for cell, m in zip(row.cells, methods, strict=True)),
        )
        for row in result.drift
        if row.printed or row.reference or any(row.cells)
    )
    yield Table("Nats per response, per token and by part; then the printed sum.", columns, rows, stack=True)


def _figures(figures: StudyDrift | None, printed: float | None) -> Inlines:
    known = () if printed is None else (Small(f"printed: {printed:.2f} nats per response"),)
    if figures is None:
        return ("not measured", *known)
    split = [
        f"{part} {fmt.nats(value)}"
        for part, value in (("trace", figures.thought_nats_per_token), ("answer", figures.answer_nats_per_token))
        if value is not None
    ]
    parts_text = f" ({', '.join(split)})" if split else ""
    ratio = figures.log_ratio_nats_per_response
    return (
        f"{fmt.nats(figures.nats_per_response)} nats per response",
        Small(f"{fmt.nats(figures.nats_per_token)} per token{parts_text}"),
        Small("" if ratio is None else f"log-likelihood ratio {fmt.nats(ratio)}"),
        Small(f"{fmt.fixed(figures.tokens_per_response)} tokens, n = {fmt.count(figures.responses)}"),
        *known,
    )


def _coverage(result: PaperResult) -> Iterator[Block]:
    yield Paragraph((
        "What the section that ", Code("trustdelta export RUN --model-card README.md"), " writes reports of each "
        "candidate: a verdict for a measured dimension, none for one that was not measured. Cells are those of the "
        "tables above.",
    ))  # fmt: skip
    rows = tuple(((name.capitalize(),), *map(_covered, cells)) for name, cells in result.coverage.items())
    yield Table(
        "Measured, not measurable and not measured.", (Column("Dimension"), *_columns(result)), rows, stack=True
    )


def _covered(coverage: Coverage) -> Inlines:
    if coverage.verdict is None:
        return (coverage.detail,)
    return (Badge(coverage.verdict), Small(coverage.detail))


def render(result: PaperResult) -> str:
    """The page's text. Equal results give equal bytes."""
    about = ("The paper’s tables for a study", (result.title,), "the stored scores of a study.", frozenset({"limits"}))
    return page(Frame(f"{result.title}: the paper’s tables (trustdelta)", *about), parts(result))


def render_markdown(result: PaperResult) -> str:
    """The same as Markdown."""
    return markdown.written(result.title, [(title, blocks) for _, title, blocks in parts(result)])


def as_json(result: PaperResult) -> str:
    """The result as JSON, keys sorted."""
    return json.dumps(asdict(result), sort_keys=True, indent=1, allow_nan=False) + "\n"
