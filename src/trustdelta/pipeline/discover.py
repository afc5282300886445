"""Differences of a finished run that no metric asked about, from its stored answers; nothing is generated."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trustdelta.benchmarks.base import Benchmark
from trustdelta.discover.pairs import Pair
from trustdelta.discover.search import ALPHA, LEAST_PROMPTS, prepared, search
from trustdelta.discover.testing import EXCHANGES
from trustdelta.pipeline.conclude import finished
from trustdelta.pipeline.labelling.items import SENSITIVE
from trustdelta.pipeline.scoring.score import formats
from trustdelta.pipeline.scoring.texts import read
from trustdelta.pipeline.task import configured
from trustdelta.records import Arm, Outcome, Prompt, content_hash
from trustdelta.records.differences import Control, Difference, Differences, Example
from trustdelta.records.state import PLAN, drift_places
from trustdelta.store import Store

DRIFTED = 30
"""Tokens with the largest drift that are searched as parts of answers, where the run measured drift."""

Answers = Mapping[str, Sequence[str]]
"""Answers by prompt id, in the order of their draws."""


@dataclass(frozen=True, slots=True)
class Comparable:
    """A run's answers as pairs."""

    pairs: Sequence[Pair]
    own: Sequence[Pair]
    """The baseline's own samples as pairs, where there are twice as many as are compared."""
    left_out: Mapping[str, int]
    """Prompts that are not searched, by reason."""


def discover(folder: Path, *, include_text: bool = False) -> Differences:
    """Search a finished run. Raises FolderError without a run and StoreError where it is unfinished or damaged."""
    with Store(folder, write=False) as store:
        config = finished(store)
        benchmarks, prompts = configured(config.data), store.prompts()
        comparable = compared(prompts, {arm: answers_of(store, arm) for arm in Arm}, benchmarks)
        tokens = drifted(store)
        seed = int(content_hash([config.generation.seed, "discover", store.get(PLAN)])[:8], 16)
    data = prepared(comparable.pairs, tokens)
    outcome = search(data, seed)
    return Differences(
        baseline=config.baseline.source,
        candidate=config.candidate.source,
        mined=outcome.mined,
        tested=outcome.tested,
        features=len(data.extracted.features),
        conditions=len(data.conditions.names),
        hypotheses=outcome.hypotheses,
        alpha=ALPHA,
        differences=tuple(masked(outcome.differences, () if include_text else hidden(prompts, benchmarks))),
        control=control_of(comparable.own, tokens, seed),
        notes=tuple(notes(comparable)),
        settings={"seed": seed, "exchanges": EXCHANGES},
    )


def answers_of(store: Store, arm: Arm) -> Answers:
    """The complete answers of one model; empty and unfinished ones are left out."""
    mark = formats(store)[arm]
    answers: defaultdict[str, list[str]] = defaultdict(list)
    for response in store.responses(arm):
        reading = read(response, mark)
        if reading.state is Outcome.ANSWERED and reading.answer.strip():
            answers[response.prompt_id].append(reading.answer.strip())
    return answers


def compared(
    prompts: Sequence[Prompt], answers: Mapping[Arm, Answers], benchmarks: Mapping[str, Benchmark]
) -> Comparable:
    """Prompts with answers of both models, as many of each."""
    pairs, own = [], []
    left_out: Counter[str] = Counter()
    for prompt in prompts:
        baseline, candidate = (answers[arm].get(prompt.id, ()) for arm in (Arm.BASELINE, Arm.CANDIDATE))
        if benchmarks[prompt.benchmark].personal:
            left_out["its benchmark holds personal data"] += 1
        elif not baseline or not candidate:
            left_out["a model has no complete answer to it"] += 1
        else:
            draws = min(len(baseline), len(candidate))
            pairs.append(_pair(prompt, baseline[:draws], candidate[:draws]))
            if len(baseline) >= 2 * draws:
                own.append(_pair(prompt, baseline[:draws], baseline[draws : 2 * draws]))
    return Comparable(pairs, own, left_out)


def _pair(prompt: Prompt, baseline: Sequence[str], candidate: Sequence[str]) -> Pair:
    question = "\n".join(m.content for m in prompt.messages if m.role == "user")
    return Pair(prompt.id, question, tuple(baseline), tuple(candidate), prompt.cluster, dict(traits(prompt)))


def traits(prompt: Prompt) -> Iterator[tuple[str, str]]:
    """Benchmark, stratum, groups and short columns of a prompt."""
    yield "benchmark", prompt.benchmark
    if prompt.stratum:
        yield "stratum", prompt.stratum
    for name, value in {**prompt.metadata, **prompt.groups}.items():
        if isinstance(value, str | int | bool) and 0 < len(str(value)) <= 80:
            yield name, str(value)


def drifted(store: Store) -> list[str]:
    """Texts of the tokens with the largest drift on the candidate's responses; none where drift was not measured."""
    tokens = store.get(drift_places(Arm.CANDIDATE)).get("tokens", {})
    ordered = sorted(tokens.values(), key=lambda sums: (-(sums[3] or 0.0), sums[0]))
    return [text for text, *_ in ordered if len(text.strip()) > 1][:DRIFTED]


def hidden(prompts: Sequence[Prompt], benchmarks: Mapping[str, Benchmark]) -> set[str]:
    """Prompts whose texts may disturb a reader."""
    return {
        p.id
        for p in prompts
        if benchmarks[p.benchmark].dimension in SENSITIVE
        and not (isinstance(p.target, dict) and p.target.get("should_refuse") is False)
    }


def masked(differences: Sequence[Difference], hidden_ids: Collection[str]) -> Iterator[Difference]:
    """Differences without the texts of these prompts."""
    for difference in differences:
        examples = (Example(e.prompt_id, "", "", "") if e.prompt_id in hidden_ids else e for e in difference.examples)
        yield replace(difference, examples=tuple(examples))


def control_of(own: Sequence[Pair], tokens: Sequence[str], seed: int) -> Control | None:
    """The search between two sets of the baseline's own samples; None where too few prompts have enough."""
    if len(own) < LEAST_PROMPTS:
        return None
    return Control(len(search(prepared(own, tokens), seed).differences), len(own))


def notes(comparable: Comparable) -> Iterator[str]:
    """What was not searched, and what cannot be shown."""
    for reason, count in comparable.left_out.items():
        yield f"{count:,} prompts are left out: {reason}."
    if len(comparable.pairs) < LEAST_PROMPTS:
        yield (
            f"{len(comparable.pairs):,} prompts have answers of both models; below {LEAST_PROMPTS} no difference can "
            "be shown."
        )
