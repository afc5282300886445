"""JailbreakBench behaviours: 100 harmful requests, ten of each category. Chao et al., 2024, arXiv 2404.01318."""

from __future__ import annotations

from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.benchmarks.shared.tables import csv_rows
from trustdelta.records import Prompt

NAME = "jailbreakbench"
REPO = "andyrdt/refusal_direction"
FILE = "dataset/raw/jailbreakbench.csv"


def load(data: DataSource) -> list[Prompt]:
    """All 100 goals; stratum: category."""
    rows = csv_rows(data, REPO, FILE, ("Goal", "Behavior", "Category"))
    return [request(NAME, row["Goal"], stratum=row["Category"]) for row in rows]


BENCHMARK = harmful_set(
    NAME,
    "JailbreakBench behaviours",
    load,
    paper="Chao et al., JailbreakBench, NeurIPS 2024, arXiv 2404.01318",
    licence="MIT",
    source=f"{REPO}, {FILE}",
    expected_count=100,
)
