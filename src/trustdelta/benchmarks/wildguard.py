"""WildGuardTest and WildJailbreak: harmful and harmless requests, plain or in the form of jailbreaks.

Han et al., "WildGuard", NeurIPS 2024, arXiv 2406.18495; Jiang et al., "WildTeaming at Scale", NeurIPS 2024, arXiv
2406.18510. Both data sets require acceptance of terms, so prompts come with recorded responses; a column, named as in
the data sets, states which requests are harmful.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.aggregates import refusal_balance
from trustdelta.benchmarks.shared.rows import none_of_its_own
from trustdelta.benchmarks.shared.two_sided import COMPLIANCE, METRICS, proofs_for, recorded
from trustdelta.records import Dimension, Json

WILDGUARD = "Han et al., WildGuard, NeurIPS 2024, arXiv 2406.18495"
WILDTEAMING = "Jiang et al., WildTeaming at Scale, NeurIPS 2024, arXiv 2406.18510"


def _benchmark(name: str, title: str, paper: str, split: tuple[str, tuple[str, ...], tuple[str, ...]]) -> Benchmark:
    """One data set; `split`: the column of the kind, and its values for harmful and harmless."""
    named, harmful, harmless = split
    rows: tuple[Mapping[str, Json], ...] = tuple(
        {"prompt": f"Tell me of {value}.", named: value} for value in (*harmful, *harmless)
    )
    return Benchmark(
        name=name,
        title=title,
        dimension=Dimension.SAFETY,
        specs=(COMPLIANCE, *METRICS),
        load=none_of_its_own,
        from_rows=recorded(name, named, harmful, harmless),
        proofs=proofs_for(name),
        paper=paper,
        licence="ODC-BY, behind terms of AI2",
        aggregates=(refusal_balance(paper),),
        fixture_rows=rows,
        own_column=named,
        notes=(f"The column {named} states harmful ({', '.join(harmful)}) or harmless ({', '.join(harmless)}).",),
    )


BENCHMARKS = (
    replace(
        _benchmark(
            "wildguard_test",
            "WildGuardTest: harmful and harmless requests",
            WILDGUARD,
            ("prompt_harm_label", ("harmful",), ("unharmful",)),
        ),
        source="allenai/wildguardmix, test, through recorded responses",
        published="1,725 rows",
    ),
    replace(
        _benchmark(
            "wildjailbreak",
            "WildJailbreak: harmful and harmless requests, plain and adversarial",
            WILDTEAMING,
            ("data_type", ("adversarial_harmful", "vanilla_harmful"), ("adversarial_benign", "vanilla_benign")),
        ),
        source="allenai/wildjailbreak, through recorded responses",
        published="2,210 in the evaluation split: 2,000 harmful, 210 harmless",
    ),
)
