"""The table of what a wrong parser would have said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from experiments.reproduce.misread import RULES
from experiments.reproduce.rates import DECIDED
from experiments.reproduce.results import Results
from trustdelta.records import Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Column, Inlines, Table


def parsers(found: Results, study: str) -> Table:
    """How many verdicts each wrong rule flips, and which way."""
    rows: list[tuple[Inlines, ...]] = []
    for rule in RULES:
        kept = found.misread.get(study, {}).values()
        pairs = [(k["right"][m], k["wrong"][rule.name][m]) for k in kept for m in k["right"]]
        flips = Counter((r, w) for r, w in pairs if r != w)
        cells = (
            f"{fmt.count(sum(flips.values()))} of {fmt.count(len(pairs))}",
            _count(flips, lambda r, w: Verdict(r).holds and w == Verdict.REGRESSED),
            _count(flips, lambda r, w: r not in DECIDED and w == Verdict.REGRESSED),
            _count(flips, lambda r, w: r == Verdict.REGRESSED),
            _count(flips, lambda r, w: r not in DECIDED and Verdict(w).holds),
            _count(flips, lambda r, w: w == Verdict.NOT_MEASURABLE),
            fmt.count(sum(k["scores_changed"][rule.name] for k in kept)),
        )
        rows.append(((rule.title,), *((c,) for c in cells)))
    titles = (
        "Verdicts flipped",
        "Regression made up",
        "Undecided called regressed",
        "Regression hidden",
        "Undecided made good",
        "Made unmeasurable",
        "Scores changed",
    )
    said = (
        f"The same stored responses, scored and decided again under a wrong rule: verdicts on the metrics of "
        f"{fmt.count(len(kept))} audits. Made up: by the right reading it is preserved or improved. Undecided: by that "
        "reading it is inconclusive or not measurable, and may have regressed. A hidden regression may count as "
        "unmeasurable too. Scores changed: in value, outcome or reason."
    )
    return Table(said, (Column("Wrong rule"), *(Column(t, numeric=True) for t in titles)), tuple(rows))


def _count(flips: Counter[tuple[str, str]], here: Callable[[str, str], bool]) -> str:
    return fmt.count(sum(n for (right, wrong), n in flips.items() if here(right, wrong)))
