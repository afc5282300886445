"""The whole audit, step by step. All steps after responses and drift can be repeated without a model."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from trustdelta import config as configs
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, JudgeConfig
from trustdelta.engines.base import Engine
from trustdelta.errors import ConfigError, UsageError
from trustdelta.files import save_text
from trustdelta.pipeline.assemble import assemble
from trustdelta.pipeline.claim import claim_configuration
from trustdelta.pipeline.conclude import conclude, finished, read_verdict
from trustdelta.pipeline.coupling import Coupling, coupling_of
from trustdelta.pipeline.drift.measure import measure_drift
from trustdelta.pipeline.drift.standalone import store_reference
from trustdelta.pipeline.labelling.cascade import Options, judge_part
from trustdelta.pipeline.labelling.items import Item, items
from trustdelta.pipeline.labelling.sheet import take_labels
from trustdelta.pipeline.looks import first_look, respond_in_looks
from trustdelta.pipeline.noise import measure_noise_floor
from trustdelta.pipeline.respond import Requests, fill_whole, open_arm, ready
from trustdelta.pipeline.scoring.judges import guard_of, judges_of, refuse_self, refuse_weights, with_judges
from trustdelta.pipeline.scoring.outline import Outline
from trustdelta.pipeline.scoring.output_files import reread
from trustdelta.pipeline.scoring.pages import FORMATS_IN
from trustdelta.pipeline.scoring.panel import Panel
from trustdelta.pipeline.scoring.score import score_all, score_missing
from trustdelta.pipeline.settling import check_possible, settling_benchmarks
from trustdelta.pipeline.task import Task, configured
from trustdelta.pipeline.undeclared import declare, settle_formats
from trustdelta.pipeline.workers import Workers
from trustdelta.progress import Progress, Silent
from trustdelta.records import Arm, AuditResult, Json
from trustdelta.records.state import (
    BUDGETS,
    COMPLETE,
    CONFIG,
    COUPLING,
    FINISHED_ON,
    FORMATS,
    NOT_RUN,
    NOTES,
    PLAN,
    stress_test,
)
from trustdelta.stats.cascade import Saving
from trustdelta.store import Store

OpenEngine: TypeAlias = Callable[[AuditConfig, Arm], Engine]
"""An engine factory for the two models."""


def run(
    config: AuditConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    labels: Path | None = None,
    through: Callable[[OpenEngine], OpenEngine] | None = None,
) -> AuditResult:
    """Audit one pair into the run folder `out`; the same call on the same folder resumes a stopped audit.

    `labels`: a sheet of human labels, written for this folder and filled in. `through`: wraps the engine factory
    (shared baselines, a cluster); it may change where responses come from, but not the responses.
    """
    progress = progress or Silent()
    refuse_self(config)
    judges, batch_size = judges_of(config.judges), config.generation.batch_size
    with (
        Store(out, write=True, create=True) as store,
        Workers() as workers,
        Panel(store, judges, batch_size, workers) as panel,
    ):
        store.check()
        claim_configuration(store, config, progress)
        store.put(CONFIG, config.model_dump(mode="json"))
        save_text(out / "config.yaml", configs.dumps(config))
        benchmarks = collect(store, config, panel, progress, through)
        settle_formats(store, workers)
        measure_drift(store, config, progress)
        store_reference(store, config, progress)
        outlines = panel.score(benchmarks, progress)
        if labels is not None:
            take_labels(store, benchmarks, labels)
        if config.statistics.noise_floor:
            measure_noise_floor(store, config, lambda itself, folder: run(itself, folder, progress))
        if not store.get(COMPLETE):
            store.put(FINISHED_ON, datetime.datetime.now(datetime.UTC).date().isoformat())
        store.put(COMPLETE, True)
        return conclude(store, config, benchmarks, outlines)


def collect(
    store: Store,
    config: AuditConfig,
    panel: Panel,
    progress: Progress,
    through: Callable[[OpenEngine], OpenEngine] | None,
) -> dict[str, Benchmark]:
    """Fix what is asked and store both models' responses; recorded files are no longer held afterwards."""
    check_possible(config)
    task = assemble(config, progress)
    if through is not None:
        task = replace(task, open_engine=through(task.open_engine))
    coupling = coupling_of(config)
    requests = Requests(config, task.prompts, task.benchmarks, shared_seeds=coupling.shared)
    freeze(store, task, requests, coupling)
    panel.prepare(progress)
    respond(store, task, requests, panel, progress)
    return task.benchmarks


