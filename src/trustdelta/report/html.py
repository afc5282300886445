"""The report as one HTML file: no external resource; one style sheet and at most one script, allowed by their hashes.

Every string passes through `sanitise.visible` and is escaped by the template engine; only SVG made by `svg.py` is
trusted. The content security policy forbids everything else, so that an escaping mistake could neither run code nor
load anything. A page without a sample browser has no script.
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
from trustdelta.report.blocks import Block, Browser
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sanitise import visible, visible_lines
from trustdelta.report.sections import built

_FOLDER = Path(__file__).parent


def _shown(value: Any) -> Any:
    """The value of a `{{ expression }}` before it is escaped."""
    return value if isinstance(value, Markup) else visible(str(value))


def _lines(text: str) -> Markup:
    """Multi-line text, sanitised and escaped here because line feeds are preserved."""
    return Markup.escape(visible_lines(text))


@cache
def template(name: str) -> Template:
    """A template of this folder, which sanitises and escapes every value."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["lines"] = _lines
    return environment.get_template(name)


@cache
def style() -> str:
    """The style sheet of all pages."""
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


@cache
def _script() -> str:
    return (_FOLDER / "browser.js").read_text(encoding="utf-8")


def content_security_policy(style: str, script: str = "") -> str:
    """A policy that allows nothing but one inline style sheet and one script, by the SHA-256 of their bytes."""
    code = f"script-src {_source(script)}; " if script else ""
    return f"default-src 'none'; style-src {_source(style)}; {code}base-uri 'none'; form-action 'none'"


def policy_of_pages() -> str:
    """The policy under which a server sends any page of this package; a page's own policy may forbid more."""
    return f"{content_security_policy(style(), _script())}; frame-ancestors 'none'"


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a page outside its sections."""

    title: str
    """The document title."""
    kind: str
    """The line above the heading."""
    names: tuple[str, ...]
    """The names in the heading."""
    source: str
    """What the page was made from, for the footer."""
    folded: frozenset[str] = frozenset()
    """Names of the sections that are collapsed until a reader opens them."""


def page(frame: Frame, sections: Sequence[tuple[str, str, Sequence[Block]]]) -> str:
    """One HTML5 file with these sections (name, title, blocks). Equal input gives equal bytes."""
    sheet = Markup(style())
    browsed = any(isinstance(block, Browser) for _, _, blocks in sections for block in blocks)
    script = Markup(_script() if browsed else "")
    return template("page.html.j2").render(
        frame=frame,
        sections=sections,
        style=sheet,
        script=script,
        policy=Markup(content_security_policy(str(sheet), str(script))),
        symbols=fmt.SYMBOLS,
        words=fmt.WORDS,
    )


def render(result: AuditResult, extras: ReportExtras | None = None) -> str:
    """The report of one audit."""
    names = (result.baseline.name, result.candidate.name)
    parts = built(result, extras or ReportExtras())
    frame = Frame(
        f"{fmt.WORDS[result.overall].capitalize()}: {names[1]} against {names[0]} (trustdelta)",
        "Alignment audit, baseline → candidate",
        names,
        f"the records of one run. Schema {result.schema}.",
        frozenset(section.name for section, _ in parts[1:]),
    )
    return page(frame, [(section.name, section.title, blocks) for section, blocks in parts])
