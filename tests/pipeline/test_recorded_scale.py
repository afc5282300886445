"""Large recorded audits: workers and pages change no number, and what rows share is read once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import trustdelta
from trustdelta.benchmarks import registry
from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.data.source import open_source
from trustdelta.pipeline import run as running
from trustdelta.pipeline.run import rerun, run
from trustdelta.pipeline.workers import Workers
from trustdelta.progress import Silent
from trustdelta.records import Arm, Json, Outcome
from trustdelta.resolve import resolve
from trustdelta.store import Store

NAME = "world_safety"
DRAWS = 7
GOOD = ("{answer}", "<think>they ask {n}</think>\n\n{answer}", "{answer}\n", "no, {n}</think> {answer}")
ODD = ("lone \ud800 half {n}", "", "é {n} 😀", "nothing of the kind, {n}")


def rows(seed: int) -> Iterator[dict[str, Json]]:
    """Seven draws of each prompt: thoughts, odd marks, blanks, errors, withheld, cut and duplicate ones."""
    prompts = registry.load(NAME).load(open_source(None))[:40]
    for draw in range(DRAWS):
        for i, prompt in enumerate(prompts):
            n = (i * 31 + draw * 17 + seed * 7) % 53
            text = (ODD if n > 48 else GOOD)[n % 4].format(n=n, answer=prompt.target["answer"])
            row: dict[str, Json] = {
                "messages": [{"role": m.role, "content": m.content} for m in prompt.messages],
                "response": text,
                "finish_reason": ("stop", "length", "", "content_filter")[(n + 1) % 4 if n > 47 else 0],
                "draw": draw,
            }
            if n == 3:
                row |= {"response": None, "error": "rate limit"}
            yield row
            if n == 5:
                yield row | {"response": "another text to the same draw"}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AuditConfig:
    """A recorded audit of some hundred rows."""
    folder = tmp_path_factory.mktemp("rows")
    models = []
    for seed, arm in enumerate(Arm):
        file = folder / f"{arm.value}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows(seed)), "utf-8")
        recorded = [{"benchmark": NAME, "file": file, "columns": {"draw": "draw", "prompt_opened_thought": False}}]
        models.append(ModelConfig.model_validate({"source": arm.value, "recorded": recorded}))
    return resolve(models[0], models[1], benchmarks=(NAME,))


def stored(folder: Path) -> list[list[Any]]:
    """Everything that a run stored and concluded."""
    with Store(folder, write=False) as store:
        store.check()
        responses = [list(store.responses(arm)) for arm in Arm]
        return [store.prompts(), *responses, list(store.scores()), [(folder / "verdict.json").read_bytes()]]


@pytest.fixture(scope="module")
def alone(config: AuditConfig, tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """The audit in one process."""
    folder = tmp_path_factory.mktemp("alone")
    run(config, folder)
    return stored(folder)


def test_workers_change_nothing(
    config: AuditConfig, alone: list[list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers store and conclude what one process does, byte for byte, and so does scoring again."""
    started: list[Workers] = []

    def workers() -> Workers:
        started.append(Workers(2, least=1))
        return started[-1]

    monkeypatch.setattr(running, "Workers", workers)
    run(config, tmp_path)
    assert stored(tmp_path) == alone
    rerun(tmp_path)
    assert stored(tmp_path) == alone
    assert [len(w._crew) for w in started] == [0, 0]


def test_the_rows_of_the_case_are_of_every_kind(alone: list[list[Any]]) -> None:
    """What the test above compares is not all alike."""
    _, baseline, candidate, scores, _ = alone
    kinds = {
        Outcome.REFUSED,
        Outcome.MALFORMED,
        Outcome.MODERATED,
        Outcome.ERROR,
        Outcome.EMPTY,
        Outcome.TRUNCATED_IN_ANSWER,
    }
    assert kinds <= {s.outcome for s in scores}
    assert any("\ud800" in r.text for r in baseline)
    assert len(baseline) == len(candidate) == 40 * DRAWS


def test_small_pages_change_nothing(
    config: AuditConfig, alone: list[list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that is read in pages of three rows, and scored in pages of five, holds the same."""
    monkeypatch.setattr("trustdelta.store.tables.PAGE", 3)
    monkeypatch.setattr("trustdelta.pipeline.scoring.score.CHUNK", 5)
    run(config, tmp_path)
    assert stored(tmp_path) == alone


class StopsScoring(Silent):
    """Interrupts the audit after some pages of scores."""

    def __init__(self) -> None:
        self.scoring, self.pages = False, 0

    def start(self, stage: str, total: int, parts: object = None) -> None:
        """Notice the stage."""
        self.scoring = stage.startswith("scoring")

    def advance(self, steps: int, wrote: object = None) -> None:
        """Count pages of scores."""
        self.pages += self.scoring
        if self.pages == 3:
            raise KeyboardInterrupt


def test_an_audit_that_stopped_between_pages_of_scores_resumes(
    config: AuditConfig, alone: list[list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores of the pages that were done stay; the rest follows, and the outlines cover both."""
    monkeypatch.setattr("trustdelta.pipeline.scoring.score.CHUNK", 50)
    monkeypatch.setattr(running, "Workers", partial(Workers, 2, least=1))
    monkeypatch.setattr("trustdelta.pipeline.scoring.score.PAGE", 50)
    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path, StopsScoring())
    with Store(tmp_path, write=False) as store:
        assert 0 < len(store.scored(Arm.BASELINE)) < store.count(Arm.BASELINE)
    run(config, tmp_path)
    assert stored(tmp_path) == alone


def test_a_run_that_was_stored_with_compressed_responses_is_read(
    config: AuditConfig, alone: list[list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run folders of earlier versions hold compressed bodies alone."""
    monkeypatch.setattr("trustdelta.store.rows.SHORT", 0)
    run(config, tmp_path)
    monkeypatch.undo()
    rerun(tmp_path)
    assert stored(tmp_path) == alone
    assert trustdelta.Audit.load(tmp_path).result.overall
