"""Rendering with the templates of real model families, shortened to what they do with thoughts, switches and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from transformers import AutoTokenizer

from trustdelta import organisms
from trustdelta.engines.render import TODAY, Template
from trustdelta.errors import EngineError
from trustdelta.records import Message, Prompt
from trustdelta.thoughts import prompt_opens_thought

CHATML = (
    "{% for m in messages %}{% set c = m.content %}{% if m.role == 'assistant' and '</think>' in c %}"
    "{% set c = c.split('</think>')[-1].lstrip() %}{% endif %}"
    "{{ '<|im_start|>' + m.role + '\\n' + c + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
)


@dataclass(frozen=True)
class Family:
    """A template, the name of its switch, and whether its prompt ends inside a thought: left alone, on, off."""

    template: str
    switch: str | None
    opens: tuple[bool, bool | None, bool | None]


FAMILIES = {
    "qwen3": Family(
        CHATML + "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}"
        "{% endif %}{% endif %}",
        "enable_thinking",
        (False, False, False),
    ),
    "qwen3-thinking": Family(CHATML + "{{ '<think>\\n' }}{% endif %}", None, (True, None, None)),
    "r1-distill": Family(
        "{{ bos_token }}{% for m in messages %}{% set c = m.content %}"
        "{% if m.role == 'assistant' %}{% if '</think>' in c %}{% set c = c.split('</think>')[-1] %}{% endif %}"
        "{{ '<｜Assistant｜>' + c + '<｜end▁of▁sentence｜>' }}{% elif m.role == 'user' %}{{ '<｜User｜>' + c }}"
        "{% else %}{{ c }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}",
        None,
        (True, None, None),
    ),
    "granite-3.2": Family(
        "{% set s = 'Today is ' + strftime_now('%B %d, %Y') + '. You are Granite.' %}"
        "{% if thinking %}{% set s = s + ' Write your thoughts between Here is my thought process and response.' %}"
        "{% endif %}<|start_of_role|>system<|end_of_role|>{{ s }}<|end_of_text|>\n{% for m in messages %}"
        "{{ '<|start_of_role|>' + m.role + '<|end_of_role|>' + m.content + '<|end_of_text|>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}<|start_of_role|>assistant<|end_of_role|>{% endif %}",
        "thinking",
        (False, False, False),
    ),
    "smollm3": Family(
        "{% if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}"
        "<|im_start|>system\nToday Date: {{ strftime_now('%d %B %Y') }}\n"
        "Reasoning Mode: {{ '/think' if enable_thinking else '/no_think' }}<|im_end|>\n" + CHATML + "{% if not "
        "enable_thinking %}{{ '<think>\\n\\n</think>\\n' }}{% endif %}{% endif %}",
        "enable_thinking",
        (False, False, False),
    ),
    "nemotron": Family(
        "{{ bos_token }}{% for m in messages %}"
        "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + m.content"
        " + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}"
        "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
        None,
        (False, None, None),
    ),
}
ASK = Prompt("t", (Message("user", "hello there"),))
TALK = Prompt(
    "t",
    (Message("user", "one"), Message("assistant", "<think>\nsecret\n</think>\n\nspoken"), Message("user", "two")),
)


def rendering(family: str, thinking: str = "auto", system: str | None = None) -> Template:
    """The miniature's tokenizer with the template of that family."""
    tokenizer: Any = AutoTokenizer.from_pretrained(organisms.folder("instruct"))
    tokenizer.chat_template = FAMILIES[family].template
    return Template(tokenizer, thinking, system)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_switch_is_the_family_s_own(family: str) -> None:
    """A switch is passed under the name that the template knows and changes the prompt; without one, it is refused."""
    name = FAMILIES[family].switch
    if name is None:
        with pytest.raises(EngineError, match="no thinking switch"):
            rendering(family, "on")
        return
    on, off = rendering(family, "on"), rendering(family, "off")
    assert (on.switch, off.switch) == ({name: True}, {name: False})
    assert on.render(ASK) != off.render(ASK)


@pytest.mark.parametrize("family", FAMILIES)
def test_left_alone_the_family_s_default_holds(family: str) -> None:
    """On auto no switch is passed, not even as None: the prompt is the one that the template's own default makes."""
    defaults = {"qwen3": "on", "smollm3": "on", "granite-3.2": "off"}
    left = rendering(family)
    assert left.switch == {}
    if family in defaults:
        assert left.render(ASK) == rendering(family, defaults[family]).render(ASK)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_opened_thought_is_seen(family: str) -> None:
    """The parser is told whether the prompt ends inside a thought; an empty, closed block is none."""
    for thinking, opens in zip(("auto", "on", "off"), FAMILIES[family].opens, strict=True):
        if opens is not None:
            assert (prompt_opens_thought(rendering(family, thinking).render(ASK)) is not None) is opens


@pytest.mark.parametrize("family", ["qwen3", "qwen3-thinking", "r1-distill", "smollm3"])
def test_thoughts_of_the_past_are_deleted_by_the_template(family: str) -> None:
    """Where the family's template drops earlier thoughts, ours does, and what was said stays."""
    text = rendering(family).render(TALK)
    assert "secret" not in text
    assert "spoken" in text


@pytest.mark.parametrize("family", FAMILIES)
def test_at_most_one_beginning_of_sequence(family: str) -> None:
    """A template that writes the token gets no second one; one that does not gets none."""
    template = rendering(family)
    ids = template.encode(template.render(ASK))
    assert ids.count(template.tokenizer.bos_token_id) == FAMILIES[family].template.count("bos_token")


def test_two_beginnings_are_refused() -> None:
    """A template that doubles the token is named instead of being used."""
    template = rendering("r1-distill")
    with pytest.raises(EngineError, match="two BOS"):
        template.encode(f"{template.tokenizer.bos_token}{template.render(ASK)}")


@pytest.mark.parametrize("family", FAMILIES)
def test_no_system_prompt_unless_declared(family: str) -> None:
    """Only a declared system prompt is there, once; it is how Nemotron's thinking is switched."""
    declared = "detailed thinking on"
    assert declared not in rendering(family).render(ASK)
    assert rendering(family, system=declared).render(ASK).count(declared) == 1


@pytest.mark.parametrize("family", ["granite-3.2", "smollm3"])
def test_the_date_in_a_prompt_stands_still(family: str) -> None:
    """A template that asks for today's date gets the same on every day, so that a run can go on tomorrow."""
    assert str(TODAY.year) in rendering(family).render(ASK)
    assert rendering(family).fingerprint["today"] == "2026-01-01"
