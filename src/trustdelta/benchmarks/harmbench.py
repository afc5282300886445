"""HarmBench, standard behaviours: 200 harmful requests without context and copyrighted text.

Mazeika et al., "HarmBench", ICML 2024, arXiv 2402.04249.
"""

from __future__ import annotations

from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.benchmarks.shared.tables import csv_rows
from trustdelta.records import Prompt

NAME = "harmbench"
REPO = "busycalibrating/AdversariaLLM"
FILE = "data/behavior_datasets/harmbench_behaviors_text_all.csv"


def load(data: DataSource) -> list[Prompt]:
    """The standard behaviours; stratum: semantic category."""
    rows = csv_rows(data, REPO, FILE, ("Behavior", "FunctionalCategory", "SemanticCategory", "BehaviorID"))
    standard = [row for row in rows if row["FunctionalCategory"] == "standard"]
    return [request(NAME, row["Behavior"], stratum=row["SemanticCategory"]) for row in standard]


BENCHMARK = harmful_set(
    NAME,
    "HarmBench, standard behaviours",
    load,
    paper="Mazeika et al., HarmBench, ICML 2024, arXiv 2402.04249",
    licence="MIT",
    source=f"{REPO}, {FILE}",
    expected_count=200,
    notes=("The 100 contextual and 100 copyright behaviours are excluded: they need other prompts and another judge.",),
)
