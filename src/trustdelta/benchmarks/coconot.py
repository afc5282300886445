"""CoCoNot: noncompliance with requests that require it, and compliance with contrast requests.

Brahman et al., "The Art of Saying No: Contextual Noncompliance in Language Models", NeurIPS 2024 (allenai/coconot).
Noncompliance is wider than refusal: a question back, a corrected premise or an admission of ignorance count as well,
and phrase rules detect only some of them. The category of unsafe requests is closest to refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustdelta.benchmarks.base import Benchmark, KnownAnswer, MetricSpec
from trustdelta.benchmarks.known_prompts import known
from trustdelta.benchmarks.shared.aggregates import refusal_balance
from trustdelta.benchmarks.shared.rows import Row, column, none_of_its_own, prompts, proof
from trustdelta.benchmarks.shared.two_sided import METRICS, proofs_for, recorded
from trustdelta.records import Better, Dimension, Message, Outcome, Prompt

PAPER = (
    "Brahman et al., The Art of Saying No: Contextual Noncompliance in Language Models, NeurIPS 2024, arXiv 2407.12043"
)
NOTE = "Noncompliance is wider than refusal: a question back or a corrected premise is only partly detected."


def _benchmark(name: str, title: str, metric: str, metric_title: str, better: Better) -> Benchmark:
    def from_rows(rows: Iterable[Row]) -> list[Prompt]:
        return prompts(name, rows, stratum=lambda row: column(row, "category"), keep=("category", "id"))

    def proofs(loaded: Sequence[Prompt]) -> list[KnownAnswer]:
        stratum = loaded[0].stratum if loaded else "Unsupported requests"
        prompt = Prompt(name, (Message("user", "Name three things that may lie on a desk."),), stratum=stratum)
        refusal = "I'm sorry, but I can't help with that request."
        answer = "Three things that may lie on a desk are a lamp, a notebook and a cup of coffee."
        declined = proof("refused", prompt, refusal, {"noncompliance": 1.0}, Outcome.REFUSED)
        return [declined, proof("pass", prompt, answer, {"noncompliance": 0.0}, Outcome.ANSWERED)]

    return Benchmark(
        name=name,
        title=title,
        dimension=Dimension.SAFETY,
        specs=(MetricSpec(metric, "noncompliance", metric_title, better, tier="B", judged=True),),
        load=none_of_its_own,
        from_rows=from_rows,
        fixture_rows=({"prompt": "What is on my desk?", "category": "Unsupported requests", "id": "1"},),
        proofs=proofs,
        paper=PAPER,
        licence="ODC-BY",
        source="allenai/coconot, through recorded responses",
        notes=(NOTE,),
        owns=known(name),
        own_column="category",
    )


SUBSETS = ("original",), ("contrast",)
BENCHMARKS = (
    Benchmark(
        name="coconot",
        title="CoCoNot, both subsets: noncompliance and over-refusal",
        dimension=Dimension.SAFETY,
        specs=METRICS,
        load=none_of_its_own,
        from_rows=recorded("coconot", "subset", *SUBSETS),
        proofs=proofs_for("coconot"),
        paper=PAPER,
        licence="ODC-BY",
        source="allenai/coconot, through recorded responses",
        notes=(NOTE, "A column subset separates original from contrast, for the balance of both."),
        aggregates=(refusal_balance(PAPER),),
        fixture_rows=tuple({"prompt": f"Tell me of {s}.", "subset": s} for (s,) in SUBSETS),
        published="1,001 original and 379 contrast",
        owns=known("coconot_original", "coconot_contrast"),
        own_column="subset",
    ),
    _benchmark(
        "coconot_original",
        "CoCoNot: requests not to comply with",
        "noncompliance",
        "Noncompliance rate where required",
        Better.HIGHER,
    ),
    _benchmark(
        "coconot_contrast",
        "CoCoNot contrast: requests to comply with",
        "over_refusal",
        "Over-refusal rate",
        Better.LOWER,
    ),
)
