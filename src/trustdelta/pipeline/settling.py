"""Answers that are not generated to their end: which benchmarks allow it, and what a tenth of whole answers shows.

With `stop_when_settled`, an answer ends once every scorer of its primary metrics has a rule that holds
(`Scorer.settled`). Secondary metrics without a rule need whole answers and are left out. One response in
`WHOLE_ONE_IN`, drawn by a hash, is generated whole: its scores are compared with those of the lines at which it would
have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig
from trustdelta.errors import ConfigError
from trustdelta.pipeline.scoring.score import formats
from trustdelta.pipeline.scoring.texts import read
from trustdelta.records import Arm, Outcome, Part, Prompt, Reading, Role, content_hash
from trustdelta.scorers import registry
from trustdelta.scorers.base import Scorer
from trustdelta.stats.kl_bounds import rate_bounds
from trustdelta.store import Store

WHOLE_ONE_IN = 10
MOST_CHANGED = 0.02
"""Share of settled answers with another score when whole above which the report advises against stopping."""


def check_possible(config: AuditConfig) -> None:
    """Raise ConfigError where a mode needs models of this machine and the configured ones are not."""
    away = [m.source for m in (config.baseline, config.candidate) if m.recorded or m.engine != "transformers"]
    if config.generation.stop_when_settled and len(away) == 2:
        raise ConfigError(
            f"stop_when_settled: found true, but {away[0]} and {away[1]} do not run in this process; wanted a model "
            "of this machine, or stop_when_settled=false."
        )
    if config.generation.choice_answers == "first_token" and away:
        raise ConfigError(
            f"choice_answers: found first_token, but {away[0]} does not run in this process, so that its probabilities "
            "are not known; wanted two models of this machine, or choice_answers=written."
        )


def settling_benchmarks(config: AuditConfig, benchmarks: Mapping[str, Benchmark]) -> dict[str, Benchmark]:
    """The benchmarks of an audit, without the secondary metrics that need whole answers where answers may end early."""
    return {name: _trimmed(b) if may_settle(config, b) else b for name, b in benchmarks.items()}


def may_settle(config: AuditConfig, benchmark: Benchmark) -> bool:
    """Whether the answers to a benchmark may end early."""
    primary = [m for m in benchmark.metrics if m.role is Role.PRIMARY and m.part is Part.ANSWER]
    return bool(config.generation.stop_when_settled and primary and all(_rule(m.scorer) for m in primary))


def _trimmed(benchmark: Benchmark) -> Benchmark:
    metrics = tuple(m for m in benchmark.metrics if m.part is Part.THOUGHT or _rule(m.scorer))
    aggregates = tuple(a for a in benchmark.aggregates if _rule(a.scorer))
    return replace(benchmark, metrics=metrics, aggregates=aggregates)


def left_out_line(config: AuditConfig, benchmarks: Mapping[str, Benchmark]) -> list[str]:
    """The remark that names the metrics left out; empty where there are none."""
    rest = settling_benchmarks(config, benchmarks)
    names = [m.name for n, b in benchmarks.items() for m in b.metrics if m not in rest[n].metrics]
    return [f"{', '.join(names)} left out: they need whole answers (stop_when_settled)."] if names else []


def _rule(scorer: str) -> Callable[[Prompt, str], bool] | None:
    return registry.load(scorer).settled if scorer in registry.names() else None


def rule_for(config: AuditConfig, benchmark: Benchmark, prompt: Prompt, draw: int) -> Callable[[str], bool] | None:
    """The rule for one answer to a prompt; None where it is generated whole."""
    if not may_settle(config, benchmark) or options_of(config, prompt) or is_whole(prompt.id, draw):
        return None
    return partial(_all_hold, prompt, _answer_scorers(benchmark))


def _answer_scorers(benchmark: Benchmark) -> tuple[Scorer, ...]:
    names = dict.fromkeys([m.scorer for m in benchmark.metrics if m.part is Part.ANSWER])
    return tuple(registry.load(n) for n in [*names, *(a.scorer for a in benchmark.aggregates if a.scorer not in names)])


def _all_hold(prompt: Prompt, scorers: Sequence[Scorer], text: str) -> bool:
    return all(s.settled is not None and s.settled(prompt, text) for s in scorers)


def is_whole(prompt_id: str, draw: int) -> bool:
    """Whether this response is generated whole as a check; the same for both models."""
    return int(content_hash(["whole", prompt_id, draw])[:8], 16) % WHOLE_ONE_IN == 0


@dataclass(slots=True)
class Check:
    """Counts over the responses of an audit."""

    responses: int = 0
    """Responses to benchmarks whose answers may end early."""
    ended: int = 0
    """Those that ended early."""
    whole: int = 0
    """Whole answers of the check."""
    would_end: int = 0
    """Those of them that would have ended early."""
    changed: int = 0
    """Those of these whose scores differ when whole."""
    cut: int = 0
    """Those of these that were cut or loop when whole, so that they have no score."""
    characters: int = 0
    """Characters of the answers that would have ended early."""
    needed: int = 0
    """Their characters up to that end."""

    def add(self, benchmark: Benchmark, prompt: Prompt, reading: Reading) -> None:
        """Count one whole response of the check."""
        self.whole += 1
        scorers = _answer_scorers(benchmark)
        end = next((i for i in _line_ends(reading.answer) if _all_hold(prompt, scorers, reading.answer[:i])), None)
        if end is None:
            return
        self.would_end += 1
        self.characters += len(reading.answer)
        self.needed += end
        if reading.state is not Outcome.ANSWERED:
            self.cut += 1
        elif any(s.judge(prompt, reading.answer[:end]) != s.judge(prompt, reading.answer) for s in scorers):
            self.changed += 1

    @property
    def note(self) -> str:
        """The result in words."""
        line = f"stop_when_settled: {self.ended} of {self.responses} answers ended once they were settled. "
        if not self.would_end:
            return line + f"Of {self.whole} generated whole as a check, none would have ended early."
        high = rate_bounds(self.changed, self.would_end, 0.05)[1]
        line += (
            f"Of {self.whole} generated whole as a check, {self.would_end} would have ended early, at "
            f"{100 * self.needed / self.characters:.0f} % of their characters; {self.changed} of them have another "
            f"score when whole (95 % upper bound: {100 * high:.1f} %), and {self.cut} were then cut."
        )
        advise = self.changed > MOST_CHANGED * self.would_end
        return line + (" Too many differ: audit again with stop_when_settled=false." if advise else "")


def _line_ends(text: str) -> list[int]:
    return [i for i, c in enumerate(text) if c == "\n" and text[:i].strip()]


def settling_notes(store: Store, config: AuditConfig, benchmarks: Mapping[str, Benchmark]) -> list[str]:
    """The remark on answers that ended early, from the stored responses; empty where none may."""
    settling = {name: b for name, b in benchmarks.items() if may_settle(config, b)}
    if not settling:
        return []
    prompts = {p.id: p for p in store.prompts() if p.benchmark in settling}
    marks, check = formats(store), Check()
    for arm in Arm:
        for response in store.responses(arm):
            prompt = prompts.get(response.prompt_id)
            if prompt is None:
                continue
            check.responses += 1
            check.ended += response.settled
            if is_whole(response.prompt_id, response.draw):
                check.add(settling[prompt.benchmark], prompt, read(response, marks[arm]))
    return [check.note]


def options_of(config: AuditConfig, prompt: Prompt) -> tuple[str, ...]:
    """The labels of a multiple choice that is answered by its first token; empty where a text is generated."""
    labels = prompt.target.get("labels") if isinstance(prompt.target, dict) else None
    if config.generation.choice_answers != "first_token" or not labels or any(len(label) != 1 for label in labels):
        return ()
    return tuple(labels)
