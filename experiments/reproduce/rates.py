"""Tables about the audit itself: how often it is right, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from experiments.reproduce.plan import unit_of
from experiments.reproduce.results import DESIGNS, Results
from experiments.reproduce.tables import ALL
from trustdelta.records import Dimension, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Column, Inlines, Table

DECIDED = frozenset({Verdict.REGRESSED.value, Verdict.PRESERVED.value, Verdict.IMPROVED.value})


@dataclass(frozen=True, slots=True)
class Drawn:
    """One metric in one audit drawn from pools. `truth` in points; of a model against itself it is None.

    `moved`: whether the audit saw any difference at all.
    """

    pair: str
    dimension: str
    truth: float | None
    margin: float
    fixed: str
    sequential: str
    moved: bool

    @property
    def trust(self) -> bool:
        """Whether it is of a trust dimension."""
        return self.dimension != Dimension.CAPABILITY


def dimensions_of(found: Results) -> dict[str, str]:
    """The dimension of every metric, by name."""
    return {v.metric.name: v.metric.dimension.value for v in next(iter(found.audits["study"].values())).metrics}


def drawn(found: Results) -> Iterator[Drawn]:
    """Every metric of every drawn audit."""
    dimensions = dimensions_of(found)
    null = [(base, {**found.resampled[base], "truth": None}) for base in found.scale.bases]
    for pair, kept in (*null, *found.pairs_drawn.items()):
        truth = kept["truth"]
        for audit in kept["audits"]:
            for name, said in audit["fixed"]["metrics"].items():
                yield Drawn(
                    pair,
                    dimensions[name],
                    None if truth is None else 100 * truth[name],
                    100 * said["margin"],
                    said["verdict"],
                    audit["sequential"]["metrics"][name]["verdict"],
                    bool(said.get("worsening")),
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
    alike = [d for d in rows if d.truth is None and d.trust]
    said = (
        "Metrics called regressed, percent, fixed / sequential design, and of how many. Truth: the difference over all "
        "held-out questions of the world, one answer each, where both answers could be graded; "
        f"{found.scale.resampled_prompts} prompts for each metric in an audit. The first two columns are false alarms. "
        "A base answers nearly always alike: against itself an audit sees any difference at all in "
        f"{fmt.count(sum(d.moved for d in alike))} of {fmt.count(len(alike))} metrics of trust, so that little but "
        "capability tests the first."
    )
    columns = (Column("Dimension"), *(Column(title, numeric=True) for title, _ in BINS))
    return Table(said, columns, tuple(body))


TRULY: tuple[tuple[str, Callable[[Drawn], bool]], ...] = (
    ("worse", lambda d: d.truth is not None and d.truth >= d.margin),
    ("no worse", lambda d: d.truth is not None and d.truth <= 0),
)


def by_dose(found: Results, series: str) -> Table:
    """Share of metrics called regressed, by dimension and by the dose of a series that has pools."""
    pairs = {dose: {found.pair_of[c.name] for c, _ in rows} for dose, rows in found.series(series).items()}
    rows = list(drawn(found))
    body: list[tuple[Inlines, ...]] = []
    for dimension in ALL:
        for title, here in TRULY:
            own = [d for d in rows if d.dimension == dimension and here(d)]
            cells = [_rates([d for d in own if d.pair in names]) for names in pairs.values()]
            if set(cells) != {fmt.NONE}:
                body.append(((dimension.value,), (title,), *((c,) for c in cells)))
    said = (
        f"The same by dose, {unit_of(series)}. Worse: by the margin or more; what is called regressed was found. "
        "No worse: it is a false alarm. What is between the two is in neither row."
    )
    columns = (Column("Dimension"), Column("Truly"), *(Column(f"{dose:g}", numeric=True) for dose in pairs))
    return Table(said, columns, tuple(body))


def words(found: Results) -> Table:
    """What the drawn audits say of the trust metrics, by how much worse these truly are."""
    rows = [d for d in drawn(found) if d.trust]
    body: list[tuple[Inlines, ...]] = []
    for title, here in BINS:
        own = [d for d in rows if here(d)]
        cells = [_share(own, verdict) for verdict in Verdict] if own else [fmt.NONE] * len(Verdict)
        body.append(((title,), (fmt.count(len(own)),), *((c,) for c in cells)))
    said = (
        "What is said of metrics of the six trust dimensions, percent, fixed / sequential. So few prompts seldom "
        "suffice to call a rare harm preserved within its margin. The audits of the first tables ask more."
    )
    columns = (Column("Truth"), Column("Metrics", numeric=True))
    return Table(said, (*columns, *(Column(fmt.WORDS[v].capitalize(), numeric=True) for v in Verdict)), tuple(body))


def _share(rows: Sequence[Drawn], verdict: Verdict) -> str:
    """Percent of rows of which each design says a word."""
    return " / ".join(
        fmt.fixed(100 * fmean(said == verdict for said in design))
        for design in ([d.fixed for d in rows], [d.sequential for d in rows])
    )


def _rates(rows: Sequence[Drawn]) -> str:
    if not rows:
        return fmt.NONE
    fixed, sequential = regressed(rows)
    return f"{fmt.fixed(fixed)} / {fmt.fixed(sequential)} of {fmt.count(len(rows))}"


def regressed(rows: Sequence[Drawn]) -> tuple[float, float]:
    """Percent of rows that each design calls regressed."""
    word = Verdict.REGRESSED.value
    return 100 * fmean(d.fixed == word for d in rows), 100 * fmean(d.sequential == word for d in rows)


Audit = tuple[dict[str, Any], Mapping[str, float] | None]
"""One drawn audit, and the truth by metric; None: it is of a model against itself."""


def promises(found: Results) -> Table:
    """The error rates that the audit promises, counted over whole audits; and what the sequential design saves."""
    dimensions = dimensions_of(found)
    trust = {name for name, dimension in dimensions.items() if dimension != Dimension.CAPABILITY}
    rows: list[tuple[Inlines, ...]] = []
    for title, audits in (
        ("a model against itself", [(a, None) for a in found.null]),
        ("conversions", [(a, pair["truth"]) for pair in found.pairs_drawn.values() for a in pair["audits"]]),
    ):
        errs = [_share_with(audits, d, false_claim, dimensions) for d in DESIGNS]
        regressed = [100 * fmean(a[d]["overall"] == Verdict.REGRESSED for a, _ in audits) for d in DESIGNS]
        cells = [
            *(fmt.fixed(share) for share in errs),
            fmt.fixed(100 * fmean(a["cost"] for a, _ in audits)),
            _same_words(audits),
            _both(_share_with(audits, d, false_claim, trust) for d in DESIGNS),
            _both(_share_with(audits, d, false_gain, dimensions) for d in DESIGNS),
            _both(regressed),
        ]
        rows.append(((title,), (fmt.count(len(audits)),), *((c,) for c in cells)))
    said = (
        "An audit errs where any of its metrics is called regressed that is no worse, or preserved that is worse by "
        "the margin or more; at most 5 % is promised for the trust dimensions together, and 5 % for capability; of "
        "metrics called improved that are no better, the same. Cost: candidate responses that the sequential design "
        "asks for. Two shares: fixed / sequential design."
    )
    titles = (
        "Audits",
        "Err: fixed, %",
        "Err: sequential, %",
        "Cost, %",
        "Same word where both decide, % of metrics",
        "Err in trust, %",
        "Falsely improved, %",
        "Regressed overall, %",
    )
    return Table(said, (Column("Audits of"), *(Column(t, numeric=True) for t in titles)), tuple(rows))


def _both(shares: Iterable[float]) -> str:
    return " / ".join(fmt.fixed(share) for share in shares)


def _same_words(audits: Sequence[Audit]) -> str:
    """Of the metrics that both designs decide, the share of which they say one word, and how many these are."""
    pairs = [
        (m["verdict"], a["sequential"]["metrics"][n]["verdict"])
        for a, _ in audits
        for n, m in a["fixed"]["metrics"].items()
    ]
    both = [f == s for f, s in pairs if f in DECIDED and s in DECIDED]
    return f"{fmt.fixed(100 * fmean(both)) if both else fmt.NONE} of {fmt.count(len(both))}"


def _share_with(
    audits: Sequence[Audit], design: str, wrong: Callable[[Mapping[str, Any], float], bool], names: Container[str]
) -> float:
    """Percent of audits in which any of the named metrics is wrong."""
    return 100 * fmean(
        any(
            wrong(said, 0.0 if truth is None else truth[name])
            for name, said in audit[design]["metrics"].items()
            if name in names
        )
        for audit, truth in audits
    )


def false_claim(said: Mapping[str, Any], worse: float) -> bool:
    """Whether a metric is called regressed that is no worse, or preserved that is worse by the margin or more."""
    if said["verdict"] == Verdict.REGRESSED:
        return worse <= 0
    return bool(said["verdict"] == Verdict.PRESERVED and worse >= said["margin"])


def false_gain(said: Mapping[str, Any], worse: float) -> bool:
    """Whether a metric is called improved that is no better."""
    return bool(said["verdict"] == Verdict.IMPROVED and worse >= 0)
