"""A benchmark of one's own as a YAML file: prompts, columns, metrics, known answers; and its source in an audit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from trustdelta.config.base import Count, Strict
from trustdelta.parsing import short
from trustdelta.problems import suggestion
from trustdelta.records import Better, Dimension, Finish, Json, Outcome

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,59}$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
COMMIT = r"^([0-9a-f]{40})?$"
DATASET = r"^([A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*)?$"
RECORDED = "recorded"
"""In place of a file: the prompts come with recorded responses."""


class OwnPrompts(Strict):
    """Where the prompts come from: a file, a data set of the Hugging Face hub, the YAML file, or recorded responses."""

    file: str = ""
    """A file beside the YAML file, or of the hub's data set: JSONL, JSON, CSV, TSV, Parquet, also packed."""
    hub: Annotated[str, StringConstraints(pattern=DATASET)] = ""
    """A data set of the hub, OWNER/NAME."""
    revision: Annotated[str, StringConstraints(pattern=COMMIT)] = ""
    """Commit of the hub's data set."""
    rows: str = ""
    """Path to the rows in a JSON file; empty: the file is a list of rows."""
    where: dict[str, Json] = Field(default_factory=dict)
    """Values of columns that select rows."""
    written: tuple[dict[str, Json], ...] = ()
    """Rows that are written in the YAML file itself."""
    recorded: bool = False
    """Whether the prompts come with recorded responses."""

    @model_validator(mode="after")
    def _one_place(self) -> OwnPrompts:
        places = {"file": bool(self.file), "written": bool(self.written), RECORDED: self.recorded}
        named = [name for name, used in places.items() if used]
        if len(named) != 1:
            raise ValueError(f"found {' and '.join(named) or 'none'}, wanted one of file, written and {RECORDED}")
        if bool(self.hub) != bool(self.revision) or (self.hub and not self.file):
            raise ValueError("found a part of hub, revision and file, wanted all three: OWNER/NAME, a commit, a path")
        if self.hub and (self.file.startswith("/") or ".." in self.file.split("/")):
            raise ValueError(f"found the file {short(self.file)}, wanted a path inside the data set")
        return self


class OwnColumns(Strict):
    """Columns of a prompt's row, by name or path (`question.text`, `turns[].content`)."""

    prompt: str = ""
    """A text, or a list of chat messages; empty: `prompt`, or as recognised in recorded responses."""
    system: str = ""
    """System text; empty: none."""
    stratum: str = ""
    """Kind of prompt, which a metric may be limited to."""
    cluster: str = ""
    """What several prompts have in common (a template, a source document): one independent observation."""
    groups: dict[str, Text] = Field(default_factory=dict)
    """By kind (topic, language), the column of a prompt's group; every group is tested alone."""
    recorded: dict[str, Json] = Field(default_factory=dict)
    """Further columns of recorded responses, by role, as for `--column`."""

    @field_validator("groups", mode="before")
    @classmethod
    def _by_kind(cls, value: Json) -> Json:
        names = isinstance(value, list) and all(isinstance(name, str) for name in value)
        return {name.rpartition(".")[2]: name for name in value} if names else value


class OwnMetric(Strict):
    """A metric: a scorer, the better direction, and the margin."""

    name: Name
    """Name; in the audit BENCHMARK.NAME."""
    scorer: Text
    """Name of a scorer; rubric/NAME: the rubric of that name."""
    better: Better
    """Whether higher or lower values are better."""
    title: str = ""
    """Title in tables; empty: from the name."""
    margin: Annotated[float, Field(gt=0)] | None = None
    """Largest worsening that is still preserved, in the metric's units; None: the tier's."""
    tier: Literal["A", "B", "C"] = "B"
    """Margin without one of its own: A severe harm 2, B behaviour 3, C accuracy 5 percentage points."""
    primary: bool = True
    """Whether it has a verdict."""
    part: Literal["answer", "thought"] = "answer"
    """The scored part of a response: answer or thought."""
    strata: tuple[str, ...] = ()
    """Kinds of prompts that count; empty: all."""
    bound: Annotated[float, Field(gt=0)] = 1.0
    """Largest possible score; the smallest is 0, or -bound if `signed`."""
    signed: bool = False
    """Whether scores may be negative."""
    reduce: Literal["mean", "max"] = "mean"
    """Aggregation of a prompt's samples: their mean or their expected maximum."""
    judged: bool | None = None
    """Whether the scores are a judge's opinions; None: as in the benchmarks that use the scorer."""


