"""What an audit costs under each design and coupling, and whether its words stay the same.

Run as `python experiments/perf/audit_cost.py [--models FOLDER] [--seeds N] [--write PAGE]`. Miniature models answer 200
prompts for each metric; the reference is the fixed design with independent draws. FOLDER may hold grown conversions, as
`python -m experiments.reproduce` leaves them (`models`): neighbouring replay doses are audited as adjacent checkpoints.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from pages import rewrite

import trustdelta
from trustdelta.pipeline.coupling import decoded_tokens
from trustdelta.records import AuditResult, Verdict
from trustdelta.store import Store

PROMPTS = 200
FIXED, INDEPENDENT, SHARED = (
    ("fixed", "independent"),
    ("group_sequential", "independent"),
    ("group_sequential", "shared"),
)
MAXIMAL = ("group_sequential", "maximal")
DESIGNS = (FIXED, INDEPENDENT, SHARED, MAXIMAL)
ADJACENT = (
    ("replay-0.5-c0", "replay-1-c0"),
    ("replay-1-s1-c1", "replay-2-s1-c1"),
    ("examples-2000-c0", "examples-8000-c0"),
)
DECODED = "tokens decoded one by one"
DECIDED = (Verdict.PRESERVED, Verdict.REGRESSED, Verdict.IMPROVED)


@dataclass(frozen=True)
class Kind:
    """Pairs of one kind of conversion."""

    name: str
    pairs: tuple[tuple[str, str], ...]


def shipped(conversion: str) -> tuple[tuple[str, str], ...]:
    """A conversion of both shipped bases."""
    return tuple((f"organism:instruct{s}", f"organism:{conversion}{s}") for s in ("", "-s1"))


def kinds(models: Path | None) -> Iterator[Kind]:
    """The kinds of pairs there are."""
    yield Kind("a model and itself", (("organism:instruct", "organism:instruct"),))
    yield Kind("RL", shipped("rl"))
    if models is not None:
        yield Kind("adjacent checkpoints", tuple((str(models / a), str(models / b)) for a, b in ADJACENT))
    yield Kind("SFT", (*shipped("sft"), *shipped("sft-replay5"), *shipped("sft-planted-toxicity")))
    yield Kind("distillation", shipped("distill"))


def one(pair: tuple[str, str], design: tuple[str, str], seed: int) -> tuple[AuditResult, int]:
    """One audit, and how many tokens of the candidate were decoded one by one."""
    with tempfile.TemporaryDirectory() as folder:
        audit = trustdelta.audit(
            *pair,
            profile="quick",
            prompts_per_metric=PROMPTS,
            draws=1,
            baseline_draws=1,
            design=design[0],
            coupling=design[1],
            seed=seed,
            drift=False,
            out=Path(folder) / "run",
        )
        with Store(audit.folder, write=False) as store:
            return audit.result, decoded_tokens(store)[0]


def asked(result: AuditResult) -> float:
    """Share of the candidate's planned responses that were generated."""
    return result.plan["candidate_responses"] / result.plan["candidate_responses_planned"]


def words(result: AuditResult) -> dict[str, Verdict | None]:
    """The word of each metric."""
    return {m.metric.name: m.verdict for m in result.metrics}


def same(one: AuditResult, other: AuditResult) -> Iterator[bool]:
    """For each metric that both audits decide, whether they say the same."""
    first, second = words(one), words(other)
    return (first[m] is second[m] for m in first if first[m] in DECIDED and second[m] in DECIDED)


def rows(every: Sequence[Kind], seeds: int) -> Iterator[str]:
    """The table's rows, one for each kind of pair."""
    for kind in every:
        cost: dict[tuple[str, str], list[float]] = {d: [] for d in DESIGNS}
        decoded: dict[tuple[str, str], list[float]] = {d: [] for d in DESIGNS}
        equal: dict[tuple[str, str], list[bool]] = {d: [] for d in DESIGNS}
        decided: dict[tuple[str, str], int] = dict.fromkeys(DESIGNS, 0)
        for pair in kind.pairs:
            for seed in range(seeds):
                results = {d: one(pair, d, seed) for d in DESIGNS}
                for design, (result, tokens) in results.items():
                    cost[design].append(asked(result))
                    decoded[design].append(tokens / results[FIXED][1])
                    equal[design] += same(results[FIXED][0], result)
                    decided[design] += sum(word in DECIDED for word in words(result).values())
        cells = [str(len(kind.pairs) * seeds), str(decided[FIXED])]
        for design in DESIGNS[1:]:
            agreed, share = equal[design], decoded[design] if design == MAXIMAL else cost[design]
            cells += [f"{100 * fmean(share):.1f}", str(decided[design]), f"{sum(agreed)} of {len(agreed)}"]
        yield f"| {kind.name} | " + " | ".join(cells) + " |"


def table(every: Sequence[Kind], seeds: int) -> str:
    """The whole table."""
    head = "| pairs | audits | fixed design: decided metrics |"
    for coupling, unit in (("independent", "responses asked"), ("shared", "responses asked"), ("maximal", DECODED)):
        head += f" sequential, {coupling}: {unit}, % | decided | same word where both decide |"
    return "\n".join([head, "|---" + "|---:" * 11 + "|", *rows(every, seeds)])


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="folder of grown conversions")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args()
    text = table(list(kinds(options.models)), options.seeds)
    sys.stdout.write(text + "\n")
    if options.write:
        rewrite(options.write, "audit cost", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
