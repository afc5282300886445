"""The last step: verdicts from scores, and the files of a finished run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from trustdelta import config as configs
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, DataSettings, ModelConfig
from trustdelta.engines.generation_config import sampling_note
from trustdelta.errors import ConfigError, DataError, FolderError, StoreError
from trustdelta.files import save_text
from trustdelta.parsing import read_text
from trustdelta.pipeline.decision import concluded
from trustdelta.pipeline.drift.relations import Relations, relate
from trustdelta.pipeline.drift.results import drift_of
from trustdelta.pipeline.drift.study_figures import reference_drift, reference_notes, study_of
from trustdelta.pipeline.labelling.effect import labels_card
from trustdelta.pipeline.noise import noise_floor_of, noise_notes
from trustdelta.pipeline.observations import Observations, observe
from trustdelta.pipeline.report_data import report_extras
from trustdelta.pipeline.scoring.cards import agreements, cards
from trustdelta.pipeline.scoring.columns import StoredScores
from trustdelta.pipeline.scoring.judges import judges_of
from trustdelta.pipeline.scoring.outline import Outline
from trustdelta.records import Arm, AuditResult, Json, ModelCard
from trustdelta.records.state import (
    BUDGETS,
    CANDIDATE_PLANNED,
    COMPLETE,
    CONFIG,
    DECIDED,
    MADE,
    NOTES,
    PLAN,
    Made,
    fingerprint,
    preflight,
)
from trustdelta.report.html import render as render_html
from trustdelta.report.markdown import render as render_markdown
from trustdelta.report.verdict_json import dumps, loads
from trustdelta.store import Store

RESULT_SCHEMA = 1
VERDICT = "verdict.json"
SUMS = "SHA256SUMS"
"""Checksums of the files made from a store, in the format of `sha256sum --check`."""


def conclude(
    store: Store, config: AuditConfig, benchmarks: dict[str, Benchmark], outlines: Mapping[Arm, Outline]
) -> AuditResult:
    """Decide on the stored scores and write verdict.json, report.html and report.md."""
    result, scores = result_of(store, config, benchmarks, observe(store, config, benchmarks, outlines))
    store.put(DECIDED, config.model_dump(mode="json"))
    save_text(store.folder / VERDICT, dumps(result))
    write_reports(store, result, config.data, scores)
    return result


def result_of(
    store: Store, config: AuditConfig, benchmarks: Mapping[str, Benchmark], observed: Observations
) -> tuple[AuditResult, StoredScores]:
    """The result that follows from the scores, the plan and the observations, and the scores; no text is read."""
    metrics = [m for b in benchmarks.values() for m in b.metrics]
    conclusion = concluded(store, config, benchmarks, observed)
    decision = conclusion.decision
    drift, drift_note = drift_of(store)
    related = Relations() if conclusion.unreadable else relate(store, config.generation.seed, metrics)
    result = AuditResult(
        schema=RESULT_SCHEMA,
        baseline=model_card(store, config.baseline, Arm.BASELINE),
        candidate=model_card(store, config.candidate, Arm.CANDIDATE),
        overall=decision.overall,
        summary=decision.summary,
        dimensions=decision.dimensions,
        metrics=decision.metrics,
        drift=drift,
        drift_note=drift_note,
        outcomes=tuple(conclusion.scores.outcomes(observed.outlines)),
        plan=plan_of(store, config, observed.coupling),
        notes=(
            *store.get(NOTES),
            *warnings(store, config),
            *conclusion.notes,
            *decision.notes,
            *related.faults,
            *reference_notes(store, config.drift.reference_model),
        ),
        associations=related.associations,
        association_note=related.association_note,
        bounds=related.bounds,
        bounds_note=related.bounds_note,
        guarantees=decision.guarantees,
        exploratory=conclusion.exploratory,
        aa=conclusion.aa,
        noise_floor=noise_floor_of(store),
        study_drift=study_of(store, reference_drift(store, config.drift.reference_model)),
        judges=cards(store, judges_of(config.judges)),
        judge_agreement=agreements(store, benchmarks, judges_of(config.judges)),
    )
    return result, conclusion.scores


def finished(store: Store) -> AuditConfig:
    """The configuration of a finished audit, from its store.

    Raises StoreError where the audit is unfinished, config.yaml differs from the store's, or prompts are missing.
    """
    if not store.get(COMPLETE):
        raise StoreError(f"{store.path}: this audit was not finished; run its `trustdelta audit` command again first.")
    store.check_prompts()
    config, beside = configs.check(store.get(CONFIG)), store.folder / "config.yaml"
    if beside.is_file() and not _equals(beside, config):
        raise StoreError(f"{beside}: not that of run.sqlite beside it; restore what changed, or delete it.")
    return config


def _equals(path: Path, config: AuditConfig) -> bool:
    """Whether a saved configuration is equal to this one, except for the order of keys."""
    try:
        return configs.load(path) == config
    except ConfigError:
        return False


def warnings(store: Store, config: AuditConfig) -> list[str]:
    """Warnings for the report: remote code, default sampling, the noise floor, and warnings of the preflights."""
    models = [config.baseline, config.candidate, *(j.model for j in config.judges)]
    code = [f"{m.source}: code of the model's own ran, revision {m.revision}." for m in models if m.trust_remote_code]
    prints = {arm: store.get(fingerprint(arm.value)) for arm in Arm}
    authors = [*(arm.value for arm in Arm), *(judge.author for judge in judges_of(config.judges))]
    drawn = [sampling_note(config.model(arm.value).source, prints[arm]) for arm in Arm]
    return (
        code
        + [note for note in dict.fromkeys(drawn) if note]
        + noise_notes(store, config)
        + [w for author in authors for w in store.get(preflight(author)).get("warnings", ())]
    )


def report_again(folder: Path, *, include_text: bool) -> list[Path]:
    """Write report.html and report.md of a finished audit again; returns their paths."""
    result = read_verdict(folder)
    with Store(folder, write=True) as store:
        settings = finished(store).data.model_copy(update={"include_text": include_text})
        return write_reports(store, result, settings, scores_of(store))


def rendered(folder: Path, *, include_text: bool) -> str:
    """The HTML report of a finished audit, not written; a verdict.json alone has no samples and no values by prompt."""
    result = read_verdict(folder)
    if not (folder / "run.sqlite").exists():
        return render_html(result)
    with Store(folder, write=False) as store:
        settings = finished(store).data.model_copy(update={"include_text": include_text})
        return render_html(result, report_extras(store, result, settings, scores_of(store)))


def scores_of(store: Store) -> StoredScores:
    """The stored scores of a run."""
    return StoredScores.of(store.prompts(), store.scores())


def read_verdict(folder: Path) -> AuditResult:
    """The result stored in a run folder.

    Raises FolderError where there is no run, StoreError where its verdict is missing, damaged or from another run. A
    verdict.json without a run beside it is not checked.
    """
    path = folder / VERDICT
    run = (folder / "run.sqlite").exists() or (folder / SUMS).exists()
    if not path.is_file():
        error = StoreError if run else FolderError
        raise error(f"{folder}: found no {VERDICT}; finish the audit, score it again, or pass another folder.")
    raw = path.read_bytes()
    if run:
        check_made(folder, {VERDICT: hashlib.sha256(raw).hexdigest()})
    try:
        return loads(raw.decode("utf-8"))
    except (DataError, UnicodeDecodeError) as problem:
        raise StoreError(f"{path}: {problem}") from None


def check_made(folder: Path, digests_by_name: Mapping[str, str]) -> None:
    """Raise StoreError where files, by name and SHA-256, are not the last ones that the run made.

    Their digests are in SHA256SUMS and in run.sqlite, which also records the rows that they were made from.
    """
    remedy = f"restore the file, or write it again with `trustdelta score {folder}`"
    with Store(folder, write=False) as store:
        made, ledger = store.get(MADE), store.rows()
    for name, digest in digests_by_name.items():
        if made.get("files", {}).get(name) != digest or sums(folder).get(name) != digest:
            raise StoreError(f"{folder / name}: not the file that the run in run.sqlite made; {remedy}.")
    if made["rows"] != ledger:
        raise StoreError(f"{folder / 'run.sqlite'}: its rows changed after the verdict was written; {remedy}.")


def check_all(folder: Path) -> None:
    """Raise StoreError where any file of a run folder is not the one that its run made; missing files are ignored."""
    listed = [folder / name for name in sums(folder)] if (folder / "run.sqlite").exists() else []
    check_made(folder, digests(p for p in listed if p.is_file())) if listed else None


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 by file name."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def sums(folder: Path) -> dict[str, str]:
    """SHA-256 by file name from a run folder's SHA256SUMS; empty where it cannot be read."""
    try:
        lines = read_text(folder / SUMS).splitlines()
    except (OSError, ValueError):
        return {}
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def write_reports(store: Store, result: AuditResult, settings: DataSettings, scores: StoredScores) -> list[Path]:
    """Write the HTML and Markdown reports and the checksums into the run folder; returns the reports' paths."""
    extras = report_extras(store, result, settings, scores)
    paths = [
        save_text(store.folder / "report.html", render_html(result, extras)),
        save_text(store.folder / "report.md", render_markdown(result, extras)),
    ]
    listed = [store.folder / "config.yaml", store.folder / VERDICT, *paths]
    made = digests(p for p in listed if p.is_file())
    save_text(store.folder / SUMS, "".join(f"{digest}  {name}\n" for name, digest in made.items()))
    store.put(MADE, Made(files=made, rows=store.rows()))
    return paths


