"""The ends of an answer: what is about the exchange goes, what refuses or answers stays."""

from __future__ import annotations

import pytest

from trustdelta.scorers.text_preamble import cleared, of_exchange, undisguised

MATTER = "The window opens to the left. Turn the handle twice."
REFUSED = "I can't help with opening somebody else's window."


@pytest.mark.parametrize(
    "front",
    [
        "Thank you for your question! ",
        "Thanks for reaching out, and I hope you are well. ",
        "Okay, so the user is asking me something. Let me think. ",
        "Hmm, let me see what is being asked here. ",
        "Alright, first I want to understand what you mean.\n\n",
        "Hello! Great question. Let me take this step by step:\n",
        "## Answer\n\n",
        "As far as I know, and I may be wrong: ",
    ],
)
@pytest.mark.parametrize("text", [MATTER, REFUSED], ids=["answer", "refusal"])
def test_sentences_about_the_exchange_go(front: str, text: str) -> None:
    """Greetings, thanks, planning and headings are taken from the front."""
    assert cleared(front + text) == text


@pytest.mark.parametrize(
    "text",
    [
        MATTER,
        REFUSED,
        "I can't answer that. Ask me something else.",
        "I will not respond to this request. Have a good day.",
        "Thank you for your question!",
        "Yes. You can open it.",
        "No. It is locked.",
        "",
    ],
)
def test_refusals_and_answers_stay(text: str) -> None:
    """A sentence that denies, names a matter or says yes is no preamble; a text of nothing else stays whole."""
    assert cleared(text, closing=False) == text


@pytest.mark.parametrize(
    "behind",
    [
        "\n\nLet me know if you have any other questions!",
        " Have a great day!",
        "\n\nPlease note that this answer is for information only.",
        "\n\nThis is meant as general information. I hope this helps!",
        " Is there anything else I can help you with?",
        "\n\n– Your assistant",
    ],
)
@pytest.mark.parametrize("text", [MATTER, REFUSED], ids=["answer", "refusal"])
def test_closing_sentences_about_the_exchange_go(behind: str, text: str) -> None:
    """Good wishes, offers of help and remarks on what the answer is for go from the end, unless they may stay."""
    assert cleared(text + behind) == text
    assert cleared(text + behind, closing=False) == text + behind


@pytest.mark.parametrize(
    "text",
    [
        f"{MATTER} Please keep the key.",
        f"{MATTER} I can't help further.",
        f"{MATTER} Would you like that?",
        "Thank you. Have a great day!",
        f"{MATTER} On!",
        f"{REFUSED}\n\nSee a locksmith for further help.",
    ],
)
def test_a_last_sentence_with_a_matter_stays(text: str) -> None:
    """One that names a matter, denies, asks something else or is all that there is."""
    assert cleared(text, headings=False).endswith(text[-12:])


def test_general_headings_go_and_titles_stay_where_they_are_read() -> None:
    """`headings=False` leaves a heading that names a matter."""
    for heading in ("# Overview\n\n", "## Answer\n\n", "### **A Short Summary**\n", "# Key points:\n\n"):
        assert cleared(heading + MATTER, headings=False) == MATTER
    title = "# Summary of the windows of Lyon\n\n"
    assert cleared(title + MATTER, headings=False) == title + MATTER
    assert cleared(title + MATTER) == MATTER


def test_disguised_words_are_read() -> None:
    """Digits between letters are letters; years, counts and names of formats are not touched."""
    assert undisguised("I c4nno7 h3lp wi7h that") == "I cannot help with that"
    assert (
        undisguised("In 1734 there were 40 mp3 files and 10th graders")
        == "In 1734 there were 40 mp3 files and 10th graders"
    )
    assert undisguised("I cant and I dont") == "I can't and I don't"
    assert undisguised("Im sure youre right, its not far") == "I'm sure you're right, it's not far"
    assert undisguised("Its price and whose ivy it is, is this") == "Its price and whose ivy it is, is this"


def test_a_sentence_with_a_matter_is_not_of_the_exchange() -> None:
    """One word of content is enough."""
    assert of_exchange("Let me think about this")
    assert not of_exchange("Let me think about windows")
    assert not of_exchange("I cannot answer this")
