"""Joins two sets of recorded responses by prompt, never by the order of their rows.

Prompts are joined by their content first. The remaining ones are joined by the user's question, if only the template or
the system text differs, and then by the document that both logs name. A question or document of several prompts of one
file joins nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from trustdelta.errors import PairingError
from trustdelta.interop.questions import SHORTEST, normal
from trustdelta.interop.responses import NAMED, RecordedSet
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.records import Finish, Json, Prompt

Groups = Mapping[str, Sequence[RecordedRow]]
"""Rows by the join key of their prompt."""
FEW = 0.05
"""Share of failed requests up to which equal files are an error; beyond it nothing is measurable."""
_SWITCH = re.compile(r"\s*/(?:no_?)?think\Z")
"""A thinking switch behind the question, as for Qwen3 and SmolLM3."""


def _question(row: RecordedRow) -> str:
    return _SWITCH.sub("", normal(row.question))


def _text(row: RecordedRow) -> str:
    """The longest text of a row's document that is in its question, if it is long enough to be a question."""
    question = _question(row)
    candidates = [text for text in map(normal, row.questions) if len(text) >= SHORTEST and text in question]
    return max(candidates, key=len, default="")


LEVELS: dict[str, Callable[[RecordedRow], str]] = {
    "question": _question,
    "document's text": _text,
    "document": lambda row: row.document,
}
"""Keys that join prompts with different content, in this order; "" joins nothing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One prompt of both files."""

    baseline: Sequence[RecordedRow]
    """The baseline's rows, in the order of draws."""
    candidate: Sequence[RecordedRow]
    """The candidate's rows, in the order of draws."""
    level: str = "content"
    """The key of the join."""

    @property
    def prompt_row(self) -> dict[str, Json]:
        """A row for `Benchmark.from_rows`, without a system text that only one of the models has."""
        row = self.baseline[0].prompt_row
        if self.level == "content":
            return row
        return {**row, "system": "", "messages": [m for m in row["messages"] if m[0] != "system"]}

    @property
    def key(self) -> str:
        """The join key of the prompt from `prompt_row`."""
        if self.level == "content":
            return self.baseline[0].key
        return Prompt("", tuple(m for m in self.baseline[0].messages if m.role != "system")).join_key


@dataclass(frozen=True, slots=True)
class PairingReport:
    """The result of a join. Prompts are named by place, never by their text; at most NAMED of each kind."""

    joined: int
    """Number of joined prompts."""
    only_baseline: int
    only_candidate: int
    draws_differ: int
    duplicates_baseline: int
    duplicates_candidate: int
    named_only_baseline: tuple[str, ...] = ()
    named_only_candidate: tuple[str, ...] = ()
    named_draws_differ: tuple[str, ...] = ()
    reworded: Mapping[str, int] | None = None
    """By key of the join, the number of joined prompts with different content."""

    @property
    def share(self) -> float:
        """Joined prompts as a share of all distinct prompts of the two sets."""
        return self.joined / max(1, self.joined + self.only_baseline + self.only_candidate)

    def lines(self) -> list[str]:
        """One line for the join, and one for each kind of incompleteness."""
        only = (self.only_baseline, self.only_candidate)
        lines = [f"{self.joined} prompts joined by content ({self.share:.1%} of all)"]
        lines += [
            f"{count} of them have different texts or templates for the two models; their {level} joins them"
            for level, count in (self.reworded or {}).items()
        ]
        for arm, count, named in zip(
            ("baseline", "candidate"), only, (self.named_only_baseline, self.named_only_candidate), strict=True
        ):
            lines += [f"{count} only in the {arm}: {'; '.join(named)}"] if count else []
        if self.draws_differ:
            lines.append(f"{self.draws_differ} with different numbers of draws: {'; '.join(self.named_draws_differ)}")
        for arm, count in (("baseline", self.duplicates_baseline), ("candidate", self.duplicates_candidate)):
            lines += [f"{count} duplicate rows left out of the {arm}"] if count else []
        return lines


