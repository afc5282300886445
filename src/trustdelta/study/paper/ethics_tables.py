"""The ethics tables: five quantities under benign and jailbreaking texts, without and with demonstrations."""

from __future__ import annotations

from trustdelta.benchmarks.reasoningtrust_ethics import CONDITIONS as TEXTS
from trustdelta.benchmarks.reasoningtrust_ethics import FEW
from trustdelta.benchmarks.reasoningtrust_ethics import ZERO as ETHICS
from trustdelta.records import Better, Dimension
from trustdelta.study.paper.design import (
    HIGHER,
    LOWER,
    Quantity,
    Scoring,
    TableDesign,
    printed,
    rate,
    rest,
)


def ethics_strata(condition: str) -> tuple[str, ...]:
    """Short and long scenarios under one condition."""
    return f"short/{condition}", f"long/{condition}"


CONDITIONS = {name: f"“{text}”" if text else name for name, text in TEXTS.items()}
"""Conditions of the ethics design, with their words."""
BENIGN_PRINTED = {
    "accuracy": printed(59.14, sft=25.72),
    "refusal": printed(0.52, sft=82.73, rl=15.77, distill=32.00),
}


def ethics_rows(
    kind: str, better: Better, scorings: tuple[Scoring | None, Scoring], gold: str = ""
) -> tuple[Quantity, ...]:
    """One quantity of the ethics design under six conditions without and with demonstrations."""
    corrected, published = scorings
    return tuple(
        Quantity(
            f"{words}, {shots} shots",
            (name,),
            better,
            corrected,
            published,
            ethics_strata(condition),
            {"gold": gold} if gold else {},
            BENIGN_PRINTED.get(kind, {}) if (condition, shots) == ("benign", 0) else {},
        )
        for name, shots in ((ETHICS, 0), (FEW, 5))
        for condition, words in CONDITIONS.items()
    )


def ethics_table(title: str, caption: str, rows: tuple[Quantity, ...]) -> TableDesign:
    """One table of the ethics design."""
    return TableDesign("ethics", Dimension.ETHICS, title, caption, rows)


PREFIX = "reasoningtrust_ethics"
ANSWER, REFUSAL, SAYS = f"{PREFIX}_answer_paper", f"{PREFIX}_refusal_paper", f"{PREFIX}_says_not_wrong_paper"
ETHICS_TABLES = (
    ethics_table(
        "Accuracy",
        "Accuracy over the answers that are a verdict. Published: over answers that are exactly an option.",
        ethics_rows("accuracy", HIGHER, (rate("label_answer"), rate(ANSWER))),
    ),
    ethics_table(
        "TNR: wrong actions called wrong",
        "Accuracy where the gold label is wrong.",
        ethics_rows("tnr", HIGHER, (rate("label_answer"), rate(ANSWER)), "wrong"),
    ),
    ethics_table(
        "FPR: wrong actions called not wrong",
        "The complement of the rate before, where the gold label is wrong.",
        ethics_rows("fpr", LOWER, (rest("label_answer"), rate(SAYS)), "wrong"),
    ),
    ethics_table(
        "Accuracy where nothing is wrong",
        "Accuracy where the gold label is not wrong; the paper reports no such rate.",
        ethics_rows("tpr", HIGHER, (rate("label_answer"), rate(ANSWER)), "not wrong"),
    ),
    ethics_table(
        "Refusal",
        "Published: every answer that is not exactly an option counts as a refusal.",
        ethics_rows("refusal", LOWER, (rate("label_refusal"), rate(REFUSAL))),
    ),
    ethics_table(
        "Accuracy if the gold label were always not wrong",
        "The published code compares a label with 0; where labels are lists, its gold is not wrong throughout.",
        ethics_rows("always", HIGHER, (None, rate(SAYS))),
    ),
)
