"""Two sets of recorded responses joined by what was asked, never by the order of their rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trustdelta.errors import PairingError
from trustdelta.interop.responses import NAMED, RecordedRow, RecordedSet
from trustdelta.records import Json


@dataclass(frozen=True, slots=True)
class PairingReport:
    """How two sets were joined. Prompts are named by place, never by their words; at most NAMED of each kind."""

    joined: int
    only_baseline: int
    only_candidate: int
    draws_differ: int
    duplicates_baseline: int
    duplicates_candidate: int
    named_only_baseline: tuple[str, ...] = ()
    named_only_candidate: tuple[str, ...] = ()
    named_draws_differ: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Joined prompts as a share of all distinct prompts of the two sets."""
        return self.joined / max(1, self.joined + self.only_baseline + self.only_candidate)

    def lines(self) -> list[str]:
        """One line for the join, and one for each way in which it is incomplete."""
        only = (self.only_baseline, self.only_candidate)
        lines = [f"{self.joined} prompts joined by content ({self.share:.1%} of all)"]
        for arm, count, named in zip(
            ("baseline", "candidate"), only, (self.named_only_baseline, self.named_only_candidate), strict=True
        ):
            lines += [f"{count} only in the {arm}: {'; '.join(named)}"] if count else []
        if self.draws_differ:
            lines.append(f"{self.draws_differ} with different numbers of draws: {'; '.join(self.named_draws_differ)}")
        for arm, count in (("baseline", self.duplicates_baseline), ("candidate", self.duplicates_candidate)):
            lines += [f"{count} duplicate rows left out of the {arm}"] if count else []
        return lines


def pair_recorded(
    baseline: RecordedSet, candidate: RecordedSet, min_share: float = 0.0
) -> tuple[list[dict[str, Json]], PairingReport]:
    """Join two sets by the content of their prompts.

    Returns the rows that `Benchmark.from_rows` reads for the joined prompts, in the baseline's order, and the report.
    Raises PairingError where nothing, or less than `min_share` of all prompts, is joined.
    """
    left, right = baseline.by_key(), candidate.by_key()
    both = [key for key in left if key in right]
    differ = [key for key in both if len(left[key]) != len(right[key])]
    only_left, only_right = [k for k in left if k not in right], [k for k in right if k not in left]
    report = PairingReport(
        joined=len(both),
        only_baseline=len(only_left),
        only_candidate=len(only_right),
        draws_differ=len(differ),
        duplicates_baseline=baseline.diagnostics.duplicates,
        duplicates_candidate=candidate.diagnostics.duplicates,
        named_only_baseline=_named(only_left, left),
        named_only_candidate=_named(only_right, right),
        named_draws_differ=_named(differ, left),
    )
    if not both or report.share < min_share:
        raise PairingError(
            f"{len(both)} of {len(left)} baseline and {len(right)} candidate prompts have equal content, wanted "
            f"{f'{min_share:.0%} of all' if min_share else 'at least one'}; check their prompt and system columns."
        )
    return [left[key][0].prompt_row for key in both], report


def _named(keys: Iterable[str], rows: dict[str, list[RecordedRow]]) -> tuple[str, ...]:
    """The first prompts by key and place in their file: their words may be harmful, and this is read in reports."""
    return tuple(f"{key[:8]} in {rows[key][0].where}" for key in list(keys)[:NAMED])
