"""`study trade-off`: audits weight interpolations of two models and recommends one that meets the criteria.

Every point is a pair of one study with the same baseline. Preserved trust is tested in the order of the shares up to
the first failure, so that the level of one audit holds over all points (fixed-sequence test). The default design is
fixed: a sequential design stops once a gain is significant, before its size is known precisely. Weights are written
for each audit and removed afterwards.
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
from trustdelta.records import Dimension, Json, Verdict, in_order
from trustdelta.report.studies import trade_off as pages
from trustdelta.report.studies.records import PairRow
from trustdelta.report.studies.trade_off import Mix, TradeOff
from trustdelta.resolve import resolve
from trustdelta.stats.series import run_length
from trustdelta.study.compare import compare
from trustdelta.study.kept_gain import gains, kept_low
from trustdelta.study.plan import PairSpec, Study, run_folder
from trustdelta.study.run import audit_pairs, study_lock
from trustdelta.study.status import is_complete
from trustdelta.study.weight_interpolation import Parents, drop_weights, write_config, write_weights


@dataclass(frozen=True, slots=True)
class TradeOffOptions:
    """Settings of a trade-off."""

    baseline: str
    candidate: str
    shares: tuple[float, ...]
    """Weights of the candidate in the audited interpolations."""
    keep: float = 0.9
    """Fraction of the capability gain to retain."""
    profile: str = "quick"
    settings: dict[str, Json] = field(default_factory=dict)
    guard: tuple[Dimension, ...] = ()
    """Trust dimensions that a certified mix must preserve; empty: all audited ones."""

    def check(self) -> None:
        """Raise UsageError for invalid shares and guards."""
        if list(self.shares) != sorted(set(self.shares)) or not all(0 <= s <= 1 for s in self.shares):
            raise UsageError(f"shares: found {self.shares}, wanted rising numbers from 0 to 1.")
        if self.shares[-1:] != (1.0,) or len(self.shares) < 2:
            raise UsageError("shares: the last one must be 1, the candidate itself, with at least one before it.")
        if Dimension.CAPABILITY in self.guard:
            raise UsageError(
                "guard: found capability, wanted trust dimensions; --keep sets how much of the gain must remain."
            )


def trade_off(options: TradeOffOptions, out: Path, progress: Progress | None = None) -> TradeOff:
    """Audit every mix, write trade-off.html, trade-off.json and the recommended mix; finished audits are reused.

    Raises UsageError for models that cannot be interpolated, MeasurementError for a failed audit.
    """
    options.check()
    whole = resolve(options.baseline, options.candidate, profile=options.profile, **options.settings)
    parents = Parents(folder_of(whole.baseline), folder_of(whole.candidate))
    parents.check()
    study = _study(options, whole, out)
    with study_lock(study, out):
        for spec in study.pairs:
            write_config(parents, _share(spec), Path(spec.candidate.source))
        for spec in study.pairs:
            with _weights(parents, spec, out):
                ran = audit_pairs(study, out, [spec], progress or Silent())
            if ran.failed:
                raise MeasurementError(f"{spec.name}: {ran.failed[spec.name]}")
    result = concluded(options, study, out)
    if result.recommended is not None:
        best = next(s for s in study.pairs if _share(s) == result.recommended)
        write_weights(parents, result.recommended, Path(best.candidate.source))
    save_text(out / "trade-off.json", pages.as_json(result))
    save_text(out / "trade-off.html", pages.render(result))
    return result


def _study(options: TradeOffOptions, whole: AuditConfig, out: Path) -> Study:
    """The study whose pairs are the interpolations."""
    settings = merged({"design": "fixed"}, options.settings)
    settings.get("data", {}).pop("benchmarks", None)
    pairs = []
    for share in options.shares:
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
    title = f"Weights between {options.baseline} and {options.candidate}"
    return Study(
        title=title,
        profile=options.profile,
        benchmarks=tuple(whole.data.benchmarks),
        settings=settings,
        pairs=tuple(pairs),
    )


def _share(spec: PairSpec) -> float:
    return float(spec.labels["share"])


@contextmanager
def _weights(parents: Parents, spec: PairSpec, out: Path) -> Iterator[None]:
    """A mix's weights on disk for the duration of its audit."""
    if is_complete(run_folder(out, spec)):
        yield
        return
    folder = Path(spec.candidate.source)
    write_weights(parents, _share(spec), folder)
    yield
    drop_weights(folder)


