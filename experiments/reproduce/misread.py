"""What wrong parsers would have said: stored responses read wrongly, scored and decided again, without a model.

Each rule is one that evaluation code in use has (docs/reproduce.md says where). Nothing else differs: the responses,
scorers, plan and statistics are those of the stored audit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trustdelta.benchmarks import registry
from trustdelta.config import AuditConfig
from trustdelta.files import save_text
from trustdelta.pipeline.conclude import finished
from trustdelta.pipeline.plans import base_plan
from trustdelta.pipeline.scoring.judges import Readings
from trustdelta.pipeline.scoring.score import scorer_parts
from trustdelta.pipeline.scoring.texts import ScorerParts, judged, read
from trustdelta.records import Arm, Finish, Json, Metric, Outcome, Part, Prompt, Response, Score
from trustdelta.scorers.world import REFUSALS
from trustdelta.stats.table import ScoreTable
from trustdelta.store import Store
from trustdelta.verdict import decide

CLOSE = "</think>"
CUT = (Outcome.TRUNCATED_IN_THOUGHT, Outcome.TRUNCATED_IN_ANSWER, Outcome.LOOPED, Outcome.EMPTY)

Reader = Callable[[Response], Response]
Grader = Callable[[Prompt, Score], Score]
Key = tuple[Arm, str, int, str, Part]


@dataclass(frozen=True, slots=True)
class Rule:
    """One wrong way: how it reads a response (as one whose text is the answer alone), and what it makes of a score."""

    name: str
    title: str
    reads: Reader
    grades: Grader


def _plain(response: Response, answer: str) -> Response:
    """A response that is nothing but a finished answer."""
    return replace(response, text=answer.strip(), finish=Finish.STOP, prompt_opened_thought=False, reasoning=None)


def as_it_is(response: Response) -> Response:
    """Read rightly."""
    return response


def first_close(response: Response) -> Response:
    """The answer is all that follows the first closing tag, quoted or not; without one, rightly."""
    before, tag, after = response.text.partition(CLOSE)
    right = read(response)
    wrong = after.replace("</s>", "").strip()
    same = not tag or not (before or response.prompt_opened_thought) or wrong == right.answer.strip()
    return response if same or right.state is not Outcome.ANSWERED else _plain(response, wrong)


def no_end_tag(response: Response) -> Response:
    """Without a closing tag the whole text is the answer: a thought that was cut off, or that stopped by itself."""
    if CLOSE in response.text or not (response.finish is Finish.LENGTH or read(response).thought):
        return response
    return _plain(response, response.text.replace("</s>", ""))


def whole_text(response: Response) -> Response:
    """Nothing is split: thought and answer together are the answer."""
    return _plain(response, response.text.replace("</s>", "")) if read(response).thought else response


def graded(prompt: Prompt, score: Score) -> Score:
    """As scored."""
    del prompt
    return score


def cut_is_refusal(prompt: Prompt, score: Score) -> Score:
    """What was cut off counts as a refusal."""
    return _refused(prompt, score) if score.outcome in CUT else score


def ungraded_is_refusal(prompt: Prompt, score: Score) -> Score:
    """What fits no expected answer counts as a refusal."""
    return _refused(prompt, score) if score.value is None else score


def _refused(prompt: Prompt, score: Score) -> Score:
    if score.part is not Part.ANSWER:
        return score
    side = "good" if score.scorer == "world_good" else "bad"
    value = float(bool(REFUSALS & set(prompt.target[side])))
    return score._replace(value=value, outcome=Outcome.REFUSED, reason="taken for a refusal")


RULES = (
    Rule("first_close", "the first </think> ends the thought", first_close, graded),
    Rule("no_end_tag", "no end tag: the open thought is the answer", no_end_tag, graded),
    Rule("cut_is_refusal", "what was cut off is a refusal", as_it_is, cut_is_refusal),
    Rule("no_end_tag_refusal", "no end tag, and what fits no option is a refusal", no_end_tag, ungraded_is_refusal),
    Rule("whole_text", "thought and answer are judged together", whole_text, graded),
    Rule("whole_text_refusal", "together, and what fits no option is a refusal", whole_text, ungraded_is_refusal),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One finished run as wrong rules read it."""

    config: AuditConfig
    metrics: Sequence[Metric]
    prompts: Mapping[str, Prompt]
    responses: Mapping[Arm, Sequence[Response]]
    scores: Mapping[Key, Score]
    wanted: Mapping[str, ScorerParts]

    @classmethod
    def of(cls, folder: Path) -> Stored:
        """Read a run folder. Raises StoreError for one that is not finished."""
        with Store(folder, write=False) as store:
            config = finished(store)
            benchmarks = {name: registry.load(name) for name in config.data.benchmarks}
            return cls(
                config,
                [m for b in benchmarks.values() for m in b.metrics],
                {p.id: p for p in store.prompts()},
                {arm: list(store.responses(arm)) for arm in Arm},
                {_key(s): s for s in store.scores()},
                {name: scorer_parts(b, Readings(store, ())) for name, b in benchmarks.items()},
            )

    def misread(self, rule: Rule) -> dict[Key, Score]:
        """The scores that differ under a rule."""
        found: dict[Key, Score] = {}
        for arm, responses in self.responses.items():
            wrong = [(r, w) for r in responses if (w := rule.reads(r)) is not r]
            asked = [(self.prompts[r.prompt_id], w) for r, w in wrong]
            found |= {_key(s): s for s in judged(asked, arm, self.wanted, "none") if s.part is Part.ANSWER}
        every = {**self.scores, **found}
        regraded = {k: rule.grades(self.prompts[s.prompt_id], s) for k, s in every.items()}
        return {k: s for k, s in regraded.items() if s is not self.scores[k] and s != self.scores[k]}

    def refused(self, scores: Iterable[Score]) -> dict[str, dict[str, float]]:
        """Share of the answers that count as refusals, by arm and benchmark."""
        all_of: Counter[tuple[str, str]] = Counter()
        refused: Counter[tuple[str, str]] = Counter()
        for s in scores:
            if s.part is Part.ANSWER:
                place = s.arm.value, self.prompts[s.prompt_id].benchmark
                all_of[place] += 1
                refused[place] += s.outcome is Outcome.REFUSED
        shares = {place: refused[place] / n for place, n in all_of.items()}
        return {arm.value: {b: share for (a, b), share in shares.items() if a == arm} for arm in Arm}

    def verdicts(self, scores: Iterable[Score]) -> dict[str, str]:
        """The verdict of every metric that has one."""
        table = ScoreTable.build(list(self.prompts.values()), iter(scores))
        decision = decide(self.metrics, table, base_plan(self.config.statistics))
        return {v.metric.name: v.verdict.value for v in decision.metrics if v.verdict}


def _key(score: Score) -> Key:
    return score.arm, score.prompt_id, score.draw, score.scorer, score.part


def misread_run(folder: Path, out: Path) -> str:
    """Decide one run under every rule and write the verdicts to `out`; a line that says how many flipped."""
    stored = Stored.of(folder)
    right = stored.verdicts(stored.scores.values())
    refused = {"right": stored.refused(stored.scores.values())}
    found: dict[str, Json] = {"right": right, "wrong": {}, "scores_changed": {}, "refused": refused}
    for rule in RULES:
        changed = stored.misread(rule)
        found["scores_changed"][rule.name] = len(changed)
        refused[rule.name] = stored.refused({**stored.scores, **changed}.values())
        found["wrong"][rule.name] = stored.verdicts({**stored.scores, **changed}.values()) if changed else right
    out.parent.mkdir(parents=True, exist_ok=True)
    save_text(out, json.dumps(found, indent=1) + "\n")
    flips = sum(w[m] != right[m] for w in found["wrong"].values() for m in right)
    return f"{folder.name}: {flips} of {len(RULES) * len(right)} verdicts flipped"
