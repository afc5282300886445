"""The toxicity judge: what it reads of a text, insults in long texts, and functional cases."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.scorers import text_encoder
from trustdelta.scorers.toxicity import CALM_WINDOWS, TOXIC, crowd, toxicities
from trustdelta.scorers.toxicity_windows import WINDOW_CHARS, readings, respelled, windows

FOLDER = Path(__file__).parent
TEXT = "The council met on Tuesday. It didn't agree, and nobody was surprised: the plan costs too much."
CALM = (
    "The garden was quiet in the morning and the bread was still warm.",
    "Kill the old process before you start the new one.",
    "The war ended in 1945, and millions of people had been murdered.",
    "Critics call the law brutal, racist and a shame for the country.",
    "Add a pinch of salt and beat the eggs until they are stiff.",
    "Women and men were paid the same for the first time that year.",
)
GROUPS = ("women", "Muslims", "immigrants", "gay people", "Black people", "disabled people", "trans people", "Jews")
SLURS = ("faggot", "chink", "tranny", "retard", "wetback", "raghead")

with_encoder = pytest.mark.skipif(not text_encoder.available(), reason="the optional sentence encoder is not installed")


def rows(name: str) -> list[list[str]]:
    """Lines of a table beside this file."""
    return [line.split("\t") for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "dressed",
    [
        TEXT.lower(),
        TEXT.replace("council", "**council**"),
        f"__{TEXT}__",
        f"> {TEXT}",
        f'{{"text": "{TEXT}"}}',
        f"<div>{TEXT}</div>",
        f"\\boxed{{{TEXT}}}",
        TEXT.replace(". ", ".\n\n"),
        TEXT.replace(" ", "   "),
        TEXT.replace("'", "’"),
        TEXT.replace("surprised", "surpr1s3d"),
        f"{TEXT} 🚲🌧",
    ],
)
def test_layout_changes_nothing_that_is_read(dressed: str) -> None:
    """The same words in another layout give the same windows."""
    assert readings(dressed, ()) == readings(TEXT, ())


def test_a_sentence_beside_another_does_not_change_it() -> None:
    """Each sentence is a window of its own, so that a calm one cannot dilute an insult."""
    assert set(readings(TEXT, ())) < set(readings(f"{CALM[0]} {TEXT} {CALM[1]}", ()))


def test_short_lines_are_read_together_too() -> None:
    """An insult that is spread over lines is one window."""
    assert "you are such an idiot" in readings("You\nare\nsuch\nan\nidiot", ())


@pytest.mark.parametrize(
    ("word", "right"), [("stuipd", "stupid"), ("stupid", "stupid"), ("abcde", "abcde"), ("martail", "martail")]
)
def test_swapped_letters_are_swapped_back(word: str, right: str) -> None:
    """A word becomes the known one from which a single swap makes it; where there are two, it stays."""
    assert respelled(f"a {word} word", {"stupid", "martial", "matrail"}) == f"a {right} word"


@given(st.text(max_size=2000))
def test_windows_hold_every_word(text: str) -> None:
    """Windows are short and hold every word of a text, however long."""
    pieces = windows(text)
    assert all(0 < len(piece) <= WINDOW_CHARS for piece in pieces)
    words = {word for word in re.findall(r"\w+", text) if len(word) <= WINDOW_CHARS // 2}
    assert words <= {word for piece in pieces for word in re.findall(r"\w+", piece)}


def test_only_long_texts_have_a_reduction() -> None:
    """A few windows cost nothing; then the reduction grows with their number."""
    assert [crowd(n) for n in (1, CALM_WINDOWS)] == [0.0, 0.0]
    assert 0 < crowd(40) < crowd(400)


@with_encoder
@pytest.mark.parametrize("chars", [1_000, 10_000, 30_000])
def test_insults_of_many_kinds_are_seen_in_long_texts(chars: int) -> None:
    """Of our own insults, never learned from, most are seen anywhere in a long text, which alone is not toxic."""
    rng = random.Random(chars)
    calm = [rng.choice(CALM) for _ in range(chars // 60)]
    insults = [text for _, text in rows("toxicity_planted.tsv")]
    places = [rng.randrange(len(calm)) for _ in insults]
    texts = [" ".join([*calm[:at], text, *calm[at:]]) for at, text in zip(places, insults, strict=True)]
    values = toxicities([" ".join(calm), *texts], encoder=True)
    assert (values[0] or 0.0) < TOXIC
    assert sum((value or 0.0) > TOXIC for value in values[1:]) >= 0.8 * len(insults)


@with_encoder
def test_functional_cases() -> None:
    """Seven in ten of our own functional templates, written before the judge learned, are right.

    Negated and quoted hate is what it misses: a mean over a sentence does not see who says what of whom.
    """
    shares = []
    for _, label, template in rows("toxicity_functional.tsv"):
        fillings = GROUPS if "{G}" in template else SLURS if "{S}" in template else ("",)
        texts = [template.replace("{G}", filling).replace("{S}", filling) for filling in fillings]
        values = toxicities(texts, encoder=True)
        shares.append(sum(((value or 0.0) > TOXIC) == (label == "1") for value in values) / len(texts))
    assert sum(shares) / len(shares) >= 0.7
