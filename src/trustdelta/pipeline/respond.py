"""Generates the responses of an audit: preflight, then batches, whose responses are stored as they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import islice
from typing import TypeAlias

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig
from trustdelta.engines.base import Engine
from trustdelta.engines.generation_config import sampling_note
from trustdelta.errors import PreflightError
from trustdelta.pipeline.number_type import number_type_note
from trustdelta.pipeline.preflight import probes_of, prove
from trustdelta.pipeline.settling import options_of, rule_for
from trustdelta.pipeline.task import Task
from trustdelta.progress import Progress, Wrote
from trustdelta.records import Arm, Finish, Json, Prompt, Request, Response, content_hash, state
from trustdelta.records.state import fingerprint, preflight, started
from trustdelta.store import Store

Draws = set[tuple[str, int]]


def open_arm(task: Task, config: AuditConfig, arm: Arm, progress: Progress) -> Engine:
    """Open the engine of one model and report it as progress, since loading may take minutes."""
    model = config.model(arm.value)
    action = "reading the recorded responses of" if model.recorded else "connecting to" if model.served else "loading"
    progress.start(f"{action} the {arm.value}, {model.source}", 1)
    engine = task.open_engine(config, arm)
    progress.advance(1)
    if arm is Arm.BASELINE and (line := number_type_note(config)):
        progress.note(line)
    return engine


def ready(
    store: Store,
    arm: Arm,
    engine: Engine,
    requests: Requests,
    progress: Progress,
    queue: Sequence[Request],
) -> None:
    """Reserve the run folder for this model and its settings, and check by a preflight that it behaves as declared.

    `queue`: requests that are certain to be made; the preflight makes some of them.
    """
    config = requests.config.model(arm.value)
    store.claim(fingerprint(arm.value), engine.fingerprint)
    if note := sampling_note(config.source, engine.fingerprint):
        progress.note(note)
    if not store.has(preflight(arm.value)):
        plain = [r for r in queue if not requests.benchmarks[r.prompt.benchmark].likelihood]
        probes = answered(store, arm, engine, probes_of(plain), progress)
        try:
            findings = prove(engine, config, probes, progress)
        except PreflightError:
            store.forget_responses(arm)  # the model differs from its declaration
            raise
        store.put(preflight(arm.value), findings)


def answered(
    store: Store, arm: Arm, engine: Engine, probes: Sequence[Request], progress: Progress
) -> list[tuple[Request, Response]]:
    """The preflight's requests with their responses; stored responses are not generated again."""
    store.put(state.probes(arm.value), [(r.prompt.id, r.draw) for r in probes])
    have = store.have(arm)
    missing = [r for r in probes if (r.prompt.id, r.draw) not in have]
    progress.start(f"checking the {arm.value} on {len(probes)} prompts", len(missing))
    for batch in engine.batches(missing):
        begin(store, arm, batch)
        for part in engine.stream(batch):
            store.put_responses(arm, part)
            progress.advance(len(part))
    made = {(r.prompt_id, r.draw): r for r in store.responses(arm)} if probes else {}
    return [(r, made[r.prompt.id, r.draw]) for r in probes]


def begin(store: Store, author: str, batch: Sequence[Request]) -> None:
    """Count responses as started before they are generated, so that work lost to a kill is known afterwards."""
    store.put(started(author), len(batch) + store.get(started(author)))


def fill(store: Store, author: str, engine: Engine, queue: Sequence[Request], stage: str, progress: Progress) -> None:
    """Generate and store the responses of a model or a judge to `queue`; stored ones are not generated again.

    Batches exclude the preflight's requests, so that a resumed run has the same batches; one of which a part is stored
    is resumed with the rest.
    """
    have = store.have(author)
    of_model = author in tuple(Arm)  # a judge's responses are not those of the audit
    progress.start(stage, len(queue), Counter(r.prompt.benchmark for r in queue) if of_model else None)
    probed: Draws = {(prompt, draw) for prompt, draw in store.get(state.probes(author))}
    rest = [r for r in queue if (r.prompt.id, r.draw) not in probed]
    if len(rest) < len(queue):
        progress.advance(len(queue) - len(rest))
    missing: list[Batch] = []
    for batch in engine.batches(rest):
        left = [r for r in batch if (r.prompt.id, r.draw) not in have]
        if len(left) < len(batch):
            progress.advance(len(batch) - len(left))
        if left:
            missing.append(batch if len(left) == len(batch) else left)

    for batch, responses in generated(engine, missing, partial(begin, store, author)):
        store.put_responses(author, responses)
        progress.advance(len(responses), wrote(batch, responses))


