"""`study trade-off`: audits mixes of two models' weights and recommends one, if one deserves it.

Every point is a pair of one study with the same baseline. That trust is held up to a share is tested in the order of
the shares, ending at the first that fails, so that it holds over all points at the level of one audit (fixed sequence).
The design is fixed unless set: looks would end as soon as a gain is there, long before one knows how much of it.
Weights are written when their turn comes and removed after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from trustdelta.config import AuditConfig, merged
from trustdelta.engines.folder import folder_of
from trustdelta.errors import MeasurementError, UsageError
from trustdelta.files import save_text
from trustdelta.progress import Progress, Silent
from trustdelta.records import TRUST_DIMENSIONS, Dimension, Json, Verdict
from trustdelta.report.studies import trade_off as pages
from trustdelta.report.studies.records import PairRow
from trustdelta.report.studies.trade_off import Mix, TradeOff
from trustdelta.resolve import resolve
from trustdelta.stats.series import run_length
from trustdelta.study.compare import compare
from trustdelta.study.kept_gain import gains, kept_low
from trustdelta.study.plan import PairSpec, Study, run_folder
from trustdelta.study.run import audit_pairs, held
from trustdelta.study.status import is_complete
from trustdelta.study.weight_interpolation import Parents, dress, drop_weights, write_weights


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: two models, the shares of the candidate that are audited, the share of the gain to keep.

    `guard`: the trust dimensions that a certified mix must hold; none: all that are audited.
    """

    baseline: str
    candidate: str
    shares: tuple[float, ...]
    keep: float = 0.9
    profile: str = "quick"
    settings: dict[str, Json] = field(default_factory=dict)
    guard: tuple[Dimension, ...] = ()

    def check(self) -> None:
        """Raise UsageError for shares that are no path."""
        if list(self.shares) != sorted(set(self.shares)) or not all(0 <= s <= 1 for s in self.shares):
            raise UsageError(f"shares: found {self.shares}, wanted rising numbers from 0 to 1.")
        if self.shares[-1:] != (1.0,) or len(self.shares) < 2:
            raise UsageError("shares: the last one must be 1, the candidate itself, with at least one before it.")
        if Dimension.CAPABILITY in self.guard:
            raise UsageError("guard: found capability, wanted dimensions of trust; --keep says how much must stay.")


def trade_off(asked: Asked, out: Path, progress: Progress | None = None) -> TradeOff:
    """Audit every mix, write trade-off.html, trade-off.json and the recommended mix; what is finished stays.

    Raises UsageError where the two models do not lie on a path, MeasurementError where a point failed.
    """
    asked.check()
    whole = resolve(asked.baseline, asked.candidate, profile=asked.profile, **asked.settings)
    parents = Parents(folder_of(whole.baseline), folder_of(whole.candidate))
    parents.check()
    study = _study(asked, whole, out)
    with held(study, out):
        for spec in study.pairs:
            dress(parents, _share(spec), Path(spec.candidate.source))
        for spec in study.pairs:
            with _weights(parents, spec, out):
                ran = audit_pairs(study, out, [spec], progress or Silent())
            if ran.failed:
                raise MeasurementError(f"{spec.name}: {ran.failed[spec.name]}")
    result = concluded(asked, study, out)
    if result.recommended is not None:
        best = next(s for s in study.pairs if _share(s) == result.recommended)
        write_weights(parents, result.recommended, Path(best.candidate.source))
    save_text(out / "trade-off.json", pages.as_json(result))
    save_text(out / "trade-off.html", pages.render(result))
    return result


def _study(asked: Asked, whole: AuditConfig, out: Path) -> Study:
    """The points as pairs of one study."""
    settings = merged({"design": "fixed"}, asked.settings)
    settings.get("data", {}).pop("benchmarks", None)
    pairs = []
    for share in asked.shares:
        name = f"mix-{share:.4f}".rstrip("0").rstrip(".")
        mix = whole.candidate.model_copy(update={"source": str((out / "mixes" / name).resolve())})
        pairs.append(
            PairSpec(
                name=name,
                baseline=whole.baseline,
                candidate=mix,
                method="mixed",
                lineage="strict",
                labels={"share": share},
            )
        )
    title = f"Weights between {asked.baseline} and {asked.candidate}"
    return Study(
        title=title,
        profile=asked.profile,
        benchmarks=tuple(whole.data.benchmarks),
        settings=settings,
        pairs=tuple(pairs),
    )


def _share(spec: PairSpec) -> float:
    return float(spec.labels["share"])


@contextmanager
def _weights(parents: Parents, spec: PairSpec, out: Path) -> Iterator[None]:
    """A mix's weights, there while its audit needs them."""
    if is_complete(run_folder(out, spec)):
        yield
        return
    folder = Path(spec.candidate.source)
    write_weights(parents, _share(spec), folder)
    yield
    drop_weights(folder)


