"""The JSON Schemas of configurations (settings by group or by short name), of benchmarks and rubrics of one's own."""

from __future__ import annotations

from trustdelta.config.audit import NAMES, AuditConfig
from trustdelta.config.own import NAME_PATTERN, OwnBenchmark
from trustdelta.config.rubrics import RubricForm
from trustdelta.records import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Json]:
    """The schema of `audit --config FILE`.

    Each setting of a group is also a property of the file, by every short name. The benchmarks are required under
    either name.
    """
    schema = AuditConfig.model_json_schema()
    definitions, properties = schema["$defs"], schema["properties"]
    for name, (group, field) in NAMES.paths.items():
        members = definitions[properties[group]["$ref"].rpartition("/")[2]]["properties"]
        properties.setdefault(name, members[field])
    properties["drift"] = {"anyOf": [properties["drift"], definitions["DriftSettings"]["properties"]["enabled"]]}
    for owner in (schema, definitions["DataSettings"]):
        owner["required"] = [name for name in owner.get("required", []) if name not in ("data", "benchmarks")]
    schema["anyOf"] = [
        {"required": ["benchmarks"]},
        {"required": ["data"], "properties": {"data": {"required": ["benchmarks"]}}},
    ]
    return {"$schema": DIALECT, **schema}


def benchmark_schema() -> dict[str, Json]:
    """The schema of a benchmark's YAML file, with its short forms: prompts as a file, a list or `recorded`."""
    schema = OwnBenchmark.model_json_schema()
    properties, columns = schema["properties"], schema["$defs"]["OwnColumns"]["properties"]
    rows = {"type": "array", "items": {"type": "object"}}
    properties["prompts"] = _either(properties["prompts"], {"type": "string"}, rows)
    columns["groups"] = _either(columns["groups"], {"type": "array", "items": {"type": "string"}})
    properties["dimension"] = {
        "type": "string",
        "pattern": NAME_PATTERN,
        "description": properties["dimension"].get("description", ""),
    }
    return {"$schema": DIALECT, **schema}


def rubric_schema() -> dict[str, Json]:
    """The schema of a rubric's YAML file."""
    return {"$schema": DIALECT, **RubricForm.model_json_schema()}


def _either(schema: dict[str, Json], *short_forms: dict[str, Json]) -> dict[str, Json]:
    """A property that also has short forms; its description stays."""
    described = {"description": schema["description"]} if "description" in schema else {}
    return {**described, "anyOf": [{k: v for k, v in schema.items() if k != "description"}, *short_forms]}