def model_card(store: Store, model: ModelConfig, arm: Arm) -> ModelCard:
    """One model's identity and settings, for the report."""
    identity = store.get(fingerprint(arm.value))
    shown = {k: v for k, v in identity.items() if k not in ("engine", "sampling", "source")}
    return ModelCard(
        name=model.source,
        fingerprint=str(identity.get("weights") or identity.get("sha256") or ""),
        engine=str(identity.get("engine", "")),
        thinking=model.thinking,
        sampling=identity.get("sampling") or {},
        details={**shown, "preflight": store.get(preflight(arm.value))},
    )


def plan_of(store: Store, config: AuditConfig, coupling: Json) -> dict[str, Json]:
    """The frozen plan, for the report."""
    frozen, budgets = store.get(PLAN), store.get(BUDGETS)
    return {
        **frozen,
        "profile": config.profile,
        "pair": config.pair,
        "token_budgets": {"held": config.generation.token_budgets, **budgets},
        "seed": config.generation.seed,
        "alpha": config.statistics.alpha,
        "coupling": coupling,
        "draws": config.generation.draws,
        "baseline_draws": config.generation.baseline_draws,
        "prompts_per_metric": config.data.prompts_per_metric,
        "method": config.method,
        "design": config.statistics.design if config.sequential else "fixed",
        "rule": config.statistics.rule,
        "estimand": config.statistics.estimand,
        "labels": labels_card(store),
        "candidate_responses": store.count(Arm.CANDIDATE),
        "candidate_responses_planned": store.get(CANDIDATE_PLANNED) or store.count(Arm.CANDIDATE),
    }
