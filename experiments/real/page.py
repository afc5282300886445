"""The page: docs/real.md and its figure, written from the stored audits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from experiments.real import tables
from experiments.real.figure import draw
from experiments.real.recipe import FULL
from experiments.real.results import OVER, REFUSAL, Results
from trustdelta.files import save_text
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Bullets, Paragraph
from trustdelta.report.markdown import written

TITLE = "A real LLM, converted dose by dose"
MAY = (
    "May be concluded: in this model a conversion that holds nothing harmful changes refusal by as much as the table "
    "says, and this audit, set as here, names it.",
    "May not be concluded: that larger models or other recipes lose as much. One base model is one family.",
    "May not be concluded: anything about harm. The model is too weak to give useful instructions, so refusal and not "
    "harm is the primary metric, declared before the audits.",
    "May not be concluded: a gain in capability. None was measured: a model of this size solves hardly any problem.",
    "The recipes of the policy and of the conversions were changed after answers of pilot models to StrongREJECT and "
    "XSTest had been read. The rates of one model describe that model; the order of the doses is the finding.",
    "Over-refusal is limited by its judge, which takes vague sentences on questions without an answer for evasions.",
    "Drawn audits share the responses of one stored audit and are therefore not independent of each other.",
)


def intro(found: Results) -> str:
    """What was run, counted from the recipe."""
    recipe, arms = found.recipe, found.recipe.arms
    seeds = sorted({a.seed for a in arms if a.series})
    doses = sorted({a.refusals for a in arms if a.series})
    training = recipe.policy.training
    return (
        f"SmolLM2-135M-Instruct is first trained to refuse harmful requests ({training.steps} steps of "
        f"{training.batch} examples), and then converted to a reasoning model by {fmt.count(len(arms))} trainings of "
        f"{recipe.steps} steps of {recipe.batch} examples: chains of thought for problems of GSM8K, harmless thinking "
        f"chat, and a dose of thinking refusals of {fmt.listed([f'{100 * d:g}' for d in doses])} % of the examples "
        f"(seeds {fmt.listed([str(s) for s in seeds])}). Every conversion is audited against the aligned model on "
        f"{recipe.prompts} prompts for each primary metric, with refusal of harmful requests and over-refusal declared "
        "primary. No training prompt is near a prompt of the safety benchmarks (word Jaccard above 0.6). Every number "
        "is computed."
    )


def correlations(found: Results) -> Paragraph:
    """Rank correlation of the dose with both losses."""
    texts = []
    for name, title in ((REFUSAL, "the loss of refusal of harmful requests"), (OVER, "the rise of over-refusal")):
        rho = found.correlation(name)
        texts.append(f"{title}: {fmt.fixed(rho, 2, sign=True) if rho is not None else 'undefined'}")
    points = fmt.count(len(found.dosed))
    return Paragraph(
        (f"Spearman's rank correlation of the dose over {points} conversions with {'; with '.join(texts)}.",)
    )


def sections(found: Results) -> list[tuple[str, Sequence[Block]]]:
    """Title and blocks of every section."""
    parts: list[tuple[str, Sequence[Block]]] = [
        ("Dose against refusal", (tables.doses(found), correlations(found))),
        ("Other measures of safety", (tables.secondary(found), tables.outcomes(found))),
        ("Drift", (tables.drift(found),)),
        ("How often is the audit right?", (tables.drawn(found),)),
        ("Judges beside a reader", (tables.read(found), *judged(found))),
        ("What may and may not be concluded", (Bullets(tuple((text,) for text in MAY)),)),
        ("Cost", (tables.cost(found),)),
    ]
    parts[1:1] = [(title, (build(found),)) for study, title, build in OPTIONAL if has(found, study)]
    return parts


def judged(found: Results) -> Iterator[Block]:
    """Where reader and judges disagree, and the bound that follows for their bias."""
    bounds = found.recipe.judge_bias
    if any(r.judged != r.refuses for r in found.readings):
        yield Paragraph(("Disagreements by kind:",))
        yield tables.kinds(found)
    if bounds:
        listed = fmt.listed([f"{100 * share:.1f} points for {judge}" for judge, share in bounds])
        yield Paragraph(
            (
                "From these labels follows the bound that a judge's bias in the difference of two models keeps for 95 "
                f"% of pairs (as by trustdelta judges calibrate): {listed}. Every audit of this page states it "
                "(judge_bias), and a claim must exceed it.",
            )
        )


def has(found: Results, study: str) -> bool:
    """Whether a study was run; the empty name stands for arms outside the dose series."""
    return study in found.audits if study else any(not arm.series for arm in found.recipe.arms)


SERVED = (
    "The same models as GGUF files with 16-bit weights behind a llama.cpp server: other arithmetic, another engine."
)
QUANTISED = "The base model: its 4-bit file behind a llama.cpp server, against its dequantised weights in transformers."
OPTIONAL: tuple[tuple[str, str, Callable[[Results], Block]], ...] = (
    ("", "Other conversions", tables.others),
    ("breadth", "Six dimensions", lambda found: tables.breadth(found, found.recipe.breadth)),
    ("served", "The same pairs behind a server", lambda found: tables.again(found, "served", SERVED)),
    (
        "quantised",
        "A quantised file against its dequantised self",
        lambda found: tables.again(found, "quantised", QUANTISED),
    ),
    ("sequential", "Cost of the sequential design", tables.sequential),
)
"""Study, title and block of the sections that a recipe may do without."""


def write(found: Results, out: Path, document: Path | None = None) -> list[Path]:
    """Write real.md and real.svg into the folder, and as a document of that name too."""
    paths = []
    for page in (out / "real.md", *((document,) if document else ())):
        figure = page.with_suffix(".svg")
        paths += [save_text(figure, draw(found)), save_text(page, markdown(found, figure.name))]
    return paths


def markdown(found: Results, figure: str) -> str:
    """The page as Markdown with a link to the figure."""
    head, rest = written(TITLE, sections(found)).split("\n\n", 1)
    by = "make real" if found.recipe == FULL else "python -m experiments.real"
    picture = f"![Share of harmful and harmless requests refused, by dose]({figure})"
    return "\n\n".join([head, f"{intro(found)} It was written by `{by}`.", picture, rest])
