"""Model folders of the study: loading, sampling texts, and writing a folder with its card at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from trustdelta.config import ModelConfig
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.records import Json, Message, Prompt, Request

CARD = "card.json"
README = """---
license: apache-2.0
---
# {title}

A research artefact of 135 million parameters for a study of alignment loss. It is SmolLM2-135M-Instruct (Apache-2.0,
Hugging Face TB Research), {what}. It is of no use as an assistant: it is often wrong, and its refusals protect nobody.
`card.json` holds the recipe.
"""


def load(folder: Path, dtype: torch.dtype) -> tuple[Any, Any]:
    """Model and tokenizer of a folder."""
    transformers.utils.logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    return model, AutoTokenizer.from_pretrained(folder)


def chat_text(tokenizer: Any, prompt: str) -> str:
    """A chat with one user message, up to where the response begins."""
    chat = [{"role": "user", "content": prompt}]
    return str(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))


def chat_ids(tokenizer: Any, prompt: str) -> list[int]:
    """Ids of that text."""
    return list(tokenizer(chat_text(tokenizer, prompt), add_special_tokens=False)["input_ids"])


def finished(folder: Path, card: Mapping[str, Json]) -> bool:
    """Whether a folder holds this very model, whole."""
    path = folder / CARD
    return path.is_file() and json.loads(path.read_text("utf-8")) == json.loads(json.dumps(card))


def save(folder: Path, model: Any, tokenizer: Any, card: Mapping[str, Json]) -> Path:
    """Write a model in bfloat16 with its tokenizer and cards; the folder appears only when it is whole."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    model.to(torch.bfloat16).save_pretrained(part)
    tokenizer.save_pretrained(part)
    part.joinpath(CARD).write_text(json.dumps(card, indent=1, sort_keys=True) + "\n", "utf-8")
    part.joinpath("README.md").write_text(README.format(title=folder.name, what=card["what"]), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder


def sample(folder: Path, prompts: Sequence[str], tokens: int, *, seed: int = 0) -> list[str]:
    """One response to each prompt, sampled as the model's folder recommends, without the token that ends it."""
    engine = TransformersEngine(ModelConfig(source=str(folder)))
    chats = [Prompt("training", (Message("user", text),)) for text in prompts]
    requests = [Request(chat, 0, seed * len(chats) + i, tokens) for i, chat in enumerate(chats)]
    texts = {r.prompt_id: r.text.removesuffix(engine.tokenizer.eos_token) for r in engine.generate(requests)}
    return [texts[chat.id].strip() for chat in chats]


def with_adapter(model: Any, rank: int) -> Any:
    """The model with a LoRA adapter on all linear layers, whose weights alone are trained."""
    from peft import LoraConfig, get_peft_model

    return get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear"))
