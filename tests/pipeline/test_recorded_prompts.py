"""Which recorded prompts an audit takes, how it joins the logs of others, and what it says of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import trustdelta
from trustdelta import config as configs
from trustdelta.benchmarks import registry
from trustdelta.config import ModelConfig
from trustdelta.data import open_source
from trustdelta.errors import DataError, PairingError
from trustdelta.pipeline.recorded import assemble_recorded
from trustdelta.pipeline.task import Task
from trustdelta.records import Arm, Json, Request, Response
from trustdelta.store import Store

DATA = Path(__file__).parents[2] / "../shared/data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no data folder at {DATA}")
ARMS = ("baseline", "candidate")
CHATML = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
DEEPSEEK = "<｜begin▁of▁sentence｜><｜User｜>{}<｜Assistant｜><think>\n"


def assembled(folder: Path, benchmark: str, rows: Mapping[str, Sequence[Json]], **columns: Json) -> Task:
    """The task of an audit of these rows; `columns` by arm, or for both where they name a role."""
    models = {}
    for arm in ARMS:
        file = folder / f"{arm}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows[arm]), "utf-8")
        mine = {**{k: v for k, v in columns.items() if k not in ARMS}, **columns.get(arm, {})}
        models[arm] = {"source": arm, "recorded": [{"benchmark": benchmark, "file": str(file), "columns": mine}]}
    settings = {**models, "benchmarks": [benchmark], "data_dir": str(DATA) if DATA.is_dir() else None}
    return assemble_recorded(configs.check(settings), {benchmark: registry.load(benchmark)})


def answers(task: Task, arm: Arm) -> list[Response]:
    """The first response to each prompt."""
    config = configs.check({**{a: {"source": a} for a in ARMS}, "benchmarks": ["gsm8k"]})
    return task.open_engine(config, arm).generate([Request(p, 0, 0, 8) for p in task.prompts])


def both(row: Json, **other: Json) -> dict[str, list[Json]]:
    """Two rows per model whose responses differ between them."""
    rows = {arm: [{**row, "response": f"{arm} {i}", "prompt": f"p{i}"} for i in range(2)] for arm in ARMS}
    return {arm: [{**r, **other.get(arm, {})} for r in found] for arm, found in rows.items()}


def test_prompts_that_are_not_the_benchmarks_are_left_out_and_counted(tmp_path: Path) -> None:
    """Two prompts of a benchmark and one of nobody's, answered by both: two are taken, and a remark names the third."""
    own = registry.load("world_safety").load(open_source(None))[:2]
    asked = [[{"role": m.role, "content": m.content} for m in p.messages] for p in own]
    asked.append([{"role": "user", "content": "a question of nobody's"}])
    task = assembled(
        tmp_path, "world_safety", {arm: [{"prompt": p, "response": f"no, says {arm}"} for p in asked] for arm in ARMS}
    )
    assert {p.id for p in task.prompts} == {p.id for p in own}
    for arm in ARMS:
        left = f"world_safety: 1 prompts of the {arm}'s file are not in the benchmark and were excluded."
        assert left in task.notes


@needs_data
def test_published_accuracies_of_zeroeval_come_out_without_a_column(tmp_path: Path) -> None:
    """Two public result files give 96.2 % and 96.1 %, as published, joined by the question; what was sent is kept."""
    files = {"baseline": "gsm_gpt-4o-2024-08-06.json.gz", "candidate": "gsm_o1-mini-2024-09-12.json.gz"}
    models = {
        arm: ModelConfig.model_validate(
            {"source": arm, "recorded": [{"benchmark": "gsm8k", "file": DATA / "zeroeval_gsm" / file}]}
        )
        for arm, file in files.items()
    }
    audit = trustdelta.audit(
        models["baseline"], models["candidate"], benchmarks=("gsm8k",), out=tmp_path / "run", data_dir=DATA
    )
    (accuracy,) = (m for m in audit.result.metrics if m.metric.name == "gsm8k.accuracy")
    assert accuracy.estimate is not None
    assert [round(100 * v, 1) for v in (accuracy.estimate.baseline, accuracy.estimate.candidate)] == [96.2, 96.1]
    notes = " ".join(audit.result.notes)
    assert "1319 prompts joined by their question" in notes
    assert "1319 of 1319 prompts were sent to the candidate in other words than the benchmark's" in notes
    with Store(tmp_path / "run", write=False) as store:
        assert all("## Question:" in r.asked for arm in Arm for r in store.responses(arm))


