"""Checks on a few prompts before an audit: reasoning traces are parsed, seeds hold, declared settings are applied.

The responses are samples of the audit, with its seeds and budgets, and are stored. Only the beginnings of a few are
generated twice, to compare them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeAlias

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.base import Engine
from trustdelta.engines.capabilities import Capabilities, lacking, needed
from trustdelta.errors import PreflightError
from trustdelta.pipeline.scoring.texts import read
from trustdelta.progress import Progress
from trustdelta.records import Finish, Json, Outcome, Prompt, Reading, Request, Response
from trustdelta.thoughts.undeclared import first_undeclared_mark

PROMPTS = 8
SEED_TOKENS = 32
"""Tokens that are sampled again with the same seed; two different samples rarely share a beginning of this length."""

CUT = 8
"""Characters at the end of a truncated text that may differ in the whole text, because a token was cut."""


Probe: TypeAlias = tuple[Request, Response]


@dataclass
class Findings:
    """Results of a preflight."""

    problems: list[str] = field(default_factory=list)
    """Reasons not to run the audit."""
    warnings: list[str] = field(default_factory=list)
    """Warnings for the report."""


def probes_of(requests: Sequence[Request]) -> list[Request]:
    """The preflight's requests, evenly spread over all; they depend on the list alone."""
    step = max(1, len(requests) // PROMPTS)
    return list(requests)[::step][:PROMPTS]


def prove(engine: Engine, model: ModelConfig, probes: Sequence[Probe], progress: Progress) -> dict[str, Json]:
    """Check on the first responses that the model behaves as declared; returns the results for the report.

    Raises PreflightError where no probe has a response, where a model with thinking on produces no reasoning trace,
    where most answers hold an undeclared mark, where the same seed gives another sample, or where the server ignores a
    declared setting. A problem of recorded responses is a warning, as is a problem that the configuration tolerates.
    """
    if not probes:
        return {"prompts": 0}
    findings = Findings()
    responses = [response for _, response in probes]
    _check_answered(responses, findings)
    thoughts, tags = _check_thoughts(model, probes, findings)
    if not _seeds_hold(engine, probes, progress):
        line = "the same seed gave another sample; an audit with this engine is not reproducible"
        (findings.warnings if "seed" in model.tolerate else findings.problems).append(line)
    if model.served and not model.recorded:
        progress.start(f"asking the server what it honours, {model.source}", 1)
    supported = engine.capabilities()
    _check_engine(engine, model, supported, findings, thinks=bool(thoughts))
    if findings.problems and not model.recorded:
        raise PreflightError(f"{model.source}: {findings.problems[0]}.")
    return {
        "prompts": len(probes),
        "with_thought": thoughts,
        "tag_left_in_answer": tags,
        "capabilities": {name: state.value for name, state in supported.items()},
        "warnings": [f"{model.source}: {line}." for line in [*findings.problems, *findings.warnings]],
    }


def _check_answered(responses: Sequence[Response], findings: Findings) -> None:
    failed = [r for r in responses if r.finish is Finish.ERROR]
    if len(failed) < len(responses):
        return
    if any(r.moderated for r in failed):
        findings.warnings.append(f"a filter withheld all {len(failed)} probe responses, so nothing was checked")
    else:
        findings.problems.append(f"none of {len(failed)} probe prompts has a response (the first: {failed[0].error})")


def _check_thoughts(model: ModelConfig, probes: Sequence[Probe], findings: Findings) -> tuple[int, int]:
    """Number of responses with a reasoning trace, and of answers with an undeclared mark."""
    answered = [(request, r) for request, r in probes if r.finish is not Finish.ERROR]
    readings = [(request.prompt, read(r, model.thinking_format)) for request, r in answered]
    thoughts = sum(bool(r.thought) for _, r in readings)
    marks = [_undeclared_mark(prompt, r) for prompt, r in readings if model.thinking_format == "auto"]
    left = [mark for mark in marks if mark]
    if answered and not thoughts and _thinking_is_on(model, [r for _, r in probes]):
        findings.problems.append(
            f"thinking is on but none of {len(answered)} probe responses has a reasoning trace; check the model's "
            "thinking format, or set its thinking to off"
        )
    if len(left) > len(answered) // 2 and not model.recorded:
        findings.problems.append(
            f"marks such as {left[0]} are in {len(left)} of {len(answered)} probe answers; set its thinking_format "
            "to a format's name, to its marks as OPEN...CLOSE, or to none where they belong to answers"
        )
    return thoughts, len(left)


def _thinking_is_on(model: ModelConfig, responses: Sequence[Response]) -> bool:
    return model.thinking == "on" or any(r.prompt_opened_thought for r in responses)


def _undeclared_mark(prompt: Prompt, reading: Reading) -> str:
    """An undeclared mark that leaves open which part of a text is the answer; "" without one."""
    question = "\n".join(m.content for m in prompt.messages)
    return first_undeclared_mark(reading.answer, question) if reading.state is Outcome.ANSWERED else ""


def _check_engine(
    engine: Engine, model: ModelConfig, supported: Capabilities, findings: Findings, *, thinks: bool
) -> None:
    """Check the capabilities of the engine and the settings that it does not apply."""
    sampling = sampling_of(engine)
    dropped = () if model.recorded else lacking(supported, needed(model, sampling))
    findings.problems += [dropped_line(name) for name in dropped if name not in model.tolerate]
    tolerated = [name for name in dropped if name in model.tolerate]
    findings.warnings += [f"the engine does not apply {name}, which is tolerated" for name in tolerated]
    if sampling is not None and sampling.temperature == 0 and (thinks or model.thinking == "on"):
        findings.warnings.append(
            "it reasons with greedy decoding (temperature 0), which makes reasoning traces loop; set its sampling"
        )
    findings.warnings += [
        f"its generation_config.json sets {name}={value!r:.60}, which is not applied"
        for name, value in (engine.fingerprint.get("not_applied") or {}).items()
    ]


def _seeds_hold(engine: Engine, probes: Sequence[Probe], progress: Progress) -> bool:
    """Whether the same seeds give the same samples: by their beginnings, and where these differ, by whole responses."""
    pairs = [(q, r) for q, r in probes if r.finish is not Finish.ERROR]
    requests = [q for q, _ in pairs]
    short = _again(
        engine, requests, f"checking that seeds repeat, {SEED_TOKENS} tokens of each response", progress, SEED_TOKENS
    )
    unlike = [(q, r) for q, r in pairs if not begins_alike(r, short[q.prompt.id, q.draw])]
    if not unlike:
        return True
    whole = _again(engine, requests, "checking that seeds repeat, whole responses", progress)
    return all(_letters(r) == _letters(whole[q.prompt.id, q.draw]) for q, r in unlike)


def _again(
    engine: Engine, requests: Sequence[Request], stage: str, progress: Progress, most: int | None = None
) -> dict[tuple[str, int], Response]:
    """Generate responses in the same batches as before, of at most `most` tokens.

    The order within a batch is reversed: random numbers must depend on the seed, not on the place in the batch.
    """
    progress.start(stage, len(requests))
    made: dict[tuple[str, int], Response] = {}
    for batch in engine.batches(requests):
        cut = [r if most is None else replace(r, max_tokens=min(r.max_tokens, most), answer_tokens=None) for r in batch]
        made |= {(r.prompt_id, r.draw): r for r in engine.generate(cut[::-1])}
        progress.advance(len(batch))
    return made


def begins_alike(whole: Response, start: Response) -> bool:
    """Whether a response begins like a shorter one: by tokens where they are known, else by text.

    White space and the last characters of a truncated text do not count; only one of the two may have its reasoning
    separated.
    """
    if start.finish is Finish.ERROR:
        return True  # a failed request is not a different sample
    if whole.token_ids and start.token_ids:
        return whole.token_ids[: len(start.token_ids)] == start.token_ids
    whole_text, start_text = (_letters(r) for r in (whole, start))
    return whole_text == start_text or (start.finish is not Finish.STOP and whole_text.startswith(start_text[:-CUT]))


def _letters(response: Response) -> str:
    return "".join(chain((response.reasoning or "").split(), response.text.split()))


def dropped_line(name: str) -> str:
    """The problem and its remedy where an engine lacks a capability that the audit needs."""
    remedy = "leave it undeclared, use another server" if name != "seed" else "use another server"
    return f"the engine does not apply {name}; {remedy}, or accept it with tolerate: [{name}]"


def sampling_of(engine: Engine) -> Sampling | None:
    """Sampling parameters of an engine; None where a server or a recording does not state them."""
    sampling = engine.fingerprint.get("sampling")
    return Sampling.model_validate(sampling) if sampling else None
