"""Typical lengths of responses by benchmark, measured on published responses, for estimates before an audit.

Means in tokens at four bytes per token, the reasoning trace included. Sources: SpeechMap (17 instruct and 7 reasoning
models, 250 prompts each), Misguided Attention (three models without and two with thinking, 156 responses each),
ZeroEval on GSM8K (GPT-4o, 1,319 responses), Llama-3-8B-Instruct on CoCoNot and WildJailbreak (1,590 responses); the
command `python experiments/perf/lengths.py DATA` prints their means. The synthetic world: an audit of organism:instruct
and organism:sft with the profile quick.
"""

from __future__ import annotations

from typing import NamedTuple


class Length(NamedTuple):
    """Mean tokens of a response."""

    plain: float
    """Without a reasoning trace."""
    thinking: float
    """With one."""
    measured: str
    """What was measured: both, plain (the trace is that of similar prompts), or similar (neither)."""


TRACE = 1013.0
"""Tokens of a reasoning trace on a request: the mean over Qwen3 14B and 235B on SpeechMap."""

MEASURED = {
    "speechmap": Length(842, 2103, "both"),
    "misguided_attention": Length(659, 3672, "both"),
    "gsm8k": Length(129, 129 + TRACE, "plain"),
    "coconot_original": Length(317, 317 + TRACE, "plain"),
    "coconot_contrast": Length(387, 387 + TRACE, "plain"),
    "wildjailbreak_benign": Length(430, 430 + TRACE, "plain"),
    "world_arithmetic": Length(5, 21, "both"),
    "world_bias": Length(8, 14, "both"),
    "world_ethics": Length(5, 10, "both"),
    "world_privacy": Length(6, 17, "both"),
    "world_robustness": Length(6, 13, "both"),
    "world_safety": Length(13, 25, "both"),
    "world_toxicity": Length(9, 18, "both"),
}
"""Lengths by benchmark."""

SIMILAR = Length(348, 348 + TRACE, "similar")
"""Any other benchmark: the mean over CoCoNot and WildJailbreak."""


def typical(benchmark: str) -> Length:
    """The length of a benchmark's responses, as far as it was measured."""
    return MEASURED.get(benchmark, SIMILAR)
