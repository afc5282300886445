"""Drift without an audit: over a file of texts, over a run's stored responses, or over responses sampled for it."""

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
"""The benchmark that texts of a file are filed under."""
OWN = {"kl_candidate_to_baseline": Arm.CANDIDATE, "kl_baseline_to_candidate": Arm.BASELINE}
"""The model under which each direction's expectation is."""

Put = Callable[[Store], str]
"""Puts prompts and responses into a store and says in words what they are."""


@dataclass(frozen=True, slots=True)
class DriftAlone:
    """Drift of one pair, and the texts and contexts that it was measured on, in words.

    `note`: what the noise floor compares where a model does not run in float32, or why drift is an estimate.
    """

    baseline: str
    candidate: str
    text: str
    mode: str
    drift: tuple[Drift, ...]
    study: tuple[StudyDrift, ...] = ()
    yardstick: DriftAlone | None = None
    note: str = ""

    def parts(self, direction: str) -> dict[str, dict[str, Json]]:
        """One direction by part: on the responses of the model under which its expectation is, else on the others.

        The best method's figures, and under `others` nats per token by every other one.
        """
        rows = [d for d in self.drift if d.direction == direction and not d.benchmark]
        own = [d for d in rows if d.text_of is OWN[direction]] or rows
        by_part: dict[str, list[Drift]] = {}
        for d in sorted(own, key=lambda d: list(Method).index(Method(d.method))):
            by_part.setdefault(d.part, []).append(d)
        return {part: self._row(found[0], found[1:]) for part, found in by_part.items()}

    def _row(self, d: Drift, others: Sequence[Drift]) -> dict[str, Json]:
        return {
            "nats_per_token": d.nats_per_token,
            "nats_per_response": d.nats_per_response,
            "bits_per_byte": d.bits_per_byte,
            "tokens": d.tokens,
            "responses": d.responses,
            "method": d.method,
            "others": {o.method: o.nats_per_token for o in others},
            "floor_nats_per_token": d.floor_nats_per_token,
            "dropped": {"candidate": d.dropped_candidate, "baseline": d.dropped_baseline},
            "text_of": GIVEN if self.text.startswith(GIVEN) else d.text_of.value,
        }

    def json(self, directions: Sequence[str]) -> Json:
        """What `--json` prints."""
        about = {"baseline": self.baseline, "candidate": self.candidate, "text": self.text, "mode": self.mode}
        found = {**about, "note": self.note, **{direction: self.parts(direction) for direction in directions}}
        found["study"] = {row.benchmark: asdict(row) for row in self.study}
        if self.yardstick is not None:
            found["yardstick"] = self.yardstick.json(directions)
        return found


def drift_alone(config: AuditConfig, put: Put, progress: Progress) -> DriftAlone:
    """Measure what `put` puts into a store that is thrown away; raises MeasurementError where that cannot be."""
    with (
        tempfile.TemporaryDirectory(prefix="trustdelta-drift-") as folder,
        Store(Path(folder), write=True, create=True) as store,
    ):
        text = put(store)
        measure_drift(store, config, progress)
        drift, note = drift_of(store)
        if not drift:
            raise MeasurementError(note or "no response has tokens to compare; give longer texts.")
        beside = beside_yardstick(store, config, progress) if config.drift.reference_model else None
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


def yardstick(config: AuditConfig) -> ModelConfig:
    """The model that the baseline was made from, run as the baseline is; raises ConfigError.

    Its own code never runs: whoever pinned the baseline's code has pinned nothing of this model.
    """
    own = {"source": config.drift.reference_model, "revision": None, "trust_remote_code": False}
    return check_model("yardstick", config.baseline.model_dump() | own)


def beside_yardstick(store: Store, config: AuditConfig, progress: Progress) -> DriftAlone:
    """Drift of the baseline from the model that it was made from, on the baseline's responses; raises likewise."""
    older = config.replace(candidate=config.baseline, baseline=yardstick(config), drift_reference_model="")
    return drift_alone(older, copied(store, config.baseline.source), progress)


def measure_yardstick(store: Store, config: AuditConfig, progress: Progress) -> None:
    """Store the yardstick's figures by benchmark beside an audit's drift, or the reason why there are none."""
    have = store.get(DRIFT_REFERENCE)
    if not config.drift.reference_model or not store.drift() or have["source"] == config.drift.reference_model:
        return
    rows, note = [], ""
    try:
        rows = [asdict(row) for row in beside_yardstick(store, config, progress).study]
    except TrustdeltaError as problem:
        note = f"drift: no yardstick: {problem}"
    store.put(DRIFT_REFERENCE, ReferenceDrift(source=config.drift.reference_model, study=rows, note=note))


def copied(source: Store, baseline: str) -> Put:
    """The baseline's first responses in another store, as those of a candidate."""

    def put(store: Store) -> str:
        responses = [r for r in source.responses(Arm.BASELINE) if r.draw == 0]
        if not responses:
            raise UsageError("a yardstick needs the baseline's own responses; leave out --text.")
        store.put_prompts(source.prompts())
        store.put_responses(Arm.CANDIDATE, responses)
        return f"the responses of {baseline}"

    return put


def sampled(config: AuditConfig, progress: Progress) -> Put:
    """Both models' responses to the configuration's benchmarks, generated now."""

    def put(store: Store) -> str:
        task = assemble(config)
        store.put_prompts(task.prompts)
        requests = Requests(config, task.prompts, task.benchmarks)
        for arm in Arm:
            engine = open_arm(task, config, arm, progress)
            try:
                ready(store, arm, engine, requests, progress)
                stage = f"{arm.value}: {config.model(arm.value).source}"
                ask(store, arm, engine, requests.of(arm, engine), stage, progress)
            finally:
                engine.close()
        return f"each model's own responses to {len(task.prompts)} prompts of {', '.join(task.benchmarks)}"

    return put


def stored(config: AuditConfig, run: Path) -> Put:
    """Both models' stored responses of an audit; token ids that are not this tokenizer's are made anew."""

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


def given(config: AuditConfig, file: Path) -> Put:
    """One text per line, or JSON lines with `response` and `prompt`; raises DataError for a file of anything else."""

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
    """Line number, prompt (None where a line is text alone) and text of every line that is not blank."""
    try:
        lines = read_text(file, MOST_DATA).splitlines()
    except (OSError, ValueError) as problem:
        raise DataError(f"{file}: cannot be read ({' '.join(str(problem).split())}); pass a UTF-8 text file.") from None
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
