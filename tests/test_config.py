"""The settings of an audit: their groups, their names, their descriptions, and the files that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

import pytest
import yaml
from pydantic import BaseModel

from trustdelta import config as configs
from trustdelta.config import NAMES, AuditConfig, DataSettings, Group, StatisticsSettings, Strict
from trustdelta.config.base import Short
from trustdelta.config.describe import descriptions
from trustdelta.config.names import Names
from trustdelta.errors import ConfigError
from trustdelta.records import Json
from trustdelta.resolve import resolve

MODELS: dict[str, Json] = {"baseline": {"source": "org/base"}, "candidate": {"source": "org/model"}}
OLD_FILE = """
baseline: {source: org/base}
candidate: {source: org/model}
benchmarks: [xstest]
primary: null
prompts_per_metric: 240
alpha: 0.01
limits: {truncated: 0.1}
drift: false
drift_mode: two_pass
drift_yardstick: org/older
data_dir: mirror
seed: 7
"""
"""A configuration file from before settings had groups."""


def checked(**settings: Json) -> AuditConfig:
    """A configuration with these settings."""
    return configs.check({**MODELS, "benchmarks": ["xstest"], **settings})


@pytest.mark.parametrize("name", sorted(NAMES.paths))
def test_a_short_name_is_the_setting_of_its_group(name: str) -> None:
    """A setting by its short name, by its path and inside its group gives one configuration."""
    group, field = NAMES.paths[name]
    value = OTHER[field]
    short, dotted = ({**MODELS, "benchmarks": ["xstest"], key: value} for key in (name, f"{group}.{field}"))
    inside = {**MODELS, "data": {"benchmarks": ["xstest"]}}
    inside[group] = {**inside.get(group, {}), field: value}
    one, *others = [configs.check(values) for values in (short, dotted, inside)]
    assert others == [one, one]
    assert one.model_dump(mode="json")[group][field] == value
    assert one.short()[NAMES.shorts[group, field]] == value


OTHER: dict[str, Json] = {
    "benchmarks": ["xstest"],
    "dimensions": ["safety"],
    "own": {"our_tone": {"sha256": "ab", "data": {}, "definition": None, "distribution": ""}},
    "own_files": {"our_tone": "tone.py"},
    "primary": ["xstest.over_refusal"],
    "prompts_per_metric": 3,
    "option_seed": 3,
    "personal_data": True,
    "folder": "mirror",
    "allow_download": True,
    "include_text": True,
    "draws": 3,
    "baseline_draws": 3,
    "benchmark_draws": {"xstest": 2},
    "seed": 3,
    "coupling": "shared",
    "thought_tokens": 3,
    "answer_tokens": 3,
    "token_budgets": "together",
    "stop_when_settled": True,
    "choice_answers": "first_token",
    "batch_size": 3,
    "alpha": 0.1,
    "design": "anytime",
    "rule": "certify",
    "estimand": "benchmark",
    "margins": {"xstest.over_refusal": 0.1},
    "effects": {"xstest.over_refusal": 0.1},
    "youden": 0.5,
    "judge_bias": {"toxicity": 0.05},
    "futility": 0.1,
    "budget": 3,
    "limits": {"truncated": 0.1, "unscored": 0.05, "gap": 0.03},
    "noise_floor": True,
    "enabled": False,
    "prompts_per_benchmark": 3,
    "mode": "two_pass",
    "top_logprobs": 3,
    "reference_model": "org/older",
}
"""Another value of each setting than its default."""


def test_a_file_from_before_groups_is_read() -> None:
    """A file with flat names is read, and written again by group with the same hash."""
    old = configs.check(yaml.safe_load(OLD_FILE))
    assert (old.statistics.alpha, old.statistics.limits.truncated, old.generation.seed) == (0.01, 0.1, 7)
    assert (old.drift.enabled, old.drift.mode, old.drift.reference_model) == (False, "two_pass", "org/older")
    assert old.data.folder == Path("mirror")
    written = yaml.safe_load(configs.dumps(old))
    assert written["drift"]["enabled"] is False
    assert "alpha" not in written
    assert configs.check(written) == old


def test_the_hash_of_a_configuration_is_that_of_earlier_versions() -> None:
    """Run folders are named by this hash, and it was computed before settings had groups."""
    assert checked().hash == "a8a42d57eed2a4d5"
    assert checked(seed=3, alpha=0.01, limits={"gap": 0.1}, drift=False, draws=2).hash == "c50ce7eb92dcfe34"


def test_the_hash_holds_what_decides_the_numbers() -> None:
    """Where data lie and what a report shows is in no hash; every other setting is."""
    plain = checked()
    for name, (_, field) in NAMES.paths.items():
        if field not in ("benchmarks", "rule"):
            same = checked(**{name: OTHER[field]}).hash == plain.hash
            assert same == (name in NAMES.unhashed or name == "drift_yardstick"), name


def test_a_profile_is_overridden_by_either_name() -> None:
    """A setting of a profile gives way to the user's, whichever name each of them has."""
    for name in ("design", "statistics.design"):
        config = resolve("org/base", "org/model", profile="paper", **{name: "anytime"})
        assert (config.statistics.design, config.generation.thought_tokens) == ("anytime", 3584)
    nested = resolve(
        "org/base", "org/model", profile="paper", statistics={"design": "anytime"}, drift={"mode": "one_pass"}
    )
    assert (nested.statistics.design, nested.drift.mode, nested.drift.enabled) == ("anytime", "one_pass", True)


