"""A model's own recommended settings reach every engine that runs it, or are named."""

from __future__ import annotations

import json
import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from endpoint_server import EndpointServer, ask

from trustdelta import organisms
from trustdelta.config import COMMON_SAMPLING, ModelConfig, Sampling
from trustdelta.engines.decode import Job, decode
from trustdelta.engines.endpoint import EndpointEngine
from trustdelta.engines.generation_config import COMMON, DECLARED, RECOMMENDED, choose_sampling
from trustdelta.engines.registry import open_engine
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.pipeline.forecast import forecast
from trustdelta.pipeline.forecast_models import PlanOptions
from trustdelta.pipeline.preflight import prove
from trustdelta.pipeline.run import run
from trustdelta.progress import Silent
from trustdelta.records import Json
from trustdelta.report.terminal import render
from trustdelta.resolve import resolve

OWN = {"temperature": 0.55, "top_p": 0.9, "top_k": 15, "min_p": 0.02, "repetition_penalty": 1.2}
ENGINES = ["", pytest.param("vllm:", marks=pytest.mark.slow)]


def model(tmp_path: Path, **said: Json) -> str:
    """A miniature whose generation_config.json says this beside its own."""
    folder = tmp_path / "model"
    shutil.copytree(organisms.folder("instruct"), folder)
    own = json.loads((folder / "generation_config.json").read_text("utf-8"))
    (folder / "generation_config.json").write_text(json.dumps({**own, "do_sample": True, **said}), "utf-8")
    return str(folder)


@pytest.mark.parametrize("prefix", ENGINES)
def test_the_model_s_own_sampling_is_drawn_with(prefix: str, tmp_path: Path) -> None:
    """What generation_config.json says is in the fingerprint, and gives what the same sampling declared gives."""
    if prefix and find_spec("vllm") is None:
        pytest.skip("vLLM is not installed here; docs/engines.md says how to run this in its environment")
    options = {"enforce_eager": True} if prefix else {}
    source = prefix + model(tmp_path, **OWN)
    requests, texts = [ask(i, max_tokens=24) for i in range(6)], []
    for sampling in (None, Sampling.model_validate(OWN), Sampling.model_validate(OWN | {"repetition_penalty": 1})):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a library that is not ours
            engine = open_engine(ModelConfig(source=source, sampling=sampling, options=options), 6)
        if sampling is None:
            assert engine.fingerprint["sampling"] == OWN
        texts.append([r.text for r in engine.generate(requests)])
        engine.close()
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


PLAIN = {"temperature": 1.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
AGREED = PLAIN | COMMON_SAMPLING


@pytest.mark.parametrize(
    ("said", "drawn", "origin"),
    [
        ({}, AGREED, COMMON),
        ({"eos_token_id": 2, "_from_model_config": True}, AGREED, COMMON),
        ({"do_sample": True}, AGREED, COMMON),
        ({"repetition_penalty": 1.1}, AGREED | {"repetition_penalty": 1.1}, COMMON),
        ({"top_p": 0.8}, AGREED | {"top_p": 0.8}, COMMON),
        ({"max_new_tokens": 512, "do_sample": None}, AGREED, COMMON),
        ({"temperature": 0.7}, PLAIN | {"temperature": 0.7}, RECOMMENDED),
        ({"temperature": 1.0}, PLAIN, RECOMMENDED),
        ({"do_sample": True, "top_k": 64, "top_p": 0.95}, PLAIN | {"top_k": 64, "top_p": 0.95}, RECOMMENDED),
        ({"do_sample": False}, PLAIN | {"temperature": 0.0}, RECOMMENDED),
        (
            {"do_sample": False, "top_p": 0.8, "repetition_penalty": 1.1},
            PLAIN | {"temperature": 0.0, "repetition_penalty": 1.1},
            RECOMMENDED,
        ),
    ],
)
def test_a_model_that_names_no_sampling_draws_with_the_common_one(
    said: dict[str, Json], drawn: dict[str, float], origin: str
) -> None:
    """What the file names is taken; where libraries would not agree on the rest, it is the common sampling."""
    chosen = choose_sampling(None, SimpleNamespace(**said))
    assert (chosen.sampling.model_dump(), chosen.origin) == (drawn, origin)
    declared = Sampling(temperature=0.3)
    assert choose_sampling(declared, SimpleNamespace(**said)) == (declared, DECLARED)


def test_a_common_sampling_is_said(tmp_path: Path) -> None:
    """Terminal, report, fingerprint and plan name the sampling of a model whose generation_config.json names none."""
    source = unspoken(tmp_path)
    config = resolve(source, source, benchmarks=("world_safety",), prompts_per_metric=4, drift=False)
    result = run(config, tmp_path / "run")
    (note,) = [line for line in result.notes if "sampling: temperature 0.6, top_p 0.95, top_k 20" in line]
    assert "because its generation_config.json names none" in note
    assert "generation_config.json names none" in " ".join(render(result).split())
    assert "generation_config.json names none" in (tmp_path / "run/report.html").read_text("utf-8")
    assert result.baseline.details["sampling_from"] == COMMON
    planned = forecast(config, PlanOptions()).models["candidate"]
    assert planned.sampling == f"temperature 0.6, top_p 0.95, top_k 20 ({COMMON})"


def unspoken(tmp_path: Path) -> str:
    """A miniature whose generation_config.json names no sampling."""
    folder = tmp_path / "silent"
    shutil.copytree(organisms.folder("instruct"), folder)
    (folder / "generation_config.json").write_text(json.dumps({"bos_token_id": 1, "eos_token_id": 2}), "utf-8")
    return str(folder)


def test_a_repetition_penalty_keeps_from_repeating() -> None:
    """Greedy with the strongest penalty, no token of a short response comes twice."""
    engine = TransformersEngine(ModelConfig(source="organism:instruct"), 4)
    jobs = [Job(engine.prompt_ids(ask(i).prompt), 0, 12) for i in range(4)]
    found = decode(engine.model, jobs, Sampling(temperature=0, repetition_penalty=5), frozenset())
    engine.close()
    for job, sample in zip(jobs, found, strict=True):
        assert len(set(sample.token_ids)) == len(sample.token_ids)
        assert not set(sample.token_ids) & set(job.prompt_ids)


def test_a_server_is_sent_every_declared_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the names that servers know, the penalty under both of its names."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with EndpointServer() as server:
        engine = EndpointEngine(ModelConfig(source=server.source, sampling=Sampling.model_validate(OWN)), 4)
        engine.generate([ask(1)])
        engine.close()
    assert server.seen[-1].items() >= (OWN | {"repeat_penalty": OWN["repetition_penalty"]}).items()


def test_what_is_not_applied_is_named(tmp_path: Path) -> None:
    """A recommendation beyond what engines take is a warning of the preflight, and in the fingerprint."""
    source = model(tmp_path, no_repeat_ngram_size=3, typical_p=1.0)
    engine = open_engine(ModelConfig(source=source), 8)
    probes = [ask(i) for i in range(8)]
    answers = list(zip(probes, engine.generate(probes), strict=True))
    found = prove(engine, ModelConfig(source=source), answers, Silent())
    assert engine.fingerprint["not_applied"] == {"no_repeat_ngram_size": 3}
    engine.close()
    assert [line for line in found["warnings"] if "no_repeat_ngram_size=3, which is not applied" in line]