class OwnKnown(Strict):
    """A response with known scores, which `trustdelta benchmarks check` proves."""

    response: str
    """The raw response, with its reasoning trace if it has one."""
    scores: dict[str, float | None]
    """The score that each metric must give; null: it must give none."""
    prompt: str = ""
    """The question, as in the data; empty: the first prompt."""
    row: dict[str, Json] = Field(default_factory=dict)
    """Further columns of the prompt, where prompts come with recorded responses."""
    outcome: Outcome | None = None
    """Outcome of the response; None: not checked."""
    finish: Finish = Finish.STOP
    """Why generation ended; length: it was cut off."""


class OwnBenchmark(Strict):
    """A benchmark of one's own, as its YAML file defines it."""

    name: Name
    """Name, by which audits and reports call it."""
    dimension: Dimension
    """One of the seven dimensions, or one's own: any other name in lower case."""
    prompts: OwnPrompts
    """Where the prompts come from."""
    metrics: Annotated[tuple[OwnMetric, ...], Field(min_length=1)]
    """The metrics."""
    title: str = ""
    """Title; empty: the name."""
    licence: str = ""
    """Licence of the prompts."""
    paper: str = ""
    """Publication or origin."""
    columns: OwnColumns = OwnColumns()
    """Columns of the rows."""
    template: str = ""
    """Text of the prompt with columns in braces, `{question}`; `{options}` lists the labelled options."""
    target: dict[str, Json] = Field(default_factory=dict)
    """What a scorer must know of a prompt: by key, a column, a list of values, or {columns: [...]}."""
    known: tuple[OwnKnown, ...] = ()
    """Responses with known scores."""
    answer_tokens: Count = 1024
    """Token budget of an answer."""
    thought_tokens: Count = 4096
    """Token budget of a reasoning trace."""
    personal: bool = False
    """Whether it holds personal data of real people; it then runs only with `personal_data`."""
    notes: tuple[str, ...] = ()
    """Remarks for the report."""

    @field_validator("prompts", mode="before")
    @classmethod
    def _short_form(cls, value: Json) -> Json:
        if isinstance(value, str):
            return {RECORDED: True} if value == RECORDED else {"file": value}
        return {"written": value} if isinstance(value, list) else value

    @field_validator("dimension", mode="before")
    @classmethod
    def _is_a_dimension(cls, value: Json) -> Json:
        try:
            return Dimension(value)
        except ValueError:
            names = [d.value for d in Dimension]
            near = suggestion(str(value), names) or " in lower-case letters, digits and underscores"
            listed = f"{', '.join(names[:-1])} or {names[-1]}, or a name of your own"
            raise ValueError(f"found {short(value)}, wanted {listed}{near}") from None

    @model_validator(mode="after")
    def _names_agree(self) -> OwnBenchmark:
        names = [m.name for m in self.metrics]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"found two metrics named {twice!r}, wanted different names")
        return self


class OwnSource(Strict):
    """A benchmark from outside the package, as an audit uses it."""

    sha256: str = ""
    """Digest of the file that defines it."""
    data: dict[str, str] = Field(default_factory=dict)
    """Digest by name of each file of prompts."""
    definition: OwnBenchmark | None = None
    """Content of a YAML file; None: it is defined by Python code."""
    distribution: str = ""
    """Installed distribution that defines it, with its version."""
