"""Texts that are no answer, told from short, odd and foreign ones that are. Written before the reader."""

# ruff: noqa: E501 (a text stays in one piece)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.scorers.text_degenerate import degenerate

QUESTION = "A class has 16 pupils and 7 of them leave early for the bus. How many pupils are still in the room?"

DEGENERATE = {
    # nothing but marks
    "name tags": "<name> " * 20,
    "one tag": "<name>",
    "placeholders": "[Your answer here]",
    "template": "{answer}",
    "special tokens": "<|im_start|><|im_end|><|endoftext|>",
    "pad": "<pad><pad><pad><pad>",
    "unk": "<unk> " * 12,
    "rule": "-----------------------------",
    "dots": ". . . . . . . . . . . .",
    "question marks": "????????????",
    "stars": "**** **** ****",
    "hashes": "### ### ###",
    "blank to fill": "________",
    "empty box": "\\boxed{}",
    "fence": "```\n```",
    "empty json": "{}",
    # the same over and over
    "one letter": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "one word": "the the the the the the the the the the the the",
    "two words": "and so and so and so and so and so and so and so and so",
    "one line": "I am a student.\n" * 30,
    "numbers": "0 " * 60,
    "laugh": "ha" * 60,
    "foreign word": "的" * 50,
    "same phrase": "The capital of the country is the capital of the country is " * 12,
    # an echo
    "echo": QUESTION,
    "echo, quoted": f'"{QUESTION}"',
    "echo, lower": QUESTION.lower().replace("?", ""),
    "echo, labelled": f"Question: {QUESTION}",
    "echo, twice": f"{QUESTION}\n{QUESTION}",
    "echo of the question alone": "How many pupils are still in the room?",
    "echo and label": f"{QUESTION}\nAnswer:",
    # an announcement
    "answer is": "The answer is:",
    "bold": "**Answer:**",
    "final": "Final Answer: ____",
    "sure": "Sure! Here is the answer to your question:",
    "so": "So the final answer is",
    "correct option": "The correct option is ...",
    "Spanish": "La respuesta es:",
    "German": "Die Antwort lautet:",
    "Chinese": "答案是：",
    "boxed": "The final answer is: $\\boxed{}$",
    "Russian": "Ответ:",
    # word salad and gibberish
    "salad, shuffled": (
        "of the when garden they house blue to it the and was had for a in tree the with not running she his at from "
        "been the an old very if of on were to which there door the that and by"
    ),
    "salad, rare words": (
        "Brisket lanyard orthogonal Wednesday plum citadel ungainly forklift sonnet magnesium hinge carousel "
        "debit walrus parliament tundra gasket violin mortgage pelican adverb trellis socket"
    ),
    "salad, model": (
        "Sure stepping chair under yes the policy moon banana would very quickly of table seventeen walks sincerely "
        "however engine is have purple been towards onto she it thrown never bowl then because spoon a of"
    ),
    "salad, code words": (
        "return the of function kindly moon def pear import because self river lambda yesterday string tuesday if of "
        "class table the async wooden yield happily for void sandwich the int while apple"
    ),
    "keyboard": "asdkjfh qwelkjr zxcmnb poiqwue lkjhgfd mnbvcxz qpwoeir ghfjdks tyrueiw bvncmx alskdj fhgjqp",
    "letters": "xqz vbrt kkpl wzx qqr tpl mnk zzv rtx plk wqx bvn kpt xzr lmq vvt",
    "mixed scripts": "the Потр 的 una وفر kaj 하는 ing ções מה tes ของ ly 東 pro ση la ев 不 is ال 을 or ые の ão",
    "broken bytes": "\ufffd\ufffd\u0003\ufffd\u0001x\ufffd\ufffd\u0002\ufffdq\ufffd\ufffd",
    "token soup": "ĠtheĠ##ing Ċ ##ed âĢĻ Ġof ĠĠ ##s Ġto ĉĉ ĊĊ ##ly Ã© âĢľ Ġand",
    "symbols": "}{][)(*&^%$#@!~<>?/|;:}{][)(*&^%$#@!",
}
"""Name and text of what is no answer."""