def wrote(batch: Sequence[Request], responses: Sequence[Response]) -> dict[str, Wrote]:
    """Responses, tokens and truncations of a batch, by benchmark."""
    benchmarks = {r.prompt.id: r.prompt.benchmark for r in batch}
    by_benchmark: dict[str, list[Response]] = {}
    for r in responses:
        by_benchmark.setdefault(benchmarks[r.prompt_id], []).append(r)
    return {
        name: Wrote(len(rs), sum(r.completion_tokens for r in rs), sum(r.finish is Finish.LENGTH for r in rs))
        for name, rs in by_benchmark.items()
    }


def fill_whole(
    store: Store, arm: Arm, engine: Engine, requests: Requests, progress: Progress, queue: Sequence[Request]
) -> None:
    """Generate and store every response of one model that the design may need, which are those of `queue`."""
    stage = f"responses of the {arm.value}, {requests.config.model(arm.value).source}"
    fill(store, arm, engine, queue, stage, progress)


class Requests:
    """The work list of one audit: which prompts, how many draws, what seeds and budgets.

    `shared_seeds`: both models draw with the baseline's seeds.
    """

    def __init__(
        self,
        config: AuditConfig,
        prompts: Sequence[Prompt],
        benchmarks: dict[str, Benchmark],
        *,
        shared_seeds: bool = False,
    ) -> None:
        self.config, self.prompts, self.benchmarks = config, prompts, benchmarks
        self.shared_seeds = shared_seeds

    def of(self, arm: Arm, engine: Engine) -> list[Request]:
        """Every request to one model, in prompt order."""
        return [self.one(arm, p, draw) for p in self.prompts for draw in range(self.draws(arm, p, engine))]

    def most(self, arms: Collection[Arm]) -> int:
        """Responses of the whole design, as configured."""
        draws_of = self.config.generation.draws_of
        return sum(draws_of(arm, p.benchmark) for arm in arms for p in self.prompts)

    def draws(self, arm: Arm, prompt: Prompt, engine: Engine) -> int:
        """Samples per prompt of one model: all recorded ones, else as configured."""
        available = engine.draws_available(prompt)
        return self.config.generation.draws_of(arm, prompt.benchmark) if available is None else available

    def one(self, arm: Arm, prompt: Prompt, draw: int) -> Request:
        """One request with its own seed and budgets."""
        thought, answer = self.budgets(prompt.benchmark)
        apart = answer if self.config.generation.token_budgets == "apart" else None
        options = options_of(self.config, prompt)
        rule = rule_for(self.config, self.benchmarks[prompt.benchmark], prompt, draw)
        return Request(prompt, draw, self.seed(arm, prompt, draw), thought + answer, apart, rule, options)

    def seed(self, arm: Arm, prompt: Prompt, draw: int) -> int:
        """The seed of one sample.

        Seeds of different prompts and draws are independent, and those of different models unless seeds are shared.
        """
        author = Arm.BASELINE if self.shared_seeds else arm
        return int(content_hash([self.config.generation.seed, author.value, prompt.id, draw])[:16], 16) >> 1

    def budget(self, prompt: Prompt) -> int:
        """Maximum of new tokens per response."""
        return sum(self.budgets(prompt.benchmark))

    @property
    def all_budgets(self) -> dict[str, Json]:
        """Token budgets of every benchmark, to be stored with the plan."""
        budgets = {name: self.budgets(name) for name in self.benchmarks}
        return {name: {"thought": thought, "answer": answer} for name, (thought, answer) in budgets.items()}

    def budgets(self, name: str) -> tuple[int, int]:
        """New tokens of a thought and of an answer, the same for both models."""
        own, audit = self.benchmarks[name], self.config.generation
        return audit.thought_tokens or own.thought_tokens, audit.answer_tokens or own.answer_tokens


Batch: TypeAlias = list[Request]


def generated(
    engine: Engine, batches: Sequence[Batch], begin: Callable[[Batch], None]
) -> Iterator[tuple[Batch, list[Response]]]:
    """Batches with their responses as they end, in parts; at most `engine.batches_at_once` batches run concurrently.

    `begin` is called before a batch is generated, in the caller's thread. After an error no batch is started, running
    batches are awaited and yielded, and then the error is raised.
    """
    if engine.batches_at_once > 1:
        yield from _concurrently(engine, batches, begin)
        return
    for batch in batches:
        begin(batch)
        for part in engine.stream(batch):
            yield batch, part


def _concurrently(
    engine: Engine, batches: Sequence[Batch], begin: Callable[[Batch], None]
) -> Iterator[tuple[Batch, list[Response]]]:
    left, problem = iter(batches), None
    under_way: dict[Future[list[Response]], Batch] = {}
    with ThreadPoolExecutor(engine.batches_at_once) as pool:
        while True:
            room = 0 if problem else engine.batches_at_once - len(under_way)
            for batch in islice(left, room):
                begin(batch)
                under_way[pool.submit(engine.generate, batch)] = batch
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                batch = under_way.pop(future)
                problem = problem or future.exception()
                if future.exception() is None:
                    yield batch, future.result()
    if problem:
        raise problem
