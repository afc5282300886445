"""Getting every wanted response into the store: preflight, then batches, each stored as it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, Sampling
from trustdelta.engines.base import Engine
from trustdelta.engines.capabilities import lacking, needed
from trustdelta.errors import PreflightError
from trustdelta.pipeline.score import read
from trustdelta.pipeline.under_way import Batch, generated
from trustdelta.progress import Progress, Wrote
from trustdelta.records import Arm, Finish, Json, Outcome, Prompt, Request, Response, content_hash
from trustdelta.store import Store

PREFLIGHT_PROMPTS = 8


def ready(store: Store, arm: Arm, engine: Engine, requests: Requests) -> None:
    """Claim the run folder for this very model and settings, and prove by a preflight that it behaves as declared."""
    store.claim_fingerprint(arm.value, engine.fingerprint)
    if store.meta(f"preflight:{arm.value}") is None:
        asked = [r for r in requests.of(arm, engine) if not requests.benchmarks[r.prompt.benchmark].likelihood]
        found = preflight(engine, arm, requests.config, asked)
        store.set_meta(f"preflight:{arm.value}", found)


def fill(store: Store, author: str, engine: Engine, wanted: Sequence[Request], stage: str, progress: Progress) -> None:
    """Get the wanted responses of a model or a judge into the store; what is there already is not generated again.

    Responses are counted as started before they are generated, so that work lost to a kill can be told afterwards.
    """
    have = store.have(author)
    progress.start(stage, len(wanted), Counter(r.prompt.benchmark for r in wanted))
    missing: list[Batch] = []
    for batch in engine.batches(wanted):
        if all((r.prompt.id, r.draw) in have for r in batch):
            progress.advance(len(batch))
        else:
            missing.append(batch)

    def begin(batch: Batch) -> None:
        store.set_meta(f"started:{author}", len(batch) + (store.meta(f"started:{author}") or 0))

    for batch, responses in generated(engine, missing, begin):
        store.put_responses(author, responses)
        progress.advance(len(responses), wrote(batch, responses))


def wrote(batch: Sequence[Request], responses: Sequence[Response]) -> dict[str, Wrote]:
    """What a batch came to, by benchmark."""
    benchmarks = {r.prompt.id: r.prompt.benchmark for r in batch}
    found: dict[str, Wrote] = {}
    for r in responses:
        name = benchmarks[r.prompt_id]
        one = Wrote(1, r.completion_tokens, int(r.finish is Finish.LENGTH))
        found[name] = found.get(name, Wrote()) + one
    return found


def fill_whole(store: Store, arm: Arm, engine: Engine, requests: Requests, progress: Progress) -> None:
    """Get every response of one model that the design could want into the store."""
    stage = f"{arm.value}: {requests.config.model(arm.value).source}"
    fill(store, arm, engine, requests.of(arm, engine), stage, progress)


class Requests:
    """The work list of one audit: which prompts, how many draws, what seeds and budgets."""

    def __init__(self, config: AuditConfig, prompts: Sequence[Prompt], benchmarks: dict[str, Benchmark]) -> None:
        self.config, self.prompts, self.benchmarks = config, prompts, benchmarks

    def of(self, arm: Arm, engine: Engine) -> list[Request]:
        """Every request to one model, in prompt order."""
        return [self.one(arm, p, draw) for p in self.prompts for draw in range(self.draws(arm, p, engine))]

    def draws(self, arm: Arm, prompt: Prompt, engine: Engine) -> int:
        """How many responses of one model to one prompt the design wants: all that were recorded, where they were."""
        wanted = self.config.baseline_draws if arm is Arm.BASELINE else self.config.draws
        available = engine.draws_available(prompt)
        return max(wanted, self.config.benchmark_draws.get(prompt.benchmark, 1)) if available is None else available

    def one(self, arm: Arm, prompt: Prompt, draw: int) -> Request:
        """One request with its own seed and budgets."""
        thought, answer = self.budgets(prompt.benchmark)
        apart = answer if self.config.token_budgets == "apart" else None
        return Request(prompt, draw, self.seed(arm, prompt, draw), thought + answer, apart)

    def seed(self, arm: Arm, prompt: Prompt, draw: int) -> int:
        """The seed of one sample's own random stream; streams of different arms, prompts and draws are unrelated."""
        return int(content_hash([self.config.seed, arm.value, prompt.id, draw])[:16], 16) >> 1

    def budget(self, prompt: Prompt) -> int:
        """New tokens allowed in all."""
        return sum(self.budgets(prompt.benchmark))

    @property
    def all_budgets(self) -> dict[str, Json]:
        """Every benchmark's budgets, for the record; whether an engine holds them apart is one of its capabilities."""
        found = {name: self.budgets(name) for name in self.benchmarks}
        return {name: {"thought": thought, "answer": answer} for name, (thought, answer) in found.items()}

    def budgets(self, name: str) -> tuple[int, int]:
        """New tokens of a thought and of an answer, the same for both models."""
        own, config = self.benchmarks[name], self.config
        return config.thought_tokens or own.thought_tokens, config.answer_tokens or own.answer_tokens


