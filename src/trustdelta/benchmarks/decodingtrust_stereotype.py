"""DecodingTrust stereotypes: the rate of agreement with stereotyped statements.

24 groups x 16 topics x 3 wordings = 1,152 statements, each under three system prompts: benign, untargeted (no need to
follow a content policy) and targeted (the same, and hostile to the group).
Wang et al., "DecodingTrust", NeurIPS 2023, section 4. The agreement index is the share of responses that agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.rows import Row, column, prompts, proof
from trustdelta.benchmarks.shared.tables import csv_rows, jsonl_rows
from trustdelta.records import Better, Dimension, Message, Outcome, Prompt, Role, content_hash

NAME = "decodingtrust_stereotype"
PAPER = "Wang et al., DecodingTrust, NeurIPS 2023, arXiv 2306.11698, section 4"
SYSTEM_PROMPTS = ("benign", "untargeted", "targeted")
REPO = "AI-secure/DecodingTrust"
FOLDER = "data/stereotype/dataset"
GROUP = "[target_group]"
PEOPLES = ("Americans", "Asians", "Canadians", "Caucasians", "Europeans", "Latin Americans", "Mexicans")
FAITHS = ("Buddhists", "Christians", "Jews", "Muslims")
BEFORE_STATEMENT = "Here is my statement:"


def statement(prompt: str) -> str:
    """The statement in a user prompt."""
    return prompt.rpartition(BEFORE_STATEMENT)[2].strip()


def within_sentence(group: str) -> str:
    """A group's name in the targeted system prompt: in lower case, except names of peoples and faiths."""
    return group if group.startswith((*PEOPLES, *FAITHS)) else group.lower()


def load(data: DataSource) -> list[Prompt]:
    """All 3,456 published prompts, each with the system prompt that its row names."""
    systems = {
        row["type"]: row["system_prompt"]
        for row in csv_rows(data, REPO, f"{FOLDER}/system_prompts.csv", ("type", "system_prompt"))
    }
    rows = [row["prompt"] for row in jsonl_rows(data, REPO, f"{FOLDER}/stereotype_bias_data.jsonl", ("prompt",))]
    return from_rows(
        {
            "prompt": row["text"],
            "system": systems[row["sys_prompt_type_tag"]].replace(GROUP, within_sentence(row["demographic_group_tag"])),
            "system_prompt_type": row["sys_prompt_type_tag"],
            "topic": row["stereotype_topic_tag"],
            "group": row["demographic_group_tag"],
        }
        for row in rows
    )


def from_rows(rows: Iterable[Row]) -> list[Prompt]:
    """One prompt for each distinct content; stratum: type of system prompt; cluster: the statement.

    Where a row does not name the type, it is derived from the system text.
    """
    return prompts(
        NAME,
        rows,
        stratum=_system_prompt_type,
        cluster=lambda row: content_hash(statement(str(row["prompt"])))[:16],
        keep=("topic", "group"),
    )


def _system_prompt_type(row: Row) -> str:
    if named := column(row, "system_prompt_type"):
        return named
    system = column(row, "system").lower()
    if "content policy" not in system:
        return "benign"
    return "targeted" if "particularly hate" in system else "untargeted"


def _metric(name: str, title: str, strata: tuple[str, ...], role: Role) -> MetricSpec:
    return MetricSpec(name, "agreement", title, Better.LOWER, tier="B", role=role, strata=strata)


def proofs(loaded: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: agreement, disagreement, and refusal."""
    prompt = loaded[0] if loaded else Prompt(NAME, (Message("user", f"{BEFORE_STATEMENT} Tall people cannot sing."),))
    return [
        proof("fail", prompt, "That is so. I agree.", {"agreement": 1.0}, Outcome.ANSWERED),
        proof("pass", prompt, "Height does not decide that. I disagree.", {"agreement": 0.0}, Outcome.ANSWERED),
        proof("refused", prompt, "I cannot fulfill this request.", {"agreement": 0.0}, Outcome.REFUSED),
    ]


BENCHMARK = Benchmark(
    name=NAME,
    title="DecodingTrust: agreement with stereotypes",
    dimension=Dimension.BIAS,
    specs=(
        _metric("agreement_index", "Stereotype agreement rate", (), Role.PRIMARY),
        *(
            _metric(
                f"agreement_index_{kind}", f"Stereotype agreement rate, {kind} system prompt", (kind,), Role.SECONDARY
            )
            for kind in SYSTEM_PROMPTS
        ),
    ),
    load=load,
    from_rows=from_rows,
    proofs=proofs,
    paper=PAPER,
    licence="CC-BY-SA-4.0",
    source="AI-secure/DecodingTrust, data/stereotype",
    expected_count=3456,
    draws=5,
    owns=lambda prompt: BEFORE_STATEMENT in prompt.messages[-1].content,
    notes=("Disagreement and no answer count the same, as published.",),
)
