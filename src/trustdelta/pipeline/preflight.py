"""A few prompts before the budget is spent: thoughts are parsed, seeds hold, and what is declared is honoured.

The responses are draws of the audit, with its seeds and budgets: they are kept, and nothing is generated twice. Only
the beginnings of a few are, to compare them.
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
from trustdelta.pipeline.scoring.score import read
from trustdelta.progress import Progress
from trustdelta.records import Finish, Json, Outcome, Prompt, Reading, Request, Response
from trustdelta.thoughts.undeclared import first_undeclared_mark

PROMPTS = 8
SEED_TOKENS = 32
"""Tokens that are drawn again under the same seed: two different samples hardly ever begin alike for so long."""

CUT = 8
"""Characters at the end of a text cut at a token that may read otherwise in the whole text."""


Probe: TypeAlias = tuple[Request, Response]


@dataclass
class Findings:
    """What keeps the audit from being run, and what its report warns of."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def probes_of(requests: Sequence[Request]) -> list[Request]:
    """The requests that are made first, spread over all; they depend on the list alone."""
    step = max(1, len(requests) // PROMPTS)
    return list(requests)[::step][:PROMPTS]


def prove(engine: Engine, model: ModelConfig, probes: Sequence[Probe], progress: Progress) -> dict[str, Json]:
    """Prove on the first responses that the model behaves as declared; what was found, for the report.

    Raises PreflightError where no probe was answered, where a model whose thinking is on yields no thought, where an
    undeclared mark is left in most answers, where the same seed gives another sample, or where the server drops what
    the configuration declares. Recorded responses cannot be mended by another setting: there the finding is a warning,
    as is what the configuration tolerates.
    """
    if not probes:
        return {"prompts": 0}
    found = Findings()
    responses = [response for _, response in probes]
    _check_answered(responses, found)
    thoughts, tags = _check_thoughts(model, probes, found)
    if not _seeds_hold(engine, probes, progress):
        line = "the same seed gave another sample; this engine cannot be audited reproducibly"
        (found.warnings if "seed" in model.tolerate else found.problems).append(line)
    if model.served and not model.recorded:
        progress.start(f"{model.source}: what its server honours", 1)
    supported = engine.capabilities()
    _check_engine(engine, model, supported, found, thinks=bool(thoughts))
    if found.problems and not model.recorded:
        raise PreflightError(f"{model.source}: {found.problems[0]}.")
    return {
        "prompts": len(probes),
        "with_thought": thoughts,
        "tag_left_in_answer": tags,
        "capabilities": {name: state.value for name, state in supported.items()},
        "warnings": [f"{model.source}: {line}." for line in [*found.problems, *found.warnings]],
    }


def _check_answered(responses: Sequence[Response], found: Findings) -> None:
    failed = [r for r in responses if r.finish is Finish.ERROR]
    if len(failed) < len(responses):
        return
    if any(r.moderated for r in failed):
        found.warnings.append(f"a filter withheld every one of {len(failed)} probe responses, so nothing was proved")
    else:
        found.problems.append(f"none of {len(failed)} probe prompts was answered (the first: {failed[0].error})")


def _check_thoughts(model: ModelConfig, probes: Sequence[Probe], found: Findings) -> tuple[int, int]:
    """How many responses hold a thought, and in how many answers a mark is left whose meaning nobody declared."""
    answered = [(asked, r) for asked, r in probes if r.finish is not Finish.ERROR]
    readings = [(asked.prompt, read(r, model.thinking_format)) for asked, r in answered]
    thoughts = sum(bool(r.thought) for _, r in readings)
    marks = [_hidden(prompt, r) for prompt, r in readings if model.thinking_format == "auto"]
    left = [mark for mark in marks if mark]
    if answered and not thoughts and _thinking_is_on(model, [r for _, r in probes]):
        found.problems.append(
            f"thinking is on but none of {len(answered)} probe responses holds a thought; check the model's thinking "
            "format, or set its thinking to off"
        )
    if len(left) > len(answered) // 2 and not model.recorded:
        found.problems.append(
            f"marks such as {left[0]} are left in {len(left)} of {len(answered)} probe answers; set its "
            "thinking_format to a format's name, to its marks as OPEN...CLOSE, or to none where they belong to answers"
        )
    return thoughts, len(left)


def _thinking_is_on(model: ModelConfig, responses: Sequence[Response]) -> bool:
    return model.thinking == "on" or any(r.prompt_opened_thought for r in responses)


def _hidden(prompt: Prompt, reading: Reading) -> str:
    """A mark in an answer that may hide which text of it is the answer."""
    asked = "\n".join(m.content for m in prompt.messages)
    return first_undeclared_mark(reading.answer, asked) if reading.state is Outcome.ANSWERED else ""


def _check_engine(
    engine: Engine, model: ModelConfig, supported: Capabilities, found: Findings, *, thinks: bool
) -> None:
    """What the engine lacks, and what it does not apply."""
    sampling = sampling_of(engine)
    dropped = () if model.recorded else lacking(supported, needed(model, sampling))
    found.problems += [dropped_line(name) for name in dropped if name not in model.tolerate]
    tolerated = [name for name in dropped if name in model.tolerate]
    found.warnings += [f"the engine does not honour {name}, which is tolerated" for name in tolerated]
    if sampling is not None and sampling.temperature == 0 and (thinks or model.thinking == "on"):
        found.warnings.append(
            "it thinks and draws greedily (temperature 0), which makes thoughts loop; set its sampling"
        )
    found.warnings += [
        f"its generation_config.json asks for {name}={value!r:.60}, which is not applied"
        for name, value in (engine.fingerprint.get("not_applied") or {}).items()
    ]


def _seeds_hold(engine: Engine, probes: Sequence[Probe], progress: Progress) -> bool:
    """Whether the same seeds give the same samples: their beginnings, and where a server shows those otherwise, all."""
    pairs = [(q, r) for q, r in probes if r.finish is not Finish.ERROR]
    asked = [q for q, _ in pairs]
    short = _again(engine, asked, f"preflight: the same seeds again, {SEED_TOKENS} tokens each", progress, SEED_TOKENS)
    unlike = [(q, r) for q, r in pairs if not begins_alike(r, short[q.prompt.id, q.draw])]
    if not unlike:
        return True
    whole = _again(engine, asked, "preflight: the same seeds again, whole responses", progress)
    return all(_letters(r) == _letters(whole[q.prompt.id, q.draw]) for q, r in unlike)


def _again(
    engine: Engine, requests: Sequence[Request], stage: str, progress: Progress, most: int | None = None
) -> dict[tuple[str, int], Response]:
    """Responses in the same batches as before, of at most so many tokens; never those that are stored somewhere.

    The order within a batch is another: random numbers have to follow the seed, not the place in the batch.
    """
    progress.start(stage, len(requests))
    made: dict[tuple[str, int], Response] = {}
    for batch in engine.batches(requests):
        cut = [r if most is None else replace(r, max_tokens=min(r.max_tokens, most), answer_tokens=None) for r in batch]
        made |= {(r.prompt_id, r.draw): r for r in engine.generate(cut[::-1])}
        progress.advance(len(batch))
    return made


def begins_alike(whole: Response, start: Response) -> bool:
    """Whether a response begins as one that was cut earlier: by its tokens where they are known, else by its text.

    White space does not count, nor do the last characters of a text that was cut; a thought may be told apart in one
    of them only.
    """
    if start.finish is Finish.ERROR:
        return True  # nothing to compare: a failed request is no other sample
    if whole.token_ids and start.token_ids:
        return whole.token_ids[: len(start.token_ids)] == start.token_ids
    one, other = (_letters(r) for r in (whole, start))
    return one == other or (start.finish is not Finish.STOP and one.startswith(other[:-CUT]))


def _letters(response: Response) -> str:
    return "".join(chain((response.reasoning or "").split(), response.text.split()))


def dropped_line(name: str) -> str:
    """What to do where an engine lacks what the audit needs."""
    remedy = "leave it undeclared, use another server" if name != "seed" else "use another server"
    return f"the engine does not honour {name}; {remedy}, or accept it with tolerate: [{name}]"


def sampling_of(engine: Engine) -> Sampling | None:
    """What an engine draws with; None where a server or a recording does not say."""
    told = engine.fingerprint.get("sampling")
    return Sampling.model_validate(told) if told else None
