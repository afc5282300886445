"""Two models of one machine run in one number type, so that rounding is no difference between them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from trustdelta import organisms
from trustdelta.config import AuditConfig
from trustdelta.engines import cpu
from trustdelta.errors import EngineError
from trustdelta.pipeline.assemble import generating_engine
from trustdelta.pipeline.number_type import in_one_dtype, number_type_note
from trustdelta.records import Arm

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU runs the type of the files")


def copy(path: Path, dtype: str) -> str:
    """A miniature model whose configuration names this number type; its source."""
    shutil.copytree(organisms.folder("instruct"), path)
    file = path / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "dtype": dtype}), "utf-8")
    return str(path)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two models of unequal types, on a CPU that computes bfloat16."""
    monkeypatch.setattr(cpu, "flags", lambda: frozenset({"amx_bf16"}))
    return copy(tmp_path / "half", "bfloat16"), copy(tmp_path / "full", "float32")


def types(config: AuditConfig) -> set[str]:
    """The configured number types of both models."""
    return {in_one_dtype(config).model(arm).dtype for arm in Arm}


def pair(baseline: str, candidate: str, dtypes: Mapping[str, str] | None = None) -> AuditConfig:
    """An audit's configuration; `dtypes` by model."""
    return AuditConfig.model_validate(
        {"data": {"benchmarks": ["xstest"]}}
        | {
            name: {"source": source, **({"dtype": dtypes[name]} if dtypes and name in dtypes else {})}
            for name, source in (("baseline", baseline), ("candidate", candidate))
        }
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_files_of_unequal_types_run_in_float32(folders: tuple[str, str], *, swapped: bool) -> None:
    """Float32 holds the numbers of both exactly, whichever model has which; the note names both types."""
    config = pair(*(reversed(folders) if swapped else folders))
    assert types(config) == {"float32"}
    assert "run in float32" in number_type_note(config)
    assert "bfloat16" in number_type_note(config)
    engine = generating_engine(config, Arm.CANDIDATE if swapped else Arm.BASELINE)
    assert engine.fingerprint["dtype"] == "torch.float32"


def test_files_of_one_type_keep_it(folders: tuple[str, str], tmp_path: Path) -> None:
    """No type is set, and nothing is said."""
    config = pair(folders[0], copy(tmp_path / "other", "bfloat16"))
    assert in_one_dtype(config) is config
    assert number_type_note(config) == ""


def test_a_configured_type_holds_for_both(folders: tuple[str, str]) -> None:
    """One model's setting counts for the other one; two settings are left as they are."""
    assert types(pair(*folders, {"candidate": "float16"})) == {"float16"}
    assert types(pair(*folders, {"baseline": "float16", "candidate": "float32"})) == {"float16", "float32"}


def test_servers_and_recorded_responses_have_no_type_here(folders: tuple[str, str]) -> None:
    """A server's weights cannot be seen."""
    config = pair("http://127.0.0.1:9/v1#model", folders[0])
    assert in_one_dtype(config) is config


def test_a_candidate_that_cannot_be_read_stops_before_the_baseline_is_loaded(folders: tuple[str, str]) -> None:
    """Otherwise hours of the baseline's responses come first."""
    Path(folders[1], "config.json").write_text("{", "utf-8")
    with pytest.raises(EngineError, match="full"):
        generating_engine(pair(*folders), Arm.BASELINE)
