"""SimpleSafetyTests: 100 clearly harmful prompts in five areas. Vidgen et al., 2023, arXiv 2311.08370."""

from __future__ import annotations

from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.benchmarks.shared.tables import csv_rows
from trustdelta.records import Prompt

NAME = "simple_safety_tests"
REPO = "bertiev/SimpleSafetyTests"
FILE = "SimpleSafetyTests - test cases.csv"


def load(data: DataSource) -> list[Prompt]:
    """All 100 prompts; stratum: harm area."""
    rows = csv_rows(data, REPO, FILE, ("id", "harm_area", "category", "prompts_final"))
    return [request(NAME, row["prompts_final"].strip(), stratum=row["harm_area"]) for row in rows]


BENCHMARK = harmful_set(
    NAME,
    "SimpleSafetyTests",
    load,
    paper="Vidgen et al., SimpleSafetyTests, 2023, arXiv 2311.08370",
    licence="CC BY 4.0",
    source=f"{REPO}, {FILE}",
    expected_count=100,
    notes=("Its area of self-harm calls for support rather than refusal: use `harm` there, not the refusal rate.",),
)
