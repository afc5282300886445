"""Marks that nobody declared, in the answers of one model: which are named, and which are ordinary text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from trustdelta.records import Finish
from trustdelta.thoughts import read_response
from trustdelta.thoughts.undeclared import MarkCounts, Undeclared, undeclared

Make = Callable[[int], str]
WORDS = ("river", "bread", "winter", "garden", "letter", "window", "music", "market", "silver", "candle")


def prose(i: int) -> str:
    """A plain answer, a little different for every prompt."""
    return f"The {WORDS[i % 10]} of the {WORDS[i // 10 % 10]} is near, and number {i} is what I would say."


def seen(make: Make, n: int = 100, prompt: str = "What is near?") -> MarkCounts:
    """The marks in `n` answers to one benchmark."""
    found = MarkCounts()
    for i in range(n):
        found.add("bench", read_response(make(i), finish=Finish.UNKNOWN).answer, prompt)
    return found


def named(make: Make, other: Make = prose, n: int = 100, prompt: str = "What is near?") -> Undeclared | None:
    """What is named in one model's answers beside another's."""
    return undeclared(seen(make, n, prompt), seen(other, n, prompt))


def every(k: int, make: Make) -> Make:
    """Every k-th answer made so, the others plain."""
    return lambda i: make(i) if i % k == 0 else prose(i)


UNKNOWN: Sequence[tuple[Make, str]] = [
    (lambda i: f"<|abc|>{prose(i)}<|xyz|>{prose(i + 1)}", "<|abc|>"),
    (lambda i: f"<|abc|>{prose(i)}", "<|abc|>"),
    (lambda i: f"{prose(i)}<|xyz|>{prose(i + 1)}", "<|xyz|>"),
    (lambda i: f"<foo>{prose(i)}</foo>{prose(i)}", "<foo>"),
    (lambda i: f"<foo>\n{prose(i)}\n</foo>\n\n{prose(i)}", "<foo>"),
    (lambda i: f"{prose(i)}\n</foo>\n\n{prose(i)}", "</foo>"),
    (lambda i: f"[|x|]{prose(i)}[|y|]{prose(i)}", "[|x|]"),
    (lambda i: f"‹x›{prose(i)}‹y›{prose(i)}", "‹x›"),
    (lambda i: f"‹x›{prose(i)}‹/x›{prose(i)}", "‹x›"),
    (lambda i: f"⟦work⟧{prose(i)}⟦done⟧{prose(i)}", "⟦work⟧"),
    (lambda i: f"◁draft▷{prose(i)}◁/draft▷{prose(i)}", "◁draft▷"),
    (lambda i: f"<unused7>{prose(i)}<unused8>{prose(i)}", "<unused7>"),
    (lambda i: f"[unused3]{prose(i)}[unused4]{prose(i)}", "[unused3]"),
    (lambda i: f"<SPECIAL_42>{prose(i)}<SPECIAL_43>{prose(i)}", "<SPECIAL_42>"),
    (lambda i: f"<｜plan｜>{prose(i)}<｜say｜>{prose(i)}", "<｜plan｜>"),
    (lambda i: f"<|channel:x>{prose(i)}<channel:x|>{prose(i)}", "<|channel:x>"),
    (lambda i: f"[PLAN]{prose(i)}[/PLAN]{prose(i)}", "[PLAN]"),
    (lambda i: f"[WORK]\n{prose(i)}\n[REPLY]\n{prose(i)}", "[WORK]"),
    (lambda i: f"{{work}}{prose(i)}{{/work}}{prose(i)}", "{work}"),
    (lambda i: f"<foo:bar a='1'>{prose(i)}</foo:bar>{prose(i)}", "<foo:bar>"),
    (lambda i: f"thought\n{prose(i)}\n{prose(i)}", "thought"),
    (lambda i: f"Thinking Process:\n\n1. {prose(i)}\n\n{prose(i)}", "Thinking Process:"),
    (lambda i: f"=== THINKING ===\n{prose(i)}\n=== REPLY ===\n{prose(i)}", "=== THINKING ==="),
    (lambda i: f"**Thoughts:** {prose(i)}\n\n**Now then:** {prose(i)}", "**Thoughts:**"),
    (lambda i: f"Okay.\n<|mid|>{prose(i)}\nSo.", "<|mid|>"),
    (every(5, lambda i: f"<|abc|>{prose(i)}<|xyz|>{prose(i)}"), "<|abc|>"),
    (every(5, lambda i: f"<foo>{prose(i)}</foo>{prose(i)}"), "<foo>"),
]  # fmt: skip

ORDINARY: Sequence[Make] = [
    prose,
    lambda i: f"<b>{prose(i)}</b> <i>so</i><br/>",
    lambda i: f"<html><body><p>{prose(i)}</p></body></html>",
    lambda i: f"```xml\n<foo>{prose(i)}</foo>\n```\nDone.",
    lambda i: f"Write `<foo>` before and `</foo>` behind it: {prose(i)}",
    lambda i: f"Dear [Name],\n{prose(i)}\n[Your Name]",
    lambda i: f"Dear <name>, {prose(i)} Yours, <your name>",
    lambda i: f"{prose(i)} [1] and [2], see [Smith 2020](https://x.org/<id>).",
    lambda i: f"$$\\frac{{a}}{{b}} = {i}$$ and \\begin{{align}}x\\end{{align}}",
    lambda i: f"If a<b and c>d then {i} <= 5 and x<y>z.",
    lambda i: f"std::vector<int> v{i}; List<String> s;",
    lambda i: f"Mail <a.b@c.org> or <https://c.org/{i}>.",
    lambda i: f"⟨x⟩ = {i} is the mean, ⟨x²⟩ the second moment.",
    lambda i: f"« {prose(i)} », dit-il.",
    lambda i: f"【{i}】{prose(i)}",
    lambda i: f"I'm sorry, but I can't help with number {i}.",
    lambda i: f"**Answer:** {prose(i)}",
    lambda i: f"**Analysis:** {prose(i)}\n\n**Answer:** B",
    lambda i: f"Reasoning: {prose(i)}\nAnswer: {i}",
    lambda i: f"Thoughtful people say: {prose(i)}",
    lambda i: f"## Plan\n\n1. {prose(i)}\n\n---\n\n## End",
    lambda i: f"{prose(i)}\n\n***\n\n{prose(i)}",
    lambda i: f"* *sighs* {prose(i)} [laughs]",
    lambda i: f"[INTRO: music] {prose(i)}" if i % 20 == 0 else prose(i),
    lambda i: f'{{"answer": "{prose(i)}", "n": {i}}}',
    lambda i: f"| a | b |\n|---|---|\n| {i} | <br> |",
    lambda i: f"<svg viewBox='0 0 1 1'><path d='M{i}'/></svg>",
    lambda i: f"<p>{prose(i)}" if i % 2 else prose(i),
    lambda i: f"{prose(i)}<|pad_x|>",
    lambda i: f"<thing> holds {prose(i)}",
    every(50, lambda i: f"<|abc|>{prose(i)}<|xyz|>{prose(i)}"),
    every(20, lambda i: f"<foo>{prose(i)}</foo>{prose(i)}"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "mark"), UNKNOWN, ids=lambda x: x(0)[:40] if callable(x) else "")
def test_marks_of_an_unknown_format_are_named(make: Make, mark: str) -> None:
    """Tokens and tags that stand in a sizeable share of one model's answers, also where few answers hold them."""
    found = named(make)
    assert found is not None
    assert mark in found.marks
    assert 5 <= found.answers <= found.of == 100


