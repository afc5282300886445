"""A Llama folder whose next token depends on the last one alone, by probabilities that a test writes down."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import tokenizers
import torch
import transformers

START, END, UNKNOWN = "<go>", "<end>", "<unk>"
LOGIT = 40.0
"""What the logit of an impossible token lies below that of a certain one."""

Script = Mapping[str, Mapping[str, float]]
"""For each piece of text the probabilities of the pieces that follow it."""


def write_scripted(folder: Path, script: Script) -> Path:
    """A model folder that answers any prompt by the script, from START to END; returns the folder."""
    pieces = [UNKNOWN, START, END, *sorted({p for row in script.values() for p in row} - {END})]
    place = {piece: i for i, piece in enumerate(pieces)}
    hidden = 2 * len(pieces)
    config = transformers.LlamaConfig(
        vocab_size=len(pieces), hidden_size=hidden, intermediate_size=4, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1, max_position_embeddings=512, tie_word_embeddings=False,
        bos_token_id=place[START], eos_token_id=place[END], pad_token_id=place[END],
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter in model.model.layers.parameters():
            parameter.zero_()  # attention and feed-forward add nothing: what is read is the last token alone
        model.model.norm.weight.fill_(1.0)
        model.model.embed_tokens.weight.zero_()
        model.lm_head.weight.zero_()
        size = math.sqrt(hidden)  # of a normalised vector with one entry
        for piece, following in script.items():
            model.model.embed_tokens.weight[place[piece], place[piece]] = 1.0
            model.lm_head.weight[:, place[piece]] = -LOGIT / size
            for other, p in following.items():
                model.lm_head.weight[place[other], place[piece]] = math.log(p) / size
    model.generation_config = transformers.GenerationConfig(do_sample=True, eos_token_id=place[END])
    model.save_pretrained(folder)
    _tokenizer(place).save_pretrained(folder)
    return folder


def _tokenizer(place: Mapping[str, int]) -> transformers.PreTrainedTokenizerFast:
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(dict(place), unk_token=UNKNOWN))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("\\s+"), "isolated")
    raw.decoder = tokenizers.decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token=END, unk_token=UNKNOWN, additional_special_tokens=[START]
    )
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }} {% endfor %}" + START
    return tokenizer
