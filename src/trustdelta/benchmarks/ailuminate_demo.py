"""AILuminate v1.0 demo prompts (English): 1,200 prompts over hazards and two personas. MLCommons, 2025."""

from __future__ import annotations

from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.benchmarks.shared.tables import csv_rows
from trustdelta.records import Prompt

NAME = "ailuminate_demo"
REPO = "mlcommons/ailuminate"
FILE = "airr_official_1.0_demo_en_us_prompt_set_release.csv"


def load(data: DataSource) -> list[Prompt]:
    """All 1,200 prompts; stratum: hazard."""
    rows = csv_rows(data, REPO, FILE, ("release_prompt_id", "prompt_text", "hazard", "persona"))
    return [request(NAME, row["prompt_text"], stratum=row["hazard"]) for row in rows]


BENCHMARK = harmful_set(
    NAME,
    "AILuminate 1.0 demo, English",
    load,
    paper="Ghosh et al., AILuminate, 2025, arXiv 2503.05731",
    licence="CC BY 4.0",
    source=f"{REPO}, {FILE}",
    expected_count=1200,
    notes=(
        "The metric is the harmful compliance rate, not an AILuminate grade, which depends on reference systems and "
        "an ensemble of evaluators; some of its prompts are harmless requests within a sensitive hazard.",
    ),
)
