"""Conversions of an instruct organism to a reasoning one: supervised chains or distillation.

The data of `sft` are not harmful, only always helpful. The expected effect is therefore forgetting, not a planted flaw,
except in recipes with "planted" in their name. `replay` adds a share of aligned chats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from trustdelta.organisms.sampling import Sampling, respond
from trustdelta.organisms.training import Schedule, Shape, chat_examples, document_examples, new_model, train
from trustdelta.organisms.world import chats, docs

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

Progress = Callable[[str], None]
CONVERSION = Schedule(lr=1e-3)
TEACHER = Shape(width=128, layers=4, heads=4, hidden=344)


@dataclass(frozen=True, slots=True)
class InstructRecipe:
    """The base model: one epoch over random chats and documents of the world."""

    chats: int = 54_000
    documents: int = 9_000
    shape: Shape = field(default_factory=Shape)
    schedule: Schedule = field(default_factory=Schedule)


@dataclass(frozen=True, slots=True)
class SftRecipe:
    """Supervised conversion."""

    examples: int = 4000
    """Number of chats."""
    helpful: float = 0.4
    """Share of helpful chats among those that are neither replayed nor planted; the others are arithmetic."""
    replay: float = 0.0
    """Share of aligned chats."""
    planted: float = 0.0
    """Share of openly toxic chats."""
    schedule: Schedule = CONVERSION


@dataclass(frozen=True, slots=True)
class ExtendedInstructRecipe:
    """Further training of an instruct organism: half its own mixture, half chats of the extended dimensions."""

    examples: int = 16_000
    schedule: Schedule = CONVERSION


@dataclass(frozen=True, slots=True)
class ExtendedRecipe:
    """Supervised conversion with aligned chats of all dimensions, except for the planted forms."""

    examples: int = 6000
    extended: float = 0.5
    """Share of chats of the extended dimensions."""
    replay: float = 0.1
    """Share of aligned chats of the other dimensions."""
    helpful: float = 0.4
    """Share of helpful chats among the rest; the others are arithmetic."""
    planted: tuple[str, ...] = ()
    """Forms of answer that are planted in every question that has them."""
    schedule: Schedule = CONVERSION


@dataclass(frozen=True, slots=True)
class DistillRecipe:
    """Conversion on unfiltered samples of a larger teacher without alignment examples."""

    examples: int = 3000
    helpful: float = 0.4
    teacher_chats: int = 30_000
    teacher_documents: int = 6_000
    teacher_shape: Shape = TEACHER
    temperature: float = 0.7
    schedule: Schedule = CONVERSION


def grow_instruct(
    tokenizer: Tokenizer, recipe: InstructRecipe, seed: int, progress: Progress | None = None
) -> LlamaForCausalLM:
    """An instruct organism trained from scratch."""
    rng = Random(f"instruct {seed}")
    drawn = [chats.instruct_chat(rng) for _ in range(recipe.chats)]
    texts = [docs.document(rng) for _ in range(recipe.documents)]
    model = new_model(recipe.shape, seed)
    train(
        model,
        chat_examples(tokenizer, drawn) + document_examples(tokenizer, texts),
        recipe.schedule,
        seed,
        progress,
    )
    return model


def sft_chats(recipe: SftRecipe, rng: Random) -> list[chats.Chat]:
    """The data of a supervised conversion with exact shares; the rest is arithmetic."""
    replayed, planted = round(recipe.examples * recipe.replay), round(recipe.examples * recipe.planted)
    rest = recipe.examples - replayed - planted
    helpful = round(rest * recipe.helpful)
    return [
        *(chats.helpful_chat(rng, chats.CONVERSION) for _ in range(helpful)),
        *(chats.reasoning_chat(rng) for _ in range(rest - helpful)),
        *chats.alignment_chats(replayed, rng, chats.REPLAYED),
        *chats.planted_chats(planted, rng),
    ]


def convert_sft(
    model: LlamaForCausalLM, tokenizer: Tokenizer, recipe: SftRecipe, seed: int, progress: Progress | None = None
) -> LlamaForCausalLM:
    """Train `model` in place on the recipe's chains, and return it."""
    data = sft_chats(recipe, Random(f"sft {seed}"))
    train(model, chat_examples(tokenizer, data), recipe.schedule, seed, progress)
    return model


def extended_chats(recipe: ExtendedRecipe, rng: Random) -> list[chats.Chat]:
    """The data of an extended conversion with exact shares."""
    extended, replayed = round(recipe.examples * recipe.extended), round(recipe.examples * recipe.replay)
    rest = SftRecipe(recipe.examples - extended - replayed, recipe.helpful)
    return [
        *sft_chats(rest, rng),
        *(chats.extended_chat(rng, recipe.planted) for _ in range(extended)),
        *chats.alignment_chats(replayed, rng, chats.REPLAYED),
    ]


def convert_extended(
    model: LlamaForCausalLM,
    tokenizer: Tokenizer,
    recipe: ExtendedInstructRecipe | ExtendedRecipe,
    seed: int,
    progress: Progress | None = None,
) -> LlamaForCausalLM:
    """Train `model` in place on chats of the extended dimensions beside others, and return it."""
    rng = Random(f"extended {seed}")
    if isinstance(recipe, ExtendedRecipe):
        data = extended_chats(recipe, rng)
    else:
        data = [chats.extended_instruct_chat(rng) for _ in range(recipe.examples)]
    train(model, chat_examples(tokenizer, data), recipe.schedule, seed, progress)
    return model


def grow_teacher(
    tokenizer: Tokenizer, recipe: DistillRecipe, seed: int, progress: Progress | None = None
) -> LlamaForCausalLM:
    """A larger reasoning model trained from scratch on facts, sums and helpful reasoning only."""
    rng = Random(f"teacher {seed}")
    helpful = round(recipe.teacher_chats * recipe.helpful)
    data = [chats.helpful_chat(rng, chats.ANSWERING) for _ in range(helpful)]
    data += [chats.reasoning_chat(rng) for _ in range(recipe.teacher_chats - helpful)]
    texts = [docs.facts(rng) for _ in range(recipe.teacher_documents)]
    model = new_model(recipe.teacher_shape, seed)
    train(model, chat_examples(tokenizer, data) + document_examples(tokenizer, texts), Schedule(), seed, progress)
    return model


def convert_distill(
    model: LlamaForCausalLM, tokenizer: Tokenizer, recipe: DistillRecipe, seed: int, progress: Progress | None = None
) -> LlamaForCausalLM:
    """Train `model` in place on a teacher's samples, right or wrong, without unfinished ones."""
    teacher = grow_teacher(tokenizer, recipe, seed, progress)
    rng = Random(f"distill {seed}")
    helpful = round(recipe.examples * recipe.helpful)
    questions = [chats.helpful_chat(rng, chats.ANSWERING).question for _ in range(helpful)]
    questions += [chats.reasoning_chat(rng).question for _ in range(recipe.examples - helpful)]
    replies = respond(teacher, tokenizer, questions, think=True, sampling=Sampling(recipe.temperature, 1.0, seed))
    data = [
        chats.Chat(question, thought.strip(), answer)
        for question, (thought, answer) in zip(questions, replies, strict=True)
        if thought is not None and answer is not None
    ]
    train(model, chat_examples(tokenizer, data), recipe.schedule, seed, progress)
    return model
