"""Output of a command as one section of a page, between two marks that only the command writes between."""

from __future__ import annotations

from pathlib import Path


def rewrite(page: Path, section: str, text: str) -> None:
    """Replace what stands between the section's marks; raises ValueError where the page has no such pair."""
    start, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    old = page.read_text(encoding="utf-8")
    if old.count(start) != 1 or old.count(end) != 1:
        raise ValueError(f"{page} has no single pair of marks {start} and {end}; add them where the section belongs")
    before, after = old.split(start)[0], old.split(end)[1]
    page.write_text(f"{before}{start}\n{text.strip()}\n{end}{after}", encoding="utf-8")
