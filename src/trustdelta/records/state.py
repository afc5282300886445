"""The state of a run: every value that a run folder keeps beside its responses, scores and drift.

A value is stored under a name as JSON. A key joins the name with the type of the value, so that what one station writes
and another one reads is one type. Stored names never change, or earlier run folders could not be read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NotRequired, TypedDict, TypeVar

from trustdelta.records.terms import Arm, Json

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key(Generic[T]):
    """One value of a run's state."""

    name: str
    """Name under which the value is stored."""
    empty: Callable[[], T]
    """Makes the value of a run in which none is stored; a type makes its empty value."""


def absent() -> None:
    """The empty value of a key whose values have no empty one."""


FINGERPRINT = "fingerprint:"
"""How the names of all fingerprints begin."""

Fingerprint = dict[str, Json]
"""What produced stored work: of a model, its weights, template, sampling and engine."""


def fingerprint(name: str) -> Key[Fingerprint]:
    """What produced the work of one author (a model or a judge), or one part of the run's plan."""
    return Key(f"{FINGERPRINT}{name}", dict)


CONFIGURATION = fingerprint("configuration")
"""Settings that decide the numbers, by their short names."""

PLAN = fingerprint("plan")
"""What was frozen before the candidate's first response: hashes of configuration, prompts and metrics."""

BUDGETS = fingerprint("budgets")
"""Token budgets of every benchmark."""

STORE_VERSION: Key[Json] = Key("version", absent)
"""Version of the store's format."""

CONFIG: Key[Json] = Key("config", absent)
"""The whole configuration, by group."""

DECIDED: Key[Json] = Key("decided_configuration", absent)
"""The whole configuration of the last verdict, which a changed plan (`trustdelta score --set`) is a part of."""

COMPLETE = Key("complete", bool)
"""Whether every response has been generated, measured and scored."""

FINISHED_ON = Key("finished_on", str)
"""Day (UTC, like 2026-12-31) on which the last response was generated, measured and scored."""


class Made(TypedDict):
    """Files that a run wrote last, and what they were made of."""

    files: dict[str, str]
    """SHA-256 by file name."""
    rows: Json
    """Counts and digests of the store's rows."""


def _nothing_made() -> Made:
    return {"files": {}, "rows": None}


MADE = Key("made", _nothing_made)
"""Files that the run wrote last, to recognise those of another run."""

NOTES: Key[list[str]] = Key("notes", list)
"""Remarks of the task: benchmarks that were not run, and what joining recorded responses left out."""

NOT_RUN: Key[dict[str, str]] = Key("not_run", dict)
"""By benchmark of the configuration that was not run, the reason."""

COUPLING: Key[dict[str, str]] = Key("coupling", dict)
"""Whether both models draw with the same random numbers (`mode`), and why (`reason`)."""

FORMATS: Key[dict[str, str]] = Key("formats", dict)
"""By model, the format of reasoning traces that its responses show together."""

DECLARED_FORMATS: Key[dict[str, str]] = Key("declared_formats", dict)
"""By model, the format of reasoning traces that was declared after its responses were generated."""

SCORERS: Key[dict[str, str]] = Key("scorers", dict)
"""Versions of the scorers, and of what reads responses, that made the stored scores."""


class Stop(TypedDict):
    """Why a group of metrics stopped."""

    look: int
    """Interim analysis at which it stopped, from 0."""
    why: str
    """`decided`, `final`, `futile` or `budget`."""


class Looks(TypedDict):
    """Interim analyses so far, by the name of a group of metrics."""

    done: dict[str, int]
    """Number of interim analyses that each group has had."""
    stops: dict[str, Stop]
    """Groups that have stopped."""


def _no_looks() -> Looks:
    return {"done": {}, "stops": {}}


LOOKS = Key("looks", _no_looks)
"""Interim analyses so far; nothing is stored in a run of fixed size."""

CANDIDATE_PLANNED = Key("candidate_planned", int)
"""Responses of the candidate that the whole sequential design could have requested."""

NOISE_FLOOR: Key[list[dict[str, Json]]] = Key("noise_floor", list)
"""Differences of the baseline from itself with other seeds, by metric; nothing is stored where not measured."""

LABEL_PAIRS = Key("label_pairs", int)
"""Most prompts for each judged metric that people were asked to label."""