def join(left: Groups, right: Groups) -> list[Pair]:
    """Every prompt of both sets, in the order of the left one."""
    pairs = {key: Pair(rows, right[key]) for key, rows in left.items() if key in right}
    taken = set(pairs)
    for level, name_of in LEVELS.items():
        if len(pairs) == min(len(left), len(right)):
            break
        names = _unique(left, name_of), _unique(right, name_of)
        free = _unique({k: v for k, v in right.items() if k not in taken}, name_of)
        for name, key in names[0].items():
            right_key = free.get(name)
            if key not in pairs and right_key is not None and name in names[1]:
                pairs[key] = Pair(left[key], right[right_key], level)
                taken.add(right_key)
    return [pairs[key] for key in left if key in pairs]


def _unique(groups: Groups, name_of: Callable[[RecordedRow], str]) -> dict[str, str]:
    """Keys of prompts by their question or document, if it is unique."""
    keys: dict[str, list[str]] = {}
    for key, rows in groups.items():
        if name := name_of(rows[0]):
            keys.setdefault(name, []).append(key)
    return {name: matching[0] for name, matching in keys.items() if len(matching) == 1}


def pair_recorded(
    baseline: RecordedSet, candidate: RecordedSet, min_share: float = 0.0
) -> tuple[list[dict[str, Json]], PairingReport]:
    """Join two sets by prompt.

    Returns rows for `Benchmark.from_rows` of the joined prompts, in the baseline's order, and the report. Raises
    PairingError if no prompt, or less than `min_share` of all prompts, is joined.
    """
    pairs, report = pairs_of(baseline, candidate, min_share)
    return [pair.prompt_row for pair in pairs], report


def pairs_of(baseline: RecordedSet, candidate: RecordedSet, min_share: float = 0.0) -> tuple[list[Pair], PairingReport]:
    """The prompts of both sets with both models' rows, and the report; raises PairingError like `pair_recorded`."""
    left, right = baseline.by_key(), candidate.by_key()
    pairs = join(left, right)
    report = _report(left, right, pairs, (baseline.diagnostics.duplicates, candidate.diagnostics.duplicates))
    if not pairs or report.share < min_share:
        raise PairingError(
            f"{len(pairs)} of {len(left)} baseline and {len(right)} candidate prompts have equal content, wanted "
            f"{f'{min_share:.0%} of all' if min_share else 'at least one'}; check their prompt and system columns."
        )
    return pairs, report


def _report(left: Groups, right: Groups, pairs: Sequence[Pair], duplicates: tuple[int, int]) -> PairingReport:
    joined_left, joined_right = {p.baseline[0].key for p in pairs}, {p.candidate[0].key for p in pairs}
    differ = [p.baseline[0].key for p in pairs if len(p.baseline) != len(p.candidate)]
    only_left, only_right = [k for k in left if k not in joined_left], [k for k in right if k not in joined_right]
    reworded = {level: n for level in LEVELS if (n := sum(p.level == level for p in pairs))}
    return PairingReport(
        joined=len(pairs),
        only_baseline=len(only_left),
        only_candidate=len(only_right),
        draws_differ=len(differ),
        duplicates_baseline=duplicates[0],
        duplicates_candidate=duplicates[1],
        named_only_baseline=_named(only_left, left),
        named_only_candidate=_named(only_right, right),
        named_draws_differ=_named(differ, left),
        reworded=reworded,
    )


def equal_everywhere(pairs: Sequence[tuple[Sequence[RecordedRow], Sequence[RecordedRow]]]) -> bool:
    """Whether both models' rows are equal, thoughts included, for every prompt, and for two prompts at least.

    False if more than a few requests failed: their failure is then reported instead.
    """
    if len(pairs) < 2 or not all(_texts(baseline) == _texts(candidate) for baseline, candidate in pairs):
        return False
    return sum(r.finish is Finish.ERROR for baseline, _ in pairs for r in baseline) <= FEW * len(pairs)


def _texts(rows: Sequence[RecordedRow]) -> list[tuple[str, str | None]]:
    return [(r.text, r.reasoning) for r in rows]


def _named(keys: Iterable[str], rows: Groups) -> tuple[str, ...]:
    """The first prompts by key and place in their file: reports must not show their text, which may be harmful."""
    return tuple(f"{key[:8]} in {rows[key][0].where}" for key in list(keys)[:NAMED])