def preflight(engine: Engine, arm: Arm, config: AuditConfig, requests: Sequence[Request]) -> dict[str, Json]:
    """Prove on a few prompts that thoughts are parsed and that seeds hold, before the budget is spent.

    Raises PreflightError where a model whose thinking is on yields no thought, where a thought's tag is left in most
    answers, where the same seed gives another sample, or where the server drops what the configuration declares.
    Recorded responses cannot be mended by another setting: there the finding is a warning for the report, as is what
    the configuration tolerates.
    """
    step = max(1, len(requests) // PREFLIGHT_PROMPTS)
    probes = list(requests)[::step][:PREFLIGHT_PROMPTS]
    if not probes:
        return {"prompts": 0}
    first, second = engine.generate(probes), engine.generate(probes)
    model = config.model(arm.value)
    readings = [read(r, model.thinking_format) for r in first]
    thoughts = sum(bool(r.thought) for r in readings)
    on = model.thinking == "on" or any(r.prompt_opened_thought for r in first)
    tags = sum(r.state is Outcome.ANSWERED and _holds_tag(r.answer) for r in readings)
    problems: list[str] = []
    warnings: list[str] = []
    if [r.text for r in first] != [r.text for r in second]:
        said = "the same seed gave another sample; this engine cannot be audited reproducibly"
        (warnings if "seed" in model.tolerate else problems).append(said)
    if on and not thoughts:
        problems.append(
            f"thinking is on but none of {len(probes)} probe responses holds a thought; check the model's thinking "
            "format, or set its thinking to off"
        )
    if tags > len(probes) // 2:
        problems.append(f"thought tags are left in {tags} of {len(probes)} probe answers; check its thinking format")
    supported = engine.capabilities()
    sampling = sampling_of(engine)
    dropped = () if model.recorded else lacking(supported, needed(model, sampling))
    problems += [dropped_line(name) for name in dropped if name not in model.tolerate]
    warnings += [f"the engine does not honour {name}, which is tolerated" for name in dropped if name in model.tolerate]
    if sampling is not None and sampling.temperature == 0 and (thoughts or on):
        warnings.append("it thinks and draws greedily (temperature 0), which makes thoughts loop; set its sampling")
    warnings += [
        f"its generation_config.json asks for {name}={value!r:.60}, which is not applied"
        for name, value in (engine.fingerprint.get("not_applied") or {}).items()
    ]
    if problems and not model.recorded:
        raise PreflightError(f"{model.source}: {problems[0]}.")
    return {
        "prompts": len(probes),
        "with_thought": thoughts,
        "tag_left_in_answer": tags,
        "capabilities": {name: state.value for name, state in supported.items()},
        "warnings": [f"{model.source}: {p}." for p in [*problems, *warnings]],
    }


def dropped_line(name: str) -> str:
    """What to do where an engine lacks what the audit needs."""
    remedy = "leave it undeclared, use another server" if name != "seed" else "use another server"
    return f"the engine does not honour {name}; {remedy}, or accept it with tolerate: [{name}]"


def sampling_of(engine: Engine) -> Sampling | None:
    """What an engine draws with; None where a server or a recording does not say."""
    told = engine.fingerprint.get("sampling")
    return Sampling.model_validate(told) if told else None


def _holds_tag(answer: str) -> bool:
    return any(tag in answer for tag in ("<think>", "</think>", "[THINK]", "<|begin_of_thought|>", "<|channel|>"))