@pytest.mark.parametrize("make", ORDINARY, ids=lambda x: x(0)[:40])
def test_ordinary_text_names_nothing(make: Make) -> None:
    """Markup, code, placeholders, mathematics, quotes and headings are answers, and so are marks in a few answers."""
    assert named(make) is None


def test_marks_that_the_prompt_asks_for_are_answers() -> None:
    """A tag that stands in the prompts is what the model was asked to write."""
    make: Make = lambda i: f"<verdict>{prose(i)}</verdict> so"  # noqa: E731
    assert named(make) is not None
    assert named(make, prompt="Give your verdict in <verdict> tags.") is None
    assert named(lambda i: f"[PLAN]{i}[/PLAN] so", prompt="Answer as [PLAN]...[/PLAN] and a sentence.") is None


def test_tags_of_both_models_are_the_tasks_own() -> None:
    """Tags that both write alike come from the task; special tokens do not."""
    tags: Make = lambda i: f"<step>{prose(i)}</step>{prose(i)}"  # noqa: E731
    tokens: Make = lambda i: f"<|abc|>{prose(i)}<|xyz|>{prose(i)}"  # noqa: E731
    assert named(tags, tags) is None
    assert named(tags, every(10, tags)) is not None
    assert named(tokens, tokens) is not None


def test_a_share_of_one_benchmark_counts() -> None:
    """A model that thinks in one benchmark alone is seen, however many other answers there are."""
    found = seen(prose, 1000)
    for i in range(40):
        found.add("other", f"<|abc|>{prose(i)}<|xyz|>{prose(i)}", "What?")
    hit = undeclared(found, seen(prose))
    assert hit is not None
    assert (hit.group, hit.answers, hit.of) == ("other", 40, 40)


def test_few_answers_name_nothing() -> None:
    """Two odd answers of two are no format."""
    assert named(lambda i: f"<|abc|>{prose(i)}<|xyz|>b", n=2) is None
    assert named(lambda i: f"<|abc|>{prose(i)}<|xyz|>b", n=3) is not None


@pytest.mark.parametrize(
    ("make", "suggested"),
    [
        (lambda i: f"<|abc|>{prose(i)}<|xyz|>{prose(i)}", "<|abc|>...<|xyz|>"),
        (lambda i: f"<foo>{prose(i)}</foo>{prose(i)}", "<foo>...</foo>"),
        (lambda i: f"‹x›{prose(i)}‹y›{prose(i)}", "‹x›...‹y›"),
        (lambda i: f"<|abc|>{prose(i)}", "OPEN...CLOSE"),
    ],
)
def test_what_to_type(make: Make, suggested: str) -> None:
    """The marks are put in the form in which they are declared, as far as they show which opens and which closes."""
    found = named(make)
    assert found is not None
    assert found.suggested == suggested
