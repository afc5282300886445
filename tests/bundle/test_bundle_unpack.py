"""A bundle with texts is a whole audit: it is scored and decided again without a model."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from trustdelta.errors import FolderError, UsageError, VerificationError
from trustdelta.pipeline.bundles.check import export_bundle
from trustdelta.pipeline.bundles.unpack import unpack
from trustdelta.pipeline.run import rerun
from trustdelta.progress import Silent
from trustdelta.store import Store


@pytest.mark.parametrize("run", ["organism_run", "labelled_run"])
@pytest.mark.parametrize("packed", [False, True])
def test_scored_again_it_has_the_same_verdict(
    request: pytest.FixtureRequest, tmp_path: Path, run: str, packed: bool
) -> None:
    """Byte for byte, from prompts, responses, labels and plan; also from an .xz file."""
    first = request.getfixturevalue(run)
    first = first / "run" if (first / "run").is_dir() else first
    bundle = export_bundle(first, tmp_path / "audit.bundle", include_text=True)
    if packed:
        bundle = tmp_path / "audit.bundle.xz"
        bundle.write_bytes(lzma.compress((tmp_path / "audit.bundle").read_bytes()))
    unpack(bundle, tmp_path / "again")
    with Store(first, write=False) as before, Store(tmp_path / "again", write=False) as after:
        assert after.prompts() == before.prompts()
        for author in before.authors():
            assert list(after.responses(author)) == list(before.responses(author))
    rerun(tmp_path / "again", Silent())
    assert (tmp_path / "again/verdict.json").read_bytes() == (first / "verdict.json").read_bytes()


def test_what_cannot_be_unpacked_is_one_line(labelled_run: Path, tmp_path: Path) -> None:
    """Texts that were left out, a folder with content, a changed byte, a cut file, and nothing is written."""
    run = labelled_run / "run" if (labelled_run / "run").is_dir() else labelled_run
    bundle = export_bundle(run, tmp_path / "audit.bundle")
    with pytest.raises(UsageError, match=r"of its texts are hashes alone; make it again with .*--include-text"):
        unpack(bundle, tmp_path / "new")
    whole = export_bundle(run, tmp_path / "whole.bundle", include_text=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine", "utf-8")
    with pytest.raises(FolderError, match="the folder is not empty; pass another --out"):
        unpack(whole, tmp_path / "full")
    raw = whole.read_bytes()
    (tmp_path / "changed.bundle").write_bytes(raw.replace(b"bake cake 7", b"bake cake 8", 1))
    with pytest.raises(VerificationError, match=r"refused: .*prompts"):
        unpack(tmp_path / "changed.bundle", tmp_path / "new")
    (tmp_path / "cut.bundle.xz").write_bytes(lzma.compress(raw)[:-40])
    with pytest.raises(VerificationError, match="cannot be decompressed"):
        unpack(tmp_path / "cut.bundle.xz", tmp_path / "new")
    assert not (tmp_path / "new").exists()