def test_a_part_of_a_setting_is_set_by_its_path() -> None:
    """One limit may be set without the others."""
    assert checked(**{"limits.gap": 0.2}).statistics.limits == configs.Limits(gap=0.2)
    assert checked(**{"statistics.limits.gap": 0.2}).statistics.limits == configs.Limits(gap=0.2)


def test_groups_may_be_objects() -> None:
    """In Python a group may be given as an object."""
    data = DataSettings(benchmarks=("xstest",))
    config = configs.check({**MODELS, "data": data, "statistics": StatisticsSettings(alpha=0.1), "seed": 4})
    assert (config.data, config.statistics.alpha, config.generation.seed) == (data, 0.1, 4)


def test_a_copy_differs_in_what_was_replaced() -> None:
    """`replace` takes either name, checks the value, and leaves everything else."""
    first = checked(alpha=0.1)
    second = first.replace(drift=False, seed=5)
    assert (second.drift.enabled, second.generation.seed, second.statistics.alpha) == (False, 5, 0.1)
    assert second.replace(drift=True, seed=0) == first
    with pytest.raises(ValueError, match="alpha"):
        first.replace(alpha=2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alhpa": 0.1}, r"alhpa: there is no such key \(did you mean 'alpha'\?"),
        ({"statistics.alhpa": 0.1}, r"statistics.alhpa: there is no such key \(did you mean 'alpha'\?"),
        ({"drift": {"mod": 1}}, r"drift.mod: there is no such key \(did you mean 'mode'\?"),
        ({"limits": {"gaps": 1}}, r"statistics.limits.gaps: there is no such key \(did you mean 'gap'\?"),
        ({"candidate": {"source": "a", "thinkin": "on"}}, r"candidate.thinkin: .*\(did you mean 'thinking'\?\); see"),
        ({"zzzz": 1}, r"zzzz: there is no such key; see `trustdelta settings`"),
        ({"alpha": 2}, r"statistics.alpha: found 2, wanted less than 0.5"),
        ({"alpha": 0.1, "statistics.alpha": 0.2}, r"statistics.alpha: found two values, under two of its names"),
        ({"statistics": 3}, r"statistics: found 3, wanted settings of this group; write statistics.SETTING"),
        ({"alpha": 0.1, "alpha.x": 1}, r"statistics.alpha.x: statistics.alpha is set too"),
        ({"alpha.x": 1, "alpha": 0.1}, r"statistics.alpha: found two values"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: dict[str, Json], message: str) -> None:
    """The line names the setting, what was found, and the nearest name there is."""
    with pytest.raises(ConfigError, match=message) as problem:
        checked(**settings)
    assert "\n" not in str(problem.value)


def test_every_setting_has_a_description() -> None:
    """Each field of each class has a string under it, which the command, the schema and the documentation show."""
    for kind in classes(AuditConfig):
        for name, field in kind.model_fields.items():
            assert field.description, f"{kind.__name__}.{name}"
    schema = AuditConfig.model_json_schema()["$defs"]
    assert schema["StatisticsSettings"]["properties"]["futility"]["description"].startswith("Conditional power")
    described = {d.name: d for d in descriptions()}
    assert described["drift.mode"].short == "drift_mode"
    assert described["drift.mode"].type == "auto, one_pass, two_pass, vllm"
    assert described["generation.thought_tokens"].type == "number or none"
    assert {d.short for d in described.values()} >= set(NAMES.shorts.values())


def classes(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A class of settings and those of its fields."""
    yield kind
    for field in kind.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from classes(part)


def test_two_settings_cannot_have_one_short_name() -> None:
    """A table of names with a name for two settings is refused when it is made."""

    class First(Group):
        size: int = 1

    class Second(Group):
        length: Annotated[int, Short("size")] = 1

    class Both(Strict):
        first: First = First()
        second: Second = Second()

    with pytest.raises(ValueError, match="two settings have the short name 'size'"):
        Names.of(Both)
