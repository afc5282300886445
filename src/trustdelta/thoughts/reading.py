"""Splits one raw response into thought, answer and state."""

from __future__ import annotations

from dataclasses import replace

from trustdelta.records import Finish, Outcome, Reading
from trustdelta.thoughts.channels import BY_CHANNEL, channel_of, split_channels
from trustdelta.thoughts.declared import BETWEEN, SHOWN, format_of
from trustdelta.thoughts.headings import HEADINGS, split_by_headings
from trustdelta.thoughts.marks import marks_in, strip_span
from trustdelta.thoughts.repetition import loops
from trustdelta.thoughts.split import ANSWER_TAGS, Split
from trustdelta.thoughts.tags import split_by_marks, split_by_words, word_close, word_format
from trustdelta.thoughts.turns import Trim, trim, unwrapped

VERSION = "2"
"""Changes with every change of a split; part of what stored scores are known by."""


def read_response(
    text: str,
    *,
    finish: Finish,
    prompt_opened_thought: bool = False,
    reasoning: str | None = None,
    format: str = "auto",
) -> Reading:
    """Split one raw response into thought and answer, and classify its state.

    `prompt_opened_thought`: the rendered prompt ended inside an open thought (see `prompt_opens_thought`). `reasoning`:
    the server's separate reasoning field, None if there is none; the text is then an answer (a thought in it is
    appended). `format`: one of FORMAT_NAMES, the marks of another format as `OPEN...CLOSE`, or the result of
    `shown_format` for the model's other responses. Linear in the length of the text; raises only UnknownNameError, for
    an unknown format.
    """
    where = trim(text)
    effective = Finish.STOP if where.turn_follows or (finish is Finish.UNKNOWN and where.ended_turn) else finish
    if reasoning is not None:
        where = _without_last_close(text, where)
    opened = prompt_opened_thought and reasoning is None
    split = _split(text, where, format, opened, effective)
    if format != "none":
        split = _unwrapped(text, split, thought=split.thought is not None or reasoning is not None)
    if reasoning is not None:
        split = _with_field(split, reasoning)
    state, notes = _state(text, split, effective, field_thought=bool((reasoning or "").strip()))
    answered = state in (Outcome.ANSWERED, Outcome.TRUNCATED_IN_ANSWER, Outcome.LOOPED, Outcome.ERROR)
    start, end = split.answer if answered and not split.open_at_end else (where.end, where.end)
    return Reading(
        thought=split.thought,
        answer=text[start:end],
        state=state,
        format=split.format,
        notes=tuple(dict.fromkeys((*where.notes, *split.notes, *notes))),
        answer_char_start=start if start < end else None,
        thought_char_end=split.thought_end,
    )


def _split(text: str, where: Trim, name: str, opened: bool, finish: Finish) -> Split:
    """Spans of the thought and answer in the named format, or in the detected one."""
    span = (where.head, where.end)
    if name == "none":
        return Split(span)
    if name in BY_CHANNEL:
        return split_channels(text, where.head, BY_CHANNEL[name], opened)
    if name == HEADINGS:
        split = None if opened else split_by_headings(text, span, finish, declared=True)
        return split or split_by_marks(text, span, opened, finish)
    if name != "auto" and not name.startswith(SHOWN):
        row = format_of(name)
        if row.words:
            return split_by_words(text, span, row, opened)
        return split_by_marks(text, span, opened, finish, row)
    return _split_auto(text, where, name.removeprefix(SHOWN), opened, finish)


def _split_auto(text: str, where: Trim, shown: str, opened: bool, finish: Finish) -> Split:
    """Spans in the detected format; `shown`: the format of the model's other responses, or "auto"."""
    span = (where.head, where.end)
    if channel := channel_of(text, *span, opened=opened):
        return split_channels(text, where.head, channel, opened)
    if words := word_format(text, span, finish, declared=shown):
        return split_by_words(text, span, words, opened)
    if not opened and (headings := split_by_headings(text, span, finish, declared=shown == HEADINGS)):
        return headings
    if BETWEEN in shown and text.startswith(format_of(shown).open, where.head):
        return split_by_marks(text, span, opened, finish, format_of(shown))
    if opened and (row := word_close(text, span)):
        return split_by_words(text, span, row, opened)
    return split_by_marks(text, span, opened, finish)


def _unwrapped(text: str, split: Split, *, thought: bool) -> Split:
    """The split with its answer without wrapping marks."""
    answer = unwrapped(text, split.answer, thought=thought)
    return split if answer == split.answer else replace(split, answer=answer, notes=(*split.notes, ANSWER_TAGS))


def _without_last_close(text: str, where: Trim) -> Trim:
    """A text with a separate reasoning field, without an unopened close at its end."""
    marks = [m for m in marks_in(text, where.head, where.end) if m.side in ("open", "close")]
    if len(marks) == 1 and marks[0].closes and marks[0].end == where.end:
        return where._replace(end=strip_span(text, where.head, marks[0].start)[1])
    return where


def _with_field(split: Split, reasoning: str) -> Split:
    """The split of an answer with a separate reasoning field."""
    inline = split.thought
    both = bool(inline and reasoning.strip())
    thought = "\n\n".join(p for p in (reasoning.strip(), inline or "") if p)
    notes = (*split.notes, "thought_in_field_and_text") if both else split.notes
    return replace(split, thought=thought, format=f"field+{split.format}" if both else "field", notes=notes)


def _state(text: str, split: Split, finish: Finish, *, field_thought: bool) -> tuple[Outcome, tuple[str, ...]]:
    """The state of a split response, with a note for a loop."""
    start, end = split.answer
    if finish is Finish.ERROR:
        return Outcome.ERROR, ()
    if split.open_at_end:
        if finish is Finish.STOP:
            return (Outcome.MALFORMED, ("thought_unclosed",)) if split.thought else (Outcome.EMPTY, ())
        looped = loops(split.thought or "")
        return (Outcome.LOOPED, ("looped_in_thought",)) if looped else (Outcome.TRUNCATED_IN_THOUGHT, ())
    if start == end:
        if finish is not Finish.LENGTH or split.thought is None:
            return Outcome.EMPTY, ()
        if field_thought:  # the field never closes: a cut before the first word of the answer is a cut in the thought
            looped = loops(split.thought)
            return (Outcome.LOOPED, ("looped_in_thought",)) if looped else (Outcome.TRUNCATED_IN_THOUGHT, ())
        return Outcome.TRUNCATED_IN_ANSWER, ()
    if finish is not Finish.STOP and loops(text[start:end]):
        return Outcome.LOOPED, ("looped_in_answer",)
    return (Outcome.TRUNCATED_IN_ANSWER if finish is Finish.LENGTH else Outcome.ANSWERED), ()
