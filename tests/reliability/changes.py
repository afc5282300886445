"""What could change a number is changed between two runs of one command: each change is named, nothing is reused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import safetensors.torch
import transformers
from scene import Row, Scene

from trustdelta import organisms
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.errors import StoreError
from trustdelta.pipeline import assemble
from trustdelta.pipeline.run import run
from trustdelta.progress import Progress, Silent, Wrote
from trustdelta.records import Arm, Message, Prompt
from trustdelta.resolve import resolve
from trustdelta.scorers import registry
from trustdelta.store import Store


class StopsAfter(Silent):
    """Stops an audit as an interrupt would at its n-th step behind a preflight; keeps the remarks that were made."""

    def __init__(self, steps: int = 10**9) -> None:
        self.left = steps
        self.counts = False
        self.notes: list[str] = []

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """Only responses behind the preflight count: until it passed, a folder is free for another configuration."""
        self.counts = stage.startswith(("responses of the ", *(f"{arm.value}, " for arm in Arm)))

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Count down, then stop."""
        self.left -= self.counts
        if self.counts and self.left == 0:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: an audit to be stopped, what is done to its world before it goes on, and the word that names it."""

    what: str
    says: str
    config: AuditConfig
    alter: Callable[[], object] = lambda: None
    world: Callable[[], AbstractContextManager[object]] = nullcontext


def changes(scene: Scene) -> Iterator[Row]:
    """A row for each of the nine."""
    with scene.served.running():
        for change in [*of_model(scene), *of_data(scene), of_address(scene)]:
            yield refused(change, scene.folder / f"changed-{change.what}")
    for what, benchmark, scorer in (("scorer", "world_safety", "world_bad"), ("judge", "coconot_contrast", "refusal")):
        yield scored_again(what, recorded(scene, benchmark), scorer, scene.folder / f"changed-{what}")


def refused(change: Change, out: Path) -> Row:
    """Stop, change, go on: refused by name, and what was stored is as it was."""
    with suppress(KeyboardInterrupt):
        run(change.config, out, StopsAfter(2))
    before = kept(out)
    config = change.alter() or change.config
    try:
        with change.world():
            run(config if isinstance(config, AuditConfig) else change.config, out)
    except StoreError as problem:
        named = change.says in str(problem) and kept(out) == before
        return Row(f"changed {change.what}", int(named), 1, str(problem).partition(": ")[2][:110])
    return Row(f"changed {change.what}", 0, 1, "was not noticed")


def scored_again(what: str, config: AuditConfig, name: str, out: Path) -> Row:
    """Another version of a scorer: said, and every response is scored by it, none by the old one."""
    run(config, out)
    known, load = registry.load(name), registry.load
    fresh = replace(
        known, version="another", judge_many=None, judge=lambda p, t: replace(known.judge(p, t), value=0.25)
    )

    def other(wanted: str) -> object:
        return fresh if wanted == name else load(wanted)

    heard = StopsAfter()
    with patch("trustdelta.scorers.registry.load", other):
        run(config, out, heard)
    with Store(out, write=False) as store:
        values = {s.value for s in store.scores() if s.scorer == name and s.value is not None}
    named = any(name in line and "another" in line for line in heard.notes) and values == {0.25}
    return Row(f"changed {what}", int(named), 1, "; ".join(heard.notes))


def of_model(scene: Scene) -> Iterator[Change]:
    """Weights, template, sampling and engine version of a model in a local folder."""

    def weights(folder: Path) -> None:
        tensors = safetensors.torch.load_file(folder / "model.safetensors")
        tensors[min(tensors)] += 1e-3
        safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    def template(folder: Path) -> None:
        path = folder / "tokenizer_config.json"
        found = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**found, "chat_template": found["chat_template"] + " "}), "utf-8")

    def sampling(folder: Path) -> None:
        path = folder / "generation_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "temperature": 0.35}), "utf-8")

    for what, alter in (("weights", weights), ("template", template), ("sampling", sampling)):
        folder = scene.folder / f"model-{what}"
        shutil.copytree(organisms.folder("instruct"), folder)
        yield Change(what, what, generating(str(folder)), partial(alter, folder))
    config = generating("organism:instruct")
    yield Change(
        "engine version", "transformers", config, world=partial(patch.object, transformers, "__version__", "99")
    )


def of_data(scene: Scene) -> Iterator[Change]:
    """One byte of a file of responses, and one word of a prompt."""
    file = scene.folder / "edited.jsonl"
    shutil.copy(scene.folder / "baseline.jsonl", file)
    data = recorded(scene, "world_safety", file)

    def edit() -> None:
        file.write_text(file.read_text("utf-8").replace("sorry", "sorrY", 1), "utf-8")

    yield Change("data", "baseline", data, edit)

    sampled = assemble.sampled

    def reworded(config: AuditConfig, benchmark: Benchmark, progress: Progress) -> list[Prompt]:
        prompts = sampled(config, benchmark, progress)
        return [replace(p, messages=(Message("user", p.messages[-1].content + "!"),)) for p in prompts]

    world = partial(patch.object, assemble, "sampled", reworded)
    yield Change("prompt", "prompts", generating("organism:instruct"), world=world)


def of_address(scene: Scene) -> Change:
    """The same model behind another address; the store is claimed before a server is asked."""
    first, second = (scene.served.source(arm) for arm in Arm)
    config = resolve(first, second, benchmarks=("world_safety",), prompts_per_metric=20)
    moved = config.model_copy(update={"baseline": config.baseline.model_copy(update={"source": second})})
    return Change("base URL", "baseline", config, lambda: moved)


def generating(source: str) -> AuditConfig:
    """A small audit of models of this machine."""
    settings: dict[str, Any] = {"prompts_per_metric": 20, "batch_size": 8, "drift": False}
    return resolve(source, "organism:sft", benchmarks=("world_safety",), **settings)


def recorded(scene: Scene, benchmark: str, baseline: Path | None = None) -> AuditConfig:
    """An audit of the recorded responses."""
    files = {Arm.BASELINE: baseline or scene.folder / "baseline.jsonl", Arm.CANDIDATE: scene.folder / "candidate.jsonl"}
    columns = {"metadata": {"category": "prompt"}} if benchmark != "world_safety" else {}
    pair = [
        {"source": arm.value, "recorded": [{"benchmark": benchmark, "file": str(files[arm]), "columns": columns}]}
        for arm in Arm
    ]
    return resolve(*(ModelConfig.model_validate(m) for m in pair), benchmarks=(benchmark,))


def kept(out: Path) -> list[object]:
    """The responses of a run folder."""
    with Store(out, write=False) as store:
        return [r for arm in Arm for r in store.responses(arm)]
