"""What the registry gives to an audit, and what stays as the user said."""

from __future__ import annotations

import pytest

from trustdelta.config import COMMON_SAMPLING, ModelConfig, Sampling
from trustdelta.errors import ConfigError
from trustdelta.pairs import load
from trustdelta.pairs.defaults import remarks
from trustdelta.resolve import resolve

S1 = ("Qwen/Qwen2.5-1.5B-Instruct", "simplescaling/s1.1-1.5B")
QWEN3 = "Qwen/Qwen3-0.6B"


def test_a_registered_pair_sets_what_was_left_open() -> None:
    """Thinking format, switch, sampling and method come from the registry, and the configuration names the pair."""
    config = resolve(*S1)
    assert (config.pair, config.method, config.candidate.thinking_format) == ("s1.1-1.5B", "sft", "s1")
    hybrid = resolve(QWEN3, QWEN3)
    assert (hybrid.baseline.thinking, hybrid.candidate.thinking) == ("off", "on")
    assert hybrid.candidate.sampling == Sampling(temperature=0.6, top_p=0.95, top_k=20)
    assert hybrid.baseline.sampling == Sampling(temperature=0.7, top_p=0.8, top_k=20)


def test_what_the_user_says_stays() -> None:
    """A setting that is declared is never replaced, not even by the same as the default."""
    mine = ModelConfig(source=QWEN3, thinking="auto", sampling=Sampling(temperature=0.1))
    config = resolve(QWEN3, mine, method="rl")
    assert (config.candidate.thinking, config.candidate.sampling) == ("auto", Sampling(temperature=0.1))
    assert config.method == "rl"


def test_a_served_model_is_known_by_its_name() -> None:
    """The same settings hold where the pair is behind servers or in vLLM."""
    served = resolve(f"http://127.0.0.1:1/v1#{S1[0]}", f"vllm:{S1[1]}")
    assert (served.pair, served.candidate.thinking_format) == ("s1.1-1.5B", "s1")


def test_another_baseline_takes_only_the_candidate_s_settings() -> None:
    """Of a pair with another baseline, the candidate's settings hold; method and name of the pair do not."""
    config = resolve("organism:instruct", S1[1])
    assert (config.pair, config.method, config.candidate.thinking_format) == ("", "unknown", "s1")


def test_unknown_models_have_the_plain_defaults() -> None:
    """Nothing is guessed for models that are not registered."""
    config = resolve("organism:instruct", "organism:sft")
    assert (config.pair, config.candidate) == ("", ModelConfig(source="organism:sft"))


def test_common_sampling_replaces_the_recommended_one() -> None:
    """Under common sampling both models draw alike, registered or not; what a user declares still stays."""
    config = resolve(QWEN3, ModelConfig(source=QWEN3, sampling=Sampling(temperature=0.1)), sampling="common")
    assert config.baseline.sampling == Sampling.model_validate(COMMON_SAMPLING)
    assert config.candidate.sampling == Sampling(temperature=0.1)
    assert resolve(*S1, profile="paper").candidate.sampling == Sampling.model_validate(COMMON_SAMPLING)
    assert resolve(*S1, profile="paper", sampling="own").candidate.sampling is None
    with pytest.raises(ConfigError, match="wanted own or common"):
        resolve(*S1, sampling="hot")


def test_a_missing_system_prompt_is_remarked() -> None:
    """A pair that thinks only under a system prompt says so in the report until one is set."""
    pair = load("Magistral-Small-2506")
    assert any("system_prompt" in line for line in remarks(pair, None))
    assert not any("system_prompt" in line for line in remarks(pair, "Think."))
