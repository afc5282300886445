"""Exact drift from hidden states that vLLM returns, on a stand-in with its interface (`scripted_vllm.py`)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import scripted_vllm
from scripted_vllm import Script
from typer.testing import CliRunner

from trustdelta.cli.main import app
from trustdelta.config import AuditConfig
from trustdelta.errors import MeasurementError
from trustdelta.pipeline.drift import choose, exact
from trustdelta.pipeline.drift.chunks import FOLDER
from trustdelta.pipeline.drift.measure import measure_drift
from trustdelta.pipeline.drift.results import drift_of
from trustdelta.pipeline.run import run
from trustdelta.progress import Silent
from trustdelta.records import Arm
from trustdelta.records.state import DRIFT_MODE, DRIFT_NOTE, fingerprint
from trustdelta.resolve import resolve
from trustdelta.store import Store

PAIR = ("vllm:organism:instruct", "vllm:organism:sft")
PLAIN = ("organism:instruct", "organism:sft")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """The stand-in as the installed vLLM."""
    yield scripted_vllm.install(monkeypatch)
    scripted_vllm.uninstall()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three texts of different lengths."""
    path = tmp_path / "corpus.txt"
    path.write_text("how do i cut the bread?\nthe address is scarlet.\nwhat is 3 plus 4? the answer is 7. thank you.\n")
    return path


def drift(*arguments: str) -> Any:
    """What the command prints as JSON; its errors are raised."""
    whole = ["drift", *arguments, "--json", "--quiet"]
    done = CliRunner().invoke(app, whole, standalone_mode=False, catch_exceptions=False)
    return json.loads(done.stdout)


def nats(document: Any, direction: str = "kl_candidate_to_baseline") -> float:
    """Nats per token over all tokens."""
    return float(document[direction]["all"]["nats_per_token"])


def test_states_of_vllm_give_the_drift_of_the_models_themselves(script: Script, corpus: Path) -> None:
    """In both directions and all parts; each model is opened once, the candidate first, and closed."""
    served, local = drift(*PAIR, "--text", str(corpus)), drift(*PLAIN, "--text", str(corpus))
    assert (served["mode"], local["mode"]) == ("vllm", "one_pass")
    for direction in ("kl_candidate_to_baseline", "kl_baseline_to_candidate"):
        assert served[direction].keys() == local[direction].keys()
        assert nats(served, direction) == pytest.approx(nats(local, direction), rel=1e-4)
        assert served[direction]["all"]["method"] == "exact"
        assert served[direction]["all"]["floor_nats_per_token"] == pytest.approx(0.0, abs=1e-9)
    assert ["sft" in opened["model"] for opened in script.opened] == [True, False]
    assert script.alive == 0


def test_one_model_against_itself_has_no_drift(script: Script, corpus: Path) -> None:
    """Equal states under equal heads are exactly 0."""
    assert nats(drift(PAIR[0], PAIR[0], "--text", str(corpus))) == 0.0
    assert len(script.opened) == 2


@pytest.mark.parametrize("mode", ["one_pass", "two_pass"])
def test_the_other_modes_read_models_of_vllm_in_transformers(script: Script, corpus: Path, mode: str) -> None:
    """A mode that is named holds whatever engine writes the responses."""
    assert drift(*PAIR, "--text", str(corpus), "--mode", mode)["mode"] == mode
    assert not script.opened


def test_vllm_reads_models_that_transformers_run(script: Script, corpus: Path) -> None:
    """With --mode vllm, whose numbers are those of vllm: before both models."""
    named = drift(*PLAIN, "--text", str(corpus), "--mode", "vllm")
    assert named["mode"] == "vllm"
    assert nats(named) == nats(drift(*PAIR, "--text", str(corpus)))


def test_a_pair_with_one_model_of_vllm_is_read_in_transformers(script: Script, corpus: Path) -> None:
    """The rounding of two programs is no effect of a conversion."""
    assert drift(PAIR[0], PLAIN[1], "--text", str(corpus))["mode"] == "one_pass"
    assert not script.opened


