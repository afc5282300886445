"""Settings of the data: which benchmarks and prompts an audit uses, and where they are read from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from trustdelta.config.base import Count, Group, Later, Seed, Short, Unhashed
from trustdelta.config.own import OwnSource


class DataSettings(Group):
    """Which benchmarks and prompts an audit uses, and where they are read from."""

    benchmarks: tuple[str, ...]
    """Names of the benchmarks, as `trustdelta benchmarks list` shows them."""
    dimensions: Annotated[tuple[str, ...] | None, Later()] = None
    """Dimensions whose benchmarks are run; the others are rows that say *not run*. None: every dimension."""
    own: Annotated[dict[str, OwnSource] | None, Later()] = None
    """Benchmarks from outside the package, by name: their definition, or the digest of their code."""
    own_files: Annotated[dict[str, Path], Unhashed()] = Field(default_factory=dict)
    """The file that defines each benchmark of your own, by name."""
    primary: tuple[str, ...] | None = None
    """Full names of the metrics that carry verdicts; None: the metrics that the benchmarks declare as primary."""
    prompts_per_metric: Count | None = None
    """Size of the seeded, stratified sample for each metric that carries a verdict; None: every prompt."""
    option_seed: Seed | None = None
    """Seed of the order in which options of multiple-choice questions are shown; None: the published order."""
    personal_data: bool = False
    """Whether benchmarks with personal data of real people are run too."""
    folder: Annotated[Path | None, Short("data_dir"), Unhashed()] = None
    """Mirror folder of benchmark data; None: the folder that TRUSTDELTA_DATA names, then the cache."""
    allow_download: Annotated[bool, Unhashed()] = True
    """Whether missing benchmark data are downloaded, pinned and verified."""
    include_text: Annotated[bool, Unhashed()] = False
    """Whether the report prints prompts and responses; otherwise it shows their hashes and lengths."""
