"""Profiles: what they name exists, every dimension is covered, and few metrics carry verdicts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from trustdelta import config
from trustdelta.benchmarks import registry
from trustdelta.cli.main import main
from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.base import Engine
from trustdelta.errors import UnknownNameError
from trustdelta.pipeline.assemble import stratum_sizes
from trustdelta.pipeline.task import Task, load_benchmarks
from trustdelta.profiles import MOST_PRIMARY, PROFILES, profile, table
from trustdelta.records import Arm, Dimension, Role, in_order
from trustdelta.records.terms import EXTENDED
from trustdelta.resolve import resolve

PAIR = ("org/instruct", "org/reasoner")


@pytest.mark.parametrize("name", table())
def test_every_name_exists_and_every_dimension_is_covered(name: str) -> None:
    """One or two metrics carry a verdict in each of the six dimensions and capability; all are the profile's own."""
    chosen = profile(name)
    assert len(set(chosen.benchmarks)) == len(chosen.benchmarks)
    benchmarks = load_benchmarks(chosen.benchmarks, chosen.primary)
    primary = [m for b in benchmarks.values() for m in b.metrics if m.role is Role.PRIMARY]
    assert sorted(m.name for m in primary) == sorted(chosen.primary)
    counts = Counter(m.dimension for m in primary)
    assert {d for d in counts if not d.extended} == set(Dimension)
    assert [d.value for d in in_order(counts) if d.extended] == (list(EXTENDED) if name == "extended" else [])
    assert max(counts.values()) <= MOST_PRIMARY
    assert set(chosen.benchmark_draws) <= set(chosen.benchmarks)
    assert not any(b.synthetic for b in benchmarks.values())


@pytest.mark.parametrize("name", table())
def test_every_profile_resolves_and_is_saved(name: str, tmp_path: Path) -> None:
    """The resolved configuration names benchmarks and metrics in full and reads back equal from YAML."""
    found = resolve(*PAIR, profile=name)
    assert found.data.primary == profile(name).primary
    (tmp_path / "config.yaml").write_text(config.dumps(found), "utf-8")
    assert config.load(tmp_path / "config.yaml") == found


def test_profiles_grow() -> None:
    """What a smaller profile asks, the next larger one asks too."""
    names = ("checkpoint", "quick", "standard", "full", "extended")
    checkpoint, quick, standard, full, extended = (set(profile(name).benchmarks) for name in names)
    assert checkpoint < quick < standard < full
    assert standard < extended


def test_paper_sets_the_decoding_of_the_study() -> None:
    """Temperature 0.6, top-p 0.95, top-k 20 and 4,096 tokens in all for both models; a user's own setting wins."""
    own = ModelConfig(source="org/instruct", sampling=Sampling(temperature=0.0))
    found = resolve(own, PAIR[1], profile="paper")
    assert found.baseline.sampling == Sampling(temperature=0.0)
    assert found.candidate.sampling == Sampling(temperature=0.6, top_p=0.95, top_k=20)
    assert (found.generation.thought_tokens or 0) + (found.generation.answer_tokens or 0) == 4096
    assert found.statistics.design == "fixed"
    assert resolve(*PAIR, profile="paper", thought_tokens=8192).generation.thought_tokens == 8192


def test_organisms_and_named_benchmarks_keep_their_own_metrics() -> None:
    """Two organisms get their synthetic world; benchmarks that are named keep every metric they declare."""
    world = resolve("organism:instruct", "organism:sft")
    assert world.data.primary is None
    assert all(registry.load(name).synthetic for name in world.data.benchmarks)
    extended = resolve("organism:extended", "organism:extended-sft", profile="extended").data.benchmarks
    assert set(extended) - set(world.data.benchmarks) == {"world_faithfulness", "world_abstention", "world_oversight"}
    named = resolve(*PAIR, benchmarks=("gsm8k",))
    assert (named.data.benchmarks, named.data.primary, named.generation.benchmark_draws) == (("gsm8k",), None, {})


def test_unknown_names_are_refused() -> None:
    """A profile or metric that does not exist is refused with the nearest one, before anything is written."""
    with pytest.raises(UnknownNameError, match="quick"):
        resolve(*PAIR, profile="quik")
    with pytest.raises(UnknownNameError, match=r"gsm8k\.accuracy"):
        resolve(*PAIR, benchmarks=("gsm8k",), primary=("gsm8k.acuracy",))


def test_the_frozen_plan_covers_the_choice_of_metrics() -> None:
    """Another choice of metrics with a verdict is another plan."""
    plans = []
    for primary in (("gsm8k.accuracy",), ("gsm8k.accuracy_last_number",)):
        found = resolve(*PAIR, benchmarks=("gsm8k",), primary=primary)
        task = Task(load_benchmarks(found.data.benchmarks, found.data.primary), (), (), _no_engine)
        roles = {m.name: m.role for b in task.benchmarks.values() for m in b.metrics}
        assert {name for name, role in roles.items() if role is Role.PRIMARY} == set(primary)
        plans.append(task.frozen_plan(found, "independent"))
    assert plans[0]["metrics"] != plans[1]["metrics"]
    assert plans[0]["hash"] != plans[1]["hash"]


def test_metrics_without_a_verdict_get_a_quarter_of_the_prompts() -> None:
    """A verdict's prompts are spread over its strata, other metrics share a quarter; unneeded strata get one prompt."""
    ethics = load_benchmarks(("bbq_age",), ("bbq_age.bias_ambiguous",))["bbq_age"]
    assert stratum_sizes(ethics, ("ambig", "disambig", "other"), 240) == {"ambig": 240, "disambig": 60, "other": 1}
    demoted = load_benchmarks(("ethics_commonsense",), ())["ethics_commonsense"]
    assert stratum_sizes(demoted, ("a", "b", "c", "d"), 240) == dict.fromkeys("abcd", 15)


def _no_engine(found: config.AuditConfig, arm: Arm) -> Engine:
    raise AssertionError((found, arm))


@pytest.mark.parametrize("command", [("audit",), ("plan",), ("study", "trade-off")], ids=" ".join)
def test_help_names_every_profile(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The help of `--profile` is made from the profiles, so that none is forgotten."""
    monkeypatch.setattr("sys.argv", ["trustdelta", *command, "--help"])
    with pytest.raises(SystemExit):
        main()
    words = set(re.findall(r"\w+", capsys.readouterr().out))
    assert set(table()) <= words
    assert [p.name for p in PROFILES] == list(table())


def test_help_imports_no_benchmark() -> None:
    """Help is at hand at once: profiles are named without the benchmarks and the configuration being imported."""
    code = "import sys, trustdelta.cli.main; print([m for m in sys.modules if m.startswith('trustdelta.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "trustdelta.profiles" in loaded
    assert "trustdelta.benchmarks" not in loaded
    assert "trustdelta.config" not in loaded
