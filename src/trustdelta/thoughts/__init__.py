"""Raw response -> thought, answer and state. Pure text in, `Reading` out; every model output passes through here.

How a response is read, in order:

1. Role headers are dropped from its head, padding and end-of-turn tokens from its tail.
2. The format is found: an opening tag at the head; or the prompt opened the thought; or a closing tag that nothing
   opened; or a block of several lines further in. Otherwise there is no thought.
3. The thought ends at the close that balances it. A tag that is merely talked about (between quotes, in code, or an
   opening and closing tag on one line inside a sentence) ends nothing.
4. The answer is the last non-blank stretch of text outside every block; it is always a slice of the raw text. All
   the rest, without its tags, is the thought. Where that is a guess, it leans towards calling text a thought.

`Finish.UNKNOWN` (recorded responses) counts as a stop where the text ends in an end-of-turn token. Otherwise an
unclosed thought is read as truncated, and an answer as complete, since nothing shows that it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trustdelta.errors import UnknownNameError
from trustdelta.records import Finish, Outcome, Reading
from trustdelta.thoughts import tags
from trustdelta.thoughts.harmony import HARMONY, looks_like_harmony, split_harmony
from trustdelta.thoughts.repetition import loops
from trustdelta.thoughts.tags import FORMATS, Split

__all__ = ["FORMAT_NAMES", "infer_prompt_opened_thought", "loops", "prompt_opens_thought", "read_response"]

FORMAT_NAMES = ("auto", "none", HARMONY, *(f.name for f in FORMATS))
"""What `read_response` takes as `format`."""


def read_response(
    text: str,
    *,
    finish: Finish,
    prompt_opened_thought: bool = False,
    reasoning: str | None = None,
    format: str = "auto",
) -> Reading:
    """Split one raw response into thought and answer, and say what state it is in.

    `prompt_opened_thought`: the rendered prompt ended inside an open thought (`prompt_opens_thought` says so).
    `reasoning`: the server's separate thinking field, None where there is none; the text is then read as an answer
    (a thought found in it as well is appended). `format`: one of FORMAT_NAMES. Linear in the length of the text;
    raises UnknownNameError for an unknown format and nothing else.
    """
    if format not in FORMAT_NAMES:
        raise UnknownNameError.of("thought format", format, FORMAT_NAMES)
    trim = tags.trim(text)
    effective = Finish.STOP if finish is Finish.UNKNOWN and trim.ended_turn else finish
    split = _split(text, trim, format, prompt_opened_thought and reasoning is None, effective)
    if reasoning is not None:
        split = _with_field(split, reasoning)
    state, notes = _state(text, split, effective, field_thought=bool((reasoning or "").strip()))
    answered = state in (Outcome.ANSWERED, Outcome.TRUNCATED_IN_ANSWER, Outcome.LOOPED, Outcome.ERROR)
    start, end = split.answer if answered and not split.open_at_end else (trim.end, trim.end)
    return Reading(
        thought=split.thought,
        answer=text[start:end],
        state=state,
        format=split.format,
        notes=tuple(dict.fromkeys((*trim.notes, *split.notes, *notes))),
        answer_char_start=start if start < end else None,
        thought_char_end=split.thought_end,
    )


def prompt_opens_thought(rendered_prompt: str) -> str | None:
    """Name of the format whose thought the rendered prompt ends inside of, or None.

    True for an opening tag at the very end (DeepSeek-R1, Qwen3-Thinking), also when the first words of the thought
    are pre-filled after it; not for an empty block that closes itself, nor for a tag inside a user's message.
    """
    if rendered_prompt.rstrip().endswith("<|channel|>analysis<|message|>"):
        return HARMONY
    return next((f.name for f in FORMATS if tags.prompt_ends_inside(rendered_prompt, f)), None)


def infer_prompt_opened_thought(texts: Iterable[str], share: float = 0.5) -> bool:
    """Whether recorded responses were generated after a prompt that opened the thought.

    True when at least `share` of the non-blank texts close a thought that they never opened. Without this, the few
    responses of such a model that were cut inside the thought carry no tag at all and would pass as answers.
    """
    readings = [read_response(t, finish=Finish.UNKNOWN) for t in texts if t.strip()]
    closed = sum(tags.ASSUMED_OPEN in r.notes for r in readings)
    return bool(readings) and closed >= share * len(readings)


def _split(text: str, trim: tags.Trim, name: str, opened: bool, finish: Finish) -> Split:
    """Spans of the thought and answer, by the named format or by the one that is found."""
    if name == "none":
        return Split(answer=(trim.head, trim.end))
    if name == HARMONY or (name == "auto" and looks_like_harmony(text, opened)):
        return split_harmony(text, trim.head, opened)
    if name == "auto":
        chosen = tags.detect(text, trim, opened)
        if chosen is None:
            return Split(answer=(trim.head, trim.end))
    else:
        chosen = next(f for f in FORMATS if f.name == name)
    return tags.split_tags(text, trim, chosen, opened, finish)


def _with_field(split: Split, reasoning: str) -> Split:
    """The split of an answer field whose thought came in a field of its own."""
    inline = split.thought
    both = bool(inline and reasoning.strip())
    thought = "\n\n".join(p for p in (reasoning.strip(), inline or "") if p)
    notes = (*split.notes, "thought_in_field_and_text") if both else split.notes
    return replace(split, thought=thought, format=f"field+{split.format}" if both else "field", notes=notes)


def _state(text: str, split: Split, finish: Finish, *, field_thought: bool) -> tuple[Outcome, tuple[str, ...]]:
    """The state of a split response, with a note where a loop decided it."""
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
