"""The study page as one HTML file under the rules of the audit's report, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from trustdelta.report.blocks import Block, Bullets
from trustdelta.report.html import Frame, page
from trustdelta.report.studies import curves, leaderboard, methods, pictures
from trustdelta.report.studies.records import StudyResult

LIMITS = (
    "Pairs are the unit: prompts are never pooled over pairs. Pairs that share a baseline are one family.",
    "Nothing here is causal: data, teacher, scale and template change with the method.",
    "Lineages are kept apart: a conventional baseline is not what the candidate was trained from.",
)


def parts(result: StudyResult) -> list[tuple[str, str, tuple[Block, ...]]]:
    """Name, title and blocks of every section that has something to show."""
    found: list[tuple[str, str, tuple[Block, ...]]] = [
        ("leaderboard", "Pairs", leaderboard.build(result)),
        ("forest", "Dimensions", pictures.forests(result)),
        ("plane", "Gain against regression", pictures.planes(result)),
        ("drift", "Drift against regression", pictures.drifts(result)),
        ("series", "Series", curves.build(result)),
        ("methods", "Methods compared", methods.build(result)),
        ("limits", "What this page can and cannot say", (Bullets(tuple((x,) for x in (*LIMITS, *result.notes))),)),
    ]
    return [(name, title, blocks) for name, title, blocks in found if blocks]


def render(result: StudyResult) -> str:
    """The page's text. Equal results give equal bytes."""
    frame = Frame(f"{result.title} (trustdelta)", "Study of model pairs", (result.title,), "the records of a study.")
    return page(frame, parts(result))


def as_json(result: StudyResult) -> str:
    """The result as JSON, keys sorted."""
    return json.dumps(asdict(result), sort_keys=True, indent=1, allow_nan=False) + "\n"
