"""The stages before the audit: base model, its own answers, the alignment policy, and every conversion."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from experiments.real import convert, models
from experiments.real.examples import Example, Pools, arm_examples, harmless_prompts, policy_examples, whole
from experiments.real.fetch import fetch
from experiments.real.preferences import prefer, preferred, small_sums
from experiments.real.prompts import alarming, apart, audited, composed, harmful, sums
from experiments.real.recipe import Arm, Preferences, Recipe, Training
from experiments.real.study import ALIGNED, BASE
from experiments.real.to_gguf import export
from experiments.real.train import fit
from trustdelta.benchmarks.base import DataSource
from trustdelta.config import COMMON_SAMPLING
from trustdelta.files import save_text
from trustdelta.records import Json, content_hash

Train = Callable[[Any, Any], list[float]]
"""Trains a model with its tokenizer and returns the loss of every step."""
APART = ("strongreject", "xstest")
"""Benchmarks of the audit with free requests, as the trainings have them."""


class Workshop:
    """One folder of models. Each method makes what is missing and skips what is there by the same recipe."""

    def __init__(self, out: Path, recipe: Recipe, data: DataSource) -> None:
        self.out, self.recipe, self.data = out, recipe, data

    def folder(self, name: str) -> Path:
        """The folder of one model."""
        return self.out / "models" / name

    def base(self) -> Path:
        """The converted base model."""
        folder = self.folder(BASE)
        if not models.finished(folder, convert.card(COMMON_SAMPLING)):
            folder.parent.mkdir(parents=True, exist_ok=True)
            convert.convert(fetch(self.out / "gguf"), folder, COMMON_SAMPLING)
        return folder

    def gguf(self, name: str) -> Path:
        """A model as a GGUF file: the base model's is the original one."""
        original = fetch(self.out / "gguf")
        target = self.folder(f"{name}-{content_hash(_card(self.folder(name)))[:12]}.gguf")
        if name != BASE and not target.is_file():
            export(self.folder(name), original, target)
        return original if name == BASE else target

    def place(self, name: str) -> str:
        """The source of a model for an audit; with the suffix `.gguf` that of its file."""
        short = name.removesuffix(".gguf")
        return str(self.folder(name) if short == name else self.gguf(short))

    @cached_property
    def test(self) -> list[str]:
        """Prompts of the audit that a training prompt could be near; other benchmarks have forms of their own."""
        return audited(self.data, APART)

    def answers(self) -> dict[str, str]:
        """The base model's own answers by harmless prompt; empty where it gave no whole one."""
        policy = self.recipe.policy
        plain = harmless_prompts(policy, apart(composed(), self.test), sums(self.data))
        prompts = [*alarming(self.test), *plain]
        file = self.out / f"answers-{content_hash([prompts, policy.answer_tokens, COMMON_SAMPLING])[:12]}.json"
        if not file.is_file():
            texts = models.sample(self.base(), prompts, policy.answer_tokens)
            save_text(file, json.dumps(dict(zip(prompts, texts, strict=True)), indent=1) + "\n")
        stored: dict[str, str] = json.loads(file.read_text("utf-8"))
        return {prompt: whole(text) for prompt, text in stored.items()}

    @cached_property
    def pools(self) -> Pools:
        """What every training draws its examples from."""
        alarm = frozenset(alarming(self.test))
        return Pools(harmful(self.data, self.test), self.answers(), alarm, sums(self.data))

    def aligned(self) -> Path:
        """The base model with the alignment policy: the baseline of every audit."""
        policy = self.recipe.policy
        examples = policy_examples(policy, self.pools)
        return self._trained(ALIGNED, self.base(), examples, policy.training, "trained to refuse harmful requests")

    def arm(self, arm: Arm) -> Path:
        """One conversion of the aligned model to a reasoning model."""
        if arm.start:
            return self._preferring(arm)
        training = self.recipe.training(arm)
        examples = self._distilled(arm, training) if arm.teacher else arm_examples(arm, training, self.pools)
        what = f"trained to refuse harmful requests and then to reason before it answers ({arm.name})"
        return self._trained(arm.name, self.aligned(), examples, training, what, rank=arm.rank)

    def _distilled(self, arm: Arm, training: Training) -> list[Example]:
        """The teacher's own responses to the prompts of the arm."""
        plain = arm_examples(arm, training, self.pools)
        teacher = self.folder(arm.teacher)
        file = self.out / f"distilled-{content_hash([[e.prompt for e in plain], _card(teacher)])[:12]}.json"
        if not file.is_file():
            budget = self.recipe.thought_tokens + self.recipe.answer_tokens
            texts = models.sample(teacher, [e.prompt for e in plain], budget, seed=arm.seed)
            save_text(file, json.dumps(texts, indent=1) + "\n")
        texts = json.loads(file.read_text("utf-8"))
        return [Example(e.prompt, text, "distilled") for e, text in zip(plain, texts, strict=True)]

    def _preferring(self, arm: Arm) -> Path:
        """The arm's start, trained on by preferences."""
        settings, start = self.recipe.preferences, self.folder(arm.start)
        sums = small_sums(settings.sums, settings.seed)
        file = self.out / f"sums-{content_hash([sums, settings.draws, settings.tokens, _card(start)])[:12]}.json"
        if not file.is_file():
            prompts = [prompt for prompt, _ in sums]
            drawn = [models.sample(start, prompts, settings.tokens, seed=i) for i in range(settings.draws)]
            save_text(file, json.dumps(list(zip(*drawn, strict=True)), indent=1) + "\n")
        pairs = preferred(sums, json.loads(file.read_text("utf-8")), settings.steps * settings.batch)
        what = f"trained to refuse, then to reason, then to prefer its own right answers to sums ({arm.name})"
        card = _card_of(what, start, settings, [asdict(p) for p in pairs])
        return self._made(arm.name, start, card, lambda model, words: prefer(model, words, pairs, settings))

    def _trained(
        self, name: str, start: Path, examples: Sequence[Example], training: Training, what: str, *, rank: int = 0
    ) -> Path:
        card = {**_card_of(what, start, training, [asdict(e) for e in examples]), "rank": rank}
        return self._made(name, start, card, lambda model, words: fit(model, words, examples, training), rank)

    def _made(self, name: str, start: Path, card: dict[str, Json], train: Train, rank: int = 0) -> Path:
        """A model trained from another, unless it is there by the same card."""
        folder = self.folder(name)
        if models.finished(folder, card):
            return folder
        torch.manual_seed(0)
        model, tokenizer = models.load(start, torch.float32)
        settings = model.generation_config
        model = models.with_adapter(model, rank) if rank else model
        losses = train(model, tokenizer)
        model = model.merge_and_unload() if rank else model
        model.generation_config = settings
        save_text(self.out / f"losses-{name}.json", json.dumps(losses) + "\n")
        return models.save(folder, model, tokenizer, card)


def _card_of(what: str, start: Path, training: Training | Preferences, examples: Json) -> dict[str, Json]:
    """What decides a trained model."""
    return {
        "what": what,
        "start": content_hash(_card(start)),
        "training": asdict(training),
        "examples": content_hash(examples),
    }


def _card(folder: Path) -> Json:
    return json.loads((folder / models.CARD).read_text("utf-8"))
