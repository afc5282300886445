"""Three public sets of recorded responses, read with the column maps that the documentation shows."""

from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from trustdelta.benchmarks import coconot, decodingtrust_stereotype, misguided_attention, wildjailbreak_benign
from trustdelta.benchmarks.base import Benchmark
from trustdelta.interop.responses import RecordedSet, read_recorded
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_pair import pair_recorded

DATA = Path(__file__).parents[2] / "../shared/data"
GUIDE = Path(__file__).parents[2] / "docs/recorded-responses.md"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data folder is not beside the checkout")


def _map(name: str) -> ColumnMap:
    """The column map that the guide shows under `# name`."""
    blocks = [part.split("```")[0] for part in GUIDE.read_text("utf-8").split("```yaml\n")[1:]]
    return ColumnMap.of(yaml.safe_load(next(b for b in blocks if b.startswith(f"# {name}\n"))))


def _puzzles(model: str) -> RecordedSet:
    folder = DATA / "misguided_attention/results_long_eval"
    return read_recorded(
        folder / f"output_queries_{model}.json",
        _map("puzzles"),
        scores=folder / f"detailed_evaluations_{model}.json",
        score_columns=_map("puzzle scores"),
    )


@pytest.mark.parametrize(
    ("stem", "benchmark", "prompts", "strata"),
    [
        ("coconot_orig_test", coconot.BENCHMARKS[1], 1001, 5),
        ("coconot_contrast_test", coconot.BENCHMARKS[2], 379, 3),
        ("wildjailbreak_adversarial_benign_eval", wildjailbreak_benign.BENCHMARK, 210, 1),
    ],
)
def test_refusals_of_a_distilled_pair(stem: str, benchmark: Benchmark, prompts: int, strata: int) -> None:
    """Every prompt is joined, and every benchmark prompt finds its recorded response again."""
    arms = ("llama-instruct-baseline", "deepseek-llama-distill-baseline")
    files = [next((DATA / "refusal_tokens_pair" / arm).glob(f"{stem}_*.jsonl")) for arm in arms]
    baseline, candidate = (read_recorded(f, _map("refusals")) for f in files)
    rows, report = pair_recorded(baseline, candidate)
    found = benchmark.from_rows(rows)
    assert (report.joined, report.share, len(found)) == (prompts, 1.0, prompts)
    assert len({p.stratum for p in found}) == strata
    assert all(p.join_key in candidate.by_key() for p in found[:20])
    assert baseline.diagnostics.lines() == []


@pytest.mark.parametrize(
    ("model", "total"), [("q3_30ba3", 48.5), ("q3_30ba3-think", 68.0), ("ds3_0324", 83.5), ("r10528", 102.5)]
)
def test_judged_puzzles(model: str, total: float) -> None:
    """52 puzzles x 3 draws; every score meets the very text that it was given to."""
    found = _puzzles(model)
    assert (len(found.rows), len(found.by_key())) == (156, 52)
    assert (found.diagnostics.unscored, found.diagnostics.mismatched) == (0, 0)
    assert sum(r.scores["score"] for r in found.rows) == total
    assert found.diagnostics.empty == (1 if model == "q3_30ba3-think" else 0)


def test_scores_of_other_texts_are_left_out() -> None:
    """In one model's file the judge saw another text once, and three responses were never judged."""
    found = _puzzles("mistralsm3")
    assert (found.diagnostics.mismatched, found.diagnostics.unscored) == (1, 4)
    assert "unstoppable_force_var2" in found.diagnostics.named["mismatched"][0]


def test_puzzles_are_clustered_by_family() -> None:
    """Ten variants of one game of doors are one cluster, not ten puzzles."""
    rows, _ = pair_recorded(_puzzles("q3_30ba3"), _puzzles("q3_30ba3-think"))
    clusters = Counter(p.cluster for p in misguided_attention.from_rows(rows))
    assert sum(clusters.values()) == 52
    assert (clusters["monty hall"], clusters["river crossing"], clusters[""]) == (10, 5, 10)


def test_stereotypes_under_three_system_prompts() -> None:
    """3,456 prompts x 5 draws; a statement and its three system prompts are one cluster."""
    folder = DATA / "decodingtrust/stereotype/generations"
    columns = _map("stereotypes")
    llama, vicuna = (read_recorded(folder / f"{m}.jsonl.gz", columns) for m in ("llama-2-7b-chat", "vicuna-7b-v1.3"))
    rows, report = pair_recorded(llama, vicuna)
    prompts = decodingtrust_stereotype.from_rows(rows)
    assert (len(llama.rows), report.joined, report.share) == (17_280, 3_456, 1.0)
    assert Counter(p.stratum for p in prompts) == dict.fromkeys(decodingtrust_stereotype.SYSTEM_PROMPTS, 1_152)
    assert set(Counter(p.cluster for p in prompts).values()) == {3}
    unnamed = decodingtrust_stereotype.from_rows(
        [{k: v for k, v in r.items() if k != "system_prompt_type"} for r in rows]
    )
    assert [p.stratum for p in unnamed] == [p.stratum for p in prompts]


def test_a_file_for_each_question() -> None:
    """The smallest set has one prompt a file, its draws in a list beside it."""
    file = next((DATA / "r1_moderation/test-results").glob("ollama_deepseek-r1:8b_en_3.json"))
    found = read_recorded(file, ColumnMap.of({"prompt": "question.english", "response": "responses[].response"}))
    assert [r.draw for r in found.rows] == [0, 1, 2]
    assert len(found.by_key()) == 1


@pytest.mark.parametrize("module", [coconot, decodingtrust_stereotype, misguided_attention, wildjailbreak_benign])
def test_benchmarks_have_no_prompts_of_their_own(module: ModuleType) -> None:
    """Their prompts come with the rows, one for each distinct content, whatever the order of repetition."""
    for benchmark in getattr(module, "BENCHMARKS", ()) or (module.BENCHMARK,):
        texts = [("b", ""), ("a", None), ("b ", " ")]
        rows = [{"prompt": text, "system": system, "subset": "original"} for text, system in texts]
        found = benchmark.from_rows(rows)
        assert [p.messages[0].content for p in found] == ["b", "a"]
        assert {p.benchmark for p in found} == {benchmark.name}
