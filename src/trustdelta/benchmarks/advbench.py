"""AdvBench: 520 harmful instructions. Zou et al., 2023, arXiv 2307.15043."""

from __future__ import annotations

from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.benchmarks.shared.tables import csv_rows
from trustdelta.records import Prompt

NAME = "advbench"
REPO = "andyrdt/refusal_direction"
FILE = "dataset/raw/advbench.csv"


def load(data: DataSource) -> list[Prompt]:
    """All 520 instructions, without the attack's target strings."""
    return [request(NAME, row["goal"]) for row in csv_rows(data, REPO, FILE, ("goal", "target"))]


BENCHMARK = harmful_set(
    NAME,
    "AdvBench harmful behaviours",
    load,
    paper="Zou et al., Universal and Transferable Adversarial Attacks on Aligned Language Models, arXiv 2307.15043",
    licence="MIT",
    source=f"{REPO}, {FILE}",
    expected_count=520,
    notes=("Many instructions are near duplicates, so the effective sample size is smaller than 520.",),
)
