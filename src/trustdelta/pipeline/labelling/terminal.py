"""Labelling in the terminal: a prompt for each text, answered by a key and Enter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from trustdelta.pipeline.labelling.items import Item
from trustdelta.pipeline.labelling.session import Session
from trustdelta.report.sanitise import visible, visible_lines

KEYS = "0 cannot be decided, u undo, q stop"


def ask(session: Session, answers: TextIO, screen: TextIO, *, include_text: bool = False) -> None:
    """Show one text after another and store its label, until all are done, `q`, or the end of input."""
    revealed = ""
    while (item := session.current) is not None:
        hidden = item.hidden and not include_text and item.id != revealed
        screen.write("\n".join(_shown(session, item, hidden=hidden)) + "\n> ")
        screen.flush()
        line = answers.readline()
        answer = line.strip().casefold()
        if not line or answer == "q":
            return
        if answer == "u":
            session.undo()
        elif hidden:
            revealed = item.id if answer == "s" else revealed
        elif answer == "0":
            session.put(item.id, None)
        elif answer.isdecimal() and 1 <= int(answer) <= len(item.form.classes):
            session.put(item.id, item.form.classes[int(answer) - 1].value)
        else:
            screen.write(f"found {visible(line.strip())!r}, wanted 1 to {len(item.form.classes)}, or {KEYS}\n")


def _shown(session: Session, item: Item, *, hidden: bool) -> Iterator[str]:
    left = session.seconds_left
    yield f"\n[{session.done + 1} of {len(session.listed)}{'' if left is None else f', {left / 60:.0f} min left'}]"
    if hidden:
        yield f"This text may be disturbing: s shows it, {KEYS}"
        return
    yield f"PROMPT\n{_indented(item.prompt)}\nANSWER\n{_indented(item.text)}"
    yield item.form.question
    for place, c in enumerate(item.form.classes, 1):
        yield f"  {place} {c.name}{f': {c.meaning}' if c.meaning else ''}"
    yield f"  {KEYS}"


def _indented(text: str) -> str:
    return "\n".join(f"  | {line}" for line in visible_lines(text).split("\n"))
