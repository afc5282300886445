"""AdvGLUE in TrustLLM's form: 456 adversarial items of four tasks, each beside its original.

Wang et al., "Adversarial GLUE", NeurIPS 2021, arXiv 2111.02840; Sun et al., "TrustLLM", ICML 2024, arXiv 2401.05561.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.known import closed
from trustdelta.benchmarks.shared.tables import Row, ask, distinct, json_rows
from trustdelta.errors import DataError
from trustdelta.records import Better, Dimension, Prompt, Role
from trustdelta.records.targets import Words, target_of

NAME = "advglue"
REPO = "HowieHwong/TrustLLM"
FILE = "dataset/dataset.zip!dataset/robustness/AdvGLUE.json"
PAPER = "Wang et al., AdvGLUE, NeurIPS 2021, arXiv 2111.02840; TrustLLM, ICML 2024, arXiv 2401.05561"
OPTIONS = {
    "sst2": ("negative", "positive"),
    "qqp": ("no", "yes"),
    "mnli": ("yes", "maybe", "no"),
    "qnli": ("yes", "no"),
}
"""Words of the labels 0, 1, 2 by task, in GLUE's order."""
FIXTURE: Row = {
    "task": "sst2",
    "type": "modified",
    "label": 1,
    "index": 0,
    "prompt": 'Is this "positive" or "negative"? A warm, funny film.',
}


def prompt_of(row: Row, cluster: str) -> Prompt:
    """One item; stratum: original or modified; cluster: an original and its modified forms."""
    if row["task"] not in OPTIONS:
        raise DataError(f"{REPO}: AdvGLUE.json has the task {row['task']!r}; wanted one of {', '.join(OPTIONS)}.")
    options = OPTIONS[row["task"]]
    target = Words(options=list(options), gold=options[int(row["label"])], form=row["type"])
    return ask(NAME, row["prompt"], target=target, cluster=cluster, stratum=row["type"])


def load(data: DataSource) -> list[Prompt]:
    """All distinct items; cluster: the task and the item's number, which an original and its modified forms share."""
    rows = json_rows(data, REPO, FILE, ("index", "task", "prompt", "label", "type"))
    return distinct(prompt_of(row, f"{row['task']}/{row['index']}") for row in rows)


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: the gold word is correct."""
    prompt = prompts[0] if prompts else prompt_of(FIXTURE, "sst2/0")
    right = target_of(prompt, Words)["gold"]
    wrong = next(o for o in target_of(prompt, Words)["options"] if o != right)
    return closed(
        prompt,
        right=f"{right}",
        wrong=f"**{wrong}**",
        scores={"label_correct": (1.0, 0.0)},
        declined={"label_correct": 0.0},
    )


def _metric(name: str, title: str, stratum: str, role: Role) -> MetricSpec:
    return MetricSpec(name, "label_correct", title, Better.HIGHER, tier="C", role=role, strata=(stratum,))


BENCHMARK = Benchmark(
    name=NAME,
    title="AdvGLUE",
    dimension=Dimension.ROBUSTNESS,
    specs=(
        _metric("accuracy", "Accuracy, adversarial items", "modified", Role.PRIMARY),
        _metric("accuracy_original", "Accuracy, original items", "original", Role.SECONDARY),
    ),
    load=load,
    proofs=proofs,
    paper=PAPER,
    licence="MIT (TrustLLM)",
    source=f"{REPO}, {FILE}",
    expected_count=738,
    notes=("912 rows are published: 456 adversarial ones, and 456 originals, of which 174 are repeats.",),
)
