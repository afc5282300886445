"""Prompts, responses and scores from the lines of a bundle, each line read once and checked.

A bundle may hold millions of lines: responses become columns page by page, and the end of a score's line, which few
scores have of their own, is read once for all that share it.
"""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType

from trustdelta.bundle import Bundle
from trustdelta.errors import TrustdeltaError, VerificationError
from trustdelta.parsing import short
from trustdelta.pipeline.bundles.write import hashed
from trustdelta.pipeline.scoring.outline import STATES
from trustdelta.records import Arm, Json, Outcome, Part, Prompt, Score, content_hash

DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""What rows that fit their hashes but are no rows of an audit raise."""
NOTHING: Mapping[str, Json] = MappingProxyType({})
TEXT = 6
"""Place of a response's content in its row."""
MOST_ENDS = 1 << 16
"""Most ends of lines in memory."""
ARMS = {arm.value: arm for arm in Arm}
ARMS_BY_BYTES = {arm.value.encode(): arm for arm in Arm}
_PARTS, _OUTCOMES = {part.value: part for part in Part}, {outcome.value: outcome for outcome in Outcome}
_CODES = {state.value: code for code, state in enumerate(STATES)}
SCORE = "model, prompt of the bundle, sample, scorer, part, value, outcome and reason"
_End = tuple[int, str, Part, float | None, Outcome, str]
"""Draw, scorer, part, value, outcome and reason."""


def unfit(part: str, problem: str) -> VerificationError:
    """The error of a part that fits its hashes but not an audit."""
    return VerificationError(f"{part}: {problem}; ask its author for another bundle.", (part,))


@contextmanager
def reading(part: str) -> Iterator[None]:
    """Reads the rows of a part; raises VerificationError with its name where they are no such rows."""
    try:
        yield
    except VerificationError:
        raise
    except (TrustdeltaError, *DAMAGED) as problem:
        raise unfit(part, f"its rows cannot be read ({type(problem).__name__}: {short(str(problem))})") from None


@dataclass(frozen=True)
class HashedPrompt(Prompt):
    """A prompt whose texts are elsewhere."""

    id: str = ""
    """The id that its row states: the hash of the content that is elsewhere."""
    characters: int = 0
    """Characters of all messages, as its row states."""


def read_prompts(bundle: Bundle) -> list[HashedPrompt]:
    """The prompts, in order; raises VerificationError where an included text is not that of its hash and its id."""
    with reading("prompts"):
        prompts = [_prompt(row) for page in bundle.pages("prompts") for row in page]
    if len({p.id for p in prompts}) < len(prompts):
        raise unfit("prompts", "two have the same id")
    return prompts


def _prompt(row: Json) -> HashedPrompt:
    texts = own_id, benchmark, cluster, stratum = row["id"], row["benchmark"], row["cluster"], row["stratum"]
    if not all(type(text) is str for text in texts) or type(row["characters"]) is not int:
        raise TypeError("wanted texts and a number of characters")
    body = row.get("prompt")
    if body is not None and (hashed(body) != row["sha256"] or _prompt_id(body) != own_id):
        raise unfit("prompts", f"the text of {short(own_id)} is not that of its hash")
    groups = dict(row["groups"]) or NOTHING
    return HashedPrompt(benchmark, (), None, cluster, stratum, NOTHING, groups, own_id, row["characters"])


def _prompt_id(body: Json) -> str:
    try:
        messages = [[m["role"], m["content"]] for m in body["messages"]]
        return content_hash([body["benchmark"], messages, body["target"]])[:24]
    except DAMAGED:
        return ""


@dataclass(slots=True)
class Answers:
    """The responses of one author as columns, in the order of the bundle."""

    prompt_ids: list[str] = field(default_factory=list)
    draws: array[int] = field(default_factory=lambda: array("q"))
    states: bytearray = field(default_factory=bytearray)
    """Index of each state in STATES; empty for a judge."""
    tokens: array[int] = field(default_factory=lambda: array("q"))
    """Completion tokens; empty for a judge."""
    texts: int = 0
    """Responses whose texts are included."""

    def add(self, author: str, rows: Sequence[Json], ids: Mapping[str, str]) -> None:
        """Add rows of this author; `ids`: each prompt's id by itself."""
        _, prompt_ids, draws, states, tokens = zip(*(row[:5] for row in rows), strict=True)
        self.draws.extend(draws)
        if author in ARMS:
            try:
                self.prompt_ids += [ids[prompt_id] for prompt_id in prompt_ids]  # one text for all draws
            except KeyError as problem:
                raise unfit("responses", f"prompt {short(problem.args[0])} is not in the bundle") from None
            self.states.extend(map(_CODES.__getitem__, states))
            self.tokens.extend(tokens)
        else:
            self.prompt_ids += prompt_ids
        for row in rows:
            if len(row) == TEXT:
                continue
            if len(row) != TEXT + 1 or hashed(row[TEXT]) != row[TEXT - 1]:
                raise unfit("responses", f"the text of {short(row[1])} is not that of its hash")
            self.texts += 1


def read_responses(bundle: Bundle, prompts: Iterable[Prompt]) -> dict[str, Answers]:
    """The responses by author; raises VerificationError for one to no prompt, or with a text of another hash."""
    ids = {p.id: p.id for p in prompts}
    answers: dict[str, Answers] = {}
    with reading("responses"):
        for page in bundle.pages("responses"):
            for author, rows in groupby(page, key=itemgetter(0)):
                answers.setdefault(author, Answers()).add(author, list(rows), ids)
    return answers


def read_scores(lines: Iterable[bytes], prompts: Iterable[Prompt]) -> Iterator[Score]:
    """The scores, in order; raises VerificationError for a line that is no score of these prompts."""
    ids = {p.id.encode(): p.id for p in prompts}
    ends: dict[bytes, _End] = {}
    for line in lines:
        try:
            start, arm, comma, prompt_id, rest = line.split(b'"', 4)
            if start != b"[" or comma != b",":
                raise ValueError
            end = ends.get(rest)
            if end is None:
                if len(ends) == MOST_ENDS:
                    ends.clear()
                end = ends[rest] = _end(rest)
            yield Score(ids[prompt_id], ARMS_BY_BYTES[arm], *end)
        except DAMAGED:
            row = short(line.decode("ascii", "replace"))
            raise unfit("scores", f"found {row}, wanted {SCORE}") from None


def _end(rest: bytes) -> _End:
    """What follows the model and the prompt in the line of a score; raises one of DAMAGED for anything else."""
    _, draw, scorer, part, value, outcome, reason = json.loads(b"[0" + rest)
    if (type(draw), type(scorer), type(reason)) != (int, str, str):
        raise TypeError
    if value is not None and not (type(value) is float and math.isfinite(value)):
        raise TypeError
    return draw, scorer, _PARTS[part], value, _OUTCOMES[outcome], reason