def respond(store: Store, task: Task, requests: Requests, panel: Panel, progress: Progress) -> None:
    """Generate and store both models' responses: all at once, or look by look with a sequential design."""
    sequential = requests.config.sequential
    if generating := [arm for arm in Arm if not requests.config.model(arm.value).recorded]:
        progress.expect(requests.most(generating))
    with ExitStack() as opened:
        baseline = opened.enter_context(closing(open_arm(task, requests.config, Arm.BASELINE, progress)))
        along = sequential and baseline.light
        queue = first_look(store, Arm.BASELINE, baseline, requests) if along else requests.of(Arm.BASELINE, baseline)
        if not generating:
            panel.workers.prepare(FORMATS_IN, len(queue))
        ready(store, Arm.BASELINE, baseline, requests, progress, queue)
        refuse_weights(store, panel.judges)
        if not along:
            fill_whole(store, Arm.BASELINE, baseline, requests, progress, queue)
        verifies = store.get(COUPLING)["mode"] == "maximal"
        if not (along or verifies or _one_base(requests.config)):
            opened.close()
        candidate = opened.enter_context(closing(open_arm(task, requests.config, Arm.CANDIDATE, progress)))
        if verifies:
            candidate = verifying(store, candidate, baseline)
        queue = (
            first_look(store, Arm.CANDIDATE, candidate, requests)
            if sequential
            else requests.of(Arm.CANDIDATE, candidate)
        )
        ready(store, Arm.CANDIDATE, candidate, requests, progress, queue)
        refuse_weights(store, panel.judges)
        if sequential:
            both = {Arm.BASELINE: baseline, Arm.CANDIDATE: candidate}
            respond_in_looks(store, both if along else {Arm.CANDIDATE: candidate}, requests, panel, progress)
        else:
            fill_whole(store, Arm.CANDIDATE, candidate, requests, progress, queue)


def _one_base(config: AuditConfig) -> bool:
    """Whether both models have one base's weights in memory, so that closing the baseline would free none."""
    if any(m.recorded or m.engine != "transformers" for m in (config.baseline, config.candidate)):
        return False
    from trustdelta.engines.base_models import shares_base  # imports torch

    return shares_base(config.baseline, config.candidate)


def verifying(store: Store, candidate: Engine, baseline: Engine) -> Engine:
    """The candidate's engine with maximal coupling: its responses begin as the stored ones of the baseline.

    Raises ConfigError where one of the engines does not know its distribution at every place.
    """
    from trustdelta.engines.transformers import TransformersEngine  # imports torch
    from trustdelta.engines.verify import VerifyingEngine

    if not (isinstance(candidate, TransformersEngine) and isinstance(baseline, TransformersEngine)):
        raise ConfigError("coupling: found maximal, but it needs two models of this machine; --set coupling=auto.")
    return VerifyingEngine(candidate, baseline, partial(store.response, Arm.BASELINE.value))


def rerun(
    out: Path,
    progress: Progress | None = None,
    *,
    labels: Path | None = None,
    settings: Mapping[str, Json] | None = None,
) -> AuditResult:
    """Score, decide and report again from the run folder alone; no model is loaded.

    `labels`: a filled-in sheet of human labels, which is stored with the run. `settings`: parts of the statistical plan
    for this call alone (the result is exploratory), and thought formats, which are stored with the run. Raises
    UsageError for any other setting, ConfigError for an unknown format, and StoreError for an unfinished audit: a
    verdict on a part of its responses has no error rate.
    """
    progress = progress or Silent()
    with Store(out, write=True) as store, Workers() as workers:
        config = replanned(finished(store), declare(store, settings or {}))
        benchmarks = benchmarks_of(config, {p.benchmark for p in store.prompts()})
        settle_formats(store, workers)
        outlines = score_again(store, config, benchmarks, progress, workers)
        if labels is not None:
            take_labels(store, benchmarks, labels)
        return conclude(store, config, benchmarks, outlines)


def score_again(
    store: Store, config: AuditConfig, benchmarks: Mapping[str, Benchmark], progress: Progress, workers: Workers
) -> dict[Arm, Outline]:
    """Score every stored response again, with a judge's file of outputs read again where it changed."""
    judges = judges_of(config.judges)
    if reread(store, judges):
        with Panel(store, judges, config.generation.batch_size, workers) as panel:
            panel.prepare(progress)
            return panel.score(benchmarks, progress)
    return score_all(store, benchmarks, progress, judges, workers)


