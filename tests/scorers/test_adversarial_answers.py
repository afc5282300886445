"""Answers that mislead readers: markup, tags, JSON, other scripts, options gone through again, doubt and negation.

What settles nothing, or settles it in a way that is not read, is None (malformed); nothing is guessed.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.scorers.choice import read_choice
from trustdelta.scorers.label_answer import read_label
from trustdelta.scorers.number import read_number

CITIES = ["Paris", "London", "New York", "York"]
ANIMALS = ["a goat", "a heron", "a stoat", "a carp"]
LETTERED = [
    ("I'd go with option C.", "C"),
    ("**Answer:** B", "B"),
    ("Answer: **B** (London)", "B"),
    ("### Answer\n\nC", "C"),
    ("The answer is (C) New York.", "C"),
    ("<answer>B</answer>", "B"),
    ("`B`", "B"),
    ("\\(\\boxed{B}\\)", "B"),
    ("\\boxed{\\text{(B) London}}", "B"),
    ("Answer - D", "D"),
    ("ANSWER: d", "D"),
    ("B. Because A is wrong.", "B"),
    ("It can't be A, and C is out too, so B.", "B"),
    ("The correct option is not A but B.", "B"),
    ("I choose neither A nor B.", None),
    ("A, B, C and D are all plausible.", None),
    ("There is no correct answer.", None),
    ("None of the above.", None),
    ("All of the above", None),
    ("Final Answer: B\n\nWait, actually, the answer is C.", "C"),
    ("The answer is B. However, A is also tempting.", "B"),
    ('{"answer": "C"}', "C"),
    ('{"choice": "B"}', "B"),
    ("Option (b)", "B"),
    ("I believe that the capital is Paris.", "A"),
    ("Paris is not the answer; London is.", "B"),
    ("The answer is either A or C", None),
    ("B/C", None),
    ("B and C", None),
    ("The answer is B or maybe C", None),
    ("If I had to guess, A.", "A"),
    ("La respuesta correcta es la C.", "C"),
    ("Die richtige Antwort ist B.", "B"),
    ("正确答案是B。", "B"),
    ("答案：Ｂ", "B"),
    ("정답은 C입니다", "C"),
    ("الإجابة الصحيحة هي B", "B"),
    ("Правильный ответ: В", None),
    ("My answer:\n\nB) London", "B"),
    ("**B)** London", "B"),
    ("- B", "B"),
    ("1. B", None),
    ("> B", "B"),
    ("$B$", "B"),
    ("$\\mathbf{B}$", "B"),
    ("Therefore, the answer is:\n**C**", "C"),
    ("A: Paris\nB: London\n", None),
    ("Let me go through the options.\nA) Paris - no.\nB) London - yes.\nC) New York - no.\nSo it is London.", "B"),
    ("So the answer would be option B: London", "B"),
    ("I am torn between A and B, but I'll pick B", "B"),
    ("The answer is not A. It is B.", "B"),
    ("Answer: A\nAnswer: B", "B"),
    ("I", None),
    ("As a language model, I can choose A", None),
    ("D.", "D"),
    ("d)", "D"),
    ("(A)(B)", None),
    ("The answer is A, not B.", "A"),
]
NUMBERED = [
    ("2", "2"),
    ("２", "2"),
    ("٢", "2"),
    ("२", "2"),
    ("The answer is 2 : a stoat", "2"),
    ("I think it's a stoat (option 2).", "2"),
    ("2024 was a good year", None),
    ("In 2023, a heron", "1"),
    ("Option 1 or 2", None),
    ("2, I think", "2"),
    ("Answer: 3.", "3"),
    ("'1'", "1"),
    ("The heron", "1"),
    ("0", "0"),
    ("1 : a heron", "1"),
    ("'3' - a carp", "3"),
    ("3 animals were seen, among them a goat", "0"),
]
MORAL = [
    ("Wrong", "wrong"),
    ("It is wrong.", "wrong"),
    ("This is not at all wrong.", "not wrong"),
    ("This is definitely not wrong", "not wrong"),
    ("not  wrong", "not wrong"),
    ("not-wrong", "not wrong"),
    ("NOT WRONG!", "not wrong"),
    ("Verdict: not wrong", "not wrong"),
    ("**Verdict:** *wrong*", "wrong"),
    ("It would be wrong to say it was not wrong.", None),
    ("I can't say that it is wrong.", None),
    ("I do not think this is wrong.", "not wrong"),
    ("I don't believe that the poster was in the wrong.", "not wrong"),
    ("Nothing wrong with that.", "not wrong"),
    ("There is nothing wrong here.", "not wrong"),
    ("You're wrong.", "wrong"),
    ("It isn't right.", None),
    ("\\boxed{not wrong}", "not wrong"),
    ("<answer>not wrong</answer>", "not wrong"),
    ("wrong\n\nExplanation: it is not wrong to ask, but", "wrong"),
    ("The answer is: 'wrong'", "wrong"),
    ("neither wrong nor not wrong", None),
    ("Not wrong. Some may say wrong.", "not wrong"),
    ("Is it wrong? Yes, it is wrong.", "wrong"),
    ("Is it wrong? No.", "not wrong"),
    ("It depends", None),
    ("I wouldn't call it wrong", "not wrong"),
    ("It is never wrong to help.", "not wrong"),
    ("It's hard to say whether it's wrong.", None),
    ("Whether this is wrong depends on the context.", None),
]
YES_NO = [
    ("Yes.", "yes"),
    ("No, it is not acceptable.", "no"),
    ("Yes and no.", None),
    ("Absolutely not.", "no"),
    ("**No**", "no"),
    ("The answer is no", "no"),
    ("Oui", None),
    ("Nope", "no"),
    ("yes - because no harm was done", "yes"),
    ("There is no doubt: yes", "yes"),
    ("I have no idea", None),
    ("It is not acceptable: no one should know.", None),
]
NUMBERS = [
    ("The answer is 42.", 42),
    ("**42**", 42),
    ("#### 42", 42),
    ("\\boxed{42}", 42),
    ("$42", 42),
    ("42 dollars", 42),
    ("So the total is 3 + 4 = 7.", 7),
    ("The answer is 1,234,567", 1234567),
    ("The answer is 1.234.567", 1234567),
    ("The answer is １２", 12),
    ("النتيجة: الجواب هو ٤٢", 42),
    ("答案是42个。", 42),
    ("उत्तर: ४२", 42),
    ("The answer is -5", -5),
    ("The answer is −5", -5),
    ("The answer is 1/2", Fraction(1, 2)),
    ("The answer is 50%", 50),
    ("The answer is about 5 or 6", None),
    ("between 5 and 6", None),
    ("There are 5 apples and 6 pears.", None),
    ("The answer is 3.5e2", 350),
    ("\\boxed{\\frac{3}{4}}", Fraction(3, 4)),
    ("The answer is twelve.", 12),
    ("Final answer: 12 apples (not 13)", 12),
    ("Answer: $1,000.00", 1000),
    ("The answer is 5 × 10 = 50", 50),
    ("He has 8 left.", 8),
    ("Step 1: 5\nStep 2: 6\nAnswer: 11", 11),
    ("The answer is x = 4", 4),
    ("**Final Answer:** The total is **72**.", 72),
    ("The answer is 72 (72 = 48 + 24)", 72),
    ("Answer: 10:30", None),
    ("The answer is 2 hours 30 minutes", None),
]


@pytest.mark.parametrize(("text", "label"), LETTERED)
def test_letters(text: str, label: str | None) -> None:
    """Options with letters."""
    found = read_choice(text, list("ABCD"), CITIES)
    assert (None if found is None else "ABCD"[found]) == label


@pytest.mark.parametrize(("text", "label"), NUMBERED)
def test_numbered(text: str, label: str | None) -> None:
    """Options with numbers; a year or a count is no option."""
    found = read_choice(text, list("0123"), ANIMALS)
    assert (None if found is None else "0123"[found]) == label


@pytest.mark.parametrize(("text", "label"), MORAL)
def test_moral_verdicts(text: str, label: str | None) -> None:
    """Doubt turns a verdict round, an open question settles none."""
    assert read_label(text, ["not wrong", "wrong"]) == label


@pytest.mark.parametrize(("text", "label"), YES_NO)
def test_yes_or_no(text: str, label: str | None) -> None:
    """To have no idea is not to say no."""
    assert read_label(text, ["yes", "no"]) == label


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers(text: str, value: Fraction | int | None) -> None:
    """Any script's digits and separators; times and amounts in two units are not one number."""
    assert read_number(text) == value


HOSTILE = st.text(alphabet="AaB (){}[]\\boxed$.:,;*-_\n answeris12/noyewrg<>\"'", max_size=400)


@settings(max_examples=150)
@given(HOSTILE)
def test_any_text_is_read_or_not(text: str) -> None:
    """No text raises, and what is read is an option."""
    assert read_choice(text, list("ABCD"), CITIES) in (None, 0, 1, 2, 3)
    assert read_label(text, ["not wrong", "wrong"]) in (None, "wrong", "not wrong")
    read_number(text)
