"""The JSON Schema of a configuration file, which may name settings by group or by their short names."""

from __future__ import annotations

from trustdelta.config.audit import NAMES, AuditConfig
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
