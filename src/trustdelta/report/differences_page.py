"""Differences that no metric asked about, as HTML, Markdown, JSON and lines of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from trustdelta.records.differences import Difference, Differences, Place
from trustdelta.report import format as fmt
from trustdelta.report import markdown
from trustdelta.report.blocks import (
    Beside,
    Block,
    Bullets,
    Code,
    Column,
    Fold,
    Headline,
    Inlines,
    Paragraph,
    Quote,
    Small,
    Table,
    Warn,
)
from trustdelta.report.html import Frame, page

TITLE = "Differences that no metric asked about"
_COLUMNS = (
    Column("The answer …"),
    Column("Prompts"),
    Column("Baseline", numeric=True),
    Column("Candidate", numeric=True),
    Column("Change [95 % CI]", numeric=True),
    Column("p, adjusted", numeric=True),
    Column("Prompts tested", numeric=True),
)
LIMITS = (
    "Mined and tested on different prompts. Whether the models differ is tested by exchanges of both models' answers "
    "to whole clusters of prompts, and whether they differ more on some prompts than elsewhere by permutations of "
    "whole clusters of prompts; each with half of the error rate, all tested differences together.",
    "The first test is exact where the models answer each cluster alike, the second where differences do not depend on "
    "the prompts. A difference is about these prompts and prompts like them; its cause is not tested.",
    "A difference on some prompts is larger there than elsewhere. One that goes together with the length of answers, "
    "their format or their baseline rate may be larger there for that reason.",
    "A style is a weighted sum of many features; a prompt shows it where the candidate's answer has more of it than "
    "the baseline's, beyond what is usual elsewhere. Only the style is tested, not each feature that names it.",
    "Rates and intervals are of the tested half; intervals are ordinary 95 % intervals, each for itself. "
    "What else differs on the same prompts is described and not tested.",
    "A difference that is not listed was not shown to exist; it may exist, and rare ones are hard to show.",
    "No difference is good or bad by itself; harms are measured by the audit.",
)


def summary(result: Differences) -> str:
    """One sentence: how many differences, of how many tested, with which error rate."""
    count = len(result.differences)
    local = sum(bool(d.prompts) for d in result.differences)
    shown = f"{count} differences are shown" if count != 1 else "1 difference is shown"
    if not count:
        shown = "No difference is shown"
    parts = f", {local} of them on some prompts only" if local else ""
    return (
        f"{shown}{parts} ({result.hypotheses} tested of {result.features:,} features and {result.conditions:,} sets of "
        f"prompts; chance of any false one at most {100 * result.alpha:.0f} %)."
    )


def sentence(difference: Difference) -> str:
    """One difference in words, like: contains the word “x” on prompts with the word “y”: 0.0 % → 88.2 %."""
    where = f" on {difference.prompts}" if difference.prompts else ""
    return f"{difference.answer}{where}: {fmt.share(difference.baseline)} → {fmt.share(difference.candidate)}"


def lines(result: Differences, top: int) -> Iterator[str]:
    """The terminal's text: the summary and the first differences, those on some prompts and on all in turn."""
    yield f"{result.baseline} → {result.candidate}: {summary(result)}"
    for difference in result.differences[:top]:
        yield f"- {sentence(difference)} ({_interval(difference)}, p {fmt.p_value(difference.p_value)})"
        if difference.places:
            yield f"  {_place(difference.places[0])}"
        if difference.also:
            yield f"  also: {'; '.join(difference.also[:3])}"
    if len(result.differences) > top:
        yield f"{len(result.differences) - top} more are on the page."
    yield from (f"Note: {note}" for note in result.notes)
    if result.control:
        yield f"Note: {_control(result)}"


def _control(result: Differences) -> str:
    control = result.control
    if control is None:
        return "The baseline has too few samples of its own for an A/A check."
    return (
        f"A/A check: the same search between two sets of the baseline's own samples ({control.prompts:,} prompts) "
        f"claims {control.differences} differences."
    )


def _interval(difference: Difference) -> str:
    low, middle, high = (100 * v for v in (difference.low, difference.change, difference.high))
    return f"{fmt.fixed(middle, sign=True)} pp [{fmt.fixed(low, sign=True)}, {fmt.fixed(high, sign=True)}]"


def sections(result: Differences) -> Iterator[tuple[str, str, tuple[Block, ...]]]:
    """Name, title and blocks of each section."""
    alarm = result.control is not None and result.control.differences > 0
    head: tuple[Block, ...] = (Headline(None, summary(result)), Paragraph((_control(result),)))
    warning = "The A/A check claims differences where there are none: samples of one prompt are not independent."
    yield "summary", "Summary", (*head, Warn(warning)) if alarm else head
    local = [d for d in result.differences if d.prompts]
    whole = [d for d in result.differences if not d.prompts]
    if local:
        yield "some-prompts", "On some prompts", tuple(_blocks(local, "Differences on sets of prompts."))
    if whole:
        yield "all-prompts", "On all prompts", tuple(_blocks(whole, "Differences over all prompts."))
    yield "limits", "Method and limitations", (Bullets(tuple((x,) for x in (*LIMITS, *result.notes))),)


def _blocks(differences: Sequence[Difference], caption: str) -> Iterator[Block]:
    yield Table(caption, _COLUMNS, tuple(map(_row, differences)), stack=True)
    for difference in differences:
        details = tuple(_details(difference))
        if details:
            yield Fold((sentence(difference),), details)


def _row(difference: Difference) -> tuple[Inlines, ...]:
    return (
        (difference.answer, Small("; ".join(difference.also[:3]))),
        (difference.prompts or "all prompts",),
        (fmt.share(difference.baseline),),
        (fmt.share(difference.candidate),),
        (_interval(difference),),
        (fmt.p_value(difference.p_value),),
        (fmt.count(difference.count),),
    )


def _details(difference: Difference) -> Iterator[Block]:
    if difference.places:
        yield Bullets(tuple((_place(place),) for place in difference.places))
    if difference.also:
        yield Paragraph((f"On the same prompts: {'; '.join(difference.also)}.",))
    for example in difference.examples:
        yield Paragraph(("Prompt ", Code(example.prompt_id)))
        if example.prompt:
            sides = (("Baseline", example.baseline), ("Candidate", example.candidate))
            yield Quote("Prompt", example.prompt)
            yield Beside(tuple((Quote(name, text),) for name, text in sides))
    if any(not e.prompt for e in difference.examples):
        yield Paragraph(("Texts that may be disturbing are left out; --include-text includes them.",))


def _place(place: Place) -> str:
    inside, outside = (" → ".join(fmt.share(rate) for rate in rates) for rates in (place.inside, place.outside))
    there = f"larger on {place.prompts} ({place.count:,}): {inside}; " if place.prompts else ""
    return f"{there}elsewhere {outside} (p of the place {fmt.p_value(place.p_value)})"


def render_html(result: Differences) -> str:
    """The page's text. Equal results give equal bytes."""
    names = (result.baseline, result.candidate)
    frame = Frame(f"{TITLE}: {names[1]} against {names[0]} (trustdelta)", TITLE, names, "the answers of one run.")
    return page(frame, list(sections(result)))


def render_markdown(result: Differences) -> str:
    """The same as Markdown."""
    title = f"{TITLE}: {result.baseline} → {result.candidate}"
    return markdown.written(title, [(heading, blocks) for _, heading, blocks in sections(result)])


def as_json(result: Differences) -> str:
    """All differences as JSON, keys sorted."""
    return json.dumps(asdict(result), sort_keys=True, indent=1, allow_nan=False) + "\n"
