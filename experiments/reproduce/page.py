"""The study page with the paper's questions in front, as HTML, Markdown and JSON, and the figure beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from experiments.reproduce import flips, rates, tables
from experiments.reproduce.figure import draw
from experiments.reproduce.plan import FULL
from experiments.reproduce.results import WORDS, Results, verdict_words
from experiments.reproduce.run import Reproduction
from trustdelta.files import save_text
from trustdelta.records import Json
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Bullets, Column, Paragraph, Table
from trustdelta.report.html import Frame, page
from trustdelta.report.markdown import written
from trustdelta.report.studies.page import parts as study_parts
from trustdelta.study.compare import compare

TITLE = "The audit audited"
INTRO = (
    "Miniature models whose conversions are known, audited by the ordinary study command: the paper’s questions asked "
    "where the truth can be measured. Every number on this page was computed."
)
MAY = (
    "May be concluded: how often this audit, set as here, finds and misses what happens in this world, and how many of "
    "its verdicts a wrong parser alone makes up or hides: the tables above.",
    "May not be concluded: anything about real models or methods. In this world over-compliance is close to built in, "
    "toxicity drifts only where it was planted, and the recipes were tuned on the questions that are asked here.",
    "May not be concluded: a ranking of methods. Two bases are two families; nothing is pooled below three.",
    "Truth is one answer to every held-out question, and an audit’s prompts are among those: intervals hold it a "
    "little more often than they would hold that of fresh questions.",
    "No row of the paper is confirmed or refuted here: a miniature shows what a measurement does, not what a real "
    "model is.",
)
PARSERS = (
    "The first rule ends a thought at a closing tag that is only talked about; the second is the released code’s for a "
    "trace without an end; counting whatever fits no option as a refusal is what it does with the ETHICS answers. "
    "Miniatures hardly ever write a second closing tag, so that the first rule matters little here; models that talk "
    "about their tags do. The scorers of this world grade whole answers alone, so that thought and answer together fit "
    "none of them."
)


def sections(found: Results) -> list[tuple[str, str, Sequence[Block]]]:
    """Name, title and blocks of every part that this page adds to a study's."""
    series = [s for s in found.scale.series if s != "replay"]
    dosed = (rates.by_dose(found, "replay"),) if "replay" in found.scale.series else ()
    detection = (rates.detection(found), *dosed, rates.words(found), rates.promises(found))
    parts: list[tuple[str, str, Sequence[Block]]] = [
        ("set", "What is audited", (tables.audited(found),)),
        ("methods-here", "What did each conversion change?", (tables.methods(found),)),
        ("paper", "Beside what the paper reports", (tables.beside(found),)),
        ("drift-here", "Does drift tell what was lost?", tables.drifts(found)),
        ("detection", "How often is the audit right?", detection),
        (
            "parsers",
            "What would a wrong parser have said?",
            (
                Paragraph((PARSERS,)),
                flips.parsers(found, "study"),
                Paragraph(("The same where the budget cuts most thoughts off:",)),
                flips.parsers(found, "cut"),
            ),
        ),
        ("claims", "What may and may not be concluded", (Bullets(tuple((x,) for x in MAY)),)),
        ("cost", "What this page cost", (cost(found),)),
    ]
    if "replay" in found.scale.series:
        parts.insert(3, ("replay", "How much alignment data keeps it?", (tables.doses(found, "replay"),)))
        rows = tuple(tables.doses(found, s) for s in series)
        parts.insert(4, ("longer", "Does a longer or harder conversion lose more?", rows))
    return parts


def cost(found: Results) -> Table:
    """Wall and CPU seconds by stage."""
    rows = [(n, s["wall"], s["cpu"]) for n, s in found.stages.items()]
    rows.append(("all", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    columns = (Column("Stage"), Column("Wall, s", numeric=True), Column("CPU, s", numeric=True))
    cells = tuple(((name,), (fmt.fixed(wall, 0),), (fmt.fixed(cpu, 0),)) for name, wall, cpu in rows)
    killed = sum(s.get("begun", 0) - s.get("ended", 0) for s in found.stages.values())
    said = "Seconds of all calls that made this page, from nothing but the shipped models."
    return Table(said + (f" What {killed:g} killed calls spent is not in it." if killed else ""), columns, cells)


def write(done: Reproduction, document: Path | None = None) -> list[Path]:
    """Write reproduce.html, .md, .json and .svg into the folder, and the Markdown page and figure as a document too."""
    found = Results.of(done)
    study = compare(done.studies["study"], done.out / "study")
    own = sections(found)
    frame = Frame(f"{TITLE} (trustdelta)", "Study of miniature models", (TITLE,), "the records of a reproduction.")
    told: Sequence[tuple[str, str, Sequence[Block]]] = [("intro", "In short", (Paragraph((INTRO,)),)), *own]
    figure = draw(found)
    paths = [
        save_text(done.out / WORDS, dumped(verdict_words(found))),
        save_text(done.out / "reproduce.svg", figure),
        save_text(done.out / "reproduce.md", markdown(found, "reproduce.svg")),
        save_text(done.out / "reproduce.html", page(frame, [*told, *study_parts(study)])),
    ]
    if document is not None:
        paths.append(save_text(document.with_suffix(".svg"), figure))
        paths.append(save_text(document, markdown(found, document.with_suffix(".svg").name)))
    return paths


def markdown(found: Results, figure: str) -> str:
    """The page as Markdown with a link to the figure."""
    text = written(TITLE, [(title, blocks) for _, title, blocks in sections(found)])
    head, rest = text.split("\n\n", 1)
    commands = (
        "```\nmake reproduce          # goes on where it was stopped; 40 minutes on two cores\n"
        "python -m experiments.reproduce --agree runs/reproduce runs/other    # 0 where all verdicts agree\n```"
    )
    by = "make reproduce" if found.scale == FULL else "python -m experiments.reproduce --small"
    intro = f"{INTRO} It was written by `{by}`."
    return "\n\n".join([head, intro, f"![What a dose costs, and how often an audit sees it]({figure})", commands, rest])


def dumped(value: Json) -> str:
    """JSON, keys sorted."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"
