"""The page of a trade-off: gain and loss on the way from the baseline's weights to the candidate's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from trustdelta.records import TRUST_DIMENSIONS, Dimension
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Bullets, Column, Inlines, Panels, Paragraph, Small, Table
from trustdelta.report.html import Frame, page
from trustdelta.report.studies.pictures import scatter
from trustdelta.report.studies.records import PairRow, Point

LIMITS = (
    "Every point was audited against the baseline as it is deployed, at the level of one audit. Certified: that all "
    "dimensions hold is tested from the smallest share on and ends at the first that fails, so that this claim holds "
    "over all points; a single point's verdict beyond it does not.",
    "The share of the gain that is kept is an estimate. Its lower bound (by betting on the prompts that both answered) "
    "holds on every capability metric, for all points together at the level of one audit.",
    "At share 0 the weights are the baseline's and everything else (template, thinking switch) the candidate's. It is "
    "shown and never recommended: it tells what the format alone does.",
    "Straight lines in weight space are no law: between two points that were audited anything may happen.",
)


@dataclass(frozen=True, slots=True)
class Mix:
    """One audited point. `kept`: its gain as a share of the candidate's, None where the candidate gained nothing.

    `kept_low`: lower bound of that share on every capability metric; None where there is none. `certified`: every trust
    dimension holds, at this share and all smaller ones.
    """

    share: float
    row: PairRow
    kept: float | None
    kept_low: float | None = None
    certified: bool = False

    @property
    def points(self) -> Mapping[Dimension, Point]:
        """Its verdict and value in each dimension."""
        return self.row.points


@dataclass(frozen=True, slots=True)
class TradeOff:
    """A finished path. `recommended`: the share of the mix to take, None where none qualifies; `reason` says why."""

    baseline: str
    candidate: str
    keep: float
    alpha: float
    mixes: tuple[Mix, ...]
    recommended: float | None
    reason: str


def as_json(result: TradeOff) -> str:
    """The result as JSON, keys sorted."""
    return json.dumps(asdict(result), sort_keys=True, indent=1, allow_nan=False) + "\n"


def dimensions(result: TradeOff) -> list[Dimension]:
    """The trust dimensions that were audited, in their order."""
    return [d for d in TRUST_DIMENSIONS if any(d in m.points for m in result.mixes)]


def kept_of(mix: Mix) -> str:
    """The share of the gain that a mix keeps, in words."""
    return fmt.NONE if mix.kept is None else f"{100 * mix.kept:.0f} %"


def kept_low_of(mix: Mix) -> str:
    """The share of the gain that a mix is shown to keep, in words."""
    return fmt.NONE if mix.kept_low is None else f"{100 * mix.kept_low:.0f} %"


def _row(mix: Mix, result: TradeOff) -> tuple[Inlines, ...]:
    marks = [w for w, on in (("recommended", mix.share == result.recommended), ("certified", mix.certified)) if on]
    name: Inlines = (f"{mix.share:.2f}", *([Small(", ".join(marks))] if marks else []))
    at = mix.points.get(Dimension.CAPABILITY)
    span = ""
    if at is not None and at.low is not None and at.high is not None:
        span = f" [{fmt.fixed(-100 * at.high, sign=True)}, {fmt.fixed(-100 * at.low, sign=True)}]"
    gain = fmt.NONE if mix.row.gain is None else fmt.fixed(100 * mix.row.gain, sign=True) + span
    return (
        name,
        (gain,),
        (kept_of(mix),),
        (kept_low_of(mix),),
        *(_cell(mix.points.get(d)) for d in dimensions(result)),
    )


def _cell(at: Point | None) -> Inlines:
    if at is None:
        return (fmt.NONE,)
    return (Badge(at.verdict, "" if at.worsening is None else fmt.fixed(-100 * at.worsening, sign=True)),)


def _panels(result: TradeOff) -> tuple[Block, ...]:
    panels = []
    for dimension in dimensions(result):
        found = [(m.row.gain, m.points[dimension]) for m in result.mixes if dimension in m.points]
        known = [(100 * x, p) for x, p in found if x is not None and p.worsening is not None]
        if known:
            words = "gain in capability, percent of the range"
            picture = scatter(f"path-{dimension.value}", dimension.value, known, words, path=True)
            panels.append((dimension.value.capitalize(), picture))
    caption = "The path from the baseline's weights to the candidate's; right is more gain, up is better."
    return (Panels(caption, tuple(panels)),) if panels else ()


def render(result: TradeOff) -> str:
    """The page's text. Equal results give equal bytes."""
    columns = (
        Column("Share of the candidate"),
        Column("Gain [95 %]", numeric=True),
        Column("Gain kept", numeric=True),
        Column("At least", numeric=True),
        *(Column(d.value.capitalize()) for d in dimensions(result)),
    )
    rows = tuple(_row(m, result) for m in result.mixes)
    table = Table("Change against the baseline, percent of the range; positive is better.", columns, rows, stack=True)
    frame = Frame(
        f"{result.baseline} → {result.candidate}: trade-off (trustdelta)",
        "Weights between baseline and candidate",
        (result.baseline, result.candidate),
        "the records of a study.",
    )
    sections: list[tuple[str, str, tuple[Block, ...]]] = [
        ("answer", "In one screen", (Paragraph((result.reason,)), table)),
        ("path", "Gain against each dimension", _panels(result)),
        ("limits", "What this page can and cannot say", (Bullets(tuple((x,) for x in LIMITS)),)),
    ]
    return page(frame, [(name, title, blocks) for name, title, blocks in sections if blocks])