def test_half_precision_is_compared_with_float32(script: Script, corpus: Path) -> None:
    """The floor of bfloat16 states holds their rounding, and the note names both types."""
    half = drift(*PAIR, "--text", str(corpus), "--dtype", "bfloat16")
    whole = drift(*PLAIN, "--text", str(corpus), "--dtype", "bfloat16")
    assert {opened["dtype"] for opened in script.opened} == {"bfloat16"}
    assert "bfloat16" in half["note"]
    assert "float32" in half["note"]
    assert half["kl_candidate_to_baseline"]["all"]["floor_nats_per_token"] > 0
    assert nats(half) == pytest.approx(nats(whole), rel=0.05)


@pytest.mark.parametrize("states", [scripted_vllm.normalised, scripted_vllm.before_the_norm])
def test_states_that_are_not_the_heads_are_refused(script: Script, corpus: Path, states: Any) -> None:
    """Normalised states, or those before the final norm, give other probabilities than the model on a probe."""
    script.states = states
    with pytest.raises(MeasurementError, match=r"probabilities.*two_pass"):
        drift(*PAIR, "--text", str(corpus))
    assert script.alive == 0


def test_states_of_fewer_tokens_than_the_text_are_refused(script: Script, corpus: Path) -> None:
    """States of a cached prefix are missing: no row is moved onto another token."""
    script.states = scripted_vllm.without_first
    with pytest.raises(MeasurementError, match=r"states of \d+ tokens.*two_pass"):
        drift(*PAIR, "--text", str(corpus))


def test_a_model_that_vllm_cannot_pool_is_one_line(script: Script, corpus: Path) -> None:
    """The reason of vLLM, its version, and what to do next."""
    script.refuses = "This model does not support `--runner pooling`.\nSee the docs."
    with pytest.raises(MeasurementError) as caught:
        drift(*PAIR, "--text", str(corpus))
    assert "\n" not in str(caught.value)
    for part in ("vLLM 0.32.0", "does not support `--runner pooling`", "two_pass"):
        assert part in str(caught.value)


def test_a_text_that_is_too_long_for_vllm_is_one_line(script: Script, tmp_path: Path) -> None:
    """With the setting of vLLM that bounds it."""
    folder = audited(tmp_path / "run")
    config = pair_config(candidate={"max_model_len": 32})
    with Store(copied(folder, tmp_path / "copy"), write=True) as store:
        measure_drift(store, config, Silent())
        assert not store.drift()
        assert "max_model_len" in store.get(DRIFT_NOTE)
    assert script.opened[-1]["max_model_len"] == 32


def test_a_dead_engine_is_one_line(script: Script, corpus: Path) -> None:
    """It is named, and the model's memory is released."""
    script.dies = True
    with pytest.raises(Exception, match=r"engine process died"):
        drift(*PAIR, "--text", str(corpus))
    assert script.alive == 0


