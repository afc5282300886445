"""Random damage to a run folder: cut, flipped, deleted and swapped files. No verdict may change, nothing may crash.

After each damage the gate, the score command and the audit command are run, each on a copy. Each must end with the very
verdict of the undamaged run (repaired, or not touched by the damage), or with exit code 3 and one line naming a file.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from types import TracebackType
from unittest.mock import patch

from scene import Row, Scene, environment, verdict

from trustdelta.cli.main import main
from trustdelta.records import Arm
from trustdelta.records.state import COMPLETE
from trustdelta.store import Store

KINDS = ("cut", "flip", "flip many", "delete", "empty", "swap", "swap blocks", "stale")
FILES = ("run.sqlite", "run.sqlite-wal", "run.sqlite-shm", "verdict.json", "config.yaml", "SHA256SUMS", "report.html")
NAMED = (*FILES, "drift-states", ".safetensors")
"""What a refusal names; of drift's hidden states, the one file of them."""


class Caught:
    """Keeps what a block raised, whatever it is: any traceback at all is what is looked for."""

    raised: BaseException | None = None

    def __enter__(self) -> Caught:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.raised = value
        return True


def call(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of the command line, run in this process; an exception is code -1."""
    said = io.StringIO()
    quiet = contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO())
    with Caught() as caught, quiet[0], quiet[1], patch.object(sys, "argv", ["trustdelta", *arguments]):
        main()
    if isinstance(caught.raised, SystemExit):
        return int(caught.raised.code or 0), said.getvalue()
    return -1, f"{type(caught.raised).__name__}: {caught.raised}"


ENGINES = (*["replay"] * 7, "two_pass", "transformers", "two_pass")
"""Runs of recorded responses are quick to go on with; those of models in process hold drift. `two_pass` runs were
stopped within it: the first model's hidden states lie in the run folder."""
STATES = "drift-states"


BETWEEN_PASSES = """
import os, signal
import trustdelta.pipeline.drift.exact as passes
passes.open_states = lambda folder: os.kill(os.getpid(), signal.SIGKILL)
from trustdelta.cli.main import main
main()
"""
"""An audit that is killed when the first model's hidden states are stored and the second has not read them."""


def stopped_in_drift(scene: Scene, folder: Path, *more: str) -> None:
    """A run that was killed between the two passes of drift."""
    words = [sys.executable, "-c", BETWEEN_PASSES, *scene.arguments("two_pass"), "--out", str(folder), *more]
    if subprocess.run(words, env=environment(), check=False).returncode != -signal.SIGKILL:
        raise RuntimeError("the audit was not killed between its two passes")


def with_open_log(run: Path, folder: Path) -> Path:
    """A copy of a finished run as a killed process leaves it: its last transactions are in the write-ahead log."""
    shutil.copytree(run, folder)
    with Store(folder, write=True) as store:
        responses = {arm: list(store.responses(arm)) for arm in Arm}
        scores = list(store.scores())
        for arm, found in responses.items():
            store.put_responses(arm, found)
        store.put_scores(scores)
        store.put(COMPLETE, True)
        for name in ("run.sqlite", "run.sqlite-wal", "run.sqlite-shm"):
            shutil.copy(folder / name, folder / f"{name}.kept")
    for name in ("run.sqlite", "run.sqlite-wal", "run.sqlite-shm"):
        (folder / f"{name}.kept").replace(folder / name)
    return folder


def damage(folder: Path, other: Path, rng: Random) -> str:
    """Damage one file (or swap two) at random; returns what was done."""
    states = [f"{STATES}/{path.name}" for path in sorted((folder / STATES).glob("*"))]
    present = [name for name in (*FILES, *states) if (folder / name).is_file()]
    weights = [{"run.sqlite": 6, "run.sqlite-wal": 6, "verdict.json": 3}.get(name, 1) for name in present]
    weights = [w * len(present) if name in states else w for name, w in zip(present, weights, strict=True)]
    (name,) = rng.choices(present, weights)
    kind = rng.choice(KINDS)
    path, raw = folder / name, bytearray((folder / name).read_bytes())
    if kind == "delete":
        path.unlink()
    elif kind == "swap":
        second = rng.choice([n for n in present if n != name])
        spare = (folder / second).read_bytes()
        (folder / second).write_bytes(raw)
        path.write_bytes(spare)
        return f"{name} swapped with {second}"
    elif kind == "stale" and (other / name).is_file():
        shutil.copy(other / name, path)
    else:
        path.write_bytes(changed(raw, kind, rng))
    return f"{name}: {kind}"


def changed(raw: bytearray, kind: str, rng: Random) -> bytes:
    """The bytes after one kind of damage."""
    if kind == "empty" or not raw:
        return b""
    if kind == "cut":
        return bytes(raw[: rng.randrange(len(raw))])
    if kind == "swap blocks" and len(raw) > 1024:
        size = rng.choice((64, 512))
        one, two = (rng.randrange(len(raw) // size) * size for _ in range(2))
        raw[one : one + size], raw[two : two + size] = raw[two : two + size], raw[one : one + size]
        return bytes(raw)
    for _ in range(32 if kind == "flip many" else 1):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


def outcome(damaged: Path, arguments: list[str], reference: bytes, gate: int) -> str:
    """`same`, `refused` or what went wrong, over the three commands that read a run folder, each on a copy of it."""
    found = []
    for words in (["gate"], ["score", "-q"], [*arguments, "--out"]):
        folder = damaged.with_name("tried")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(damaged, folder)
        code, said = call(*words, str(folder))
        same = code == gate if words == ["gate"] else code == 0 and verdict(folder) == reference
        if not same and not (code == 3 and said.count("\n") == 1 and any(name in said for name in NAMED)):
            return f"{words[0]} exit {code}: {said.strip() or 'another verdict'}"
        found.append(same)
    return "same" if all(found) else "refused"


def mutations(scene: Scene, count: int, seed: int, engines: Sequence[str] = ENGINES) -> Iterator[Row]:
    """A row for each mutation of a finished run of one of the engines."""
    gates: dict[str, int] = {}
    kept: dict[str, tuple[str, ...]] = {}
    for engine in set(engines):
        scene.reference(engine)
        if engine == "two_pass":
            stopped_in_drift(scene, scene.folder / "two_pass-stopped")
            stopped_in_drift(scene, scene.folder / "two_pass-other", "--seed", "5")
        kept[engine] = ("two_pass-stopped",) if engine == "two_pass" else (engine, f"{engine}-logged")
        gates[engine], _ = call("gate", str(scene.folder / kept[engine][0]))
        if engine != "two_pass" and not (scene.folder / f"{engine}-logged").exists():
            with_open_log(scene.folder / engine, scene.folder / f"{engine}-logged")
            code, said = call(*scene.arguments(engine), "--out", str(scene.folder / f"{engine}-other"), "--seed", "5")
            if code:
                raise RuntimeError(f"the audit with another seed failed: {said}")
    for number in range(count):
        rng = Random(f"{seed} {number}")
        engine = engines[number % len(engines)]
        folder = scene.folder / "mutated"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(scene.folder / rng.choice(kept[engine]), folder)
        done = damage(folder, scene.folder / f"{engine}-other", rng)
        found = outcome(folder, scene.arguments(engine), scene.reference(engine), gates[engine])
        yield Row(f"mutation {number}, {engine}: {done}", int(found in ("same", "refused")), 1, found)
