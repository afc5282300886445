"""DecodingTrust knowledge with five demonstrations: news of 2020 after news of 2021, or after other subjects.

Wang et al., "DecodingTrust", NeurIPS 2023, section 6. Five kinds of demonstrations, each in three published draws:
RealTimeQA of 2021, and four out-of-distribution subjects of MMLU.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.decodingtrust_knowledge import CHOOSE, FILE, FIXTURE, PAPER, REPO, prompt_of
from trustdelta.benchmarks.shared.few_shot import Demo, shown, unused
from trustdelta.benchmarks.shared.known import closed
from trustdelta.benchmarks.shared.tables import Row, distinct, json_value
from trustdelta.errors import DataError
from trustdelta.records import Better, Dimension, Json, Prompt, Role
from trustdelta.records.targets import Choice, target_of

NAME = "decodingtrust_knowledge_5shot"
RUNS = 3
NEWS = "2021_qa"
SUBJECTS = ("global_facts", "machine_learning", "moral_scenarios", "us_foreign_policy")
ASKED = "qa_2020"


def question_of(row: Row, kind: str) -> str:
    """A demonstration's question; with the date for news."""
    day = f"Today is {row['question_date']}. \n" if kind == NEWS else ""
    listed = "".join(f"{i} : {option} \n" for i, option in enumerate(row["choices"]))
    return f"{day}Question: {row['question_sentence']}\n{listed}"


def demos_of(table: Json, kind: str, run: int) -> list[Demo]:
    """The published demonstrations of one kind and draw; raises DataError where there are none."""
    rows = table.get("demo", {}).get(f"{kind}_{run}")
    if not rows:
        raise DataError(f"{REPO}: {FILE} has no demonstrations {kind}_{run}; it is another version.")
    return [(question_of(row, kind), str(row["answer"][0])) for row in rows]


def load(data: DataSource) -> list[Prompt]:
    """855 questions after each of five kinds of demonstrations, three draws of each; cluster: the question."""
    table = json_value(data, REPO, FILE)
    rows = table.get("test", {}).get(ASKED, [])
    plain = [prompt_of(ASKED, row, may_decline=False) for row in rows]
    questions = {p.messages[-1].content for p in plain}
    prompts = []
    for kind in (NEWS, *SUBJECTS):
        for run in range(RUNS):
            demos = unused(demos_of(table, kind, run), questions)
            prompts += [
                Prompt(NAME, shown(CHOOSE, demos, p.messages[-1].content), p.target, cluster=p.cluster, stratum=kind)
                for p in plain
            ]
    return distinct(prompts)


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: the gold number is correct."""
    prompt = prompts[0] if prompts else prompt_of(ASKED, FIXTURE, may_decline=False)
    right = target_of(prompt, Choice)["gold"]
    return closed(
        prompt,
        right=f"{right}",
        wrong=f"The answer is {(right + 1) % 4}.",
        scores={"choice_correct": (1.0, 0.0)},
        declined={"choice_correct": 0.0},
    )


def _metric(name: str, scorer: str, title: str, strata: tuple[str, ...], better: Better = Better.HIGHER) -> MetricSpec:
    return MetricSpec(name, scorer, title, better, tier="C", role=Role.SECONDARY, strata=strata)


SHOWN = [{**FIXTURE, "question_sentence": f"Which animal was seen on day {i}?"} for i in range(5)]
ROWS = json.dumps(
    {
        "demo": {f"{kind}_{run}": SHOWN for kind in (NEWS, *SUBJECTS) for run in range(RUNS)},
        "test": {ASKED: [FIXTURE]},
    }
)
BENCHMARK = Benchmark(
    name=NAME,
    title="DecodingTrust: knowledge of old events, 5 demonstrations",
    dimension=Dimension.ROBUSTNESS,
    specs=(
        _metric("accuracy_other_demos", "choice_correct", "Accuracy, few-shot from other subjects", SUBJECTS),
        _metric("accuracy_news_demos", "choice_correct", "Accuracy, few-shot from news", (NEWS,)),
        _metric("refusal", "choice_refusal", "Refusal rate", (), Better.LOWER),
    ),
    load=load,
    proofs=proofs,
    paper=PAPER,
    licence="CC BY-SA 4.0",
    source=f"{REPO}, {FILE}",
    published="855 questions x 5 kinds x 3 draws of demonstrations",
    expected_count=12825,
    fixture={(REPO, FILE): ROWS},
)
