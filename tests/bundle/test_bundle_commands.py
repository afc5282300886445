"""`export --bundle`, `verify` and `registry` on the command line, and the registry's page."""

from __future__ import annotations

import json
import lzma
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from report_fixtures import HOSTILE, RESULT, poisoned

from bundle.forging import forged
from trustdelta.bundle import PublicKey
from trustdelta.cli.main import main
from trustdelta.pipeline.bundles.check import Verified, export_bundle
from trustdelta.records import Json, Verdict
from trustdelta.report.studies.bundles import Registry, render
from trustdelta.study.registry import registered, registry_of

Command = Callable[..., tuple[int, str, str]]
"""Exit code, output and errors of the command line with these words."""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["trustdelta", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_from_a_run_to_a_gate_elsewhere(labelled_run: Path, keys: Path, tmp_path: Path, command: Command) -> None:
    """Export and sign; verify with the public key and extract; the gate decides on that verdict as on the run."""
    bundle, checked = tmp_path / "audit.bundle", tmp_path / "checked"
    code, out, _ = command("export", labelled_run, "--bundle", bundle, "--sign", keys / "release.pem")
    assert (code, out) == (0, f"{bundle}\n")
    code, out, _ = command("verify", bundle, "--key", keys / "release.pub.pem", "--extract", checked)
    assert code == 0
    assert "verified: 120 prompts, 240 responses" in out
    assert "by release.pub.pem" in out
    assert (checked / "verdict.json").read_bytes() == (labelled_run / "verdict.json").read_bytes()
    assert command("gate", checked)[:2] == command("gate", labelled_run)[:2]


def test_a_regressed_verdict_verifies_with_exit_code_0(labelled_run: Path, command: Command) -> None:
    """`verify` says whether a verdict follows, `gate` what it means: a run with a regression verifies."""
    code, out, _ = command("verify", labelled_run, "--json")
    value = json.loads(out)
    assert (code, value["verified"], value["root"]) == (0, True, None)
    assert command("gate", labelled_run)[0] in (1, 2)


def test_refusals_are_one_line_with_exit_code_3(
    labelled_run: Path, keys: Path, tmp_path: Path, command: Command
) -> None:
    """A changed score, an unsigned bundle where a key is wanted, and another signer; nothing is extracted."""
    raw = export_bundle(labelled_run, tmp_path / "a.bundle").read_bytes()
    (tmp_path / "b.bundle").write_bytes(raw.replace(b'"candidate"', b'"baseline"', 400))
    signed = export_bundle(labelled_run, tmp_path / "c.bundle", key=keys / "other.pem")
    for words, named in (
        (["b.bundle"], "responses"),
        (["a.bundle", "--key", keys / "release.pub.pem"], "signature: it is unsigned"),
        ([signed, "--key", keys / "release.pub.pem"], f"signed by the key {PublicKey.read(keys / 'other.pub.pem').id}"),
    ):
        path, *rest = words
        code, out, err = command("verify", tmp_path / str(path), *rest, "--extract", tmp_path / "no")
        assert (code, out, err.count("\n")) == (3, "", 1)
        assert "refused" in err
        assert named in err
    assert not (tmp_path / "no").exists()


def test_wrong_requests_are_usage_errors(labelled_run: Path, keys: Path, tmp_path: Path, command: Command) -> None:
    """A key for a run folder, options without --bundle, a private key to verify with, a run to extract into."""
    bundle = export_bundle(labelled_run, tmp_path / "a.bundle")
    for words, named in (
        (("verify", labelled_run, "--key", keys / "release.pub.pem"), "has no signature"),
        (("export", labelled_run, "--sign", keys / "release.pem"), "without --bundle"),
        (("export", labelled_run, "--include-text"), "without --bundle"),
        (("export", labelled_run, "--bundle", tmp_path / "x", "--sign", keys / "rsa.pem"), "ed25519"),
        (("verify", bundle, "--key", keys / "release.pem"), "found a private key"),
        (("export", labelled_run, "--bundle", tmp_path / "x", "--sign", keys / "other.pub.pem"), "found a public key"),
        (("verify", bundle, "--extract", labelled_run), "is a run folder"),
        (("verify", tmp_path / "none"), "cannot be read"),
        (("registry", tmp_path / "none"), "cannot be read"),
        (("registry", bundle), "cannot be read"),
        (("score", bundle), "pass --out"),
        (("score", labelled_run, "--out", tmp_path / "new"), "leave out --out"),
        (("score", tmp_path / "none", "--out", tmp_path / "new"), "cannot be read"),
    ):
        code, _, err = command(*words)
        assert (code, err.count("\n")) == (64, 1), err
        assert named in err
    assert not (tmp_path / "x").exists()


def test_without_cryptography_a_signed_bundle_is_not_accepted(
    labelled_run: Path, keys: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package is named; an unsigned bundle needs none."""
    signed = export_bundle(labelled_run, tmp_path / "signed.bundle", key=keys / "release.pem")
    bare = export_bundle(labelled_run, tmp_path / "bare.bundle")
    for name in [m for m in sys.modules if m.split(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    code, _, err = command("verify", signed)
    assert code == 64
    assert "trustdelta[verify]" in err
    assert command("verify", bare)[0] == 0


@pytest.fixture
def folder(labelled_run: Path, organism_run: Path, keys: Path, tmp_path: Path) -> Path:
    """Three bundles, one of them unsigned, one by another key, and a changed one."""
    (tmp_path / "bundles" / "deep").mkdir(parents=True)
    export_bundle(labelled_run, tmp_path / "bundles" / "labelled.bundle", key=keys / "release.pem")
    export_bundle(organism_run, tmp_path / "bundles" / "deep" / "organisms.bundle", key=keys / "other.pem")
    raw = export_bundle(labelled_run, tmp_path / "bundles" / "bare.bundle").read_bytes()

    def passed(parts: dict[str, list[Json]]) -> None:
        parts["verdict"][0] = parts["verdict"][0].replace('"regressed"', '"preserved"')

    (tmp_path / "bundles" / "changed.bundle").write_bytes(forged(raw, passed))
    return tmp_path / "bundles"


def test_the_registry_lists_verdicts_gain_signers_and_roots(folder: Path, keys: Path, command: Command) -> None:
    """Sorted by candidate; named and unknown signers; the refused bundle has its reason and stops with 3."""
    page = folder / "page.html"
    code, out, _ = command("registry", folder, "--key", keys / "release.pub.pem", "--out", page)
    assert code == 3
    assert "3 verified, 1 refused" in out
    text = page.read_text("utf-8")
    assert re.findall(r"from (?:organism:instruct|baseline)<", text) == ["from baseline<"] * 2 + [
        "from organism:instruct<"
    ]
    for shown in ("Reasoning gain", "Privacy", "release.pub.pem", "unknown key", "unsigned", "changed.bundle"):
        assert shown in text
    roots = set(re.findall(r"\b[0-9a-f]{64}\b", text))
    assert {r.root for r in registry_of([folder]).verified} <= roots
    assert command("registry", folder, "--key", keys / "release.pub.pem", "--out", page)[0] == 3
    assert page.read_text("utf-8") == text, "equal bundles give equal bytes"


def test_the_registry_page_loads_nothing_and_is_cards_on_a_phone(folder: Path) -> None:
    """No script, no outside address, a policy without one; every table's rows become cards on a narrow screen."""
    text = render(registry_of([folder]))
    assert "default-src 'none'" in text
    assert not re.search(r"<script|https?://|src=", text)
    tables = re.findall(r'<div class="([^"]*)"[^>]*>\s*<table', text)
    assert len(tables) == 3
    assert all("stack" in names.split() for names in tables)
    assert text.count('data-label="Root over all parts"') == 3


def test_bundles_of_one_name_are_named_with_their_folders(labelled_run: Path, tmp_path: Path, command: Command) -> None:
    """Files of one name in two folders, one compressed, and a link to the folder above: each file once."""
    for place in ("a", "b"):
        (tmp_path / "all" / place).mkdir(parents=True)
    raw = export_bundle(labelled_run, tmp_path / "all/a/audit.bundle").read_bytes()
    (tmp_path / "all/b/audit.bundle").write_bytes(raw)
    (tmp_path / "all/audit.bundle.xz").write_bytes(lzma.compress(raw))
    (tmp_path / "all/a/loop").symlink_to(tmp_path / "all")
    for folders in ((tmp_path / "all",), (tmp_path / "all" / "a", tmp_path / "all" / "b", tmp_path / "all")):
        code, out, _ = command("registry", *folders, "--out", tmp_path / "page.html", "--json")
        assert code == 0
        assert list(json.loads(out)["verified"]) == ["a/audit.bundle", "audit.bundle.xz", "b/audit.bundle"]


def test_a_folder_that_cannot_be_read_is_not_left_out(
    labelled_run: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry without the bundles of a locked folder is not written; the folder is named."""
    export_bundle(labelled_run, tmp_path / "audit.bundle")
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refusing(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", refusing)
    code, _, err = command("registry", tmp_path, "--out", tmp_path / "page.html")
    assert (code, err.count("\n")) == (64, 1)
    assert "locked: cannot be read (Permission denied)" in err
    assert not (tmp_path / "page.html").exists()


def test_other_files_and_damaged_ones_are_refused_in_one_line(
    labelled_run: Path, tmp_path: Path, command: Command
) -> None:
    """An empty file, a verdict, a cut .xz, a cut bundle; a compressed bundle of any name verifies."""
    raw = export_bundle(labelled_run, tmp_path / "a.bundle").read_bytes()
    for content, named in (
        (b"", "the file is empty"),
        ((labelled_run / "verdict.json").read_bytes(), "another file or a damaged one"),
        (lzma.compress(raw)[:-100], "cannot be decompressed"),
        (raw[: raw.index(b'{"part":"drift"')], "drift, labels, plan, models, observations, verdict: the title line"),
    ):
        (tmp_path / "b.bundle").write_bytes(content)
        code, _, err = command("verify", tmp_path / "b.bundle")
        assert (code, err.count("\n")) == (3, 1)
        assert named in err
    (tmp_path / "b.bundle").write_bytes(lzma.compress(raw))
    assert command("verify", tmp_path / "b.bundle")[0] == 0


def test_hostile_names_in_a_bundle_are_text() -> None:
    """No string of a verdict becomes markup on the page."""
    rows = tuple(
        registered(
            f"{i}.bundle", Verified(replace(poisoned(RESULT, text), overall=Verdict.PRESERVED), "", {"prompts": 1}), ()
        )
        for i, text in enumerate(HOSTILE)
    )
    text = render(Registry(rows))
    assert not re.search(r"<(script|img|svg|iframe)", text)
    assert "&lt;script&gt;alert(1)" in text
    assert "\u202e" not in text