def test_without_vllm_the_mode_is_one_line(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that vLLM is not installed and which modes need none."""
    monkeypatch.setitem(sys.modules, "vllm", None)
    for name in ("trustdelta.engines.vllm", "trustdelta.engines.vllm_states"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(MeasurementError, match=r"not installed.*two_pass"):
        drift(*PLAIN, "--text", str(corpus), "--mode", "vllm")


def test_options_of_the_model_reach_vllm(script: Script, tmp_path: Path) -> None:
    """But not those that only generation has, nor the ones that states need."""
    folder = audited(tmp_path / "run")
    options = {"tensor_parallel_size": 2, "runner": "generate", "max_logprobs": 9, "enable_prefix_caching": True}
    config = pair_config(baseline=options, candidate=options)
    with Store(copied(folder, tmp_path / "copy"), write=True) as store:
        measure_drift(store, config, Silent())
        assert store.get(DRIFT_MODE) == "vllm"
    for opened in script.opened:
        assert (opened["tensor_parallel_size"], opened["runner"]) == (2, "pooling")
        assert not opened["enable_prefix_caching"]
        assert "max_logprobs" not in opened


def test_an_audit_measures_the_same_rows_and_leaves_nothing_behind(script: Script, tmp_path: Path) -> None:
    """Every row of one pass, to rounding; the states are removed."""
    folder = audited(tmp_path / "run")
    with Store(folder, write=False) as whole, Store(copied(folder, tmp_path / "copy"), write=True) as store:
        measure_drift(store, pair_config(), Silent())
        assert [row[:7] for row in store.drift()] == [row[:7] for row in whole.drift()]
        for ours, other in zip(drift_of(store)[0], drift_of(whole)[0], strict=True):
            assert ours.nats_per_token == pytest.approx(other.nats_per_token, rel=1e-3, abs=1e-6)
    assert not (tmp_path / "copy" / FOLDER).exists()


def test_a_stopped_measurement_reads_no_text_again(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped behind both passes, it goes on from the stored states of both models."""
    folder = copied(audited(tmp_path / "run"), tmp_path / "copy")
    with Store(folder, write=True) as store:
        with monkeypatch.context() as stopping:
            stopping.setattr(exact, "measure_chunk", interrupted)
            with pytest.raises(KeyboardInterrupt):
                measure_drift(store, pair_config(), Silent())
        read = len(script.rows)
        measure_drift(store, pair_config(), Silent())
        assert store.drift()
        texts = {tuple(r.prompt_token_ids + r.token_ids) for arm in Arm for r in store.responses(arm)}
    assert read
    assert not [row for row in script.rows[read:] if tuple(row) in texts]


def test_a_run_that_vllm_cannot_measure_is_measured_in_another_mode(script: Script, tmp_path: Path) -> None:
    """The note names the mode, and the rerun in it has drift."""
    script.refuses = "no"
    with Store(copied(audited(tmp_path / "run"), tmp_path / "copy"), write=True) as store:
        measure_drift(store, pair_config(), Silent())
        assert "two_pass" in store.get(DRIFT_NOTE)
        measure_drift(store, pair_config(drift_mode="two_pass"), Silent())
        assert (store.get(DRIFT_MODE), store.get(DRIFT_NOTE)) == ("two_pass", "")
        assert store.drift()


def test_a_mode_does_not_change_between_two_halves_of_a_run(script: Script, tmp_path: Path) -> None:
    """What vLLM began it ends, since its rounding is another one."""
    folder = copied(audited(tmp_path / "run"), tmp_path / "copy")
    with Store(folder, write=True) as store:
        measure_drift(store, pair_config(), Silent())
        assert choose.mode_for(store, pair_config(drift_mode="one_pass")) == "vllm"


def interrupted(*_arguments: Any) -> None:
    """Stops as by Ctrl-C."""
    raise KeyboardInterrupt


def pair_config(**changes: Any) -> AuditConfig:
    """A very small audit of two models of vLLM; `baseline` and `candidate`: options of vLLM."""
    options = {arm.value: changes.pop(arm.value, {}) for arm in Arm}
    config = resolve(*PAIR, benchmarks=("world_safety",), prompts_per_metric=6, design="fixed", **changes)
    models = {arm: config.model(arm).model_copy(update={"options": each}) for arm, each in options.items()}
    return config.model_copy(update=models)


def audited(folder: Path) -> Path:
    """A finished audit of the plain pair."""
    run(resolve(*PLAIN, benchmarks=("world_safety",), prompts_per_metric=6, design="fixed", draws=1), folder)
    return folder


def copied(folder: Path, other: Path) -> Path:
    """The audit's prompts and responses without its drift."""
    with Store(folder, write=False) as whole, Store(other, write=True, create=True) as fresh:
        fresh.put_prompts(whole.prompts())
        for arm in Arm:
            fresh.put_responses(arm, whole.responses(arm))
            fresh.put(fingerprint(arm.value), whole.get(fingerprint(arm.value)))
    return other
