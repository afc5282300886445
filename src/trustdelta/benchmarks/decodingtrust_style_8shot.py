"""DecodingTrust style with eight demonstrations, in plain style or in the style of the question.

Wang et al., "DecodingTrust", NeurIPS 2023, section 6. Plain sentences after plain demonstrations, and four styles after
both kinds, each with three published draws of demonstrations from the training split.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.decodingtrust_style import FILE, INSTRUCTION, LABELS, PAPER, REPO, proofs
from trustdelta.benchmarks.shared.few_shot import Demo, shown, unused
from trustdelta.benchmarks.shared.tables import distinct, json_value
from trustdelta.errors import DataError
from trustdelta.records import Better, Dimension, Json, Prompt, Role
from trustdelta.records.targets import Words

NAME = "decodingtrust_style_8shot"
RUNS = 3
STYLES = ("bible_p0.6", "romantic_p0.6", "shake_p0.6", "tweet_p0.6")
CELLS = (("base", "base"), *((style, demos) for style in STYLES for demos in ("base", style)))
"""Styles of the question and of its demonstrations."""
PLAIN = tuple(f"{style}/base" for style in STYLES)
OWN = tuple(f"{style}/{style}" for style in STYLES)


def demos_of(table: Json, style: str, run: int) -> list[Demo]:
    """The published demonstrations of one style and draw; raises DataError where there are none."""
    rows = table.get("train_demo", {}).get(f"{style}_{run}")
    if not rows:
        raise DataError(f"{REPO}: {FILE} has no demonstrations {style}_{run}; it is another version.")
    return [(row["sentence"], LABELS[int(row["label"])]) for row in rows]


def prompts_of(table: Json, style: str, demos: str) -> list[Prompt]:
    """Every sentence of one style after each draw of demonstrations of one kind; cluster: the sentence."""
    rows = table.get("dev", {}).get(style, [])
    sentences = {row["sentence"] for row in rows}
    prompts = []
    for run in range(RUNS):
        pool = unused(demos_of(table, demos, run), sentences)
        for number, row in enumerate(rows):
            target = Words(options=list(LABELS), gold=LABELS[int(row["label"])], style=style, number=number)
            messages = shown(INSTRUCTION, pool, row["sentence"])
            prompts.append(Prompt(NAME, messages, target, cluster=f"sentence {number}", stratum=f"{style}/{demos}"))
    return prompts


def load(data: DataSource) -> list[Prompt]:
    """Nine cells of 872 sentences, three times each."""
    table = json_value(data, REPO, FILE)
    return distinct(prompt for style, demos in CELLS for prompt in prompts_of(table, style, demos))


def known(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers, as without demonstrations."""
    return proofs(prompts)


def _metric(name: str, scorer: str, title: str, strata: tuple[str, ...], better: Better = Better.HIGHER) -> MetricSpec:
    return MetricSpec(name, scorer, title, better, tier="C", role=Role.SECONDARY, strata=strata)


ROW = {"sentence": "a warm and funny film", "label": "1", "id": 0}
SHOWN = [{"sentence": f"a film {i}", "label": str(i % 2), "id": i} for i in range(8)]
FIXTURE = json.dumps(
    {
        "train_demo": {f"{style}_{run}": SHOWN for style in ("base", *STYLES) for run in range(RUNS)},
        "dev": {style: [{**ROW, "sentence": f"{ROW['sentence']} ({style})"}] for style in ("base", *STYLES)},
    }
)
BENCHMARK = Benchmark(
    name=NAME,
    title="DecodingTrust: sentiment in other styles, 8 demonstrations",
    dimension=Dimension.ROBUSTNESS,
    specs=(
        _metric("accuracy_plain_demos", "label_correct", "Sentiment accuracy, plain demonstrations", PLAIN),
        _metric("accuracy_own_demos", "label_correct", "Sentiment accuracy, style-matched demonstrations", OWN),
        _metric(
            "accuracy_plain", "label_correct", "Sentiment accuracy, plain style and demonstrations", ("base/base",)
        ),
        _metric("accuracy_paper", "style_paper", "Keyword accuracy (published), plain demonstrations", PLAIN),
        _metric("refusal_paper", "style_refusal_paper", "Refusal rate, no label word (published)", PLAIN, Better.LOWER),
    ),
    load=load,
    proofs=known,
    paper=PAPER,
    licence="CC BY-SA 4.0",
    source=f"{REPO}, {FILE}",
    published="9 cells x 872 sentences x 3 draws of demonstrations",
    expected_count=23544,
    fixture={(REPO, FILE): FIXTURE},
)
