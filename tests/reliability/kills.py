"""SIGKILL at random moments, of the audit or of a server, under every engine; then the same command again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from scene import BATCH, ENGINES, Row, Scene, command, environment, program, verdict

from trustdelta.records import Arm
from trustdelta.store import Store

PROBES = 16
"""Answers that a preflight asks for twice on purpose; one that was killed asks for them once more."""


def start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """An audit in a process of its own, silent."""
    return subprocess.Popen(
        program(*arguments), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for_store(process: subprocess.Popen[bytes], out: Path) -> float:
    """Wait until the run folder's store is there; returns the moment."""
    while process.poll() is None and not (out / "config.yaml").exists():
        time.sleep(0.01)
    return time.monotonic()


def seconds(arguments: list[str], out: Path) -> float:
    """How long an audit takes from the making of its store to its end."""
    process = start([*arguments, "--out", str(out)])
    began = wait_for_store(process, out)
    process.wait()
    return time.monotonic() - began


def lost_and_repeated(out: Path) -> tuple[int, int]:
    """Responses that the store lost, and responses generated more than once, of a finished run."""
    lost = repeated = 0
    with Store(out, write=False) as store:
        for arm in Arm:
            responses = list(store.responses(arm))
            started = store.meta(f"started:{arm.value}") or 0
            lost += sum(not r.text for r in responses)
            repeated += started - len(responses)
    return lost, repeated


def kill_audits(scene: Scene, engine: str, kills: int, rng: Random) -> Iterator[Row]:
    """Kill the audit itself, `kills` times; a row for each kill."""
    reference, arguments = scene.reference(engine), scene.arguments(engine)
    whole = seconds(arguments, scene.folder / f"{engine}-timed")
    for number in range(kills):
        out = scene.folder / f"{engine}-killed-{number}"
        process = start([*arguments, "--out", str(out)])
        wait_for_store(process, out)
        moment = rng.uniform(0, whole)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        kept = stored(out)
        done = command(*arguments, "--out", str(out))
        yield judged(f"{engine}, audit killed after {moment:.1f} s with {kept} kept", done.stderr, out, reference)
        shutil.rmtree(out)


def kill_servers(scene: Scene, kills: int, rng: Random) -> Iterator[Row]:
    """Kill one of the two servers in the middle and start it again; the audit waits, or is run again."""
    reference, arguments = scene.reference("endpoint"), scene.arguments("endpoint")
    for number in range(kills):
        out = scene.folder / f"server-killed-{number}"
        with scene.served.running() as servers:
            process = start([*arguments, "--out", str(out)])
            wait_for_store(process, out)
            wait_for_answers(scene, process, rng.randrange(1, 60))
            arm = rng.choice(list(Arm))
            servers[arm].kill()
            servers[arm].wait()
            time.sleep(rng.uniform(0, 2))
            servers[arm] = scene.served.start(arm)
            code = process.wait()
            done = command(*arguments, "--out", str(out)) if code else None
            answered = scene.served.answered()
            twice = len(answered) - len(set(answered)) - 2 * PROBES
            says = "went on by itself" if done is None else "was run again"
            row = judged(f"endpoint, server killed, the audit {says}", done.stderr if done else "", out, reference)
            fine = row.held and twice <= BATCH + PROBES
        yield Row(row.fault, int(fine), 1, f"{row.detail}; {max(0, twice)} answers asked for again")
        shutil.rmtree(out)


def wait_for_answers(scene: Scene, process: subprocess.Popen[bytes], count: int) -> None:
    """Wait until the servers have given so many answers, or the audit is over."""
    while process.poll() is None and len(scene.served.answered()) < count:
        time.sleep(0.01)


def stored(out: Path) -> int:
    """Responses that a killed run kept."""
    with Store(out, write=False) as store:
        return sum(len(store.have(arm)) for arm in Arm)


def judged(fault: str, said: str, out: Path, reference: bytes) -> Row:
    """Whether a run that was gone on with ended as it must."""
    if not (out / "verdict.json").is_file():
        return Row(fault, 0, 1, f"no verdict: {said}")
    lost, repeated = lost_and_repeated(out)
    same = verdict(out) == reference
    detail = f"{'identical' if same else 'DIFFERENT'}, {lost} lost, {repeated} generated again"
    return Row(fault, int(same and not lost and repeated <= BATCH), 1, detail)


def kills(scene: Scene, count: int, seed: int) -> Iterator[Row]:
    """About a third of the kills for each engine; with servers, half of them are of a server."""
    rng = Random(seed)
    each = {engine: count // len(ENGINES) for engine in ENGINES}
    each["transformers"] += count - sum(each.values())
    yield from kill_audits(scene, "transformers", each["transformers"], rng)
    yield from kill_audits(scene, "replay", each["replay"], rng)
    scene.reference("endpoint")
    with scene.served.running():
        yield from kill_audits(scene, "endpoint", each["endpoint"] - each["endpoint"] // 2, rng)
    yield from kill_servers(scene, each["endpoint"] // 2, rng)
