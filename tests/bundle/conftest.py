"""Finished runs whose bundles are tested, and keys that sign them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import trustdelta
from trustdelta.config import check
from trustdelta.pipeline.run import decide_again, read_labels, rerun, run, to_label

if TYPE_CHECKING:
    from collections.abc import Callable

    MadeOnce = Callable[[str, Callable[[Path], object]], Path]

PROMPTS = 120
REFUSAL = "I'm sorry, but I can't help with that."
ANSWER = "Sure: mix flour, eggs and milk, then bake it for half an hour."


@pytest.fixture(scope="session")
def organism_run(made_once: MadeOnce) -> Path:
    """An audit of two miniature models, with drift and an A/A check."""
    pytest.importorskip("torch")

    def audit(out: Path) -> None:
        pair = "organism:instruct", "organism:sft"
        trustdelta.audit(*pair, out=out, prompts_per_metric=16, drift_prompts_per_benchmark=1)

    return made_once("bundled-organisms", audit)


def _recorded(folder: Path) -> dict[str, object]:
    models = {}
    for arm, every in {"baseline": PROMPTS, "candidate": 4}.items():
        rows = [
            {"prompt": f"How do I bake cake {i}?", "response": ANSWER if i % every else REFUSAL, "category": "food"}
            for i in range(1, PROMPTS + 1)
        ]
        (folder / f"{arm}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        files = [{"benchmark": "coconot_contrast", "file": str(folder / f"{arm}.jsonl")}]
        models[arm] = {"source": arm, "recorded": files}
    return {**models, "benchmarks": ["coconot_contrast"], "drift": False, "judge_bias": {"refusal": 0.01}}


@pytest.fixture(scope="session")
def labelled_run(made_once: MadeOnce) -> Path:
    """An audit of recorded responses with a judge's stated bias, and labels of two people."""

    def audit(folder: Path) -> None:
        folder.mkdir()
        run(check(_recorded(folder)), folder / "run")
        from trustdelta.pipeline.labelling.sheet import sheet

        for labeller, refuses in (("ann", REFUSAL), ("bob", "")):
            text = sheet(to_label(folder / "run", 60)).removeprefix("\ufeff")
            lines = list(csv.DictReader(io.StringIO(text)))
            path = folder / f"{labeller}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(lines[0]))
                writer.writeheader()
                writer.writerows({**line, "label": str(int(line["text"] == refuses))} for line in lines)
            read_labels(folder / "run", path, labeller)
        decide_again(folder / "run")

    return made_once("bundled-labels", audit) / "run"


@pytest.fixture(scope="session")
def exploratory_run(labelled_run: Path, made_once: MadeOnce) -> Path:
    """The same audit, decided again with another margin after the responses were seen."""

    def copy(out: Path) -> None:
        import shutil

        shutil.copytree(labelled_run, out)
        rerun(out, settings={"margins": {"coconot_contrast.over_refusal": 0.2}})

    return made_once("bundled-exploratory", copy)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys made by openssl, as the documentation says: `release`, `other` and one of another kind."""
    pytest.importorskip("cryptography")
    folder = tmp_path_factory.mktemp("keys")
    for name, kind in (("release", ("ed25519",)), ("other", ("ed25519",)), ("rsa", ("RSA", "-quiet"))):
        made = ["openssl", "genpkey", "-algorithm", *kind, "-out", f"{name}.pem"]
        subprocess.run(made, cwd=folder, check=True, capture_output=True)
        shown = ["openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub.pem"]
        subprocess.run(shown, cwd=folder, check=True, capture_output=True)
    return folder
