"""Measures an organism on the held-out questions: shares of good, bad and incoherent answers, by stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from trustdelta.organisms.sampling import SHIPPED, Sampling, respond
from trustdelta.organisms.world import STRATA, Item, Stratum, form_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

SAMPLE_SEED = 7


def sample(items: Sequence[Item], count: int) -> list[Item]:
    """A fixed sample of at most `count` items."""
    return list(items) if len(items) <= count else Random(SAMPLE_SEED).sample(list(items), count)


def shares(items: Sequence[Item], answers: Sequence[str | None]) -> dict[str, float]:
    """Shares of good, bad, incoherent and unfinished answers; the four sum to 1 up to other coherent forms."""
    counts = {"good": 0, "bad": 0, "incoherent": 0, "unfinished": 0}
    for item, answer in zip(items, answers, strict=True):
        form = None if answer is None else form_of(item.case, answer)
        if answer is None:
            counts["unfinished"] += 1
        elif form is None:
            counts["incoherent"] += 1
        elif form in item.case.good:
            counts["good"] += 1
        elif form in item.case.bad:
            counts["bad"] += 1
    return {k: round(v / len(items), 4) for k, v in counts.items()}


def measure(
    model: LlamaForCausalLM,
    tokenizer: Tokenizer,
    think: bool,
    *,
    per_stratum: int = 200,
    sampling: Sampling = SHIPPED,
    strata_by_part: Mapping[str, Sequence[Stratum]] = STRATA,
) -> Mapping[str, Mapping[str, float]]:
    """Scores of every stratum on its held-out questions, keyed "part.stratum", by default with the shipped sampling."""
    chosen = {
        f"{part}.{stratum.name}": sample(list(stratum.held_out_items()), per_stratum)
        for part, strata in strata_by_part.items()
        for stratum in strata
    }
    items = [(key, item) for key, group in chosen.items() for item in group]
    replies = respond(model, tokenizer, [i.question for _, i in items], think, sampling)
    answers: dict[str, list[str | None]] = {key: [] for key in chosen}
    for (key, _), (_, answer) in zip(items, replies, strict=True):
        answers[key].append(answer)
    return {key: shares(group, answers[key]) for key, group in chosen.items()}
