"""What no dressing may change: an answer in Markdown, quotes, LaTeX, JSON, a fence or a polite sentence is the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.scorers.answer_text import Plain, tidy
from trustdelta.scorers.choice import read_choice
from trustdelta.scorers.label_answer import read_label
from trustdelta.scorers.math_answer import read_math
from trustdelta.scorers.number import read_last_number, read_number
from trustdelta.scorers.open_answer import read_open

CITIES = ["Paris", "London", "New York", "York"]
MORALS = ["wrong", "not wrong"]
DRESSINGS = (
    "{}",
    "{}.",
    "**{}**",
    "*{}*",
    "__{}__",
    "`{}`",
    "> {}",
    "### {}",
    "- {}",
    '"{}"',
    "“{}”",
    "‘{}’",
    "«{}»",
    "「{}」",
    "({})",
    "[{}]",
    "${}$",
    "\\({}\\)",
    "\\[ {} \\]",
    "\\boxed{{{}}}",
    "$\\boxed{{\\text{{{}}}}}$",
    "\\boxed{{\\textbf{{({})}}}}",
    "<answer>{}</answer>",
    "<final_answer>\n{}\n</final_answer>",
    "{}\n</answer>",
    '{{"answer": "{}"}}',
    '{{"reasoning": "It took me 3 steps; A or wrong?", "final_answer": "{}"}}',
    '```json\n{{\n  "answer": "{}"\n}}\n```',
    "```\n{}\n```",
    "<b>{}</b>",
    "\u200b{}\ufeff",
    "Answer: {}",
    "**Answer:** {}",
    "**Final answer**: **{}**",
    "Final Answer:\n\n{}",
    "The answer is {}.",
    "The correct answer is “{}”.",
    "So, the final answer is: {}",
    "Thank you for the question! The answer is {}. I hope this helps.",
    "Let me think about it.\n\nMy answer is {}.\n\nPlease let me know if anything is unclear.",
    "The answer is {}. A common mistake is to choose something else.",
)
INLINE = (
    "{}",
    "**{}**",
    "`{}`",
    "“{}”",
    "({})",
    "${}$",
    "\\({}\\)",
    "<b>{}</b>",
    "\\boxed{{{}}}",
    "<answer>{}</answer>",
)
dressings = st.sampled_from(DRESSINGS)


@given(dressings, st.sampled_from(INLINE), st.integers(0, 3))
def test_a_letter_in_any_dress(outer: str, inner: str, index: int) -> None:
    """A label is read through one dressing, and through an inline one within it."""
    text = outer.format(inner.format("ABCD"[index]))
    assert read_choice(text, list("ABCD"), CITIES) == index, text


@given(dressings, st.sampled_from(MORALS))
def test_a_verdict_in_any_dress(dress: str, verdict: str) -> None:
    """A verdict and its opposite keep apart in every dressing."""
    assert read_label(dress.format(verdict), MORALS) == verdict


@given(dressings, st.sampled_from(["yes", "no"]))
def test_a_yes_or_no_in_any_dress(dress: str, reply: str) -> None:
    """Yes and no, in small letters and capitals."""
    assert read_label(dress.format(reply), ["yes", "no"]) == reply
    assert read_label(dress.format(reply.capitalize()), ["yes", "no"]) == reply


@given(dressings, st.sampled_from(CITIES))
def test_an_open_answer_in_any_dress(dress: str, city: str) -> None:
    """The words of an option are found in every dressing, and a longer one is not the shorter one in it."""
    assert read_open(dress.format(city), CITIES) == city


WRITTEN: tuple[Callable[[int], str], ...] = (
    str,
    lambda n: f"{n:,}",
    lambda n: f"{n:,}".replace(",", "\u202f"),
    lambda n: f"{n:,}".replace(",", "\u00a0"),
    lambda n: f"{n:,}".replace(",", "’"),
    lambda n: f"{n:_}",
    lambda n: f"{n:,}".replace(",", "{,}"),
    lambda n: f"{n:,}".replace(",", "\\,"),
    lambda n: str(n).replace("-", "−"),
    lambda n: str(n).replace("-", "\u2011"),
    lambda n: str(n).replace("-", "negative "),
    lambda n: str(n).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    lambda n: f"{n}.00",
    lambda n: f"{n}%",
    lambda n: f"{n} apples",
    lambda n: f"\\frac{{{2 * n}}}{{2}}",
    lambda n: f"{n} × 10^0",
)
NUMBER_DRESSINGS = tuple(dress for dress in DRESSINGS if dress not in ("({})", "[{}]", "- {}", "`{}`", "{}."))


@given(st.sampled_from(NUMBER_DRESSINGS), st.sampled_from(WRITTEN), st.integers(-(10**9), 10**9))
def test_a_number_in_any_dress_and_spelling(dress: str, written: Callable[[int], str], value: int) -> None:
    """A number reads the same in every dressing and every way to write it."""
    assert read_number(dress.format(written(value))) == value, dress.format(written(value))


@given(st.integers(0, 10**12), st.integers(0, 99))
def test_decimals_in_every_locale(whole: int, cents: int) -> None:
    """Thousands and decimals by comma, point, space or apostrophe, where the form or the language settles which."""
    english = f"{whole:,}.{cents:02d}"
    value = whole + Fraction(cents, 100)
    german = english.translate(str.maketrans(",.", ".,"))
    assert read_number(f"The answer is {english}.") == value
    assert read_number(f"Die Antwort ist {german}.") == value
    assert read_number(f"La réponse est {german.replace('.', chr(0x202F))} euros.") == value
    assert read_number(f"The answer is {english.replace(',', chr(39))}") == value


@given(st.integers(1, 999), st.integers(1, 8))
def test_mixed_numbers(whole: int, part: int) -> None:
    """A whole number with a fraction, in three spellings."""
    value = whole + Fraction(part, 9)
    for text in (
        f"{whole} {part}/9",
        f"{whole}\\frac{{{part}}}{{9}}",
        f"{whole}\\frac{part}9",
        f"{whole} and {part}/9",
    ):
        assert read_number(f"\\boxed{{{text}}}") == value
        assert read_number(f"The answer is {text}.") == value


@given(
    st.integers(0, 3), st.integers(0, 3), st.sampled_from(["not {0} but {1}", "{1}, not {0}", "{1} rather than {0}"])
)
def test_an_excluded_option_is_never_chosen(out: int, kept: int, form: str) -> None:
    """Of two options, the one that is excluded does not count, whichever they are."""
    if out != kept:
        assert read_choice(f"The answer is {form.format('ABCD'[out], 'ABCD'[kept])}.", list("ABCD"), CITIES) == kept
        assert read_open(f"The answer is {form.format(CITIES[out], CITIES[kept])}.", CITIES) == CITIES[kept]
        assert read_number(f"The answer is {form.format(out + 10, kept + 10)}.") == kept + 10


LATER = (
    "I am sure this answer is correct because {} is not possible.",
    "The answer is obtained by looking at {} first.",
    "The other answer, {}, would be too simple.",
    "An answer of {} would ignore the first sentence.",
    "Some people would say that the answer is {}.",
    "If the question had been another one, the answer would be {}.",
    "The wrong answer is {}.",
)


@given(st.integers(0, 3), st.integers(0, 3), st.sampled_from(LATER))
def test_talk_about_an_answer_never_replaces_it(stated: int, other: int, later: str) -> None:
    """A sentence behind the statement that speaks of an answer, but states none, changes nothing."""
    assert (
        read_choice(f"The answer is {'ABCD'[stated]}.\n\n{later.format('ABCD'[other])}", list("ABCD"), CITIES) == stated
    )
    assert read_number(f"The answer is {stated}.\n\n{later.format(other + 10)}") == stated
    assert read_open(f"The answer is {CITIES[stated]}.\n\n{later.format(CITIES[other])}", CITIES) == CITIES[stated]


DENIALS = (
    "I do not think that {}",
    "I doubt that {}",
    "It is not true that {}",
    "Nobody would say that {}",
    "I disagree that {}",
)


@given(st.lists(st.sampled_from(DENIALS), max_size=3))
def test_denials_cancel_in_pairs(denials: list[str]) -> None:
    """Every further denial around a verdict turns it round."""
    text = "it is wrong"
    for denial in denials:
        text = denial.format(text)
    assert read_label(f"{text}.", MORALS) == MORALS[len(denials) % 2]


@settings(max_examples=200)
@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from([*DRESSINGS, "not ", "A ", "18 ", "wrong ", "? ", "\n"])).map("".join)
)
def test_any_text_is_read_or_not(text: str) -> None:
    """No text raises, and the place of each character of the normal form is a place of the text."""
    assert read_choice(text, list("ABCD"), CITIES) in (None, 0, 1, 2, 3)
    assert read_label(text, MORALS) in (None, *MORALS)
    assert read_label(text, ["yes", "no"]) in (None, "yes", "no")
    assert read_open(text, CITIES) in (None, *CITIES)
    read_number(text)
    read_last_number(text)
    read_math(text)
    plain = Plain.of(text)
    origins = [plain.origin(i) for i in range(len(plain.text))]
    assert origins == sorted(origins)
    assert all(0 <= origin <= len(plain.source) for origin in origins)
    assert tidy(tidy(text)) == tidy(tidy(tidy(text)))


@given(st.text(alphabet="abcXYZ 0123 *_`~#>\n“”‘’½²³⁶−–éüñ٣漢", max_size=60))
def test_places_lead_back_to_the_source(text: str) -> None:
    """A letter or digit of the normal form stands in the source where `origin` says, or one that is read as it."""
    plain = Plain.of(text)
    for i, char in enumerate(plain.text):
        if char.isalnum():
            assert char in tidy(f"x{plain.source[plain.origin(i)]}"), (text, i)


PIECES = (
    "the answer is C. ",
    "not wrong, ",
    "18, ",
    "A or B ",
    "so it is ",
    "答案",
    "<answer>",
    '{"answer": "',
    "16 - 7 = 9 ",
)


@pytest.mark.parametrize("piece", PIECES)
def test_reading_takes_time_in_proportion_to_the_length(piece: str) -> None:
    """A text four times as long takes at most ten times as long (16 would be the square), for every reader."""
    readers: tuple[Callable[[str], object], ...] = (
        lambda text: read_choice(text, list("ABCD"), CITIES),
        lambda text: read_label(text, MORALS),
        lambda text: read_open(text, CITIES),
        read_number,
        read_math,
    )

    def seconds(read: Callable[[str], object], length: int) -> float:
        text = piece * (length // len(piece))
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            read(text)
            best = min(best, time.process_time() - start)
        return best

    for read in readers:
        short = seconds(read, 8_000)
        assert seconds(read, 32_000) <= max(10 * short, 0.1), piece
