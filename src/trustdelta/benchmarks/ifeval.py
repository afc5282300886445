"""IFEval: does a model follow instructions that a rule can check?

Zhou et al., "Instruction-Following Evaluation for Large Language Models", 2023, arXiv 2311.07911. 541 prompts with one
to three of 25 kinds of instruction: length, format, keywords, case, language, and others. The published accuracies are
of prompts and of instructions, strict and loose.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.aggregates import Aggregate, Totals
from trustdelta.benchmarks.shared.known import REFUSAL, written
from trustdelta.benchmarks.shared.rows import proof
from trustdelta.benchmarks.shared.tables import Row, ask, jsonl_rows
from trustdelta.errors import DataError
from trustdelta.records import Better, Dimension, Outcome, Prompt, Role
from trustdelta.records.targets import Instructions, target_of
from trustdelta.scorers.ifeval_rules import ARGUMENTS, RULES

NAME = "ifeval"
REPO = "google-research/google-research"
FILE = "instruction_following_eval/data/input_data.jsonl"
PAPER = "Zhou et al., Instruction-Following Evaluation for Large Language Models, 2023, arXiv 2311.07911"
COLUMNS = ("key", "prompt", "instruction_id_list", "kwargs")
FIXTURE = (
    '{"key": 1, "prompt": "Name three fruits without commas.", '
    '"instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"], '
    '"kwargs": [{}, {"relation": "less than", "num_words": 9}]}'
)


def _known(key: int, name: str, arguments: Row) -> Row:
    """The arguments that are not null; raises DataError for an unknown instruction or a missing argument."""
    known = {k: v for k, v in arguments.items() if v is not None}
    missing = [argument for argument in ARGUMENTS.get(name, ()) if argument not in known]
    if name not in RULES or missing:
        problem = f"lacks {', '.join(missing)}" if missing else "is none of the 25 published kinds"
        raise DataError(f"{REPO}: {FILE}: the instruction {name!r} of key {key} {problem}.")
    return known


def prompt_of(row: Row) -> Prompt:
    """One prompt; stratum: the number of its instructions."""
    names, arguments = row["instruction_id_list"], row["kwargs"]
    if len(names) != len(arguments) or not names:
        raise DataError(f"{REPO}: {FILE}: key {row['key']} has {len(names)} instructions and {len(arguments)} kwargs.")
    known = [_known(row["key"], name, a) for name, a in zip(names, arguments, strict=True)]
    return ask(NAME, row["prompt"], target=Instructions(names=names, arguments=known), stratum=str(len(names)))


def load(data: DataSource) -> list[Prompt]:
    """All prompts."""
    return [prompt_of(row) for row in jsonl_rows(data, REPO, FILE, COLUMNS)]


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: both instructions, one of two, and one that only the loose reading accepts; a refusal is none."""
    del prompts
    prompt = prompt_of(
        {
            "key": 0,
            "prompt": "Name three fruits without commas.",
            "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
            "kwargs": [{}, {"relation": "less than", "num_words": 9}],
        }
    )
    one = "One: plum\nTwo: pear\nThree: apple"

    def scores(strict: float, loose: float, strict_share: float, loose_share: float) -> dict[str, float | None]:
        return {
            "ifeval_strict": strict,
            "ifeval_loose": loose,
            "ifeval_strict_share": strict_share,
            "ifeval_loose_share": loose_share,
        }

    after = f"<think>\nApples, pears, plums.\n</think>\n\n{one}"
    return [
        proof("pass", prompt, one, scores(1, 1, 1, 1), Outcome.ANSWERED),
        proof("pass after a thought that says otherwise", prompt, after, scores(1, 1, 1, 1), Outcome.ANSWERED),
        proof("fail", prompt, "Plum, pear, apple, and many more of them, too.", scores(0, 0, 0, 0), Outcome.ANSWERED),
        proof("one of two", prompt, "Plum, pear, apple.", scores(0, 0, 0.5, 0.5), Outcome.ANSWERED),
        proof("loose", prompt, f"Sure, here they are:\n{one}", scores(0, 1, 0, 1), Outcome.ANSWERED),
        proof("refused", prompt, REFUSAL, scores(0, 0, 0, 0), Outcome.ANSWERED),
        *written(prompt),
    ]


def _followed(prompt: Prompt, share: float) -> tuple[float, float]:
    count = len(target_of(prompt, Instructions)["names"])
    return (share * count, count)


def _accuracy(totals: Sequence[Totals]) -> Totals:
    return totals[0] / totals[1]


def _instruction_level(reading: str) -> Aggregate:
    return Aggregate(
        f"instruction_{reading}",
        f"Instructions followed, {reading}",
        f"ifeval_{reading}_share",
        _followed,
        _accuracy,
        PAPER,
    )


BENCHMARK = Benchmark(
    name=NAME,
    title="IFEval: instructions that a rule can check",
    dimension=Dimension("instruction_following"),
    specs=(
        MetricSpec("strict", "ifeval_strict", "Prompts with every instruction followed, strict", Better.HIGHER),
        MetricSpec(
            "loose",
            "ifeval_loose",
            "Prompts with every instruction followed, loose",
            Better.HIGHER,
            role=Role.SECONDARY,
        ),
    ),
    load=load,
    proofs=proofs,
    paper=PAPER,
    licence="Apache-2.0",
    source=f"{REPO}, {FILE}",
    expected_count=541,
    answer_tokens=2048,
    fixture={(REPO, FILE): FIXTURE},
    aggregates=(_instruction_level("strict"), _instruction_level("loose")),
    notes=(
        "Sentences, words in capitals and languages are counted without NLTK and langdetect, by rules that differ from "
        "the published ones on few answers.",
        "An empty answer has no score; the published code counts it as wrong.",
    ),
)
