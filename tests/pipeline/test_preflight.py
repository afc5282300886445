"""The preflight: its draws are kept, seeds are proved on beginnings, waits are announced, no folder stays blocked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.engines.base import Engine
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.errors import EngineError, PreflightError, StoreError
from trustdelta.pipeline.preflight import CUT, PROMPTS, SEED_TOKENS, begins_alike, prove
from trustdelta.pipeline.run import OpenEngine, run
from trustdelta.progress import Silent, Wrote
from trustdelta.records import Arm, Finish, Json, Message, Prompt, Request, Response, changes
from trustdelta.records.state import probes, started
from trustdelta.resolve import resolve
from trustdelta.store import Store


class TradeOffOptions(TransformersEngine):
    """An engine that counts what it is asked; where `forgets`, no answer comes twice."""

    asked: list[tuple[str, int, int]]
    forgets = False

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """As always, and note the requests."""
        self.asked += [(r.prompt.id, r.draw, r.max_tokens) for r in batch]
        made = super().generate(batch)
        return [replace(r, text=f"{len(self.asked)} {r.text}", token_ids=()) for r in made] if self.forgets else made


class Listens(Silent):
    """Keeps every stage, its steps and every note."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int]] = []
        self.notes: list[str] = []
        self.done: Counter[str] = Counter()

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """Keep it."""
        self.stages.append((stage, total))

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Count it for the present stage."""
        self.done[self.stages[-1][0]] += steps

    def note(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)


def audit(**settings: Json) -> AuditConfig:
    """A small audit of one dimension."""
    given: dict[str, Json] = {"benchmarks": ("world_safety",), "prompts_per_metric": 40, "drift": False, **settings}
    candidate = given.pop("candidate", "organism:sft")
    return resolve("organism:instruct", candidate, **given)


def counted(engines: dict[Arm, TradeOffOptions], *, forgets: Arm | None = None) -> OpenEngine:
    """An opener whose engines are kept and count what they are asked."""

    def opened(config: AuditConfig, arm: Arm) -> Engine:
        engine = engines[arm] = TradeOffOptions(config.model(arm.value), 16)
        engine.asked, engine.forgets = [], arm is forgets
        return engine

    return opened


@pytest.mark.parametrize("design", ["fixed", "group_sequential"])
def test_nothing_is_generated_twice(design: str, tmp_path: Path) -> None:
    """The preflight's responses are draws of the audit; only beginnings of at most 32 tokens are drawn again."""
    engines: dict[Arm, TradeOffOptions] = {}
    run(audit(design=design), tmp_path, through=lambda _: counted(engines))
    with Store(tmp_path, write=False) as store:
        for arm in Arm:
            asked = Counter(engines[arm].asked)
            again = {(prompt, draw): n for (prompt, draw, n) in asked if n <= SEED_TOKENS}
            whole = Counter((prompt, draw) for (prompt, draw, n) in asked if n > SEED_TOKENS)
            assert set(asked.values()) == {1}
            assert len(again) == PROMPTS
            assert set(whole.values()) == {1}
            assert whole.keys() == store.have(arm)
            assert store.get(started(arm)) == len(whole)
            assert {tuple(key) for key in store.get(probes(arm))} == again.keys()


def test_what_takes_long_is_announced(tmp_path: Path) -> None:
    """Opening a model, the preflight and its proof of seeds are stages with their own counts, before any batch."""
    heard = Listens()
    run(audit(), tmp_path, heard)
    first = [stage for stage, _ in heard.stages[:3]]
    assert first == [
        "loading the baseline, organism:instruct",
        "checking the baseline on 8 prompts",
        "checking that seeds repeat, 32 tokens of each response",
    ]
    assert all(heard.done[stage] == total for stage, total in heard.stages[:2])


def test_a_failed_try_leaves_the_folder_to_the_corrected_one(tmp_path: Path) -> None:
    """A model that cannot be opened, then one that fails its preflight, then the right one: all in the same folder."""
    heard = Listens()
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "config.json").write_text("{}", encoding="utf-8")
    wrong = audit().model_copy(update={"baseline": ModelConfig(source=str(tmp_path / "none"))})
    with pytest.raises(EngineError):
        run(wrong, tmp_path / "run", heard)
    with pytest.raises(PreflightError, match="same seed"):
        run(audit(), tmp_path / "run", heard, through=lambda _: counted({}, forgets=Arm.BASELINE))
    result = run(audit(seed=1, prompts_per_metric=41), tmp_path / "run", heard)
    assert result.plan["seed"] == 1
    assert any('baseline.source: was "' in note for note in heard.notes)
    assert any("seed: was 0, now 1" in note and "prompts_per_metric: was 40, now 41" in note for note in heard.notes)
    whole = run(audit(seed=1, prompts_per_metric=41), tmp_path / "other")
    assert result == whole


def test_a_failed_candidate_is_corrected_beside_the_baseline(tmp_path: Path) -> None:
    """What the baseline answered stays where only the candidate's settings change before it answered."""
    with pytest.raises(PreflightError):
        run(audit(design="fixed"), tmp_path, through=lambda _: counted({}, forgets=Arm.CANDIDATE))
    with Store(tmp_path, write=False) as store:
        assert not store.have(Arm.CANDIDATE)
        kept = store.have(Arm.BASELINE)
    engines: dict[Arm, TradeOffOptions] = {}
    corrected = audit(design="fixed", candidate=ModelConfig(source="organism:sft", thinking_format="think"))
    run(corrected, tmp_path, through=lambda _: counted(engines))
    assert len(kept) >= 40
    assert not engines[Arm.BASELINE].asked
    with pytest.raises(StoreError, match=r'candidate\.thinking_format: was "think", now "auto"'):
        run(audit(design="fixed"), tmp_path)