def concluded(options: TradeOffOptions, study: Study, out: Path) -> TradeOff:
    """The result of the finished audits: the gain that each mix retains, and the recommended mix."""
    compared = compare(study, out)
    rows = {row.name: row for row in compared.pairs}
    last = study.pairs[-1]
    whole = rows[last.name].gain
    names = compared.metrics.get(Dimension.CAPABILITY, ())
    candidate = gains(run_folder(out, last), names)
    mixes: list[Mix] = []
    for spec in study.pairs:
        fraction = _retained(rows[spec.name], whole)
        own = gains(run_folder(out, spec), names)
        alpha = study.config(spec).statistics.alpha / len(study.pairs)
        low = None if fraction is None else kept_low(own, candidate, alpha)
        mixes.append(Mix(_share(spec), rows[spec.name], fraction, low))
    mixes = certified(mixes, options.guard)
    chosen = choose(mixes, options.keep)
    return TradeOff(
        baseline=options.baseline,
        candidate=options.candidate,
        keep=options.keep,
        guard=tuple(d.value for d in options.guard),
        alpha=study.config(last).statistics.alpha,
        mixes=tuple(mixes),
        recommended=None if chosen is None else chosen.share,
        reason=_reason(mixes, chosen, options.keep),
    )


def _retained(row: PairRow, whole: float | None) -> float | None:
    return None if row.gain is None or whole is None or whole <= 0 else row.gain / whole


def certified(mixes: Sequence[Mix], guard: Sequence[Dimension] = ()) -> list[Mix]:
    """The mixes, certified where this mix and all milder ones preserve the guarded dimensions; share 0 is no mix.

    `guard` empty: all audited trust dimensions. Unaudited and exploratory dimensions are never preserved.
    """

    def guarded(mix: Mix) -> tuple[str, ...]:
        return tuple(d.value for d in guard or _trust(mix))

    def holds(mix: Mix) -> bool:
        return bool(guarded(mix)) and set(guarded(mix)) <= set(_preserved(mix)) and not mix.row.exploratory

    path = [m for m in mixes if m.share > 0]
    up = run_length([holds(m) for m in path])
    sure = [replace(m, certified=guarded(m)) for m in path[:up]]
    return [*(m for m in mixes if m.share == 0), *sure, *path[up:]]


def choose(mixes: Sequence[Mix], keep: float) -> Mix | None:
    """The recommended mix: no trust dimension regressed or not measurable, and at least `keep` of the gain.

    Criteria among those, in order: certified trust, a lower bound of the gain of at least `keep`, the most dimensions
    preserved or improved, the largest gain, the smallest share.
    """
    eligible = [m for m in mixes if m.share > 0 and m.kept is not None and m.kept >= keep and not _lost(m)]

    def rank(mix: Mix) -> tuple[bool, bool, int, float, float]:
        shown = mix.kept_low is not None and mix.kept_low >= keep
        return bool(mix.certified), shown, len(_preserved(mix)), mix.kept or 0.0, -mix.share

    return max(eligible, key=rank, default=None)


def _trust(mix: Mix) -> list[Dimension]:
    return in_order(d for d in mix.points if d.trust)


def _lost(mix: Mix) -> list[str]:
    words = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE)
    return [d.value for d in _trust(mix) if mix.points[d].verdict in words]


def _preserved(mix: Mix) -> list[str]:
    return [d.value for d in _trust(mix) if mix.points[d].verdict.holds]


def _bound(mix: Mix) -> str:
    return "" if mix.kept_low is None else f" and at least {100 * mix.kept_low:.0f} % on every capability metric"


def _trusted(mix: Mix) -> str:
    """The trust verdicts of a mix as text."""
    alone = [name for name in _preserved(mix) if name not in mix.certified]
    open_ = [d.value for d in _trust(mix) if d.value not in _preserved(mix)]
    parts = [
        (mix.certified, "certified, as in every smaller share"),
        (alone, "preserved in its own audit only"),
        (open_, "undecided"),
    ]
    statements = [f"{', '.join(names)}: {word}" for names, word in parts if names]
    return "; ".join(statements) or "no trust dimension was audited"


def _reason(mixes: Sequence[Mix], chosen: Mix | None, keep: float) -> str:
    """The recommendation, or why there is none."""
    if mixes[-1].kept is None:
        return "The candidate gained nothing in capability, so no mix is recommended."
    if chosen is None:
        text = f"No mix retains {100 * keep:.0f} % of the gain without a regressed dimension: none is recommended."
    else:
        text = (
            f"Recommended: {chosen.share:.2f} candidate weights. It retains {pages.kept_of(chosen)} of the "
            f"gain by estimate{_bound(chosen)}; {_trusted(chosen)}."
        )
    first = mixes[0]
    if first.share == 0 and first.kept is not None and first.kept >= keep and not _lost(first):
        text += (
            f" The baseline's own weights in the candidate's format have {pages.kept_of(first)} of the gain: most of "
            "it is the format's, not the conversion's."
        )
    return text