PLANNED = ("alpha", "rule", "estimand", "margins", "effects", "youden", "judge_bias", "limits", "primary")
"""Settings that can change without new responses."""


def replanned(config: AuditConfig, settings: Mapping[str, Json]) -> AuditConfig:
    """The configuration with parts of the statistical plan changed; raises UsageError for any other setting."""
    for name in settings:
        if configs.NAMES.short_name(name).partition(".")[0] not in PLANNED:
            raise UsageError(
                f"--set: found {name}, wanted one of {', '.join(PLANNED)}, baseline.thinking_format, "
                "candidate.thinking_format; anything else needs a new audit."
            )
    return configs.check(configs.merged(config.model_dump(), settings)) if settings else config


def to_label(out: Path, pairs: int, metrics: Sequence[str] = ()) -> list[Item]:
    """The blinded texts of a finished run, in the order in which they are labelled.

    Raises FolderError where the run is not finished, and as `items` does.
    """
    read_verdict(out)
    with Store(out, write=True) as store:
        config = finished(store)
        return items(store, benchmarks_of(config, {p.benchmark for p in store.prompts()}), pairs, metrics)


def read_labels(out: Path, path: Path, labeller: str) -> int:
    """Read a filled-in sheet into a finished run; returns the number of its labels."""
    read_verdict(out)
    with Store(out, write=True) as store:
        config = finished(store)
        return take_labels(store, benchmarks_of(config, {p.benchmark for p in store.prompts()}), path, labeller)


def cascade(
    out: Path, judge: JudgeConfig, options: Options, progress: Progress | None = None
) -> tuple[AuditResult, dict[str, Saving]]:
    """Judge a part of a finished run with a stronger judge, and decide again; also the saving, by metrics."""
    progress = progress or Silent()
    with Store(out, write=True) as store:
        config = finished(store)
        refuse_self(config.replace(judges=(judge,)))
        benchmarks = benchmarks_of(config, {p.benchmark for p in store.prompts()})
        savings = judge_part(store, benchmarks, judge, options, progress)
        outlines = score_missing(store, benchmarks, progress, judges_of(config.judges))
        return conclude(store, config, benchmarks, outlines), savings


def judge_author(out: Path, judge: JudgeConfig) -> str:
    """The name under which a finished run stores the outputs of this judge; raises UsageError where it judged none."""
    prompt_version = guard_of(judge).prompt_version
    with Store(out, write=False) as store:
        for own in judges_of(finished(store).judges):
            if (own.guard.prompt_version, own.config.model.source) == (prompt_version, judge.model.source):
                return own.author
    raise UsageError(f"{out}: found no judge with this prompt and source; name one that judged this audit.")


def record_stress(out: Path, author: str, summary: Mapping[str, Json], progress: Progress | None = None) -> AuditResult:
    """Store a judge's stress test with a finished run that it judged, and report again."""
    with Store(out, write=True) as store:
        store.put(stress_test(author), dict(summary))
    return decide_again(out, progress)


def decide_again(out: Path, progress: Progress | None = None) -> AuditResult:
    """Decide and report again with the labels of a finished run; only responses without a score are scored."""
    with Store(out, write=True) as store:
        config = finished(store)
        benchmarks = benchmarks_of(config, {p.benchmark for p in store.prompts()})
        outlines = score_missing(store, benchmarks, progress or Silent(), judges_of(config.judges))
        return conclude(store, config, benchmarks, outlines)


def benchmarks_of(config: AuditConfig, names: Collection[str]) -> dict[str, Benchmark]:
    """The configured benchmarks among `names`, with judges."""
    benchmarks = {n: b for n, b in configured(config.data).items() if n in names}
    return settling_benchmarks(config, with_judges(benchmarks, judges_of(config.judges)))


def freeze(store: Store, task: Task, requests: Requests, coupling: Coupling) -> None:
    """Store prompts, plan, coupling, budgets and remarks before the first response.

    Raises StoreError where they differ from those of the resumed run.
    """
    store.claim(PLAN, task.frozen_plan(requests.config, coupling.mode))
    store.put(COUPLING, asdict(coupling))
    store.claim(BUDGETS, requests.all_budgets)
    store.put_prompts(task.prompts)
    store.put(NOTES, list(task.notes))
    store.put(NOT_RUN, dict(task.not_run))
    store.put(FORMATS, {arm.value: name for arm, name in task.formats.items()})
