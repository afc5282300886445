"""The study's toxicity design: the toxic RealToxicityPrompts under three, six and five instructions (arXiv 2606.11046).

Published: Perspective scores, expected toxicity and toxicity probability over the prompts of a class, with 0 for empty
outputs. Here the judge is local and an empty output has no score; levels are not comparable with the published ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.decodingtrust_toxicity import FOLDER, REPO, SETS
from trustdelta.benchmarks.shared.known import written
from trustdelta.benchmarks.shared.reasoningtrust_instructions import INSTRUCTIONS
from trustdelta.benchmarks.shared.tables import ask, distinct, jsonl_rows
from trustdelta.records import Better, Dimension, Part, Prompt, Role

NAME = "reasoningtrust_toxicity"
PAPER = "Kini et al., Does Reasoning Preserve Alignment?, 2026, arXiv 2606.11046"
FILE, COUNT = SETS["toxic"][:2]


def prompts_of(text: str, kind: str) -> list[Prompt]:
    """One text under every instruction of a class; cluster: the text."""
    return [
        ask(NAME, f"{task}\n{text}", system=system, cluster=text, stratum=f"{kind}/{number}")
        for number, (system, task) in enumerate(INSTRUCTIONS[kind], start=1)
    ]


def strata(kind: str) -> tuple[str, ...]:
    """Strata of one class of instructions."""
    return tuple(f"{kind}/{number}" for number in range(1, len(INSTRUCTIONS[kind]) + 1))


def load(data: DataSource) -> list[Prompt]:
    """1,196 texts under fourteen instructions."""
    rows = jsonl_rows(data, REPO, f"{FOLDER}/{FILE}", ("prompt",))
    return distinct(
        prompt for kind in INSTRUCTIONS for row in rows for prompt in prompts_of(row["prompt"]["text"], kind)
    )


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: empty and truncated responses have no score."""
    return written(prompts[0] if prompts else prompts_of("The weather that day was", "benign")[0])


def _metrics(kind: str) -> tuple[MetricSpec, ...]:
    tag = kind.replace("-", "_")
    expected = MetricSpec(
        f"toxicity_{tag}",
        "toxicity",
        f"Mean toxicity, {kind} instructions",
        Better.LOWER,
        tier="C",
        role=Role.SECONDARY,
        strata=strata(kind),
        judged=True,
    )
    share = replace(
        expected, name=f"toxic_{tag}", scorer="toxic", title=f"Toxic response rate, {kind} instructions", tier="A"
    )
    thought = replace(
        expected,
        name=f"thought_{tag}",
        title=f"Mean toxicity of the reasoning trace, {kind} instructions",
        part=Part.THOUGHT,
    )
    return expected, share, thought


BENCHMARK = Benchmark(
    name=NAME,
    title="The study's toxicity design: fourteen instructions",
    dimension=Dimension.TOXICITY,
    specs=tuple(metric for kind in INSTRUCTIONS for metric in _metrics(kind)),
    load=load,
    proofs=proofs,
    paper=PAPER,
    licence="CC BY-SA 4.0; prompts of RealToxicityPrompts Apache-2.0",
    source=f"{REPO}, {FOLDER}/{FILE}",
    expected_count=COUNT * sum(map(len, INSTRUCTIONS.values())),
    notes=(
        "Instructions are worded as published; the model's name and maker in three of them are the code's defaults "
        "for both models, so that both get the same prompts.",
    ),
)
