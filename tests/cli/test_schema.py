"""`trustdelta schema`: editors and other programs validate files by the rules that the commands apply."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from trustdelta import config as configs
from trustdelta.cli.main import main
from trustdelta.cli.schema import SCHEMAS
from trustdelta.config import NAMES
from trustdelta.own.template import RUBRIC, write
from trustdelta.report.policy import parse
from trustdelta.resolve import resolve
from trustdelta.study import plan as studies

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")

DOCS = Path(__file__).parents[2] / "docs"


def validator(name: str) -> Any:
    """A checked validator of one kind of file."""
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name]())
    return jsonschema.Draft202012Validator(SCHEMAS[name]())


def plain(text: str) -> Any:
    """A YAML text as an editor sees it: dates are text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def block(page: str, first: str) -> str:
    """The YAML block of a page that has this text."""
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return str(next(b for b in blocks if first in b))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_prints_a_valid_schema(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON document, the same with `--json`, whose properties all have a description."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", "schema", name])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(printed)
    if name != "verdict":
        owners = [printed, *printed["$defs"].values()]
        assert [k for o in owners for k, v in o.get("properties", {}).items() if not _described(v)] == []


def _described(field: Any) -> bool:
    return "description" in field or "anyOf" in field or "$ref" in field


@pytest.mark.parametrize("profile", ["quick", "full", "paper", "checkpoint"])
def test_a_saved_configuration_is_valid(profile: str) -> None:
    """What an audit saves, by groups; and the same settings by their short names."""
    config = resolve("org/base", "org/model", profile=profile, dimensions=["safety"])
    validator("config").validate(plain(configs.dumps(config)))
    validator("config").validate({**plain(yaml.safe_dump(config.short())), "drift": True})


@pytest.mark.parametrize("name", sorted(NAMES.paths))
def test_every_short_name_is_a_property(name: str) -> None:
    """A file may use each short name, those of earlier versions included."""
    assert name in SCHEMAS["config"]()["properties"]


METRIC = {"name": "refused", "scorer": "refusal", "better": "lower"}
MODELS = {"baseline": {"source": "a"}, "candidate": {"source": "b"}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("config", {**MODELS}),
        ("config", {**MODELS, "data": {}}),
        ("config", {**MODELS, "benchmarks": ["xstest"], "alhpa": 0.1}),
        ("config", {**MODELS, "benchmarks": ["xstest"], "alpha": 2}),
        ("config", {**MODELS, "benchmarks": ["xstest"], "drift": "no"}),
        ("config", {"candidate": {"source": "b"}, "benchmarks": ["xstest"]}),
        ("config", {**MODELS, "benchmarks": ["xstest"], "statistics": {"alhpa": 0.1}}),
        ("policy", {"requires": ["safety"]}),
        ("policy", {"require": ["savety"]}),
        ("policy", {"allow": [{"metric": "a.b", "expires": "2027-01-01"}]}),
        ("study", {"pairs": []}),
        ("study", {"title": "x"}),
        ("study", {"pairs": [{"baseline": "a"}]}),
        ("study", {"pairs": [3]}),
        ("verdict", {"schema": 1}),
        ("benchmark", {"name": "ours", "dimension": "safety", "prompts": "a.jsonl", "metrics": []}),
        ("benchmark", {"name": "ours", "dimension": "House Rules", "prompts": "a.jsonl", "metrics": [METRIC]}),
        ("benchmark", {"name": "ours", "dimension": "safety", "prompts": 3, "metrics": [METRIC]}),
        ("rubric", {"name": "r", "replaces": "refusal", "question": "Q?", "classes": [{"name": "A", "value": 1}]}),
    ],
)
def test_a_wrong_file_is_refused(name: str, value: Any) -> None:
    """Unknown keys, values out of range and missing keys, as the commands refuse them."""
    assert not validator(name).is_valid(value)


def test_documented_files_are_valid(tmp_path: Path) -> None:
    """The files of the documentation and the written examples, which the programs read as well."""
    for prompts in ("a.jsonl", "recorded", [{"prompt": "Hello"}], {"file": "a.csv"}):
        ours = {"name": "ours", "dimension": "house_rules", "prompts": prompts, "metrics": [METRIC]}
        validator("benchmark").validate(ours)
        assert configs.OwnBenchmark.model_validate(ours).metrics
    validator("benchmark").validate(plain(block("own-data.md", "# help_desk.yaml")))
    validator("rubric").validate(plain(block("rubrics.md", "# my_rubric.yaml")))
    validator("benchmark").validate(plain(write(tmp_path / "my.yaml").read_text("utf-8")))
    validator("rubric").validate(plain(write(tmp_path / "rubric.yaml", RUBRIC).read_text("utf-8")))
    policy = block("ci.md", "require: [safety")
    validator("policy").validate(plain(policy))
    assert parse(policy).require
    for first in ("title: Small models", "name: two-modes"):
        study = block("studies.md", first)
        validator("study").validate(plain(study))
        (tmp_path / "study.yaml").write_text(study, "utf-8")
        assert studies.load(tmp_path / "study.yaml").pairs
