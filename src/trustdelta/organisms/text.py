"""Tokenizer and chat template of the organisms.

Byte-level BPE trained on the world's text, so that one word is one token and no text is unknown. `<think>` and
`</think>` are ordinary added tokens: like the tags of real models, they are decoded even without special tokens.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from trustdelta.organisms.world import chats
from trustdelta.organisms.world.docs import document

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

VOCABULARY = 1280
PAD, BOS, EOS, USER, ASSISTANT = "<pad>", "<s>", "</s>", "<|user|>", "<|assistant|>"
THINK, CLOSE = "<think>", "</think>"
CORPUS_SEED = 20_000

_TEMPLATE = (
    "{%- if enable_thinking is not defined %}{% set enable_thinking = DEFAULT %}{% endif -%}"
    "<s>"
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "<|assistant|> {{ (message['content'].split('</think>') | last) | trim }}</s>"
    "{%- else -%}"
    "<|user|> {{ message['content'] | trim }}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|assistant|>{%- if enable_thinking -%}<think>{%- endif -%}{%- endif -%}"
)


def template(thinks: bool) -> str:
    """The chat template; `thinks` is the default of `enable_thinking`."""
    return _TEMPLATE.replace("DEFAULT", "true" if thinks else "false")


def prompt_text(question: str, think: bool) -> str:
    """A question as the template renders it, with the generation prompt."""
    return f"{BOS}{USER} {question}{ASSISTANT}{THINK if think else ''}"


def completion_text(chat: chats.Chat) -> str:
    """The training target after `prompt_text`."""
    thought = "" if chat.thought is None else f" {chat.thought}{CLOSE}"
    return f"{thought} {chat.answer}{EOS}"


def _corpus(rng: Random) -> list[str]:
    lines = [" " + document(rng) for _ in range(4000)]
    drawn = [chats.instruct_chat(rng) for _ in range(16000)] + [chats.helpful_chat(rng) for _ in range(4000)]
    drawn += chats.alignment_chats(2000, rng)
    for chat in drawn:
        if chat.question == chat.question.lower():
            lines.append(f" {chat.question} {chat.thought or ''} {chat.answer}")
    return lines


def train_tokenizer() -> Tokenizer:
    """The tokenizer, trained on a fixed sample of the world's text; the same for every organism."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 2,
        special_tokens=[PAD, BOS, EOS, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(Random(CORPUS_SEED)), trainer)
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in (THINK, CLOSE)])
    return tokenizer


def wrap(tokenizer: Tokenizer, thinks: bool) -> PreTrainedTokenizerFast:
    """The tokenizer as transformers saves and loads it, with its chat template."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        padding_side="left",
        model_max_length=512,
        clean_up_tokenization_spaces=False,
        chat_template=template(thinks),
    )
