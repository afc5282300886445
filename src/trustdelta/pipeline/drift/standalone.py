"""Drift without an audit: on a file of texts, on a run's stored responses, or on responses generated for it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from trustdelta.config import AuditConfig, ModelConfig, check_model
from trustdelta.drift.sums import Method
from trustdelta.errors import DataError, MeasurementError, TrustdeltaError, UsageError
from trustdelta.parsing import MOST_DATA, parse_json, read_text
from trustdelta.pipeline.assemble import assemble
from trustdelta.pipeline.drift.measure import measure_drift
from trustdelta.pipeline.drift.results import drift_of
from trustdelta.pipeline.drift.study_figures import study_of
from trustdelta.pipeline.drift.tokens import tokeniser_of
from trustdelta.pipeline.respond import Requests, open_arm, ready
from trustdelta.pipeline.respond import fill as ask
from trustdelta.progress import Progress
from trustdelta.records import Arm, Drift, Json, Message, Prompt, StudyDrift
from trustdelta.records.state import DRIFT_GIVEN, DRIFT_MODE, DRIFT_REFERENCE, ReferenceDrift
from trustdelta.store import Store

GIVEN = "given text"
"""Benchmark name of the texts of a file."""
OWN = {"kl_candidate_to_baseline": Arm.CANDIDATE, "kl_baseline_to_candidate": Arm.BASELINE}
"""Model under which each direction's expectation is taken."""

Put = Callable[[Store], str]
"""Puts prompts and responses into a store and returns their description."""


@dataclass(frozen=True, slots=True)
class DriftAlone:
    """Drift of one pair on described texts."""

    baseline: str
    """Source of the baseline."""
    candidate: str
    """Source of the candidate."""
    text: str
    """Description of texts and contexts."""
    mode: str
    """How drift was measured."""
    drift: tuple[Drift, ...]
    """Divergences by part and direction."""
    study: tuple[StudyDrift, ...] = ()
    """Sums over responses, by benchmark."""
    yardstick: DriftAlone | None = None
    """Drift of the baseline from the reference model."""
    note: str = ""
    """The dtypes of the noise floor, or why drift is an estimate."""

    def parts(self, direction: str) -> dict[str, dict[str, Json]]:
        """One direction by part: on the responses of the model of its expectation, else on the other model's.

        The figures are those of the best method; `others` has the nats per token of the other methods.
        """
        rows = [d for d in self.drift if d.direction == direction and not d.benchmark]
        own = [d for d in rows if d.text_of is OWN[direction]] or rows
        by_part: dict[str, list[Drift]] = {}
        for d in sorted(own, key=lambda d: list(Method).index(Method(d.method))):
            by_part.setdefault(d.part, []).append(d)
        return {part: self._row(drifts[0], drifts[1:]) for part, drifts in by_part.items()}

    def _row(self, drift: Drift, others: Sequence[Drift]) -> dict[str, Json]:
        return {
            "nats_per_token": drift.nats_per_token,
            "nats_per_response": drift.nats_per_response,
            "bits_per_byte": drift.bits_per_byte,
            "tokens": drift.tokens,
            "responses": drift.responses,
            "method": drift.method,
            "others": {other.method: other.nats_per_token for other in others},
            "floor_nats_per_token": drift.floor_nats_per_token,
            "dropped": {"candidate": drift.dropped_candidate, "baseline": drift.dropped_baseline},
            "text_of": GIVEN if self.text.startswith(GIVEN) else drift.text_of.value,
        }

    def json(self, directions: Sequence[str]) -> Json:
        """What `--json` prints."""
        about = {"baseline": self.baseline, "candidate": self.candidate, "text": self.text, "mode": self.mode}
        document = {**about, "note": self.note, **{direction: self.parts(direction) for direction in directions}}
        document["study"] = {row.benchmark: asdict(row) for row in self.study}
        if self.yardstick is not None:
            document["yardstick"] = self.yardstick.json(directions)
        return document


def drift_alone(config: AuditConfig, put: Put, progress: Progress) -> DriftAlone:
    """Measure drift in a temporary store that `put` fills; raises MeasurementError where that is not possible."""
    with (
        tempfile.TemporaryDirectory(prefix="trustdelta-drift-") as folder,
        Store(Path(folder), write=True, create=True) as store,
    ):
        text = put(store)
        measure_drift(store, config, progress)
        drift, note = drift_of(store)
        if not drift:
            raise MeasurementError(note or "no response has tokens to compare; give longer texts.")
        beside = measure_reference(store, config, progress) if config.drift.reference_model else None
        return DriftAlone(
            config.baseline.source,
            config.candidate.source,
            text,
            store.get(DRIFT_MODE),
            drift,
            study_of(store, {row.benchmark: row for row in beside.study} if beside else None),
            beside,
            note,
        )


