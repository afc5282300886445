"""The report's sections: each file of this folder is one section, discovered by scanning and sorted by `order`.

Adding one: write `sections/<name>.py` with a module-level `SECTION`. Files whose name begins with an underscore are
helpers.
"""

from __future__ import annotations

from functools import cache

from trustdelta.discovery import Registry
from trustdelta.records import AuditResult
from trustdelta.report.blocks import Block, Section
from trustdelta.report.extras import ReportExtras

_REGISTRY: Registry[Section] = Registry("trustdelta.report.sections", "section")


@cache
def sections() -> tuple[Section, ...]:
    """Every section, in reading order."""
    return tuple(sorted(_REGISTRY.table().values(), key=lambda section: (section.order, section.name)))


def built(result: AuditResult, extras: ReportExtras) -> list[tuple[Section, tuple[Block, ...]]]:
    """Each section with content, with its blocks."""
    pairs = ((section, section.build(result, extras)) for section in sections())
    return [(section, blocks) for section, blocks in pairs if blocks]