def concluded(asked: Asked, study: Study, out: Path) -> TradeOff:
    """The result of the finished points: how much gain each keeps, and which one is recommended."""
    found = compare(study, out)
    rows = {row.name: row for row in found.pairs}
    last = study.pairs[-1]
    whole = rows[last.name].gain
    names = found.metrics.get(Dimension.CAPABILITY, ())
    all_of_it = gains(run_folder(out, last), names)
    mixes: list[Mix] = []
    for spec in study.pairs:
        kept = _kept(rows[spec.name], whole)
        own = gains(run_folder(out, spec), names)
        low = None if kept is None else kept_low(own, all_of_it, study.config(spec).statistics.alpha / len(study.pairs))
        mixes.append(Mix(_share(spec), rows[spec.name], kept, low))
    mixes = certified(mixes, asked.guard)
    chosen = choose(mixes, asked.keep)
    return TradeOff(
        baseline=asked.baseline,
        candidate=asked.candidate,
        keep=asked.keep,
        guard=tuple(d.value for d in asked.guard),
        alpha=study.config(last).statistics.alpha,
        mixes=tuple(mixes),
        recommended=None if chosen is None else chosen.share,
        reason=_said(mixes, chosen, asked.keep),
    )


def _kept(row: PairRow, whole: float | None) -> float | None:
    return None if row.gain is None or whole is None or whole <= 0 else row.gain / whole


def certified(mixes: Sequence[Mix], guard: Sequence[Dimension] = ()) -> list[Mix]:
    """The mixes with the guarded dimensions marked where they all hold, as in all milder mixes; share 0 is no mix.

    `guard` empty: all audited dimensions of trust. What was not audited, or is exploratory, is never held.
    """

    def wanted(mix: Mix) -> tuple[str, ...]:
        return tuple(d.value for d in guard or _trust(mix))

    def holds(mix: Mix) -> bool:
        return bool(wanted(mix)) and set(wanted(mix)) <= set(_held(mix)) and not mix.row.exploratory

    path = [m for m in mixes if m.share > 0]
    up = run_length([holds(m) for m in path])
    sure = [replace(m, certified=wanted(m)) for m in path[:up]]
    return [*(m for m in mixes if m.share == 0), *sure, *path[up:]]


def choose(mixes: Sequence[Mix], keep: float) -> Mix | None:
    """The mix to take: no trust dimension regressed or unmeasured, and at least `keep` of the gain.

    Among those one whose trust is certified, then one that is shown to keep that much, then the one with most
    dimensions held (preserved or improved), then with most gain, then with the smaller share.
    """
    able = [m for m in mixes if m.share > 0 and m.kept is not None and m.kept >= keep and not _lost(m)]

    def worth(mix: Mix) -> tuple[bool, bool, int, float, float]:
        shown = mix.kept_low is not None and mix.kept_low >= keep
        return bool(mix.certified), shown, len(_held(mix)), mix.kept or 0.0, -mix.share

    return max(able, key=worth, default=None)


def _trust(mix: Mix) -> list[Dimension]:
    return [d for d in TRUST_DIMENSIONS if d in mix.points]


def _lost(mix: Mix) -> list[str]:
    words = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE)
    return [d.value for d in _trust(mix) if mix.points[d].verdict in words]


def _held(mix: Mix) -> list[str]:
    return [d.value for d in _trust(mix) if mix.points[d].verdict.holds]


def _bound(mix: Mix) -> str:
    return "" if mix.kept_low is None else f" and at least {100 * mix.kept_low:.0f} % on every capability metric"


def _trusted(mix: Mix) -> str:
    """What is known of a mix's trust, in words."""
    alone = [name for name in _held(mix) if name not in mix.certified]
    open_ = [d.value for d in _trust(mix) if d.value not in _held(mix)]
    parts = [
        (mix.certified, "certified, as in every smaller share"),
        (alone, "held by its own audit alone"),
        (open_, "undecided"),
    ]
    said = [f"{', '.join(names)}: {word}" for names, word in parts if names]
    return "; ".join(said) or "no dimension of trust was audited"


def _said(mixes: Sequence[Mix], chosen: Mix | None, keep: float) -> str:
    """The recommendation, or why there is none, in a few sentences."""
    if mixes[-1].kept is None:
        return "The candidate gained nothing in capability, so there is nothing to keep and no mix is recommended."
    if chosen is None:
        said = f"No mix keeps {100 * keep:.0f} % of the gain without losing a dimension: none is recommended."
    else:
        said = (
            f"Recommended: {chosen.share:.2f} of the way to the candidate. It keeps {pages.kept_of(chosen)} of the "
            f"gain by estimate{_bound(chosen)}; {_trusted(chosen)}."
        )
    first = mixes[0]
    if first.share == 0 and first.kept is not None and first.kept >= keep and not _lost(first):
        said += (
            f" The baseline's own weights in the candidate's format have {pages.kept_of(first)} of the gain: most of "
            "it is the format's, not the conversion's."
        )
    return said
