"""Every benchmark, without a model: same prompts twice, unique ids, published counts, known answers as known."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import fields, replace

import pytest

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark, DataSource, MetricSpec
from trustdelta.benchmarks.shared.check import FAILED, NOT_RUN, ON_FIXTURE, PROVEN, check, check_one, show
from trustdelta.errors import DataError, UnknownNameError
from trustdelta.pipeline.task import largest_margin
from trustdelta.records import Better, Dimension, Metric, Role
from trustdelta.scorers import registry as scorers

from .conftest import Files

PUBLISHED = [name for name in registry.names() if not registry.load(name).synthetic]
RECORDED = {name for name in PUBLISHED if registry.load(name).fixture_rows}
ABSENT = {
    *(name for name in registry.names() if name.startswith("bbq")),
    "bipia",
    "confaide_control",
    "ethics_commonsense_32shot",
    "ethics_deontology_32shot",
    "ethics_justice_32shot",
    "ethics_virtue_32shot",
    "reasoningtrust_ethics_5shot",
    "reasoningtrust_news",
    "reasoningtrust_pii_enron",
    "confaide_tier4",
    "decodingtrust_enron",
    "ethics_deontology",
    "ethics_utilitarianism",
    "ethics_virtue",
    "ifeval",
    "jailbreakbench_benign",
    "jiminy",
    "mmlu_stem",
    "or_bench",
    "or_bench_hard",
    "or_bench_toxic",
    "stereoset",
} - {"bbq_religion", "bbq_physical_appearance"}
"""Sets that the data folder does not hold: the real code reads a few rows with the published columns."""


def test_a_benchmark_fills_in_its_metrics_once() -> None:
    """A spec gets the benchmark's name, dimension and paper (unless it has a source); copies have the same metrics."""
    specs = (
        MetricSpec("rate", "harm", "Rate", Better.LOWER, tier="A"),
        MetricSpec("other", "harm", "Other", Better.HIGHER, source="a note"),
    )
    bare = Benchmark("b", "B", Dimension.SAFETY, lambda data: [], lambda prompts: [], specs=specs, paper="a paper")
    rate, other = bare.metrics
    assert rate == Metric("b.rate", "b", Dimension.SAFETY, "harm", "Rate", Better.LOWER, "A", source="a paper")
    assert (other.name, other.source) == ("b.other", "a note")
    assert replace(bare, title="C").metrics == bare.metrics


def test_a_spec_has_every_field_of_a_metric_but_what_its_benchmark_fills_in() -> None:
    """A new field of metrics cannot be lost on the way."""
    metric, spec = ({f.name for f in fields(kind)} for kind in (Metric, MetricSpec))
    assert metric - spec == {"benchmark", "dimension"}
    assert not spec - metric


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_benchmark_is_proven_on_its_data(name: str, mirror: DataSource) -> None:
    """A benchmark is proven on its data, or on a fixture with the published columns where the data are out of reach."""
    found = check_one(registry.load(name), mirror)
    assert found.state == (ON_FIXTURE if name in ABSENT | RECORDED else PROVEN), found.problems
    assert found.known_answers > 0
    assert found.count > 0
    assert found.expected_count is not None or found.published or name in RECORDED


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_any_data_nothing_fails(name: str) -> None:
    """A machine without data can still prove scorers and parser on every benchmark's own example."""
    found = check_one(registry.load(name), Files())
    assert found.state in (NOT_RUN, ON_FIXTURE, PROVEN), found.problems
    assert found.known_answers > 0


@pytest.mark.parametrize("name", PUBLISHED)
def test_metrics_are_named_once_and_say_where_they_come_from(name: str) -> None:
    """Metric names are unique within a benchmark, belong to it, and name their source.

    Two at most carry a verdict, and one more where a set has harmful and harmless requests.
    """
    benchmark = registry.load(name)
    names = [m.name for m in benchmark.metrics]
    assert len(names) == len(set(names))
    assert all(m.benchmark == name and m.source and m.dimension is benchmark.dimension for m in benchmark.metrics)
    two_sided = any(m.name.endswith(".over_refusal") for m in benchmark.metrics)
    assert sum(m.role is Role.PRIMARY for m in benchmark.metrics) <= 2 + two_sided
    assert benchmark.paper or benchmark.source
    assert benchmark.licence


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """Registries name what is near."""
    with pytest.raises(UnknownNameError, match="xstest"):
        check(["xtest"], Files())
    with pytest.raises(UnknownNameError, match="choice"):
        scorers.load("choise")


