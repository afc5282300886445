"""Human labels of judged texts: a blinded sheet from a finished run, and its labels for the verdicts of the run.

For every judged primary metric the sheet has a simple random sample of prompts with both models' first responses, in
random order, without the model, the other part of the response, or the judge's score. The id of a line is a hash that
covers the text, so that a label cannot be used for another response.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import DataError, UsageError
from trustdelta.parsing import MOST_DATA, read_bytes
from trustdelta.pipeline.scoring.judges import role_of
from trustdelta.pipeline.scoring.score import formats, read, text_for
from trustdelta.pipeline.task import counts
from trustdelta.records import Arm, Json, Judgement, Metric, Outcome, Part, Prompt, Response, Role, Score, content_hash
from trustdelta.records.state import LABEL_PAIRS, LABELS, PLAN, LabelRow, Labels
from trustdelta.report.exports import cell
from trustdelta.scorers import registry as scorers
from trustdelta.stats.ppi import MIN_LABELS
from trustdelta.store import Store

HUMAN = "human:"
"""Prefix of a judge's name: the scorer of the human labels of its texts."""

COLUMNS = ("id", "question", "prompt", "text", "label")
Key = tuple[str, Part, str, Arm]
"""Scorer, part, prompt id and model of one line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text to be labelled."""

    id: str
    key: Key
    question: str
    prompt: str
    text: str


def sheet(store: Store, benchmarks: Mapping[str, Benchmark], pairs: int) -> str:
    """The sheet as CSV, safe against formulas of spreadsheets; raises UsageError where no primary metric is judged.

    `pairs`: prompts per judged metric (all where it has fewer), at least as many as a correction needs.
    """
    if pairs < MIN_LABELS:
        raise UsageError(f"--pairs: found {pairs}, wanted at least {MIN_LABELS}; fewer labels correct nothing.")
    rows = sorted(lines(store, benchmarks, pairs), key=lambda line: line.id)
    if not rows:
        raise UsageError(
            f"{store.folder}: found no metric with a verdict that a judge scored; there is nothing to label."
        )
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(v) for v in (line.id, line.question, line.prompt, line.text, "")] for line in rows)
    store.put(LABEL_PAIRS, max(pairs, store.get(LABEL_PAIRS)))
    return "\ufeff" + stream.getvalue()


def lines(store: Store, benchmarks: Mapping[str, Benchmark], pairs: int) -> Iterator[Line]:
    """Every line of the sheet, each judged text once."""
    prompts = {p.id: p for p in store.prompts()}
    first = {arm: {r.prompt_id: r for r in store.responses(arm) if r.draw == 0} for arm in Arm}
    marked = formats(store)
    seed = content_hash([store.get(PLAN), "labels"])
    seen: set[Key] = set()
    for metric in judged_metrics([m for b in benchmarks.values() for m in b.metrics]):
        both = [p for p in prompts.values() if counts(metric, p) and all(p.id in first[arm] for arm in Arm)]
        drawn = sorted(both, key=lambda p: content_hash([seed, metric.scorer, p.id]))[:pairs]
        for prompt in drawn:
            for arm in Arm:
                key = (metric.scorer, metric.part, prompt.id, arm)
                text = shown_text(metric, prompt, first[arm][prompt.id], marked[arm])
                if key not in seen and text is not None:
                    seen.add(key)
                    yield line_of(metric, prompt, text, key)


def judged_metrics(metrics: Sequence[Metric]) -> list[Metric]:
    """Primary metrics whose scores come from a judge."""
    return [m for m in metrics if m.judged and m.role is Role.PRIMARY]


def shown_text(metric: Metric, prompt: Prompt, response: Response, marked: str) -> str | None:
    """The text that the judge labelled, answer or reasoning trace; None where there was none."""
    reading = read(response, marked)
    if metric.scorer == "recorded":
        return reading.answer if metric.part is Part.ANSWER else reading.thought
    text = text_for(prompt, response, reading, scorers.load(role_of(metric.scorer)), metric.part)
    return None if isinstance(text, Judgement) else text


