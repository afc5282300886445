"""The study page as one HTML file under the rules of the audit report, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from trustdelta.report.blocks import Block, Bullets, Headline
from trustdelta.report.html import Frame, page
from trustdelta.report.studies import curves, leaderboard, methods, pictures
from trustdelta.report.studies.headline import headline
from trustdelta.report.studies.records import StudyResult

LIMITS = (
    "The unit of analysis is the model pair: prompts are never pooled over pairs. Pairs that share a baseline are one "
    "family.",
    "No causal conclusion is possible: data, teacher, scale and template change with the method.",
    "Lineages are reported separately: a conventional baseline is not the model that the candidate was trained from.",
)


FOLDED = frozenset({"plane", "drift", "methods", "limits"})
"""Sections with statistics, collapsed until a reader opens them."""


def parts(result: StudyResult) -> list[tuple[str, str, tuple[Block, ...]]]:
    """Name, title and blocks of every section with content."""
    sections: list[tuple[str, str, tuple[Block, ...]]] = [
        ("leaderboard", "Pairs", (Headline(None, headline(result)), *leaderboard.build(result))),
        ("forest", "Dimensions", pictures.forests(result)),
        ("plane", "Capability gain vs. regression", pictures.planes(result)),
        ("drift", "KL vs. regression", pictures.drifts(result)),
        ("series", "Series", curves.build(result)),
        ("methods", "Comparison of methods", methods.build(result)),
        ("limits", "Limitations", (Bullets(tuple((x,) for x in (*LIMITS, *result.notes))),)),
    ]
    return [(name, title, blocks) for name, title, blocks in sections if blocks]


def render(result: StudyResult) -> str:
    """The page's text. Equal results give equal bytes."""
    about = ("Study of model pairs", (result.title,), "the records of a study.", FOLDED)
    frame = Frame(f"{result.title} (trustdelta)", *about)
    return page(frame, parts(result))


def as_json(result: StudyResult) -> str:
    """The result as JSON, keys sorted."""
    return json.dumps(asdict(result), sort_keys=True, indent=1, allow_nan=False) + "\n"
