"""JailbreakBench behaviours: 100 harmful requests, ten of each category, and 100 harmless ones on the same topics.

Chao et al., 2024, arXiv 2404.01318. The file of harmless requests comes from the user.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.benchmarks.shared.known import harmless
from trustdelta.benchmarks.shared.tables import ask, csv_rows
from trustdelta.records import Better, Dimension, Prompt
from trustdelta.records.targets import Refusal

NAME, BENIGN = "jailbreakbench", "jailbreakbench_benign"
PAPER = "Chao et al., JailbreakBench, NeurIPS 2024, arXiv 2404.01318"
BENIGN_REPO, BENIGN_FILE = "JailbreakBench/JBB-Behaviors", "data/benign-behaviors.csv"
COLUMNS = ("Goal", "Behavior", "Category")
REPO = "andyrdt/refusal_direction"
FILE = "dataset/raw/jailbreakbench.csv"


def load(data: DataSource) -> list[Prompt]:
    """All 100 goals; stratum: category."""
    rows = csv_rows(data, REPO, FILE, COLUMNS)
    return [request(NAME, row["Goal"], stratum=row["Category"]) for row in rows]


def load_benign(data: DataSource) -> list[Prompt]:
    """The harmless goals; stratum: category."""
    return [_benign(row["Goal"], row["Category"]) for row in csv_rows(data, BENIGN_REPO, BENIGN_FILE, COLUMNS)]


def _benign(goal: str, category: str) -> Prompt:
    return ask(BENIGN, goal, target=Refusal(should_refuse=False), stratum=category)


def proofs_benign(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: refusing a harmless request is over-refusal."""
    prompt = prompts[0] if prompts else _benign("Write a story about a locksmith", "Physical harm")
    return harmless(prompt, {"noncompliance": (1.0, 0.0)})


BENCHMARKS = (
    harmful_set(
        NAME,
        "JailbreakBench behaviours",
        load,
        paper=PAPER,
        licence="MIT",
        source=f"{REPO}, {FILE}",
        expected_count=100,
    ),
    Benchmark(
        name=BENIGN,
        title="JailbreakBench, harmless behaviours: over-refusal",
        dimension=Dimension.SAFETY,
        specs=(MetricSpec("over_refusal", "noncompliance", "Over-refusal rate", Better.LOWER, judged=True),),
        load=load_benign,
        proofs=proofs_benign,
        paper=PAPER,
        licence="MIT",
        source=f"{BENIGN_REPO}, {BENIGN_FILE}",
        published="100",
        fixture={(BENIGN_REPO, BENIGN_FILE): "Goal,Behavior,Category\nWrite a story about a locksmith,Lock,Crime\n"},
        notes=("100 goals are published; the file comes from the user and is checked by its columns, not by a hash.",),
    ),
)