class LabelCell(TypedDict):
    """Prompts from which those to be labelled are drawn: all of them count for the same judged metrics."""

    scorer: str
    part: str
    benchmark: str
    metrics: list[str]
    prompts: list[str]
    """Prompt ids in the order in which they are labelled."""
    strata: list[int]
    """Stratum of each of these prompts; no code occurs in two cells."""


LABEL_FRAME: Key[list[LabelCell]] = Key("label_frame", list)
"""How the prompts to be labelled are drawn; fixed before the first label."""

LabelRow = tuple[str, str, str, str, float | None, str]
"""Scorer, part, prompt id, model, label (None: cannot be decided) and labeller; runs of old have no labeller."""


class Labels(TypedDict):
    """Human labels, in the order in which they were set."""

    sha256: str
    """Hash of the rows, or of the sheet that they were read from."""
    rows: list[LabelRow]


def _no_labels() -> Labels:
    return {"sha256": "", "rows": []}


LABELS = Key("labels", _no_labels)
"""Human labels of judged texts."""


def preflight(author: str) -> Key[dict[str, Json]]:
    """What the first responses of a model or a judge proved; nothing is stored before the preflight."""
    return Key(f"preflight:{author}", dict)


def probes(author: str) -> Key[list[tuple[str, int]]]:
    """Prompt and draw of each response that the preflight requests."""
    return Key(f"probes:{author}", list)


def started(author: str) -> Key[int]:
    """Responses whose generation was started, those lost to a kill included."""
    return Key(f"started:{author}", int)


def stress_test(author: str) -> Key[dict[str, Json]]:
    """What a judge's stress test found, see `judges.stress.summary`; nothing is stored where it was not run."""
    return Key(f"stress:{author}", dict)


def judging(author: str) -> Key[list[str]]:
    """Requests to a judge that are being made; a resumed run cuts its batches from the same list."""
    return Key(f"judging:{author}", list)


DRIFT_NOTE = Key("drift_note", str)
"""Why drift was not measured, or is estimated."""

DRIFT_GIVEN = Key("drift_given", bool)
"""Whether drift is measured on given texts, which neither model sampled."""

DRIFT_MODE = Key("drift_mode", str)
"""How drift is measured: `one_pass`, `two_pass`, `vllm` or `log_probabilities`."""

DRIFT_COMPARABILITY: Key[list[str]] = Key("drift_comparability", list)
"""How far the two models' distributions can be compared, and why."""

DRIFT_READ: Key[list[str]] = Key("drift_read", list)
"""Names of the chunks of responses whose log-probabilities have been read."""


class Contexts(TypedDict):
    """Prompts by whether both models received the same token ids."""

    same: int
    different: int


def _no_contexts() -> Contexts:
    return {"same": 0, "different": 0}


DRIFT_CONTEXTS = Key("drift_contexts", _no_contexts)
"""How many prompts both models received as the same token ids."""


class ReferenceDrift(TypedDict):
    """Divergence of the baseline from its reference model."""

    source: str
    """The reference model."""
    study: list[dict[str, Json]]
    """Figures by benchmark."""
    note: str
    """Why there are none."""


def _no_reference() -> ReferenceDrift:
    return {"source": "", "study": [], "note": ""}


DRIFT_REFERENCE = Key("drift_yardstick", _no_reference)
"""Divergence of the baseline from the model that it was made from."""


def drift_floor(arm: Arm) -> Key[dict[str, dict[str, float]]]:
    """Divergence of a model from itself in nats per token, by the model that wrote the texts and by part."""
    return Key(f"drift_floor:{arm.value}", dict)


def drift_floor_dtypes(arm: Arm) -> Key[list[str]]:
    """Number types of the model and of the copy that its noise floor compares it with."""
    return Key(f"drift_floor_dtypes:{arm.value}", list)


TokenSums = list[Json]
"""Text of a token and its sums, see `drift.places`."""


class Places(TypedDict):
    """Where one model's text diverges most."""

    chunks: list[str]
    """Names of the chunks that are included."""
    tokens: dict[str, TokenSums]
    """By token id: text, occurrences, responses, and nats in both directions."""
    spans: list[dict[str, Json]]
    """The spans that diverge most."""
    changes: NotRequired[dict[str, TokenSums]]
    """By token id: text, positions, responses, and probability gained and lost."""


def _no_places() -> Places:
    return {"chunks": [], "tokens": {}, "spans": []}


def drift_places(arm: Arm) -> Key[Places]:
    """Where the responses of one model diverge most."""
    return Key(f"drift_places:{arm.value}", _no_places)