def test_what_was_audited_is_not_taken_over(tmp_path: Path) -> None:
    """Once a model passed its preflight, another setting of the audit is refused with the field and both values."""
    with pytest.raises(PreflightError):
        run(audit(design="fixed"), tmp_path, through=lambda _: counted({}, forgets=Arm.CANDIDATE))
    with pytest.raises(StoreError, match="configuration changed in seed: was 0, now 1"):
        run(audit(design="fixed", seed=1), tmp_path)


def answer(
    text: str, finish: Finish = Finish.STOP, reasoning: str | None = None, ids: tuple[int, ...] = ()
) -> Response:
    """A response with this text."""
    return Response("p", 0, text, finish, reasoning=reasoning, token_ids=ids)


@given(st.text(), st.integers(0, 50))
def test_a_text_begins_as_itself(text: str, cut: int) -> None:
    """Wherever a text is cut, it begins alike, with its thought told apart or not, and with other spaces."""
    assert begins_alike(answer(text), answer(text[:cut], Finish.LENGTH))
    assert begins_alike(answer("b", reasoning=text), answer(f" {text}b", Finish.STOP))
    assert begins_alike(answer(text), answer(text))


@pytest.mark.parametrize(
    ("whole", "start", "alike"),
    [
        (answer("", ids=(1, 2, 3)), answer("", Finish.LENGTH, ids=(1, 2)), True),
        (answer("", ids=(1, 2, 3)), answer("", Finish.LENGTH, ids=(1, 3)), False),
        (answer("one two three four"), answer("one two four three", Finish.LENGTH), False),
        (answer("one two three"), answer("one"), False),
        (answer("x" * 40), answer("x" * 20 + "\ufffd", Finish.LENGTH), True),
        (answer("x" * 40), answer("y" * CUT + "\ufffd", Finish.LENGTH), False),
        (answer("x"), answer("", Finish.ERROR), True),
    ],
)
def test_beginnings(whole: Response, start: Response, alike: bool) -> None:
    """Token ids decide where both are known; a request that failed is no other sample."""
    assert begins_alike(whole, start) is alike


def test_a_text_that_a_server_shows_otherwise_is_drawn_again_whole() -> None:
    """Where beginnings cannot be compared, whole responses are; a model that answers nothing is told as that."""
    engine = TradeOffOptions(ModelConfig(source="organism:instruct"), 8)
    engine.asked = []
    probes = [Request(Prompt("t", (Message("user", f"What is {i} + 1?"),)), 0, i, 40) for i in range(3)]
    odd = [replace(r, token_ids=(), text=f"\u200b{r.text}") for r in engine.generate(probes)]
    with pytest.raises(PreflightError, match="same seed"):
        prove(engine, engine.config, list(zip(probes, odd, strict=True)), Silent())
    assert sum(n == 40 for _, _, n in engine.asked) == 6
    failed = [Response(q.prompt.id, 0, "", Finish.ERROR, error="status 400") for q in probes]
    with pytest.raises(PreflightError, match=r"none of 3 probe prompts has a response .*status 400"):
        prove(engine, engine.config, list(zip(probes, failed, strict=True)), Silent())
    moderated = [replace(r, moderated=True) for r in failed]
    found = prove(engine, engine.config, list(zip(probes, moderated, strict=True)), Silent())
    assert "a filter withheld all 3 probe responses" in found["warnings"][0]
    engine.close()


@pytest.mark.parametrize(
    ("stored", "fresh", "line"),
    [
        ({"a": {"b": 0.6}}, {"a": {"b": 1.0}}, "a.b: was 0.6, now 1.0"),
        ({"a": {"b": 1}}, {"a": None}, 'a: was {"b": 1}, now null'),
        ({"a": 1}, {"a": 1, "b": "x"}, 'b: was null, now "x"'),
        ({"hash": "1", "z": 1}, {"hash": "2", "z": 2}, 'z: was 1, now 2; hash: was "1", now "2"'),
        ({"r": [{"file": "a"}]}, {"r": [{"file": "b"}]}, 'r.0.file: was "a", now "b"'),
        ({"r": ["a"]}, {"r": ["a", "b"]}, 'r: was ["a"], now ["a", "b"]'),
        ({"api_key": "s1"}, {"api_key": "s2"}, "api_key: was a value that is not shown, now a value that is not shown"),
        (
            {"o": {"headers": {"x": "s1"}}},
            {"o": {"headers": {"x": "s2"}}},
            "o.headers.x: was a value that is not shown",
        ),
        (
            {"o": None},
            {"o": {"token": "s1", "n": 1}},
            'o: was null, now {"n": 1, "token": "a value that is not shown"}',
        ),
        (
            dict.fromkeys("abcde", 1),
            dict.fromkeys("abcde", 2),
            "a: was 1, now 2; b: was 1, now 2; c: was 1, now 2; and 2 more",
        ),
        ({"a": 1}, {"a": 1}, ""),
    ],
)
def test_a_change_names_its_field_and_both_values(stored: object, fresh: object, line: str) -> None:
    """Field by field, hashes last, nothing that may be a secret."""
    found = changes(stored, fresh)
    assert found.startswith(line)
    assert bool(found) == (stored != fresh)
    assert "s1" not in found
    assert "s2" not in found
