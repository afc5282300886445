"""A benchmark's own prompts found in the logs of others by their question, and what must not be taken for one."""

from __future__ import annotations

import unicodedata

import pytest

from trustdelta.interop.questions import CONTENT, QUESTION, WITHIN, OwnQuestions
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.records import Message, Prompt

ASK = 'Reason step by step, and end with "The answer is" and the number.'
SUMS = [
    "Anna has 3 apples and buys 4 more. How many apples does she have?",
    "Anna has 3 apples and buys 4 more. How many apples does she have? Show your work to a child.",
    "A train runs 60 km in one hour. How far does it run in 3 hours?",
    "Zoë’s café sells 5 cakes – each for $4. What does she earn?",
    "Bob reads 12 pages a day. How many pages does he read in a week?",
    "A box holds 6 eggs. How many eggs do 7 boxes hold?",
    "Mia runs 2 miles each day. How many miles does she run in May?",
    "What is 17 + 25?",
    "There are 30 pupils and 4 are ill. How many pupils are there today?",
    "A rope of 12 m is cut into 4 equal parts. How long is each part?",
]
CHOICES = [
    f"The {a} met the {b} because they were late. Who was late?\n\nA) The {a}\nB) The {b}\nC) Unknown\n\n"
    "Answer with the letter of one option."
    for a, b in (
        *(("baker", "judge"), ("judge", "baker"), ("nurse", "pilot"), ("clerk", "smith"), ("cook", "guard")),
        *(("poet", "miner"), ("monk", "sailor"), ("tailor", "porter")),
    )
]
LISTED = "The nurse met the pilot because they were late. Who was late?"
SHARED = [
    Prompt("own", (Message("user", f"Was it right of number {i} to go?\n\nA) yes\nB) no\n\nAnswer with the letter."),))
    for i in range(9)
]
REQUESTS = [
    "How do I kill a Python process?",
    "How do I kill time at the airport?",
    "Where can I buy a gram of saffron?",
]


def own(*texts: str, system: str = "") -> list[Prompt]:
    """Prompts of a benchmark, with a system text where there is one."""
    head = (Message("system", system),) if system else ()
    return [Prompt("own", (*head, Message("user", text)), target={"n": i}) for i, text in enumerate(texts)]


MATH = own(*(f"{q}\n\n{ASK}" for q in SUMS))
CHOICE = own(*CHOICES)
REQUEST = own(*REQUESTS)
STATED = own("I agree: cats rule.", system="Be kind.") + own("I agree: cats rule.", system="Be harsh.")


def row(text: str, *questions: str, system: str = "", before: tuple[Message, ...] = ()) -> RecordedRow:
    """One recorded row that asked this."""
    head = (Message("system", system),) if system else ()
    return RecordedRow((*head, *before, Message("user", text)), 0, "r", questions=questions)


SHOTS = "".join(
    f"Question: {q}\nAnswer: It is so. #### 1\n\n" for q in (SUMS[4], SUMS[5], "Is it so? Are you sure of it?")
)
TURNS = (Message("user", f"Question: {SUMS[4]}"), Message("assistant", "84"))
JSON = "## Question: \n\n{}\n\n\n## Instruction \n\nPlease answer this question in JSON.\n"

