"""The texts to be labelled, blinded: without model and judge's score, both models' answers to a prompt in random order.

The id of an item is a hash that covers the text, so that a label cannot be used for another response. Equal texts of
both models are one item.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trustdelta import config as configs
from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import UnknownNameError, UsageError
from trustdelta.pipeline.labelling.forms import Form, form_of
from trustdelta.pipeline.labelling.frame import frame, judged_metrics
from trustdelta.pipeline.scoring.judges import judges_of, role_of
from trustdelta.pipeline.scoring.score import formats
from trustdelta.pipeline.scoring.texts import read, text_for
from trustdelta.records import Arm, Dimension, Judgement, Metric, Part, Prompt, Response
from trustdelta.records.state import CONFIG, LABEL_PAIRS, LabelCell
from trustdelta.scorers import registry as scorers
from trustdelta.stats.ppi import MIN_LABELS
from trustdelta.store import Store

Key = tuple[str, str, str, str]
"""Scorer, part, prompt id and model of one labelled text."""
SENSITIVE = frozenset({Dimension.SAFETY, Dimension.TOXICITY, Dimension.BIAS})
"""Dimensions whose texts may disturb a reader."""


@dataclass(frozen=True, slots=True)
class Item:
    """One text to be labelled."""

    id: str
    keys: tuple[Key, ...]
    """The responses with this text: one, or both models'."""
    form: Form
    limits: tuple[float, float]
    """Smallest and largest label."""
    prompt: str
    text: str
    hidden: bool
    """Whether prompt and text are masked until the reader asks for them; it does not depend on the judge."""


def items(store: Store, benchmarks: Mapping[str, Benchmark], pairs: int, metrics: Sequence[str] = ()) -> list[Item]:
    """The items of the first `pairs` prompts of each cell, in the order in which they are labelled.

    `metrics`: names of the metrics to be labelled (empty: all). Raises UsageError with fewer prompts than a correction
    needs and where nothing is judged, UnknownNameError for a metric without judge.
    """
    if pairs < MIN_LABELS:
        raise UsageError(f"--pairs: found {pairs}, wanted at least {MIN_LABELS}; fewer labels correct nothing.")
    declared = [m for b in benchmarks.values() for m in b.metrics]
    judged = {m.name: m for m in judged_metrics(declared)}
    if not judged:
        raise UsageError(
            f"{store.folder}: found no metric with a verdict that a judge scored; there is nothing to label."
        )
    for name in metrics:
        if name not in judged:
            raise UnknownNameError.of("judged metric", name, judged)
    cells = [c for c in frame(store, declared) if not metrics or set(metrics) & set(c["metrics"])]
    store.put(LABEL_PAIRS, max(pairs, store.get(LABEL_PAIRS)))
    return list(_listed(store, cells, judged, pairs))


def _listed(store: Store, cells: Sequence[LabelCell], judged: Mapping[str, Metric], pairs: int) -> Iterator[Item]:
    """Cell by cell in turn, so that all metrics get their labels together."""
    prompts = {p.id: p for p in store.prompts()}
    drawn = {prompt for cell in cells for prompt in cell["prompts"][:pairs]}
    first = {arm: {r.prompt_id: r for r in store.responses(arm) if r.draw == 0 and r.prompt_id in drawn} for arm in Arm}
    marks = formats(store)
    judges = judges_of(configs.check(store.get(CONFIG)).judges)
    forms = {metric.name: form_of(metric, judges) for metric in judged.values()}
    for place in range(pairs):
        for cell in cells:
            metric = next((judged[name] for name in cell["metrics"] if name in judged), None)
            if metric is not None and place < len(cell["prompts"]):
                prompt = prompts[cell["prompts"][place]]
                texts = {arm: shown_text(metric, prompt, first[arm][prompt.id], marks[arm]) for arm in Arm}
                yield from _pair(metric, forms[metric.name], prompt, texts)


def _pair(metric: Metric, form: Form, prompt: Prompt, texts: Mapping[Arm, str | None]) -> Iterator[Item]:
    """The items of one prompt in random order; none where a model has no text."""
    keys: dict[str, list[Key]] = {}
    for arm, text in texts.items():
        if text is None:
            return
        keys.setdefault(text, []).append((metric.scorer, metric.part.value, prompt.id, arm.value))
    pair = [_item(metric, form, prompt, text, tuple(owners)) for text, owners in keys.items()]
    yield from sorted(pair, key=lambda item: item.id)


def _item(metric: Metric, form: Form, prompt: Prompt, text: str, keys: tuple[Key, ...]) -> Item:
    digest = hashlib.sha256("\0".join((*keys[0][:3], text)).encode("utf-8", "surrogatepass")).hexdigest()
    harmless = isinstance(prompt.target, dict) and prompt.target.get("should_refuse") is False
    return Item(
        digest[:20],
        keys,
        form,
        (-metric.bound if metric.signed else 0.0, metric.bound),
        "\n".join(m.content for m in prompt.messages),
        text,
        metric.dimension in SENSITIVE and not harmless,
    )


def shown_text(metric: Metric, prompt: Prompt, response: Response, marked: str) -> str | None:
    """The text that the judge labelled, answer or reasoning trace; None where there was none."""
    reading = read(response, marked)
    if metric.scorer == "recorded":
        return reading.answer if metric.part is Part.ANSWER else reading.thought
    text = text_for(prompt, response, reading, scorers.load(role_of(metric.scorer)), metric.part)
    return None if isinstance(text, Judgement) else text
