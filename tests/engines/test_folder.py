"""A model's files are found by its own name, whichever engine is named in front of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.engines.folder import folder_of, sampled_hash
from trustdelta.engines.transformers import TransformersEngine, locate
from trustdelta.errors import EngineError

INSTRUCT = organisms.folder("instruct")


@pytest.mark.parametrize("engine", ["", "vllm:", "transformers:"])
def test_an_engine_s_name_is_no_part_of_the_place(engine: str) -> None:
    """A folder, an organism and a hub id lie where they lie without the prefix."""
    assert folder_of(ModelConfig(source=f"{engine}{INSTRUCT}")) == INSTRUCT
    assert folder_of(ModelConfig(source=f"{engine}organism:instruct")) == INSTRUCT
    place = locate(ModelConfig(source=f"{engine}org/model", revision="main"))
    assert (place.name, place.revision) == ("org/model", "main")


def test_the_engine_of_this_process_may_be_named() -> None:
    """`transformers:FOLDER` loads what FOLDER loads."""
    engine = TransformersEngine(ModelConfig(source=f"transformers:{INSTRUCT}"), 4)
    assert engine.model.num_parameters() > 0
    engine.close()


@pytest.mark.parametrize("engine", ["", "vllm:"])
def test_a_folder_of_pickles_is_refused_by_name(engine: str, tmp_path: Path) -> None:
    """Only safetensors are read; what was found instead is named, whichever engine was to read it."""
    (tmp_path / "config.json").write_text("{}", "utf-8")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80")
    with pytest.raises(EngineError, match=r"only pytorch_model\.bin"):
        folder_of(ModelConfig(source=f"{engine}{tmp_path}"))


def test_the_hash_of_weights_is_that_of_their_bytes(tmp_path: Path) -> None:
    """One changed byte of a weight file is another hash; the folder's place is none of it."""
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(b"12345" if name == "c" else b"1234")
    assert sampled_hash(tmp_path / "a") == sampled_hash(tmp_path / "b") != sampled_hash(tmp_path / "c")
