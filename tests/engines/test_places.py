"""A token's place is counted in its part, so that the answers of a model that thinks and of one that does not meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.engines.coupling import Stream
from trustdelta.engines.places import NO_MARKS, Marks, Place, closing_of
from trustdelta.thoughts.channels import CHANNEL_FORMATS
from trustdelta.thoughts.formats import FORMATS

ANSWER, THOUGHT = Stream.ANSWER, Stream.THOUGHT
Places = list[tuple[Stream, int]]
Cut = Callable[[str], list[str]]


def places(
    pieces: Sequence[str], format: str = "auto", *, opened: bool = False, forced: frozenset[int] = frozenset()
) -> Places:
    """The place at which each piece of a text is drawn; a token is a piece of text, its id is where it stands."""
    table = list(dict.fromkeys(pieces))
    ids = [table.index(piece) for piece in pieces]
    place = Place(Marks(lambda some: "".join(table[i] for i in some), format), THOUGHT if opened else ANSWER)
    found: Places = []
    for i in range(len(ids)):
        found.append((place.stream, place.number))
        place.advance(ids[: i + 1], forced=i in forced)
    return found


def answer_places(found: Places, words: int) -> Places:
    """The places of the last words of a text."""
    return found[len(found) - words :]


ANSWERED = ["Sorry", ",", " I", " can", "not", "."]
FROM_ZERO: Places = [(ANSWER, i) for i in range(len(ANSWERED))]
MARKED = [(f.name, o, c) for f in FORMATS if not f.words for o, c in zip(f.opening, f.closing, strict=False)]
MARKED += [(f.name, f.opening[0], closing_of(f)[0]) for f in CHANNEL_FORMATS]
WRAPPED = [(f.close, f.answer_open) for f in FORMATS if not f.words and f.answer_open]


def in_characters(mark: str) -> list[str]:
    """A mark that is no token of the vocabulary."""
    return list(mark)


def in_threes(mark: str) -> list[str]:
    """A mark that falls into a few tokens."""
    return [mark[i : i + 3] for i in range(0, len(mark), 3)]


def merged(mark: str) -> list[str]:
    """A mark whose last character is one token with the line breaks behind it."""
    return [mark[:-1], f"{mark[-1]}\n\n"]


@pytest.mark.parametrize(("name", "open", "close"), MARKED, ids=[m[0] for m in MARKED])
@pytest.mark.parametrize(
    "cut", [lambda mark: [mark], in_characters, in_threes, merged], ids=["one", "1", "3", "merged"]
)
@pytest.mark.parametrize("format", ["auto", "named"])
def test_an_answer_begins_behind_its_thought(name: str, open: str, close: str, cut: Cut, format: str) -> None:
    """Behind the thought that a prompt opened, an answer's places begin at 0, however the closing mark is tokenised."""
    thought = ["They", " want", " x", " <", " 3", " >", " 2", "."]
    found = places([*thought, *cut(close), *ANSWERED], name if format == "named" else "auto", opened=True)
    assert answer_places(found, len(ANSWERED)) == FROM_ZERO
    before = found[: -len(ANSWERED)]
    assert before == [(THOUGHT, i) for i in range(len(before))]


@pytest.mark.parametrize(("name", "open", "close"), MARKED, ids=[m[0] for m in MARKED])
@pytest.mark.parametrize("cut", [lambda mark: [mark], in_characters, in_threes], ids=["one", "1", "3"])
def test_a_mark_that_had_to_come_takes_no_place(name: str, open: str, close: str, cut: Cut) -> None:
    """Where the model opens the thought itself, and nothing else could be drawn, the answer still begins at 0."""
    opening = cut(open)
    found = places([*opening, "Hm", ".", *cut(close), *ANSWERED], forced=frozenset(range(len(opening))))
    assert answer_places(found, len(ANSWERED)) == FROM_ZERO


WORD_FORMATS = [(f.name, f.open, f.close) for f in FORMATS if f.words]


@pytest.mark.parametrize(("name", "open", "close"), WORD_FORMATS, ids=[f[0] for f in WORD_FORMATS])
def test_marks_that_are_words_count_where_the_format_is_named(name: str, open: str, close: str) -> None:
    """Ordinary words mark a thought only for a model that is said to use them."""
    pieces = [*in_threes(open), "Hm", ".", *in_threes(close), *ANSWERED]
    forced = frozenset(range(len(in_threes(open))))
    assert answer_places(places(pieces, name, forced=forced), len(ANSWERED)) == FROM_ZERO
    assert places(pieces, "auto") == [(ANSWER, i) for i in range(len(pieces))]