def test_show_says_all_there_is_to_say(mirror: DataSource) -> None:
    """What `benchmarks show` prints: paper, licence, counts, an example, metrics with scorer versions, budget."""
    found = show(registry.load("xstest"), mirror, largest_margin)
    assert found["prompts"] == found["expected_prompts"] == 450
    assert found["example"][0]["messages"][0]["role"] == "user"
    assert len({example["stratum"] for example in found["example"]}) == 3
    assert found["metrics"][0]["version"] == scorers.load("noncompliance").version
    assert {m["name"]: m["margin"] for m in found["metrics"]}["xstest.over_refusal"] == 0.03
    assert found["budget"] == {"answer": 1024, "thought": 4096, "suggested_draws": 1}


def test_a_wrong_count_is_found(mirror: DataSource) -> None:
    """A benchmark whose data lost rows fails its check."""
    text = mirror.text("bertiev/SimpleSafetyTests", "SimpleSafetyTests - test cases.csv")
    shorter = "\n".join(text.splitlines()[:50])
    files = Files({("bertiev/SimpleSafetyTests", "SimpleSafetyTests - test cases.csv"): shorter})
    found = check_one(registry.load("simple_safety_tests"), files)
    assert found.state == FAILED
    assert "wanted 100" in found.problems[0]


@pytest.mark.parametrize(
    ("name", "repo", "path", "column"),
    [
        ("xstest", "paul-rottger/exaggerated-safety", "xstest_prompts.csv", "label"),
        ("gsm8k", "openai/grade-school-math", "grade_school_math/data/test.jsonl", '"answer"'),
        ("privacy_query", "HowieHwong/TrustLLM", registry.load("privacy_query").source.partition(", ")[2], '"type"'),
    ],
)
def test_a_renamed_column_is_refused_in_one_line(
    name: str, repo: str, path: str, column: str, mirror: DataSource
) -> None:
    """A file whose column was renamed names the column, what was found and what to do."""
    renamed = mirror.text(repo, path).replace(column, column.replace("e", "E"))
    found = check_one(registry.load(name), Files({(repo, path): renamed}))
    assert found.state == FAILED
    assert "has no column" in found.problems[0]
    assert "\n" not in found.problems[0]


class Recorder:
    """A data source that notes what is read."""

    def __init__(self, source: DataSource) -> None:
        self.source, self.texts = source, dict[tuple[str, str], str]()

    def text(self, source: str, path: str) -> str:
        """The text, noted."""
        found = self.source.text(source, path)
        self.texts[source, path] = found
        return found


def columns_of(path: str, text: str) -> list[str]:
    """Names of the columns of a CSV file with a header, or of the keys of the first JSON object; none elsewhere."""
    first = text.lstrip("\ufeff").splitlines()[0]
    if path.endswith(".csv"):
        return next(csv.reader([first], delimiter=";" if first.count(";") > first.count(",") else ","))
    if path.endswith("jsonl"):
        return list(json.loads(first))
    value = json.loads(text) if path.endswith(".json") else None
    return list(value[0]) if isinstance(value, list) and isinstance(value[0], dict) else []


def refusal(benchmark: Benchmark, texts: Mapping[tuple[str, str], str], place: tuple[str, str], column: str) -> str:
    """What loading says with one column of one file renamed where it first stands; "" where it loads."""
    pattern = rf'(?<![\w-]){re.escape(column)}(?![\w-])(?="?\s*[:,;\r\n])'
    renamed = re.sub(pattern, f"{column}_renamed", texts[place], count=1)
    try:
        benchmark.load(Files({**texts, place: renamed}))
    except DataError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("name", [n for n in PUBLISHED if n not in RECORDED])
def test_a_renamed_column_of_any_file_is_refused_in_one_line(name: str, mirror: DataSource) -> None:
    """Of every file with named columns at least one is needed, and its loss is one line that names the file."""
    benchmark = registry.load(name)
    source = Recorder(Files(benchmark.fixture) if name in ABSENT else mirror)
    benchmark.load(source)
    for place, text in source.texts.items():
        named = [] if name == "ethics_utilitarianism" else list(filter(None, columns_of(place[1], text)))
        said = [problem for column in named if (problem := refusal(benchmark, source.texts, place, column))]
        assert said or not named
        assert all("\n" not in problem and place[1] in problem for problem in said)


def test_package_folders_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked up once for every prompt and score, so a look-up never lists a folder again."""
    known = {"benchmarks": registry.names(), "scorers": scorers.names()}

    def refuse(*_: object) -> None:
        raise AssertionError("the package folder was listed again")

    monkeypatch.setattr("pkgutil.iter_modules", refuse)
    for load, names in ((registry.load, known["benchmarks"]), (scorers.load, known["scorers"])):
        assert [load(name).name for name in names] == names
        with pytest.raises(UnknownNameError):
            load("absent")
