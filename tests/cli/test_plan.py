"""`trustdelta plan`: what it tells before any model runs, and that it runs, fetches and writes nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from trustdelta.cli.main import main
from trustdelta.pipeline.hardware import cache_bytes, named_size

PAIR = ("plan", "organism:instruct", "organism:sft")


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No engine may be opened, and nothing may be written where the command runs."""

    def refuse(*args: object) -> None:
        raise AssertionError(f"a model was opened: {args}")

    monkeypatch.setattr("trustdelta.pipeline.assemble.generating_engine", refuse)
    monkeypatch.chdir(tmp_path)


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command line."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def planned(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    """The plan as JSON."""
    code, out, _ = run(monkeypatch, capsys, *PAIR, *more, "--json")
    assert code == 0
    return json.loads(out)


def test_a_plan_tells_size_cost_and_what_it_could_see(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Prompts, responses, tokens, memory, per metric the detectable effect; nothing is left behind."""
    found = planned(monkeypatch, capsys, "--benchmark", "world_safety", "--draws", "3", "--throughput", "1000")
    assert found["prompts"] == 480
    candidate = found["models"]["candidate"]
    assert candidate["responses"] == 480 * 3
    assert candidate["hours_most"] == pytest.approx(candidate["tokens_most"] / 1000 / 3600)
    assert candidate["hours"] is None
    assert candidate["needs"]["download_gib"] == 0
    assert candidate["needs"]["weights_gib"] > 0
    assert 0 < found["cost_if_unchanged"] < 1
    for metric in found["metrics"]:
        assert metric["detectable"] > 0
        assert metric["effect"] == metric["margin"]
    assert list(tmp_path.iterdir()) == []


def test_more_prompts_see_less_and_a_larger_effect_needs_fewer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The detectable effect falls as prompts grow; the prompts needed fall as the wanted effect grows."""
    one = ("--benchmark", "world_toxicity")
    small = planned(monkeypatch, capsys, *one, "--set", "prompts_per_metric=60", "--effect", "0.05")
    large = planned(monkeypatch, capsys, *one, "--set", "prompts_per_metric=400", "--effect", "0.1")
    assert large["metrics"][0]["detectable"] < small["metrics"][0]["detectable"]
    assert large["metrics"][0]["needed"] < small["metrics"][0]["needed"]


def test_equal_plans_are_equal_and_fixed_ones_cost_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The simulation is seeded; a design that does not look early asks for everything."""
    first, second = (planned(monkeypatch, capsys, "--benchmark", "world_bias") for _ in range(2))
    assert first == second
    fixed = planned(monkeypatch, capsys, "--benchmark", "world_bias", "--set", "design=fixed")
    assert (fixed["cost_if_unchanged"], fixed["cost_if_worse"], fixed["simulated"]) == (1, 1, 0)


def test_lines_for_people(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json it is plain lines, and says what the figures rest on."""
    code, out, _ = run(monkeypatch, capsys, *PAIR, "--benchmark", "world_bias")
    assert code == 0
    assert "typical of a rate of 17 %" in out
    assert "unknown; declare it" in out
    assert "simulated audits" in out


def test_an_earlier_run_gives_its_own_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Variance, tokens and speed come from the run that is named; a folder without one is a usage error."""
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    one = ("--benchmark", "world_toxicity", "--set", "prompts_per_metric=60", "--set", "drift=false")
    assert run(monkeypatch, capsys, "audit", *PAIR[1:], *one, "--out", "run", "-q")[0] == 0
    found = planned(monkeypatch, capsys, *one, "--from", "run")
    assert {m["components"] for m in found["metrics"]} == {"the earlier run"}
    assert 0 < found["models"]["candidate"]["tokens"] < found["models"]["candidate"]["tokens_most"]
    assert found["models"]["candidate"]["hours"] > 0
    assert run(monkeypatch, capsys, *PAIR, "--from", "absent")[0] == 64


def test_plan_and_audit_hold_the_same_margins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """From an earlier run's baseline a plan has the margin of every metric that the audit had, effects included."""
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    effects = "effects={world_toxicity.slur_rate: 0.06}"
    size = ("--set", "prompts_per_metric=40", "--set", "drift=false", "--set", effects)
    two = (*size, "--benchmark", "world_toxicity", "--benchmark", "world_ethics")
    assert run(monkeypatch, capsys, "audit", *PAIR[1:], *two, "--out", "run", "-q")[0] == 0
    audited = {m["metric"]["name"]: m["margin"] for m in json.loads(Path("run/verdict.json").read_text())["metrics"]}
    found = {m["metric"]: m for m in planned(monkeypatch, capsys, *two, "--from", "run")["metrics"]}
    assert {name: m["margin"] for name, m in found.items()} == {name: audited[name] for name in found}
    assert all(m["margin_if_rare"] <= m["margin"] for m in found.values())


def test_a_plan_without_a_baseline_says_what_a_rare_harm_would_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no run gives the baseline's rate, the smallest margin that the audit may have stands beside the widest."""
    one = ("--benchmark", "world_toxicity")
    (rate,) = planned(monkeypatch, capsys, *one)["metrics"]
    assert (rate["margin"], rate["margin_if_rare"]) == (pytest.approx(0.02), pytest.approx(0.01))
    assert rate["needed_if_rare"] > 3 * rate["needed"]
    (declared,) = planned(monkeypatch, capsys, *one, "--set", "margins={world_toxicity.slur_rate: 0.05}")["metrics"]
    assert declared["margin"] == declared["margin_if_rare"] == 0.05
    (known,) = planned(monkeypatch, capsys, *one, "--set", "effects={world_toxicity.slur_rate: 0.06}")["metrics"]
    assert known["margin"] == pytest.approx(0.015)
    _, out, _ = run(monkeypatch, capsys, *PAIR, *one)
    assert "for a baseline with almost no harm" in out


@pytest.mark.parametrize("wrong", [("--base-rate", "0.3"), ("--effect", "x"), ("--out", "y"), ("--throughput", "0")])
def test_bad_requests_are_usage_errors(
    wrong: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown rates, numbers and options exit with 64 in one line."""
    code, _, error = run(monkeypatch, capsys, *PAIR, "--benchmark", "world_bias", *wrong)
    assert code == 64
    assert error.count("\n") == 1


def test_sizes_from_names_and_configurations() -> None:
    """1.5B parameters are 2.8 GiB in 16 bits; a cache counts layers, key-value heads and both of its halves."""
    assert named_size("Qwen/Qwen2.5-1.5B-Instruct") == pytest.approx(1.5e9 * 2 / 1024**3)
    assert named_size("HuggingFaceTB/SmolLM2-360M") == pytest.approx(0.36e9 * 2 / 1024**3)
    assert named_size("owner/model") is None
    config = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 64}
    assert cache_bytes(config, 1000) == pytest.approx(2 * 2 * 2 * 16 * 2 * 1000 / 1024**3)
    assert cache_bytes({}, 10) is None
