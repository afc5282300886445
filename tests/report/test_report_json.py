"""verdict.json: exact, stable, checked."""

from __future__ import annotations

import json
import math
import os
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import BARE, HOSTILE, RESULT, estimate, poisoned

import trustdelta.report
from trustdelta.errors import DataError
from trustdelta.records import AuditResult, Better
from trustdelta.report.verdict_json import dumps, json_schema, loads, schema_text


def with_estimate(**changes: object) -> AuditResult:
    """The first metric's estimate with some fields replaced."""
    first = RESULT.metrics[0]
    assert first.estimate is not None
    changed = replace(first, estimate=replace(first.estimate, **changes))  # type: ignore[arg-type]
    return replace(RESULT, metrics=(changed, *RESULT.metrics[1:]))


@pytest.mark.parametrize("result", [RESULT, BARE, *(poisoned(RESULT, text) for text in HOSTILE)])
def test_what_is_written_is_read_back(result: AuditResult) -> None:
    """Reading gives the equal record, and writing that gives the same bytes."""
    text = dumps(result)
    assert loads(text) == result
    assert dumps(loads(text)) == text
    text.encode("ascii")


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_floats_are_exact(worsening: float, df: float) -> None:
    """Every float survives, infinite degrees of freedom included."""
    found = loads(dumps(with_estimate(worsening=worsening, df=df))).metrics[0].estimate
    assert found is not None
    assert (found.worsening, found.df) == (worsening, df)


def test_nan_is_null() -> None:
    """NaN is written as null and comes back as NaN; the text has no token that strict readers refuse."""
    text = dumps(with_estimate(p_improved=math.nan))
    assert "NaN" not in text
    found = loads(text).metrics[0].estimate
    assert found is not None
    assert math.isnan(found.p_improved)


def test_numbers_of_other_types_give_the_same_bytes() -> None:
    """An integer or a numpy number in a field gives the bytes of the plain number."""
    plain = dumps(with_estimate(worsening=1.0, n_pairs=200))
    assert dumps(with_estimate(worsening=1, n_pairs=np.int64(200))) == plain
    assert dumps(with_estimate(worsening=np.float64(1.0), n_pairs=200)) == plain


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"schema": 1', '"schema": 2', r"schema 2, which a newer trustdelta wrote; .* reads 1; upgrade"),
        ('"schema": 1', '"schema": 0', r"schema 0, which an older trustdelta wrote; .*rebuild it"),
        ('"schema": 1', '"schema": true', "schema True, expected a number; the file is damaged"),
        ('"schema": 1', '"schema": 1.0', "schema 1.0, expected a number; the file is damaged"),
        ('"drift_note"', '"drift_notice"', "unknown to this version, 'drift_notice'; a newer trustdelta wrote it"),
        ('"preserved"', '"kept"', "is 'kept', expected 'regressed', .*; a newer trustdelta wrote it"),
        ('"answered"', '"sung"', "is 'sung', expected 'answered', .*; a newer trustdelta wrote it"),
    ],
)
def test_a_newer_file_is_called_newer(old: str, new: str, says: str) -> None:
    """A file of another version is named as such, with what to do; only what no version writes is damage."""
    text = dumps(RESULT)
    assert old in text
    with pytest.raises(DataError, match=says):
        loads(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"overall": "regressed"', '"overall": "fine"', "overall is 'fine'"),
        ('"n_pairs": 200', '"n_pairs": "200"', "n_pairs is '200' .*valid integer"),
        ('"n_pairs": 200', '"n_pairs": true', "n_pairs is True .*valid integer"),
        ('"drift_note"', '"drift_not"', "unknown to this version, 'drift_not'"),
        ('"n_pairs": 200', '"n_pairs": 200, "n_pairs": 2000', "'n_pairs' twice"),
        ('"worsening": ', '"worsening": 1' + "0" * 400 + ', "x": ', "unknown to this version"),
        ('"margin": 0.02', '"margin": 1' + "0" * 400, "margin is 1000.*valid number"),
        ('"drift_note": "",', "", "lacks the field 'drift_note'"),
        ("{", "[{", "is not JSON"),
    ],
)
def test_damage_is_named(old: str, new: str, said: str) -> None:
    """Each kind of damage says where it is and what was wanted."""
    with pytest.raises(DataError, match=said):
        loads(dumps(RESULT).replace(old, new, 1))


def test_random_damage_is_a_data_error_or_a_valid_record() -> None:
    """300 random cuts, flips and deletions raise DataError or leave a record that can be written again."""
    rng, text, complaints = random.Random(5), dumps(RESULT), list[str]()
    for _ in range(300):
        start = rng.randrange(len(text))
        end = min(len(text), start + rng.choice([1, 1, 5, 50]))
        damaged = text[:start] + rng.choice(["", '"', "0", "}", "null", chr(rng.randrange(32, 127))]) + text[end:]
        try:
            dumps(loads(damaged))
        except DataError as error:
            complaints.append(str(error))
    assert len(complaints) > 200
    assert all(complaint.startswith("verdict.json") for complaint in complaints)


def test_the_published_schema_is_the_schema_of_the_records() -> None:
    """`schema.json` is up to date; after a change that is meant run once with UPDATE_GOLDEN=1."""
    path = Path(str(trustdelta.report.__file__)).with_name("schema.json")
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(schema_text(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("result", [RESULT, BARE, with_estimate(df=math.inf, p_improved=math.nan)])
def test_results_obey_the_schema(result: AuditResult) -> None:
    """An independent validator accepts what is written."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(json.loads(dumps(result)), json_schema())


def test_the_schema_refuses_what_is_not_a_result() -> None:
    """A missing verdict does not validate."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    value = json.loads(dumps(RESULT))
    del value["overall"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, json_schema())


def test_a_value_that_json_cannot_hold_is_refused() -> None:
    """A set in the plan is an error, not a silent string."""
    with pytest.raises(TypeError, match="set is not JSON serializable"):
        dumps(replace(RESULT, plan={"x": {1, 2}}))


def test_an_estimate_is_none_where_there_is_none() -> None:
    """A missing estimate stays missing."""
    assert [m.estimate is None for m in loads(dumps(RESULT)).metrics].count(True) == 1
    assert estimate(0.5, 0.4, 0.1, Better.HIGHER).method == "SII"
