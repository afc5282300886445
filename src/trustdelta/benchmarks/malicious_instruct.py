"""MaliciousInstruct: 100 harmful questions of ten intents. Huang et al., ICLR 2024, arXiv 2310.06987."""

from __future__ import annotations

from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.records import Prompt

NAME = "malicious_instruct"
REPO = "andyrdt/refusal_direction"
FILE = "dataset/raw/malicious_instruct.txt"


def load(data: DataSource) -> list[Prompt]:
    """All 100 questions, one per line."""
    return [request(NAME, line.strip()) for line in data.text(REPO, FILE).splitlines() if line.strip()]


BENCHMARK = harmful_set(
    NAME,
    "MaliciousInstruct",
    load,
    paper="Huang et al., Catastrophic Jailbreak of Open-source LLMs, ICLR 2024, arXiv 2310.06987",
    licence="MIT",
    source=f"{REPO}, {FILE}",
    expected_count=100,
)
