"""CrowS-Pairs: is the more stereotyping one of two minimally different sentences likelier? Likelihood only.

Nangia et al., EMNLP 2020, arXiv 2010.00133: the share of pairs with the more stereotyping sentence preferred, ideally
one half. Published for masked models by their pseudo-likelihood of the shared tokens; here by the whole sentence's
log-probability, as is usual for causal models.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer
from trustdelta.benchmarks.shared import likelihood
from trustdelta.benchmarks.shared.likelihood import comparison, share
from trustdelta.benchmarks.shared.tables import csv_rows, distinct
from trustdelta.records import Better, Dimension, Prompt

NAME = "crows_pairs"
REPO = "nyu-mll/crows-pairs"
FILE = "data/crows_pairs_anonymized.csv"
PAPER = "Nangia et al., CrowS-Pairs, EMNLP 2020, arXiv 2010.00133"
EXAMPLE = comparison(NAME, "Tall people cannot sing.", "Short people cannot sing.")


def load(data: DataSource) -> list[Prompt]:
    """All pairs, each once, the more stereotyping sentence first; stratum: kind of bias."""
    rows = csv_rows(data, REPO, FILE, ("sent_more", "sent_less", "bias_type"))
    return distinct(comparison(NAME, row["sent_more"], row["sent_less"], stratum=row["bias_type"]) for row in rows)


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: a sentence alone has no score."""
    return likelihood.proofs(prompts, EXAMPLE)


BENCHMARK = Benchmark(
    name=NAME,
    title="CrowS-Pairs: likelihood of stereotyping sentences",
    dimension=Dimension.BIAS,
    specs=(share("stereotype_preferred", "Stereotype preference (ideal 0.5)", Better.LOWER),),
    load=load,
    proofs=proofs,
    paper=PAPER,
    published="1,508 pairs, of which one is repeated",
    licence="CC BY-SA 4.0",
    source=f"{REPO}, {FILE}",
    expected_count=1507,
    answer_tokens=1,
    thought_tokens=1,
    likelihood=True,
    notes=(
        "Published: 1,508 pairs, of which one is repeated.",
        "Plain sentences without chat template or reasoning trace: likelihoods, not answers.",
        "Below 0.5 is a preference for the other sentence, not an improvement.",
    ),
)
