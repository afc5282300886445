"""Answers that are plain in form: what is read without a search is what the full reader gives, in any surroundings."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.scorers import answer_plain
from trustdelta.scorers.choice import read_choice, read_choice_in_full
from trustdelta.scorers.label_answer import read_label, read_label_in_full
from trustdelta.scorers.math_answer import read_math, read_math_in_full
from trustdelta.scorers.number import read_number, read_number_in_full

HEADS = st.lists(
    st.sampled_from(
        [
            *(
                "First 12, then 7.",
                "Wait, no.",
                "She has 3 apples,",
                "not",
                "The total is 9.",
                "So it is 45 of them",
                "I",
            ),
            *(
                "The answer is 4",
                "answer:",
                "Let me check.",
                "1. Add 2",
                "2. Take 3",
                "Hmm,",
                "el resultado es 5",
                "A or",
            ),
            *(
                "La réponse est",
                "12,5 €",
                "If he had 5,",
                "5 -",
                "million",
                "½ and",
                "x = 3",
                '{"answer": "5"}',
                "#### 6",
            ),
            *(
                "\\boxed{3}",
                "**Step 1:**",
                "~~7~~",
                "> 8",
                "```",
                "It costs $5 and $6",
                "Actually, no",
                "B",
                "(A)",
                "a:",
            ),
            *("option B is wrong", "the right answer is", "<b>9</b>", "8 * 9 =", "[x] 4", "| 5 |", "It is not", "- 3"),
            *("can't be", "Wrong.", "never", "antwort", "A) 5", "B) 6", "anyone says", "yes", "\\(", "<<3*4=12>>", "'"),
            *(
                "18",
                "$18 a day",
                "18\n\nNote:",
                "18\n\nCheck:",
                "\n\nSteps",
                "6 - 4 = 2\n\nBecause",
                "eighteen",
                "it's",
            ),
        ]
    ),
    max_size=4,
).map(" ".join)
GAPS = st.sampled_from(["\n", "\n\n", " ", "", "\r\n", "\n \n", "\t", "\x0b"])
LEADS = st.sampled_from(
    [
        *("", "The answer is ", "the answer is: ", "So the answer is ", "**Answer:** ", "Answer: ", "#### ", "####"),
        *(
            "Final answer: ",
            "**The answer is** ",
            "My answer is ",
            "It is ",
            "I think ",
            "Therefore, the final answer is ",
        ),
        *("So it is ", "She pays ", "minus ", "No, ", "not ", "three and ", "$\\boxed{", "\\boxed{", "The answer is $"),
    ]
)
ENDS = st.sampled_from(
    [
        *("", ".", "**", "**.", ".**", "%", "}", "}$", "}$.", "$", "$.", " ", "\n", "!", "?", ")", " apples", "},"),
        *(
            "}$ apples.",
            "}, not \\boxed{4}",
            "} or {4}",
            "}.\n\nWait, no.",
            "} <answer>7</answer>",
            "}: 'x'",
            "}\n#### 7",
        ),
        *("$, as was to be shown.", "$ is wrong.", "$, or so.", "$ if it rains.", "$, the result is x", " es falso."),
        *(
            "$ apples in all.",
            " dollars, which is the value that we want",
            ", wrong",
            "}~~ and more",
            "} 'answer': '7'",
        ),
    ]
)
VALUES = st.one_of(
    st.integers(-2000, 10**7).map(str),
    st.integers(-2000, 10**7).map(lambda n: f"{n:,}"),
    st.sampled_from(
        [
            *(
                "1.5",
                "1,5",
                "0.25",
                "007",
                "$5",
                "-$4",
                "$-4",
                "1.234",
                "1,234.50",
                "12,34",
                "1e3",
                "3/4",
                "1/2",
                "5,",
                "-0",
            ),
            *("\\frac{1}{2}", "\\dfrac{3}{4}", "x", "x = 5", "2\\pi", "x^2", "5 cm", "a_1", "10\\%", "3.", "1,000,000"),
        ]
    ),
)
DRESSES = st.sampled_from(["{}", "**{}**", "**{}", "({})", "*{}*", "`{}`", '"{}"', "**${}**"])


def composed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts that end with a value in some dress behind some lead, after anything."""
    parts = st.tuples(HEADS, GAPS, LEADS, DRESSES, values, ENDS)
    return parts.map(lambda part: part[0] + part[1] + part[2] + part[3].format(part[4]) + part[5])


