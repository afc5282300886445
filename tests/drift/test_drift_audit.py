"""Drift inside an audit: one pass or two, resumed, with its floor, its places and its relation to regression."""

from __future__ import annotations

import gc
import shutil
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trustdelta.config import AuditConfig, ModelConfig, RecordedFile, Sampling, dumps
from trustdelta.drift.stored import store_states
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.pipeline.drift import choose, exact, readers
from trustdelta.pipeline.drift.chunks import FOLDER, Chunk, why_not
from trustdelta.pipeline.drift.measure import measure_drift
from trustdelta.pipeline.drift.places import places_of
from trustdelta.pipeline.drift.relations import ONE_DRAW, relate
from trustdelta.pipeline.drift.results import drift_of, measured
from trustdelta.pipeline.drift.standalone import reference_model
from trustdelta.pipeline.run import run
from trustdelta.progress import Silent
from trustdelta.records import Arm, AuditResult
from trustdelta.records.state import DRIFT_CONTEXTS, DRIFT_MODE, Contexts, drift_floor, fingerprint
from trustdelta.resolve import resolve
from trustdelta.store import Store


@pytest.fixture(scope="module")
def config() -> AuditConfig:
    """A very small audit with two draws."""
    return resolve(
        "organism:instruct",
        "organism:sft",
        benchmarks=("world_safety",),
        prompts_per_metric=12,
        draws=2,
        design="fixed",
        drift_mode="one_pass",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit's folder."""
    return tmp_path_factory.mktemp("audit")


@pytest.fixture(scope="module")
def result(config: AuditConfig, folder: Path) -> AuditResult:
    """The audit's result."""
    return run(config, folder)


@pytest.fixture
def store(result: AuditResult, folder: Path) -> Iterator[Store]:
    """The finished audit's store."""
    assert result.drift
    with Store(folder, write=True) as opened:
        yield opened


def copy_without_drift(store: Store, folder: Path) -> Store:
    """A new store with the same prompts and responses."""
    fresh = Store(folder, write=True, create=True)
    fresh.put_prompts(store.prompts())
    for arm in Arm:
        fresh.put_responses(arm, store.responses(arm))
        fresh.put(fingerprint(arm.value), store.get(fingerprint(arm.value)))
    return fresh


def test_two_passes_give_the_same_rows_and_leave_nothing_behind(
    config: AuditConfig, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row for row equal to one pass; never are both models alive; the states are removed."""
    monkeypatch.setattr(readers, "TransformersEngine", only_one_alive(TransformersEngine))
    with copy_without_drift(store, tmp_path) as fresh:
        measure_drift(fresh, config.replace(drift_mode="two_pass"), Silent())
        assert fresh.get(DRIFT_MODE) == "two_pass"
        assert fresh.drift() == store.drift()
        assert places_of(fresh) == places_of(store)
        assert drift_of(fresh) == drift_of(store)
    assert not (tmp_path / FOLDER).exists()


def only_one_alive(engine: Any) -> Any:
    """The engine, refusing to load a model while another one's memory is held."""
    alive: list[weakref.ref[Any]] = []

    def load(*arguments: Any) -> Any:
        gc.collect()
        assert not [r for r in alive if r() is not None]
        loaded = engine(*arguments)
        alive.append(weakref.ref(loaded.model))
        return loaded

    return load


def test_stopped_in_the_second_pass_it_goes_on_from_the_stored_states(
    config: AuditConfig, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """States of the first pass are not computed again, and the rows are those of the undisturbed run."""
    monkeypatch.setattr("trustdelta.pipeline.drift.chunks.CHUNK", 16)
    two = config.replace(drift_mode="two_pass")
    with copy_without_drift(store, tmp_path) as fresh:
        with monkeypatch.context() as stopping:
            stopping.setattr(exact, "measure_chunk", stops_at_second(exact.measure_chunk))
            with pytest.raises(KeyboardInterrupt):
                measure_drift(fresh, two, Silent())
        assert (tmp_path / FOLDER).is_dir()
        read: list[int] = []
        monkeypatch.setattr(exact, "store_states", counting(store_states, read))
        measure_drift(fresh, two, Silent())
        assert read
        assert not any(read)
        for found, wanted in zip(fresh.drift(), store.drift(), strict=True):
            assert found[:7] == wanted[:7]
            for nats, wanted_nats in zip(found[7:], wanted[7:], strict=True):
                assert nats == (None if wanted_nats is None else pytest.approx(wanted_nats, rel=1e-3, abs=1e-5))


KILLED = """
import os, signal, sys
from pathlib import Path
import trustdelta.pipeline.drift.chunks as drift
from trustdelta import config as configs
from trustdelta.pipeline.drift import exact, measure
from trustdelta.progress import Silent
from trustdelta.store import Store
drift.CHUNK = 16
name, at = sys.argv[2], int(sys.argv[3])
whole, calls = getattr(exact, name), []
def killed(*a, **k):
    calls.append(1)
    if len(calls) == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*a, **k)
setattr(exact, name, killed)
folder = Path(sys.argv[1])
with Store(folder, write=True) as store:
    measure.measure_drift(store, configs.load(folder / "config.yaml"), Silent())
"""


@pytest.mark.slow
@pytest.mark.parametrize("killed_in", ["store_states", "measure_chunk"])
def test_kill_9_in_either_pass_repeats_no_finished_shard(
    killed_in: str, config: AuditConfig, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the third chunk of a pass: what was stored and measured before is kept, and the rows are the same."""
    two = config.replace(drift_mode="two_pass")
    with copy_without_drift(store, tmp_path):
        (tmp_path / "config.yaml").write_text(dumps(two))
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), killed_in, "3"], check=False)
    assert done.returncode == -signal.SIGKILL
    monkeypatch.setattr("trustdelta.pipeline.drift.chunks.CHUNK", 16)
    written: list[int] = []
    measured_chunks: list[str] = []
    whole = exact.measure_chunk
    monkeypatch.setattr(exact, "store_states", counting(store_states, written))

    def measure_chunk(fresh: Store, pair: exact.Pair, chunk: Chunk) -> None:
        measured_chunks.append(chunk.name)
        whole(fresh, pair, chunk)

    monkeypatch.setattr(exact, "measure_chunk", measure_chunk)
    with Store(tmp_path, write=True) as fresh:
        measure_drift(fresh, two, Silent())
        assert [row[:6] for row in fresh.drift()] == [row[:6] for row in store.drift()]
        total = len({row.prompt_id + str(row.draw) + row.text_of for row in store.drift()})
    chunks = -(-48 // 16) + -(-24 // 16)
    assert total == 72
    if killed_in == "store_states":
        assert written[:2] == [0, 0]
        assert len(measured_chunks) == chunks
    else:
        assert not any(written)
        assert len(measured_chunks) == chunks - 2


def stops_at_second(whole: Any) -> Any:
    """Measures one chunk and is interrupted at the next."""
    calls: list[int] = []

    def measure(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(*arguments)

    return measure


def counting(whole: Any, read: list[int]) -> Any:
    """Counts the shards that each call writes."""

    def counted(reader: Any, texts: Any, place: Any, **named: Any) -> None:
        before = {p: p.stat().st_mtime_ns for p in place.path.glob("*.safetensors")}
        whole(reader, texts, place, **named)
        after = {p: p.stat().st_mtime_ns for p in place.path.glob("*.safetensors")}
        read.append(sum(before.get(p) != t for p, t in after.items()))

    return counted


def test_scoring_again_loads_no_torch(result: AuditResult, folder: Path) -> None:
    """`trustdelta score` and `report` of a run with drift load neither torch nor scipy's slowest module."""
    code = (
        "import sys\n"
        "from trustdelta.cli.main import main\n"
        "for command in ('score', 'report'):\n"
        "    sys.argv = ['trustdelta', command, sys.argv[-1]]\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as end:\n"
        "        assert not end.code, end.code\n"
        "heavy = {'torch', 'transformers', 'scipy.stats'} & sys.modules.keys()\n"
        "raise SystemExit(f'loaded {heavy}' if heavy else 0)\n"
    )
    before = (folder / "verdict.json").read_bytes()
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (folder / "verdict.json").read_bytes() == before
    assert result.drift


def with_dtypes(config: AuditConfig, **dtypes: str) -> AuditConfig:
    """The configuration with these number types, by model; one alone would hold for both."""
    models = {name: getattr(config, name).model_copy(update={"dtype": dtype}) for name, dtype in dtypes.items()}
    return config.model_copy(update=models)


def test_another_dtype_is_held_against_float32(config: AuditConfig, store: Store, tmp_path: Path) -> None:
    """A bfloat16 candidate's floor is rounding of bfloat16, and the note says so; one pass and two agree."""
    low = with_dtypes(config, baseline="float32", candidate="bfloat16")
    floors = []
    for mode in ("one_pass", "two_pass"):
        (tmp_path / mode).mkdir()
        with copy_without_drift(store, tmp_path / mode) as fresh:
            measure_drift(fresh, low.replace(drift_mode=mode), Silent())
            assert 1e-10 < fresh.get(drift_floor(Arm.CANDIDATE))["candidate"]["all"] < 1e-2
            assert fresh.get(drift_floor(Arm.BASELINE))["candidate"]["all"] < 1e-10
            found, note = drift_of(fresh)
            floors.append([d.floor_nats_per_token for d in found])
            assert note.startswith("The candidate runs in bfloat16")
            assert "float32" in note
    assert floors[0] == floors[1]


def test_the_noise_floor_is_measured_and_subtracted(result: AuditResult, store: Store) -> None:
    """Every row names its floor, far below the drift; both models were measured on both models' texts."""
    for arm in Arm:
        assert store.get(drift_floor(arm)).keys() == {"candidate", "baseline"}
    for drift in result.drift:
        assert drift.floor_nats_per_token is not None
        assert 0 <= drift.floor_nats_per_token < 1e-9


def test_every_prompt_counts_once_in_the_table(result: AuditResult, store: Store) -> None:
    """Both draws are measured for the candidate; the table rests on the first of each prompt."""
    whole = {(d.text_of, d.benchmark): d for d in result.drift if d.part == "all"}
    assert whole[Arm.CANDIDATE, ""].responses == whole[Arm.CANDIDATE, "world_safety"].responses == 24
    assert sum(row.text_of == "candidate" and row.part == "all" for row in measured(store)) == 48


def test_drift_and_regression_are_related_across_draws(result: AuditResult, store: Store, config: AuditConfig) -> None:
    """Two draws: one row per verdict metric and measure, a number or the reason; one draw: the reason for all."""
    primary = [m.metric for m in result.metrics if m.verdict is not None]
    assert {(a.metric, a.measure.split()[0]) for a in result.associations} == {
        (m.name, part) for m in primary for part in ("answer", "onset")
    }
    assert all((a.rho is None) == bool(a.reason) and a.draws == 2 for a in result.associations)
    for arm in Arm:
        store._run(("DELETE FROM drift WHERE text_of = ? AND draw > 0", [(arm.value,)]))
    found = relate(store, config.generation.seed, primary)
    assert (found.associations, found.association_note) == ((), ONE_DRAW)


def test_where_probabilities_cannot_be_had_the_reason_is_named(config: AuditConfig) -> None:
    """Recorded responses have no model."""
    recorded = config.candidate.model_copy(update={"recorded": (RecordedFile(benchmark="b", file=Path("f")),)})
    assert "recorded" in why_not(config.model_copy(update={"candidate": recorded}))
    assert "switched off" in why_not(config.replace(drift=False))


def test_both_models_are_loaded_at_once_where_they_fit(config: AuditConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights against free memory decide, unless the configuration does."""
    auto = config.replace(drift_mode="auto")
    assert choose.mode_of(auto) == "one_pass"
    monkeypatch.setattr(choose, "free_bytes", lambda device: 1_000_000)
    assert choose.mode_of(auto) == "two_pass"
    assert choose.mode_of(config) == "one_pass"


def test_rates_keep_the_bounds_that_drift_sets(tmp_path: Path) -> None:
    """Same contexts and plain sampling: all bounds hold, also where rates are 1 and 0; too little drift is accused."""
    pair = [ModelConfig(source=f"organism:{name}", sampling=Sampling()) for name in ("sft-replay5", "sft")]
    config = resolve(*pair, benchmarks=("world_safety",), prompts_per_metric=16, design="fixed")
    result = run(config, tmp_path)
    assert result.bounds_note == ""
    assert len(result.bounds) == 2 * sum(m.verdict is not None for m in result.metrics)
    assert all(b.holds for b in result.bounds)
    assert max(abs(b.candidate_rate - b.baseline_rate) for b in result.bounds) == 1.0
    assert result.association_note == ONE_DRAW
    with Store(tmp_path, write=True) as opened:
        opened.put_drift(
            row._replace(
                kl_candidate_to_baseline=(row.kl_candidate_to_baseline or 0) / 1000,
                kl_baseline_to_candidate=(row.kl_baseline_to_candidate or 0) / 1000,
            )
            for row in opened.drift()
        )
        found = relate(opened, config.generation.seed, [m.metric for m in result.metrics])
        opened.put(DRIFT_CONTEXTS, Contexts(same=0, different=1))
        assert (
            "different token ids"
            in relate(opened, config.generation.seed, [m.metric for m in result.metrics]).bounds_note
        )
    assert found.faults
    assert "measured wrongly" in found.faults[0]


def test_other_sampling_has_no_bounds(result: AuditResult) -> None:
    """A model that samples with a temperature is not held against divergences at temperature 1, and is told so."""
    assert result.bounds == ()
    assert "temperature 1" in result.bounds_note


def test_without_room_on_the_disk_drift_is_left_out_with_the_reason(
    config: AuditConfig, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two passes that would fill the disk are not begun; the note says what is needed."""
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    with copy_without_drift(store, tmp_path) as fresh:
        measure_drift(fresh, config.replace(drift_mode="two_pass"), Silent())
        assert fresh.drift() == []
        assert "free disk space" in drift_of(fresh)[1]


def test_a_yardstick_is_measured_beside_a_finished_audit(
    config: AuditConfig, result: AuditResult, folder: Path, tmp_path: Path
) -> None:
    """Asked for later, it adds the ratio of the two sums and changes no other figure; what fails is a note."""
    shutil.copytree(folder, tmp_path / "run")
    beside = config.replace(drift_reference_model="organism:instruct-s1")
    assert beside.hash == config.hash
    found = run(beside, tmp_path / "run")
    row, before = found.study_drift[0], result.study_drift[0]
    assert row.over_yardstick is not None
    assert row.over_yardstick > 1
    assert replace(row, over_yardstick=None, length_of_ratio=None) == before
    assert found.metrics == result.metrics
    assert "Relative to the reference model" in (tmp_path / "run" / "report.html").read_text()
    wrong = run(config.replace(drift_reference_model="organism:nobody"), tmp_path / "run")
    assert wrong.study_drift == result.study_drift
    assert any(note.startswith("drift: no reference model: ") for note in wrong.notes)


def test_a_yardstick_s_own_code_is_never_trusted_with_the_baseline_s(config: AuditConfig) -> None:
    """Whoever pins the baseline's code has pinned nothing of the model that it was made from."""
    trusted = ModelConfig(source=f"org/instruct@{'0' * 40}", trust_remote_code=True, thinking="on")
    made_from = reference_model(config.replace(baseline=trusted, drift_reference_model="org/base"))
    assert (made_from.source, made_from.trust_remote_code, made_from.revision) == ("org/base", False, None)
    assert made_from.thinking == "on"
