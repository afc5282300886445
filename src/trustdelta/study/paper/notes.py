"""Remarks on the page: what the study or a pair's run lacks, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trustdelta.profiles import profile
from trustdelta.records import Json, Part
from trustdelta.study.paper.cells import RunScores
from trustdelta.study.paper.tables import TABLES
from trustdelta.study.plan import Study

PROFILE = "paper"
ROWS = tuple(quantity for table in TABLES for quantity in table.rows)
BENCHMARKS = tuple(dict.fromkeys(name for quantity in ROWS for name in quantity.benchmarks))
"""Every benchmark of the tables."""
LISTED = 4
"""Benchmarks of a run that a remark names."""


def of_study(study: Study) -> Iterator[str]:
    """Whether the study's profile is another than the paper's."""
    if study.profile != PROFILE:
        yield (
            f"The study has profile {study.profile}: its sampling, token budgets and samples per prompt are not those "
            "of the printed numbers."
        )


def of_runs(runs: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Remarks by pair as lines, equal ones once."""
    names: dict[str, list[str]] = {}
    for name, remarks in runs.items():
        for remark in remarks:
            names.setdefault(remark, []).append(name)
    for remark, pairs in names.items():
        yield f"{', '.join(pairs)}: {remark}"


def of_run(run: RunScores, config: Mapping[str, Json]) -> Iterator[str]:
    """What a finished run lacks; `config`: its configuration."""
    if not set(run.benchmarks) & set(BENCHMARKS):
        yield (
            f"no benchmark of the tables was run, but {_listed(run.benchmarks)}; name some under “benchmarks” in "
            f"study.yaml: {', '.join(BENCHMARKS)}. Miniature models run their own ones otherwise."
        )
    elif differences := _differences(run, config):
        yield (
            f"the run differs from the design of profile {PROFILE} in {'; '.join(differences)}. Named benchmarks do "
            "not get a profile’s design, and the study’s “settings” can set it."
        )
    if _lacks_cuts(run):
        yield (
            "the answers were not scored as the released code cuts them, so that published rates are of correctly "
            "separated answers; run “trustdelta score” with the run folder, then this command again."
        )


def _differences(run: RunScores, config: Mapping[str, Json]) -> list[str]:
    """Settings of a run that differ from the profile's."""
    if not config:
        return []
    chosen, values = profile(PROFILE), {**config["generation"], **config["statistics"]}
    pairs = [(name.replace("_", " "), values[name], value) for name, value in chosen.settings.items()]
    pairs += [
        (f"samples per prompt of {name}", values["benchmark_draws"].get(name, values["draws"]), draws)
        for name, draws in chosen.benchmark_draws.items()
        if name in run.benchmarks
    ]
    return [f"{title}: {value}, not {wished}" for title, value, wished in pairs if value != wished]


def _lacks_cuts(run: RunScores) -> bool:
    """Whether a published scoring has scores of separated answers alone."""
    return any(
        run.rates(quantity.published, name) is not None and run.rates(quantity.published, name, Part.RELEASED) is None
        for quantity in ROWS
        for name in quantity.benchmarks
    )


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {rest} more" if rest > 0 else "")
