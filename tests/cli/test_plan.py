"""`trustdelta plan`: what it tells before any model runs, and that it runs, fetches and writes nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from trustdelta.cli.durations import duration
from trustdelta.cli.main import main
from trustdelta.config import ModelConfig
from trustdelta.engines import cpu
from trustdelta.pipeline.hardware import GIB, advice, named_size, needs

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
    assert 0 < candidate["tokens"] <= candidate["tokens_most"]
    assert candidate["hours"] == pytest.approx(candidate["tokens"] / 1000 / 3600)
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
    assert "time: unknown; pass --throughput TOKENS_PER_SECOND" in out
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
    assert cpu.cache_bytes(config, 2) == 2 * 2 * 2 * 16 * 2
    assert cpu.cache_bytes({"text_config": config}, 4) == 2 * 2 * 2 * 16 * 4
    assert cpu.cache_bytes({}, 2) is None


def model_folder(folder: Path, dtype: str, gib: float = 0.001) -> ModelConfig:
    """A folder that looks like a model of that number type, with weights of that size."""
    folder.mkdir(exist_ok=True)
    shape = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 64}
    (folder / "config.json").write_text(json.dumps({**shape, "dtype": dtype}), "utf-8")
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(int(gib * GIB))
    return ModelConfig(source=str(folder))


@pytest.mark.parametrize(
    ("stored", "flags", "configured", "runs", "ratio"),
    [
        ("bfloat16", {"amx_bf16"}, "auto", "bfloat16", 1),
        ("bfloat16", {"avx512_bf16", "avx2"}, "auto", "bfloat16", 1),
        ("bfloat16", {"avx2"}, "auto", "float32", 2),
        ("float16", {"amx_bf16"}, "auto", "float32", 2),
        ("float32", {"amx_bf16"}, "auto", "float32", 1),
        ("float32", {"avx2"}, "bfloat16", "bfloat16", 0.5),
    ],
)
def test_memory_is_that_of_the_number_type_that_runs(  # noqa: PLR0913 - a table
    stored: str,
    flags: set[str],
    configured: str,
    runs: str,
    ratio: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a CPU, files in bfloat16 run so where the CPU computes it, and take twice their size in float32 elsewhere."""
    monkeypatch.setattr(cpu, "flags", lambda: frozenset(flags))
    monkeypatch.setattr("trustdelta.pipeline.hardware.sees_gpu", lambda: False)
    model = model_folder(tmp_path / "model", stored).model_copy(update={"dtype": configured})
    figures = needs(model, 1000)
    assert figures.dtype == runs
    assert figures.weights_gib == pytest.approx(0.001 * ratio, rel=1e-3)
    number = 2 if runs == "bfloat16" else 4
    assert figures.cache_gib == pytest.approx(2 * 2 * 2 * 16 * number * 1000 / GIB)


