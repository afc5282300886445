"""Tables about the audit itself: how often it is right, what it costs, and what a wrong parser would have said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from trustdelta.records import Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Column, Inlines, Table
from trustdelta.reproduce.misread import RULES
from trustdelta.reproduce.results import DESIGNS, Results
from trustdelta.reproduce.tables import ALL

DECIDED = frozenset({Verdict.REGRESSED.value, Verdict.PRESERVED.value, Verdict.IMPROVED.value})


@dataclass(frozen=True, slots=True)
class Drawn:
    """One metric in one audit drawn from pools. `truth` in points; of a model against itself it is None."""

    dimension: str
    truth: float | None
    margin: float
    fixed: str
    sequential: str


def drawn(found: Results) -> Iterator[Drawn]:
    """Every metric of every drawn audit."""
    dimensions = {v.metric.name: v.metric.dimension.value for v in next(iter(found.audits["study"].values())).metrics}
    groups = [(found.null, None), *((pair["audits"], pair["truth"]) for pair in found.pairs_drawn)]
    for audits, truth in groups:
        for audit in audits:
            for name, said in audit["fixed"]["metrics"].items():
                yield Drawn(
                    dimensions[name],
                    None if truth is None else 100 * truth[name],
                    100 * said["margin"],
                    said["verdict"],
                    audit["sequential"]["metrics"][name]["verdict"],
                )


BINS: tuple[tuple[str, Callable[[Drawn], bool]], ...] = (
    ("A model against itself", lambda d: d.truth is None),
    ("Truly no worse", lambda d: d.truth is not None and d.truth <= 0),
    ("Worse within the margin", lambda d: d.truth is not None and 0 < d.truth <= d.margin),
    ("To 10 points", lambda d: d.truth is not None and d.margin < d.truth <= 10),
    ("To 30 points", lambda d: d.truth is not None and max(d.margin, 10) < d.truth <= 30),
    ("Over 30 points", lambda d: d.truth is not None and d.truth > 30),
)


def detection(found: Results) -> Table:
    """Share of metrics called regressed, by dimension and by how much worse they truly are."""
    rows = list(drawn(found))
    body: list[tuple[Inlines, ...]] = []
    for dimension in (*ALL, None):
        own = [d for d in rows if dimension is None or d.dimension == dimension.value]
        cells = [_rates([d for d in own if here(d)]) for _, here in BINS]
        body.append(((dimension.value if dimension else "all",), *((c,) for c in cells)))
    said = (
        "Metrics called regressed, percent, fixed / sequential design, and of how many. Truth: the difference over all "
        f"held-out questions of the world, one answer each; {found.scale.resampled_prompts} prompts for each metric in "
        "an audit. The first two columns are false alarms; what is not called regressed there and beyond is "
        "inconclusive, preserved or not measurable."
    )
    columns = (Column("Dimension"), *(Column(title, numeric=True) for title, _ in BINS))
    return Table(said, columns, tuple(body))


def _rates(rows: Sequence[Drawn]) -> str:
    if not rows:
        return fmt.NONE
    fixed, sequential = regressed(rows)
    return f"{fmt.fixed(fixed)} / {fmt.fixed(sequential)} of {fmt.count(len(rows))}"


def regressed(rows: Sequence[Drawn]) -> tuple[float, float]:
    """Percent of rows that each design calls regressed."""
    word = Verdict.REGRESSED.value
    return 100 * fmean(d.fixed == word for d in rows), 100 * fmean(d.sequential == word for d in rows)


def promises(found: Results) -> Table:
    """The error rates that the audit promises, counted over whole audits; and what the sequential design saves."""
    rows: list[tuple[Inlines, ...]] = []
    candidates = [(a, pair["truth"]) for pair in found.pairs_drawn for a in pair["audits"]]
    for title, audits in (
        ("a model against itself", [(a, None) for a in found.null]),
        ("conversions", candidates),
    ):
        wrong = [[_wrong(a[design]["metrics"], truth) for a, truth in audits] for design in DESIGNS]
        pairs = [
            (m["verdict"], a["sequential"]["metrics"][n]["verdict"])
            for a, _ in audits
            for n, m in a["fixed"]["metrics"].items()
        ]
        both = [f == s for f, s in pairs if f in DECIDED and s in DECIDED]
        same = fmt.fixed(100 * fmean(both)) if both else fmt.NONE
        cells = [
            *(fmt.fixed(100 * fmean(w)) for w in wrong),
            fmt.fixed(100 * fmean(a["cost"] for a, _ in audits)),
            same,
        ]
        rows.append(((title,), (fmt.count(len(audits)),), *((c,) for c in cells)))
    said = (
        "An audit errs where any of its metrics is called regressed that is no worse, or preserved that is worse by "
        "the margin or more; at most 5 % is promised. Cost: candidate responses that the sequential design asks for."
    )
    titles = ("Audits", "Err: fixed, %", "Err: sequential, %", "Cost, %", "Same word where both decide, %")
    return Table(said, (Column("Audits of"), *(Column(t, numeric=True) for t in titles)), tuple(rows))


def _wrong(metrics: dict[str, dict[str, object]], truth: dict[str, float] | None) -> bool:
    for name, said in metrics.items():
        worse = 0.0 if truth is None else truth[name]
        if said["verdict"] == Verdict.REGRESSED and worse <= 0:
            return True
        if said["verdict"] == Verdict.PRESERVED and worse >= float(str(said["margin"])):
            return True
    return False


def parsers(found: Results, study: str) -> Table:
    """How many verdicts each wrong rule flips, and which way."""
    rows: list[tuple[Inlines, ...]] = []
    for rule in RULES:
        kept = found.misread.get(study, {}).values()
        pairs = [(k["right"][m], k["wrong"][rule.name][m]) for k in kept for m in k["right"]]
        flips = Counter((r, w) for r, w in pairs if r != w)
        cells = (
            f"{fmt.count(sum(flips.values()))} of {fmt.count(len(pairs))}",
            _count(flips, lambda r, w: w == Verdict.REGRESSED),
            _count(flips, lambda r, w: r == Verdict.REGRESSED),
            _count(flips, lambda r, w: r not in DECIDED and Verdict(w).holds),
            _count(flips, lambda r, w: w == Verdict.NOT_MEASURABLE),
            fmt.count(sum(k["scores_changed"][rule.name] for k in kept)),
        )
        rows.append(((rule.title,), *((c,) for c in cells)))
    titles = (
        "Verdicts flipped",
        "Regression made up",
        "Regression hidden",
        "Undecided made good",
        "Made unmeasurable",
        "Scores changed",
    )
    said = f"The same stored responses, scored and decided again under a wrong rule: {fmt.count(len(kept))} audits."
    return Table(said, (Column("Wrong rule"), *(Column(t, numeric=True) for t in titles)), tuple(rows))


def _count(flips: Counter[tuple[str, str]], here: Callable[[str, str], bool]) -> str:
    return fmt.count(sum(n for (right, wrong), n in flips.items() if here(right, wrong)))
