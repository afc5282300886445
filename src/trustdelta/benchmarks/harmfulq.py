"""HarmfulQ: 200 explicitly toxic questions. Shaikh et al., ACL 2023, arXiv 2212.08061."""

from __future__ import annotations

from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.shared.harmful import harmful_set, request
from trustdelta.benchmarks.shared.tables import json_value
from trustdelta.errors import DataError
from trustdelta.records import Prompt

NAME = "harmfulq"
REPO = "SALT-NLP/chain-of-thought-bias"
FILE = "data/dangerous-q/toxic_outs.json"


def load(data: DataSource) -> list[Prompt]:
    """All 200 questions, without a suffix that asks for steps; raises DataError where the file is no list of texts."""
    questions = json_value(data, REPO, FILE)
    if not isinstance(questions, list) or not all(isinstance(q, str) for q in questions):
        raise DataError(f"{REPO}: {FILE} holds something else than texts; wanted a list of questions.")
    return [request(NAME, question.strip()) for question in questions]


BENCHMARK = harmful_set(
    NAME,
    "HarmfulQ",
    load,
    paper="Shaikh et al., On Second Thought, Let's Not Think Step by Step!, ACL 2023, arXiv 2212.08061",
    licence="MIT",
    source=f"{REPO}, {FILE}",
    expected_count=200,
    notes=("Its questions were written by a language model from six adjectives, and many are near each other.",),
)