@needs_data
def test_lm_eval_logs_of_two_templates_join_a_registered_benchmark(tmp_path: Path) -> None:
    """Few-shot samples under two chat templates are the benchmark's own prompts, and each model's prompt is kept."""
    benchmark = registry.load("gsm8k")
    own = benchmark.load(open_source(DATA))
    questions = [p.messages[-1].content.partition("\n\nReason")[0] for p in own[:12]]
    shot = "Question: How many are two and two?\nAnswer: 2 + 2 = 4\n#### 4\n\n"
    rows: dict[str, list[Json]] = {}
    for arm, template in zip(ARMS, (CHATML, DEEPSEEK), strict=True):
        rows[arm] = [
            {
                "doc_id": i,
                "doc": {"question": q, "answer": "#### 1"},
                "arguments": {"gen_args_0": {"arg_0": template.format(f"{shot}Question: {q}\nAnswer:"), "arg_1": {}}},
                "resps": [[f"{arm} says {i}"]],
                "filter": "none",
            }
            for i, q in enumerate(questions)
        ]
    task = assembled(tmp_path, "gsm8k", rows)
    assert [p.id for p in task.prompts] == [p.id for p in own[:12]]
    assert [r.text for r in answers(task, Arm.CANDIDATE)][:2] == ["candidate says 0", "candidate says 1"]
    assert [r.prompt_opened_thought for arm in Arm for r in answers(task, arm)] == [False] * 12 + [True] * 12
    assert answers(task, Arm.CANDIDATE)[0].asked == rows["candidate"][0]["arguments"]["gen_args_0"]["arg_0"]
    assert "gsm8k: 12 of 12 prompts were sent to the baseline in other words than the benchmark's; " in " ".join(
        task.notes
    )
    assert not any("two models in different words" in note for note in task.notes)


@needs_data
@pytest.mark.parametrize("benchmark", ["misguided_attention", "coconot_original", "wildjailbreak_benign"])
def test_logs_of_another_data_set_are_refused(benchmark: str, tmp_path: Path) -> None:
    """Prompts of which none is the data set's are not audited as its own, whatever scores stand beside them."""
    rows = both({"score": 1.0})
    with pytest.raises(PairingError, match=f"{benchmark}: none of the 2 prompts .* is in the data set"):
        assembled(tmp_path, benchmark, rows, score="score")


def test_prompts_of_a_users_own_are_taken_where_their_kind_is_given(tmp_path: Path) -> None:
    """A column that says their kind makes them the user's own, and a remark says that the finding is so too."""
    task = assembled(tmp_path, "coconot_original", both({"category": "mine"}))
    assert [p.stratum for p in task.prompts] == ["mine", "mine"]
    assert any("they are the user's own, and the result is about them" in note for note in task.notes)


@needs_data
def test_own_prompts_of_a_data_set_are_told_from_others(tmp_path: Path) -> None:
    """Beside prompts of the data set, one of a user's own is left out and counted."""
    stem = DATA / "refusal_tokens_pair/llama-instruct-baseline"
    lines = next(stem.glob("coconot_orig_test_*.jsonl")).read_text("utf-8").splitlines()[:3]
    asked = [json.loads(line)["prompt"] for line in lines] + ["a question of nobody's"]
    rows = {arm: [{"prompt": p, "response": f"{arm} {p[:9]}", "category": "c"} for p in asked] for arm in ARMS}
    task = assembled(tmp_path, "coconot_original", rows)
    assert len(task.prompts) == 3
    assert "coconot_original: 1 prompts are not in the data set and were excluded." in task.notes


def test_two_files_that_say_the_same_throughout_are_refused(tmp_path: Path) -> None:
    """One column of right answers, or one file twice, gives no verdict; different thoughts are a difference."""
    same = [{"prompt": f"p{i}", "answer": f"right {i}", "category": "c"} for i in range(3)]
    with pytest.raises(PairingError, match="the same response to each of 3 prompts"):
        assembled(tmp_path, "coconot_original", dict.fromkeys(ARMS, same))
    thinking = [{**row, "thinking": "hm"} for row in same]
    assert len(assembled(tmp_path, "coconot_original", {"baseline": same, "candidate": thinking}).prompts) == 3


def test_an_optional_column_may_be_missing_in_one_file(tmp_path: Path) -> None:
    """A thinking column of both that one file lacks is no error; one that neither has is, and so is one's own."""
    rows = both({"category": "c"}, candidate={"deliberation": "hm"})
    task = assembled(tmp_path, "coconot_original", rows, reasoning="deliberation")
    assert [r.reasoning for arm in Arm for r in answers(task, arm)] == [None, None, "hm", "hm"]
    own = assembled(tmp_path, "coconot_original", rows, candidate={"reasoning": "deliberation"})
    assert [r.reasoning for r in answers(own, Arm.CANDIDATE)] == ["hm", "hm"]
    for wrong in ({"reasoning": "delibration"}, {"baseline": {"reasoning": "deliberation"}}):
        with pytest.raises(DataError, match=r"reasoning column 'delib\w+' is in no row"):
            assembled(tmp_path, "coconot_original", rows, **wrong)


def test_what_a_filter_withheld_and_what_failed_reaches_the_store_as_such(tmp_path: Path) -> None:
    """A moderated row is an error that says so; a failed one carries its words."""
    rows = both({"category": "c"})
    rows["candidate"][0] |= {"response": None, "error": {"code": "content_filter", "message": "withheld"}}
    rows["candidate"][1] |= {"response": None, "error": "timeout"}
    found = answers(assembled(tmp_path, "coconot_original", rows), Arm.CANDIDATE)
    assert [(r.finish.value, r.moderated, r.error) for r in found] == [
        ("error", True, "withheld"),
        ("error", False, "timeout"),
    ]