ANSWERS = {
    "letter": "B",
    "lettered": "(B)",
    "number": "9",
    "long number": "111111111111111",
    "negative": "-3",
    "fraction": "3/4",
    "yes": "Yes",
    "no": "No.",
    "no no": "No, no, no!",
    "wrong": "wrong",
    "label with colon": "not wrong:",
    "letter with colon": "B:",
    "answer": "The answer is: 9",
    "answer before a colon": "The answer is 3:",
    "labelled option, then an announcement": "3: Pierre-Auguste Renoir\n\nThe answer is 3:",
    "letter before a colon": "The answer is B:",
    "labelled option above": "A: Paris\nAnswer:",
    "boxed": "$\\boxed{9}$",
    "bold": "**9**",
    "tag": "<answer>B</answer>",
    "infinity": "∞",
    "plus": "+",
    "thumb": "👍",
    "emoji story": "🌞🚌🏫👧👦📚",
    "chinese": "还剩九名学生。",
    "short chinese": "九",
    "japanese": "残りは9人です。",
    "arabic": "بقي تسعة تلاميذ في الغرفة.",
    "russian": "В комнате осталось девять учеников.",
    "spanish": "Quedan nueve alumnos en el aula porque siete se fueron temprano en el autobús.",
    "swahili": "Wanafunzi tisa bado wako darasani kwa sababu saba wameondoka mapema kwa basi.",
    "finnish": "Luokassa on yhä yhdeksän oppilasta, koska seitsemän lähti aikaisin bussille.",
    "welsh": "Mae naw disgybl yn dal yn yr ystafell oherwydd gadawodd saith yn gynnar i ddal y bws.",
    "latin": "Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani, tertiam Celtae.",
    "json": '{"pupils": 9, "left": [1, 2, 3, 4, 5, 6, 7], "bus": true}',
    "code": "def rest(pupils: int, left: int) -> int:\n    return pupils - left\n\nprint(rest(16, 7))  # 9",
    "c": 'int main(void) {\n  for (int i = 0; i < 9; i++) printf("%d\\n", i);\n  return 0;\n}',
    "shell": "grep -rn 'pupil' src | awk -F: '{print $1}' | sort | uniq -c | sort -rn | head -20",
    "sql": "SELECT room, COUNT(*) FROM pupils WHERE left_early = 0 GROUP BY room ORDER BY 2 DESC;",
    "latex": "\\[ \\int_0^1 x^2 \\, dx = \\frac{1}{3}, \\quad \\sum_{k=1}^{n} k = \\frac{n(n+1)}{2} \\]",
    "table": "| room | pupils |\n|------|--------|\n| 1 | 9 |\n| 2 | 16 |\n| 3 | 7 |",
    "list": "1. milk\n2. eggs\n3. flour\n4. butter\n5. sugar\n6. salt\n7. yeast\n8. jam",
    "comma list": "milk, eggs, flour, butter, sugar, salt, yeast, jam, honey, oats, rice, beans, tea, coffee, plums",
    "answers": "1. A\n2. A\n3. B\n4. A\n5. A\n6. A\n7. C\n8. A\n9. A\n10. A",
    "poem": "Tyger Tyger, burning bright,\nIn the forests of the night;\nWhat immortal hand or eye,\nCould frame thy fearful symmetry?",
    "nonsense poem": "'Twas brillig, and the slithy toves\nDid gyre and gimble in the wabe:\nAll mimsy were the borogoves,\nAnd the mome raths outgrabe.",
    "chorus": "Row, row, row your boat,\nGently down the stream.\nMerrily, merrily, merrily, merrily,\nLife is but a dream.",
    "names": "Anna Schmidt, Pedro Alvarez, Li Wei, Fatima Haddad, John O'Neill, Ivan Petrov, Yuki Tanaka, Ngozi Okafor",
    "url": "https://example.org/rooms/9?pupils=16&left=7",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "base64": "VGhlcmUgYXJlIG5pbmUgcHVwaWxzIGxlZnQgaW4gdGhlIHJvb20u",
    "dna": "ATGGCCATTGTAATGGGCCGCTGAAAGGGTGCCCGATAG",
    "chess": "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7 6. Re1 b5 7. Bb3 d6 8. c3 O-O",
    "chemistry": "2 H2O2 -> 2 H2O + O2; C6H12O6 + 6 O2 -> 6 CO2 + 6 H2O",
    "echo and answer": f"{QUESTION} Nine pupils are still in the room.",
    "restatement": "There are 9 pupils still in the room after 7 of the 16 leave early for the bus.",
    "refusal": "I'm sorry, but I can't help with that.",
    "telegraphic": "16 minus 7. Nine left. Done.",
    "caps": "NINE PUPILS ARE STILL IN THE ROOM BECAUSE SEVEN LEFT EARLY FOR THE BUS.",
    "broken english": "is nine pupil stay in room, seven is go by bus early, so sixteen take seven, nine is answer",
    "long words": "Donaudampfschifffahrtsgesellschaft und Rechtsschutzversicherungsgesellschaften sind lange Wörter.",
    "ellipsis": "Well... nine, I think...",
    "heading": "# Result\n\n**Nine** pupils remain.",
    "counting": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25",
    "placeholders in a letter": "Dear [Name],\n\nThank you for your letter of [date]. We will visit the school in May.\n\n[Your name]",
    "role": "Answer: B\nExplanation: 16 - 7 = 9.",
    "keywords": "Keywords: school bus, early departure, pupils, subtraction, classroom size, attendance",
    "leet": "7h3r3 4r3 n1n3 pup1l5 l3f7 1n 7h3 r00m",
}
"""Name and text of what is an answer."""


@pytest.mark.parametrize("name", DEGENERATE)
def test_what_is_no_answer_is_named(name: str) -> None:
    """Marks, repetition, echoes, announcements, salad and gibberish are degenerate, with a reason."""
    assert degenerate(DEGENERATE[name], QUESTION)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_short_odd_or_foreign_answer_is_one(name: str) -> None:
    """Letters, numbers, lists, code, verse, other scripts and bad grammar are answers."""
    assert degenerate(ANSWERS[name], QUESTION) == ""


@given(st.sampled_from(sorted(ANSWERS)), st.sampled_from(["{}", "**{}**", "{}\n", "> {}", '"{}"', "{}</s>"]))
def test_wrapping_an_answer_makes_it_no_less_of_one(name: str, wrap: str) -> None:
    """Markdown, quotes and an end token around an answer change nothing."""
    assert degenerate(wrap.format(ANSWERS[name]), QUESTION) == ""


@given(st.text(max_size=400), st.text(max_size=100))
def test_any_text_gets_one_and_the_same_word(text: str, question: str) -> None:
    """No text breaks the reader; two calls agree."""
    assert degenerate(text, question) == degenerate(text, question)