@settings(max_examples=400)
@given(composed(VALUES))
def test_a_plain_number_is_that_of_the_full_reader(text: str) -> None:
    """Stated in the last line, or the only number of the last line of a text that leads to none."""
    assert read_number(text) == read_number_in_full(text), text


@settings(max_examples=400)
@given(composed(VALUES))
def test_a_plain_formula_is_that_of_the_full_reader(text: str) -> None:
    """A box at the end of a text, or a formula that its last line states."""
    assert read_math(text) == read_math_in_full(text), text


LETTERS = st.sampled_from([*"ABCDEIabi", "AB", "A or B", "1"])
OPTIONS = st.lists(
    st.sampled_from(
        [
            *(
                "Paris",
                "London",
                "a person",
                "The grandson",
                "Not enough info",
                "A",
                "b",
                "the answer",
                "final",
                "so",
                "5%",
            ),
            *(
                "is B",
                "correct",
                "$5",
                "two",
                "The",
                "It depends",
                "A is late",
                "yes",
                "no",
                "None of the above",
                "My aunt",
            ),
        ]
    ),
    min_size=3,
    max_size=5,
    unique=True,
)


@settings(max_examples=400)
@given(composed(LETTERS), OPTIONS, st.sampled_from(["ABCDE", "abcde", "12345", "EDCBA"]))
def test_a_plain_letter_is_that_of_the_full_reader(text: str, options: list[str], letters: str) -> None:
    """Alone, or stated in the last line, whatever the options are."""
    labels = list(letters[: len(options)])
    assert read_choice(text, labels, options) == read_choice_in_full(text, labels, options), text


WORDS = ["wrong", "not wrong", "yes", "no", "positive", "negative", "correct", "incorrect", "final", "first", "no one"]


@settings(max_examples=400)
@given(
    composed(st.sampled_from([*WORDS, "Wrong", "NOT WRONG", "No", "not  wrong", "not-wrong"])),
    st.sampled_from(
        [
            WORDS[:2],
            WORDS[2:4],
            WORDS[4:6],
            WORDS[6:8],
            ["yes", "no", "not sure"],
            ["reasonable", "unreasonable"],
            ["first", "second"],
            ["good", "bad", "neutral"],
            ["final", "no one"],
            ["not yes", "yes"],
        ]
    ),
)
def test_a_plain_word_is_that_of_the_full_reader(text: str, options: list[str]) -> None:
    """An option that is the whole text, or that its only line states."""
    assert read_label(text, options) == read_label_in_full(text, options), text


def test_plain_answers_are_not_searched() -> None:
    """The short forms of recorded answers take the short way; what is left open does not."""
    for text in ("The answer is 123.", "First 12, then step by step.\n\nSo it is **45**.", "#### 7", "I think 9.", "5"):
        assert answer_plain.number(text) is not None, text
    for text in ("B", "(B)", "**B**", "The answer is B.", "It may be A.\n\n**Answer:** B"):
        assert answer_plain.choice(text, list("ABC"), ["x", "y", "z"]) == 1, text
    for text in ("not wrong", "Not wrong.", "The answer is not wrong", "**Not wrong**"):
        assert answer_plain.label(text, ["wrong", "not wrong"]) == "not wrong", text
    assert answer_plain.box("So $\\boxed{\\frac{1}{2}}$.", str) == "\\frac{1}{2}"
    assert answer_plain.box("We get $\\boxed{7}$ apples, it's all we have.", str) == "7"
    assert answer_plain.box("We get $\\boxed{7}$, no, $\\boxed{8}$ or \\fbox{9}", str) is None
    assert answer_plain.formula("The answer is $x$.") == "x"
    assert answer_plain.formula("The answer is $x = 5$, as was to be shown.") == "x = 5"
    assert answer_plain.formula("The answer is $5$ is wrong.") is None
    assert answer_plain.number("It is not 9.") is None
    assert answer_plain.choice("A or B", list("ABC"), ["x", "y", "z"]) is None