@pytest.mark.parametrize(
    ("pieces", "forced", "first"),
    [
        (["\n\n"], {0}, 0),
        (["\n", "\n"], {0, 1}, 0),
        ([" ", "\n\n"], {0}, 1),
        (["\n\n"], set(), 1),
        (["", "\n"], {0, 1}, 0),
        ([], set(), 0),
    ],
)
def test_a_blank_that_had_to_come_takes_no_place(pieces: list[str], forced: set[int], first: int) -> None:
    """Blanks between thought and answer take a place only where something else could have been drawn."""
    before = ["Hm", "</think>"]
    at = frozenset(len(before) + i for i in forced)
    found = places([*before, *pieces, *ANSWERED], opened=True, forced=at)
    assert answer_places(found, len(ANSWERED)) == [(ANSWER, first + i) for i in range(len(ANSWERED))]


@pytest.mark.parametrize(
    "pieces",
    [
        ANSWERED,
        ["<", "b", ">", "Sorry", "</b>"],
        ["Use", " <think>", " and", " </think>", "."],
        ["<thin", "ly", " sliced", ">"],
        ["a", "]", "[/THINK]", "b"],
        ["Here", " is", " my", " response", ":", " no"],
    ],
    ids=lambda pieces: "".join(pieces)[:20],
)
def test_an_answer_without_a_thought_is_counted_from_its_first_token(pieces: list[str]) -> None:
    """Marks that are talked about, and beginnings of marks that come to nothing, change no place."""
    assert places(pieces) == [(ANSWER, i) for i in range(len(pieces))]


@pytest.mark.parametrize("mark", ["</thin", "</think", "< /think>", "/think>", "[/THINK", "<|channel|>final"])
def test_a_mark_that_is_not_whole_closes_nothing(mark: str) -> None:
    """A thought goes on behind what only resembles its closing mark."""
    found = places(["Hm", mark, " so", " it", " goes"], opened=True)
    assert found == [(THOUGHT, i) for i in range(5)]


@pytest.mark.parametrize(("close", "wrap"), WRAPPED)
def test_what_wraps_an_answer_takes_no_place_where_it_had_to_come(close: str, wrap: str) -> None:
    """The mark that opens an answer, where the model always writes it, is not one of its words."""
    pieces = ["Hm", close, "\n", *in_threes(wrap), "\n", *ANSWERED]
    found = places(pieces, opened=True, forced=frozenset(range(2, len(pieces) - len(ANSWERED))))
    assert answer_places(found, len(ANSWERED)) == FROM_ZERO


def test_a_format_without_a_name_is_known_by_its_marks() -> None:
    """Marks that were declared are looked for like those of a named format."""
    found = places(["[[", "Hm", "]]", *ANSWERED], "[[...]]", forced=frozenset({0}))
    assert answer_places(found, len(ANSWERED)) == FROM_ZERO


def test_a_second_thought_is_part_of_the_answer() -> None:
    """Once an answer has begun, places are counted on, whatever is opened or closed in it."""
    found = places(["Hm", "</think>", "<think>", "Hm", "</think>", "No"], opened=True)
    assert found == [(THOUGHT, 0), (THOUGHT, 1), *((ANSWER, i) for i in range(4))]


def test_a_long_blank_head_is_an_answer() -> None:
    """A model that writes blanks without end is not read anew from its first blank at every token."""
    found = places(["\n" * 8] * 40, forced=frozenset(range(40)))
    assert found[-1] == (ANSWER, 40 - 1 - 7)


def test_without_marks_every_token_is_an_answer() -> None:
    """A sample of a model whose thoughts are not looked for has one count."""
    place = Place(NO_MARKS)
    for i in range(5):
        assert (place.stream, place.number) == (ANSWER, i)
        place.advance(list(range(i + 1)), forced=i == 0)


PIECES = (
    "<think>",
    "</think>",
    "<",
    "think",
    ">",
    "</",
    "\n\n",
    " ",
    "a",
    "b.",
    "[/THINK]",
    "\N{REPLACEMENT CHARACTER}",
)


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.booleans()), max_size=30), st.booleans())
def test_no_number_is_used_twice(drawn: list[tuple[str, bool]], opened: bool) -> None:
    """A place is only ever given again if nothing was decided by it; the next never lies more than one ahead."""
    forced = frozenset(i for i, (_, only) in enumerate(drawn) if only)
    found = places([piece for piece, _ in drawn], opened=opened, forced=forced)
    decided = [place for i, place in enumerate(found) if i not in forced]
    assert len(decided) == len(set(decided))
    for stream in (ANSWER, THOUGHT):
        numbers = [number for s, number in found if s is stream]
        assert all(0 <= later - earlier <= 1 for earlier, later in pairwise(numbers))
