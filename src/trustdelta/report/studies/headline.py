"""The sentence that answers a study's question: what each conversion method preserved and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from trustdelta.records import Dimension, Verdict, in_order
from trustdelta.report import format as fmt
from trustdelta.report.studies.records import PairRow, StudyResult

_SHORT = {"rl": "RL", "sft": "SFT", "distill": "Distillation", "hybrid": "Hybrid", "mixed": "Mixed methods"}


def headline(result: StudyResult) -> str:
    """One clause per method, the one with the fewest losses first."""
    if not result.pairs:
        return "No pair is finished."
    groups: dict[str, list[PairRow]] = {}
    for row in result.pairs:
        groups.setdefault(row.method, []).append(row)
    ordered = sorted(groups, key=lambda method: (_lost_share(groups[method]), method))
    return f"{'; '.join(_clause(method, groups[method]) for method in ordered)}."


def _verdicts(row: PairRow) -> dict[Dimension, Verdict]:
    return {d: point.verdict for d, point in row.points.items() if d.trust}


def _lost_share(rows: Sequence[PairRow]) -> float:
    return sum(Verdict.REGRESSED in _verdicts(row).values() for row in rows) / len(rows)


def _clause(method: str, rows: Sequence[PairRow]) -> str:
    """Like SFT lost safety and privacy in 2 of 2 pairs."""
    verdicts = [_verdicts(row) for row in rows]
    total = len(rows)
    preserved = sum(bool(v) and all(verdict.holds for verdict in v.values()) for v in verdicts)
    undecided = sum(not any(x is Verdict.REGRESSED for x in v.values()) for v in verdicts) - preserved
    parts = [f"preserved alignment in {preserved} of {total}"] if preserved else []
    parts += [f"lost {fmt.listed(names)} in {count} of {total}" for count, names in _losses(verdicts)]
    if undecided:
        parts.append(f"showed no loss in {undecided} of {total}, with dimensions undecided")
    name = _SHORT.get(method, "The candidates" if method == "unknown" else method)
    return f"{name} {fmt.listed(parts)}"


def _losses(verdicts: Sequence[dict[Dimension, Verdict]]) -> list[tuple[int, list[str]]]:
    """Dimensions by the number of pairs that lost them, most first."""
    lost = Counter(d for v in verdicts for d, verdict in v.items() if verdict is Verdict.REGRESSED)
    return [(n, [d.value for d in in_order(d for d in lost if lost[d] == n)]) for n in sorted(set(lost.values()))[::-1]]
