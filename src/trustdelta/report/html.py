"""The report as one HTML file: no script, nothing fetched, one style sheet allowed by its hash.

Every string passes through `sanitise.visible` and is escaped by the template engine; only SVG made by `svg.py` is
trusted. The content security policy forbids everything but that one style sheet, so that even a mistake here could run
nothing and reach nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sanitise import visible, visible_lines
from trustdelta.report.sections import built

_FOLDER = Path(__file__).parent


def _shown(value: Any) -> Any:
    """What every `{{ expression }}` becomes before it is escaped."""
    return value if isinstance(value, Markup) else visible(str(value))


def _lines(text: str) -> Markup:
    """Text over several lines, sanitised and escaped here because line feeds are kept."""
    return Markup.escape(visible_lines(text))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["lines"] = _lines
    return environment.get_template("page.html.j2")


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


def content_security_policy(style: str) -> str:
    """Nothing may load or run; one inline style sheet is allowed, by the SHA-256 of its bytes."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page's sections: title, kind, the names in its heading, what it was made from."""

    title: str
    kind: str
    names: tuple[str, ...]
    source: str


def page(frame: Frame, sections: Sequence[tuple[str, str, Sequence[Block]]]) -> str:
    """The text of one HTML5 file in UTF-8 with these sections (name, title, blocks). Equal input gives equal bytes."""
    style = Markup(_style())
    return _template().render(
        frame=frame,
        sections=sections,
        style=style,
        policy=Markup(content_security_policy(str(style))),
        symbols=fmt.SYMBOLS,
        words=fmt.WORDS,
    )


def render(result: AuditResult, extras: ReportExtras | None = None) -> str:
    """The whole report of one audit."""
    names = (result.baseline.name, result.candidate.name)
    frame = Frame(
        f"{fmt.WORDS[result.overall].capitalize()}: {names[1]} against {names[0]} (trustdelta)",
        "Alignment audit, baseline → candidate",
        names,
        f"the records of one run. Schema {result.schema}.",
    )
    found = built(result, extras or ReportExtras())
    return page(frame, [(section.name, section.title, blocks) for section, blocks in found])
