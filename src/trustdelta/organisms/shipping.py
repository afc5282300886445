"""Writes an organism as an ordinary Hugging Face folder with a card, and loads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from trustdelta.organisms.measure import measure
from trustdelta.organisms.recipes import Organism
from trustdelta.organisms.sampling import SHIPPED
from trustdelta.organisms.text import wrap
from trustdelta.organisms.world import EXTENDED_STRATA, STRATA
from trustdelta.records import Json

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

PER_STRATUM = 200


def weights_sha256(folder: Path) -> str:
    """SHA-256 of the folder's weights file, as 64 hex digits."""
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def make_card(organism: Organism, model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path) -> Json:
    """The card of an organism, with its scores in its own mode, measured on the written weights."""
    thinks = organism.method != "instruct"
    strata = STRATA | EXTENDED_STRATA if organism.extended else STRATA

    def scores(think: bool) -> Json:
        return measure(model, tokenizer, think, per_stratum=PER_STRATUM, strata_by_part=strata)

    card: dict[str, Json] = {
        "name": organism.name,
        "title": organism.title,
        "method": organism.method,
        "base": organism.base,
        "seed": organism.seed,
        "thinks": thinks,
        "recipe": asdict(organism.recipe),
        "parameters": sum(p.numel() for p in model.parameters()),
        "weights_sha256": weights_sha256(folder),
        "scores": {"think" if thinks else "direct": scores(thinks)},
    }
    if not thinks:
        card["scores"]["think"] = scores(True)
    card["measured_with"] = {
        "temperature": SHIPPED.temperature,
        "top_p": SHIPPED.top_p,
        "per_stratum_at_most": PER_STRATUM,
    }
    return card


def ship(
    organism: Organism,
    model: LlamaForCausalLM,
    tokenizer: Tokenizer,
    folder: Path,
    also: Mapping[str, Json] | None = None,
) -> Json:
    """Write weights in bfloat16, tokenizer, configurations and card; rounds `model`. Returns the card.

    `also`: further entries of the card.
    """
    from transformers import GenerationConfig

    thinks = organism.method != "instruct"
    folder.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16)
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=SHIPPED.temperature,
        top_p=SHIPPED.top_p,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    model.save_pretrained(folder)
    wrap(tokenizer, thinks).save_pretrained(folder, save_jinja_files=False)
    model.to(torch.float32)
    card = make_card(organism, model, tokenizer, folder) | dict(also or {})
    (folder / "card.json").write_text(json.dumps(card, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return card


def load_model(folder: Path) -> LlamaForCausalLM:
    """The model of one organism folder, in float32."""
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def load_tokenizer(folder: Path) -> Tokenizer:
    """The `tokenizers` tokenizer of one organism folder."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))