def line_of(metric: Metric, prompt: Prompt, text: str, key: Key) -> Line:
    """One line of the sheet."""
    low = -metric.bound if metric.signed else 0
    question = f"{role_of(metric.scorer)}, {low:g} to {metric.bound:g}: {metric.title}"
    prompt_text = "\n".join(m.content for m in prompt.messages)
    digest = hashlib.sha256("\0".join((*map(str, key), text)).encode("utf-8", "surrogatepass")).hexdigest()
    return Line(digest[:20], key, question, prompt_text, text)


def take_labels(store: Store, benchmarks: Mapping[str, Benchmark], path: Path) -> None:
    """Read a filled-in sheet into the run; it replaces earlier labels.

    Raises UsageError where the file cannot be read, DataError for a line of another run, a repeated line, or a label
    that is not a number in the scorer's range. Lines without a label are ignored.
    """
    known = {line.id: line for line in lines(store, benchmarks, store.get(LABEL_PAIRS) or MIN_LABELS)}
    bound = {m.scorer: (-m.bound if m.signed else 0.0, m.bound) for b in benchmarks.values() for m in b.metrics}
    data = _bytes(path)
    rows: dict[str, float] = {}
    for number, row in enumerate(csv.DictReader(io.StringIO(_text(data, path), newline="")), 2):
        where, label = f"{path}, line {number}", (row.get("label") or "").strip()
        if not {"id", "label"} <= row.keys():
            raise DataError(
                f"{path}: found columns {', '.join(map(str, row))}, wanted id and label; keep the sheet's head."
            )
        line_id = (row["id"] or "").strip()
        if line_id not in known:
            raise DataError(f"{where}: {line_id!r} is no line of this run's sheet; write it again with `judges label`.")
        if line_id in rows:
            raise DataError(f"{where}: {line_id} appears twice; keep one of the lines.")
        if label:
            rows[line_id] = _number(label, bound[known[line_id].key[0]], where)
    labelled = [_row(known[i].key, value) for i, value in sorted(rows.items())]
    store.put(LABELS, Labels(sha256=hashlib.sha256(data).hexdigest(), rows=labelled))


def _row(key: Key, label: float) -> LabelRow:
    scorer, part, prompt_id, arm = map(str, key)
    return scorer, part, prompt_id, arm, label


def _bytes(path: Path) -> bytes:
    try:
        return read_bytes(path, MOST_DATA)
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: cannot be read ({problem}); pass a sheet of `judges label`.") from None


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text; save the sheet as CSV in UTF-8.") from None


def _number(label: str, limits: tuple[float, float], where: str) -> float:
    low, high = limits
    try:
        value = float(label.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise DataError(f"{where}: found the label {label!r}, wanted a number from {low:g} to {high:g}.")
    return value


def label_scores(store: Store) -> Iterator[Score]:
    """Human labels as scores of a separate scorer."""
    for scorer, part, prompt_id, arm, value in store.get(LABELS)["rows"]:
        yield Score(prompt_id, Arm(arm), 0, HUMAN + scorer, Part(part), value, Outcome.ANSWERED)


def label_plan(store: Store, metrics: Sequence[Metric]) -> dict[str, str]:
    """Scorer of the human labels, by judged metric that has any."""
    judges = {(row[0], row[1]) for row in store.get(LABELS)["rows"]}
    return {m.name: HUMAN + m.scorer for m in metrics if m.judged and (m.scorer, m.part.value) in judges}


def labels_card(store: Store) -> Json:
    """The labels in the report: the file's hash and the number of labels by scorer; None without labels."""
    if not store.has(LABELS):
        return None
    labels = store.get(LABELS)
    labelled = Counter(row[0] for row in labels["rows"])
    return {"sha256": labels["sha256"], "labels": dict(sorted(labelled.items()))}