def reference_model(config: AuditConfig) -> ModelConfig:
    """The reference model, from which the baseline was trained, with the baseline's settings; raises ConfigError.

    Its remote code never runs, since the pinned revision of the baseline's code does not cover this model.
    """
    own = {"source": config.drift.reference_model, "revision": None, "trust_remote_code": False}
    return check_model("yardstick", config.baseline.model_dump() | own)


def measure_reference(store: Store, config: AuditConfig, progress: Progress) -> DriftAlone:
    """Drift of the baseline from the reference model on the baseline's responses; raises MeasurementError."""
    older = config.replace(candidate=config.baseline, baseline=reference_model(config), drift_reference_model="")
    return drift_alone(older, copied(store, config.baseline.source), progress)


def store_reference(store: Store, config: AuditConfig, progress: Progress) -> None:
    """Store the figures of the reference model by benchmark, or the reason why there are none."""
    stored_reference = store.get(DRIFT_REFERENCE)
    if (
        not config.drift.reference_model
        or not store.drift()
        or stored_reference["source"] == config.drift.reference_model
    ):
        return
    rows, note = [], ""
    try:
        rows = [asdict(row) for row in measure_reference(store, config, progress).study]
    except TrustdeltaError as problem:
        note = f"drift: no reference model: {problem}"
    store.put(DRIFT_REFERENCE, ReferenceDrift(source=config.drift.reference_model, study=rows, note=note))


def copied(source: Store, baseline: str) -> Put:
    """Copies the baseline's first samples into another store, as those of a candidate."""

    def put(store: Store) -> str:
        responses = [r for r in source.responses(Arm.BASELINE) if r.draw == 0]
        if not responses:
            raise UsageError("a reference model needs the baseline's responses; omit --text.")
        store.put_prompts(source.prompts())
        store.put_responses(Arm.CANDIDATE, responses)
        return f"the responses of {baseline}"

    return put


def sampled(config: AuditConfig, progress: Progress) -> Put:
    """Generates both models' responses to the configured benchmarks."""

    def put(store: Store) -> str:
        task = assemble(config)
        store.put_prompts(task.prompts)
        requests = Requests(config, task.prompts, task.benchmarks)
        for arm in Arm:
            engine = open_arm(task, config, arm, progress)
            try:
                queue = requests.of(arm, engine)
                ready(store, arm, engine, requests, progress, queue)
                stage = f"{arm.value}: {config.model(arm.value).source}"
                ask(store, arm, engine, queue, stage, progress)
            finally:
                engine.close()
        return f"each model's own responses to {len(task.prompts)} prompts of {', '.join(task.benchmarks)}"

    return put


def stored(config: AuditConfig, run: Path) -> Put:
    """Copies both models' stored responses of an audit; token ids of another tokenizer are replaced."""

    def put(store: Store) -> str:
        with Store(run, write=False) as source:
            prompts = {p.id: p for p in source.prompts()}
            store.put_prompts(list(prompts.values()))
            count = 0
            for arm in Arm:
                tokenizer = tokeniser_of(config.model(arm.value))
                responses = [tokenizer.fit(r, prompts[r.prompt_id]) for r in source.responses(arm) if r.text]
                store.put_responses(arm, responses)
                count += len(responses)
        return f"{count} stored responses of {run}"

    return put


def texts_of_file(config: AuditConfig, file: Path) -> Put:
    """Reads one text per line, or JSON lines with `response` and `prompt`; raises DataError for any other file."""

    def put(store: Store) -> str:
        tokenizer = tokeniser_of(config.candidate)
        prompts, responses = [], []
        for number, prompt, text in read_texts(file):
            messages = () if prompt is None else (Message("user", prompt),)
            record = Prompt(GIVEN, messages, {"line": number})
            response = tokenizer.after(record, text) if messages else tokenizer.alone(record, text)
            if response.token_ids or config.candidate.served:
                prompts.append(record)
                responses.append(response)
        store.put_prompts(prompts)
        store.put_responses(Arm.CANDIDATE, responses)
        store.put(DRIFT_GIVEN, True)
        context = "the candidate's chat template" if any(p.messages for p in prompts) else "no prompt"
        return f"{GIVEN}: {len(prompts)} texts of {file}, after {context}"

    return put


def read_texts(file: Path) -> Iterator[tuple[int, str | None, str]]:
    """Line number, prompt (None for plain text) and text of every line that is not blank."""
    try:
        lines = read_text(file, MOST_DATA).splitlines()
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise DataError(f"{file}: cannot be read ({reason}); pass a UTF-8 text file.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if file.suffix != ".jsonl":
            yield number, None, line
            continue
        try:
            row = parse_json(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or not all(isinstance(row.get(k, ""), str) for k in ("prompt", "response")):
            raise DataError(f'{file}: line {number} is no JSON object like {{"prompt": "…", "response": "…"}}.')
        yield number, row.get("prompt"), row.get("response", "")