def test_a_gpu_runs_the_type_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a GPU is visible, or named, no CPU rule holds and there is no advice on CPUs."""
    monkeypatch.setattr("trustdelta.pipeline.hardware.sees_gpu", lambda: True)
    model = model_folder(tmp_path / "model", "float16")
    assert needs(model, 1000).dtype == "float16"
    assert advice((model, model), ["float16"]) == []


@pytest.mark.parametrize(
    ("flags", "threads", "dtype", "lines"),
    [
        ({"amx_bf16"}, "1", "float32", ("halves the time", "OMP_NUM_THREADS=1 leaves 3 of 4 cores idle")),
        ({"avx2"}, "4", "float32", ("does not compute bfloat16", "OMP_NUM_THREADS sets")),
        ({"amx_bf16"}, "", "bfloat16", ("a small fraction of a GPU's speed", "OMP_NUM_THREADS sets")),
    ],
)
def test_a_cpu_is_told_what_halves_the_time(
    flags: set[str],
    threads: str,
    dtype: str,
    lines: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number type where the processor has it, and the threads where they are fewer than the cores."""
    monkeypatch.setattr(cpu, "flags", lambda: frozenset(flags))
    monkeypatch.setattr("trustdelta.pipeline.hardware.sees_gpu", lambda: False)
    monkeypatch.setattr("trustdelta.pipeline.hardware.cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    model = model_folder(tmp_path / "model", "bfloat16")
    shown = "; ".join(advice((model, model), [dtype]))
    assert all(line in shown for line in lines), shown
    assert ("halves" in shown) == (dtype == "float32" and "amx_bf16" in flags)
    assert advice((ModelConfig(source="organism:instruct"),) * 2, ["float32"]) == []


def test_a_batch_fits_into_the_memory_that_weights_leave() -> None:
    """Half of what is left, as a power of two, and at least one token, however large the memory is."""
    each = 2.0**18
    assert cpu.batch_tokens(12 * GIB, 4 * GIB, each) == 4 * GIB // each
    assert cpu.batch_tokens(16 * GIB, 4 * GIB, each) == 4 * GIB // each
    assert cpu.batch_tokens(512 * GIB, 0, 1024.0) == 2**28
    assert cpu.batch_tokens(16 * GIB, 32 * GIB, each) == 1
    assert cpu.batch_tokens(16 * GIB, 4 * GIB, None) == cpu.USUAL_BATCH_TOKENS


def test_prices_give_a_cost(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Prompt tokens at the first price, generated ones at the second, per million."""
    one = ("--benchmark", "world_bias", "--price", "2,10")
    for model in planned(monkeypatch, capsys, *one)["models"].values():
        assert model["cost"] == pytest.approx((2 * model["prompt_tokens"] + 10 * model["tokens"]) / 1e6)
        assert model["cost"] <= model["cost_most"]
    _, out, _ = run(monkeypatch, capsys, *PAIR, *one)
    assert "cost about " in out


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (1 / 7200, "1 second"),
        (0.01, "36 seconds"),
        (0.026, "2 minutes"),
        (1.0, "60 minutes"),
        (2.4, "2 hours"),
        (35, "35 hours"),
        (40, "2 days"),
        (24 * 400, "400 days"),
    ],
)
def test_hours_are_words(hours: float, words: str) -> None:
    """One unit, chosen so that the number is small but not coarse."""
    assert duration(hours) == words


def test_typical_lengths_are_those_of_the_published_responses(shared_data: Path) -> None:
    """The table of lengths is what the script reads from the files, to a token."""
    from experiments.perf import lengths

    from trustdelta.pipeline.lengths import MEASURED, SIMILAR, TRACE

    means = lengths.means(shared_data)
    assert pytest.approx(SIMILAR.plain, abs=1) == means["requests"]
    assert pytest.approx(TRACE, abs=1) == means["speechmap traces"]
    for name, length in MEASURED.items():
        if not name.startswith("world_"):
            assert means[f"{name} plain"] == pytest.approx(length.plain, abs=1)
        if f"{name} thinking" in means:
            assert means[f"{name} thinking"] == pytest.approx(length.thinking, abs=1)


def test_a_reasoning_model_is_expected_to_write_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared_data: Path
) -> None:
    """Thinking adds a trace to the candidate's lengths, and none where it is switched off; budgets bound both."""
    names = ("plan", "org/base", "org/model", "--benchmark", "gsm8k", "--data-dir", str(shared_data), "--limit", "50")

    def candidate(*more: str) -> dict[str, int]:
        code, out, error = run(monkeypatch, capsys, *names, *more, "--json")
        assert code == 0, error
        model: dict[str, int] = json.loads(out)["models"]["candidate"]
        return model

    assert candidate()["tokens"] == 50 * (129 + 1013)
    assert candidate("--set", "candidate.thinking=off")["tokens"] == 50 * 129
    assert candidate("--max-tokens", "200")["tokens"] == 50 * 200