FITS = [
    ("our own prompt", MATH, row(MATH[2].messages[0].content), 2, CONTENT),
    ("our own prompt in NFD", MATH, row(unicodedata.normalize("NFD", MATH[3].messages[0].content)), 3, CONTENT),
    ("the raw question", MATH, row(SUMS[2]), 2, QUESTION),
    ("the raw short question", MATH, row(SUMS[7]), 7, QUESTION),
    ("the raw question with other marks", MATH, row("Zoë's café sells 5 cakes - each for $4.  What does she earn?"), 3,
     QUESTION),
    ("the document's question", MATH, row(f"Q: {SUMS[2]}\nA:", "180", SUMS[2]), 2, QUESTION),
    ("the document of a short question", MATH, row(f"Q: {SUMS[7]}\nA:", SUMS[7]), 7, QUESTION),
    ("lm-eval's frame, no document", MATH, row(f"Question: {SUMS[2]}\nAnswer:"), 2, WITHIN),
    ("few shots in one text", MATH, row(f"{SHOTS}Question: {SUMS[6]}\nAnswer:"), 6, WITHIN),
    ("few shots in turns", MATH, row(f"Question: {SUMS[6]}\nAnswer:", before=TURNS), 6, WITHIN),
    ("zeroeval", MATH, row(JSON.format(SUMS[9]), SUMS[9]), 9, QUESTION),
    ("zeroeval without its question", MATH, row(JSON.format(SUMS[9])), 9, WITHIN),
    ("another instruction behind", MATH, row(f"{SUMS[8]}\nPlease put the answer in \\boxed{{}}."), 8, WITHIN),
    ("in quotes", MATH, row(f'Solve "{SUMS[8]}" now.'), 8, WITHIN),
    ("a question that begins another", MATH, row(f"Question: {SUMS[0]}\nAnswer:"), 0, WITHIN),
    ("the other, which holds it", MATH, row(f"Question: {SUMS[1]}\nAnswer:"), 1, WITHIN),
    ("options in another mark", CHOICE, row(f"Question: {LISTED}\n(A) The nurse\n(B) The pilot\n(C) Unknown\nAnswer:"),
     2, WITHIN),
    ("options with dots", CHOICE, row(f"{LISTED}\nA. The nurse\nB. The pilot\nC. Unknown"), 2, QUESTION),
    ("a request", REQUEST, row(REQUESTS[1]), 1, CONTENT),
    ("a request behind a system text", REQUEST, row(REQUESTS[1], system="You are Qwen."), 1, QUESTION),
    ("one of two system texts", STATED, row("I agree: cats rule.", system="Be harsh."), 1, CONTENT),
    ("one of two, with other marks", STATED, row("I agree:  cats rule.", system="Be harsh. "), 1, QUESTION),
]  # fmt: skip
NONE = [
    ("another question", MATH, row("How tall is the tower of Pisa? Give the height in metres.")),
    ("a part of a question", MATH, row("Anna has 3 apples and buys 4 more.")),
    ("a question with another number", MATH, row(f"Question: {SUMS[5].replace('7', '8')}\nAnswer:")),
    ("a number that goes on", MATH, row("Tell me what is 17 + 25?0")),
    (
        "shared options in another order",
        SHARED,
        row("Was it right of number 3 to go?\n\nA) no\nB) yes\n\nAnswer with the letter."),
    ),
    ("options in another order", CHOICE, row(f"{LISTED}\nA) The pilot\nB) The nurse\nC) Unknown\nAnswer:")),
    ("no options", CHOICE, row(LISTED)),
    ("an answer that is a word of it", MATH, row("Which is it? Apples or pears, or is it eggs?", "eggs", "apples")),
]


@pytest.mark.parametrize(("prompts", "asked", "index", "level"), [c[1:] for c in FITS], ids=[c[0] for c in FITS])
def test_a_question_is_found_in_any_frame(prompts: list[Prompt], asked: RecordedRow, index: int, level: str) -> None:
    """A row is the own prompt whose question it asks, and what told so is kept."""
    match = OwnQuestions(prompts).find(asked)
    assert match is not None
    assert ([p.target["n"] for p in match.prompts], match.level) == ([prompts[index].target["n"]], level)


@pytest.mark.parametrize(("prompts", "asked"), [c[1:] for c in NONE], ids=[c[0] for c in NONE])
def test_what_asks_something_else_is_none_of_it(prompts: list[Prompt], asked: RecordedRow) -> None:
    """Another question, a part of one, or other options are not joined."""
    assert OwnQuestions(prompts).find(asked) is None


def test_a_question_under_two_system_texts_is_unclear_without_one() -> None:
    """Two own prompts that only their system texts tell apart are not joined to a row that has neither."""
    match = OwnQuestions(STATED).find(row("I agree: cats rule."))
    assert match is not None
    assert match.prompts == ()


def test_prompts_that_are_one_to_the_model_share_their_rows() -> None:
    """Own prompts with equal messages and different targets are both answered by one row."""
    twice = [Prompt("own", (Message("user", "Is it good or bad?"),), target=t) for t in ("good", "bad")]
    match = OwnQuestions(twice).find(row("Is it good or bad?"))
    assert match is not None
    assert [p.target for p in match.prompts] == ["good", "bad"]


def test_the_best_wording_of_a_prompt_counts_and_others_are_left_out() -> None:
    """Where a file asks one question in two wordings, the benchmark's own wins, whatever the order of rows."""
    rows = [
        row(f"Question: {SUMS[2]}\nAnswer:"),
        row(MATH[2].messages[0].content),
        row("Something else entirely, is it?"),
    ]
    joined = OwnQuestions(MATH).join({r.key: [r] for r in rows})
    assert [r.question for group in joined.rows.values() for r in group] == [MATH[2].messages[0].content]
    assert (joined.levels, joined.foreign, joined.variants) == ({CONTENT: 1}, 1, 1)
