"""SIGKILL inside generation, of the audit, of an engine's own process or of a server; then the same command again.

A kill point is drawn over the responses of the unharmed audit: the batch that holds the drawn response has begun, and
a random part of a batch's time has passed. What is generated again is counted where it is generated: by the server's
log of requests that arrived, else by the store's count of requests begun.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from scene import BATCH, ENGINES, Row, Scene, Served, command, environment, program, verdict

from trustdelta.records import Arm
from trustdelta.store import Store

VICTIMS = (
    ("transformers", "audit"),
    ("endpoint", "audit"),
    ("endpoint", "server"),
    ("inspect", "audit"),
    ("inspect", "server"),
    ("replay", "audit"),
    ("vllm", "engine"),
    ("vllm", "audit"),
)
"""What is killed under each engine; the `engine` is a process that the audit started."""
SLOW = ("--latency", "0.25")
"""A server's answers take so many seconds at most, so that requests are in flight."""
SHARES = {"vllm": 1, "replay": 3}
"""Kills under each engine for 6 of the others: vLLM takes a minute to start here, a recording has no model."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a run is, by its store: requests begun and responses stored of each model."""

    begun: Mapping[Arm, int]
    stored: Mapping[Arm, int]

    @property
    def total(self) -> int:
        """Requests begun of both models."""
        return sum(self.begun.values())

    @property
    def in_flight(self) -> Mapping[Arm, int]:
        """Requests begun and not stored, of each model that has any."""
        return {arm: n for arm in Arm if (n := self.begun[arm] - self.stored[arm]) > 0}


@dataclass(frozen=True, slots=True)
class Unharmed:
    """What the audit that nothing happened to did: its verdict, responses, requests at servers, a batch's seconds."""

    verdict: bytes
    responses: Mapping[tuple[str, str, int], str]
    arrived: int
    batch_seconds: float


def seen(out: Path) -> Seen:
    """Look into the store of a running audit."""
    begun, stored = dict.fromkeys(Arm, 0), dict.fromkeys(Arm, 0)
    if (out / "run.sqlite").is_file():
        try:
            with closing(sqlite3.connect(f"file:{out / 'run.sqlite'}?mode=ro", uri=True)) as database:
                database.execute("BEGIN")  # both counts of one moment
                for arm, n in database.execute("SELECT arm, COUNT(*) FROM responses GROUP BY arm").fetchall():
                    stored[Arm(arm)] = n
                for key, n in database.execute("SELECT key, value FROM meta WHERE key LIKE 'started:%'").fetchall():
                    begun[Arm(key.partition(":")[2])] = int(n)
        except sqlite3.Error:  # its tables are being made
            return Seen(dict.fromkeys(Arm, 0), dict.fromkeys(Arm, 0))
    return Seen(begun, stored)


def start(arguments: list[str], python: str = "") -> subprocess.Popen[bytes]:
    """An audit in a process of its own, silent."""
    return subprocess.Popen(
        program(*arguments, python=python), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for_store(process: subprocess.Popen[bytes], out: Path) -> float:
    """Wait until the run folder's store is there; returns the moment."""
    while process.poll() is None and not (out / "config.yaml").exists():
        time.sleep(0.01)
    return time.monotonic()


def wait_for_begun(process: subprocess.Popen[bytes], out: Path, more_than: int) -> None:
    """Wait until more requests than that were begun, or the audit is over."""
    while process.poll() is None and seen(out).total <= more_than:
        time.sleep(0.002)


def stored(out: Path) -> int:
    """Responses that a killed run kept."""
    with Store(out, write=False) as store:
        return sum(len(store.have(arm)) for arm in Arm)


def texts(out: Path) -> dict[tuple[str, str, int], str]:
    """Every stored response by model, prompt and draw."""
    with Store(out, write=False) as store:
        return {(arm.value, r.prompt_id, r.draw): r.text for arm in Arm for r in store.responses(arm)}


def unharmed(scene: Scene, engine: str, served: Served | None) -> Unharmed:
    """Run the audit through once under one engine and watch it."""
    out, marks = scene.folder / f"{engine}-unharmed", {0: time.monotonic()}
    with ExitStack() as servers:
        if served is not None:
            servers.enter_context(served.running(*SLOW))
        process = start([*scene.arguments(engine), "--out", str(out)], scene.python(engine))
        while process.poll() is None:
            marks.setdefault(seen(out).total, time.monotonic())
            time.sleep(0.005)
        arrived = len(served.arrived()) if served else 0
    if process.returncode:
        raise RuntimeError(f"the unharmed audit under {engine} failed")
    moments = list(marks.values())[1:]
    gaps = sorted(after - before for before, after in pairwise(moments)) or [0.0]
    return Unharmed(verdict(out), texts(out), arrived, gaps[len(gaps) // 2])


def kill_points(scene: Scene, engine: str, victims: Sequence[str], seed: int) -> Iterator[Row]:
    """One kill for each name in `victims`; a row for each."""
    served = scene.served if engine in ("endpoint", "inspect") else None
    calm = unharmed(scene, engine, served)
    for number, victim in enumerate(victims):
        out = scene.folder / f"{engine}-killed-{number}"
        yield one_kill(Kill(scene, engine, victim, served), calm, out, Random(f"{seed} {engine} {number}"))
        shutil.rmtree(out)


@dataclass(frozen=True, slots=True)
class Running:
    """An audit that runs, and the servers that it asks."""

    audit: subprocess.Popen[bytes]
    servers: dict[Arm, subprocess.Popen[bytes]]


def workers(parent: int) -> list[int]:
    """Processes that a process started, and theirs, without Python's own keeper of shared resources."""
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            ours = int(status.read_text("utf-8").rpartition(")")[2].split()[1]) == parent
            if ours and b"resource_tracker" not in status.with_name("cmdline").read_bytes():
                found += [int(status.parent.name), *workers(int(status.parent.name))]
        except OSError:  # it ended meanwhile
            continue
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill to be: which audit, what of it, and the servers that it asks."""

    scene: Scene
    engine: str
    victim: str
    served: Served | None

    def at(self, running: Running, out: Path, rng: Random) -> Seen:
        """Kill the victim; returns what the store had at that moment."""
        then = seen(out)
        if self.victim == "server":
            arm = next(iter(then.in_flight), Arm.BASELINE)
            running.servers[arm].kill()
            running.servers[arm].wait()
        elif self.victim == "engine":
            os.kill(rng.choice(workers(running.audit.pid)), signal.SIGKILL)
        else:
            running.audit.kill()
            running.audit.wait()
        return then


def one_kill(kill: Kill, calm: Unharmed, out: Path, rng: Random) -> Row:
    """Run, kill at a drawn point, run again, and compare with the unharmed audit."""
    scene, served = kill.scene, kill.served
    arguments, python = [*scene.arguments(kill.engine), "--out", str(out)], scene.python(kill.engine)
    point, part, pause = rng.randrange(len(calm.responses)), rng.random(), rng.uniform(0, 2)
    with ExitStack() as opened:
        servers = {} if served is None else opened.enter_context(served.running(*SLOW))
        process = start(arguments, python)
        wait_for_begun(process, out, point)
        time.sleep(part * calm.batch_seconds)
        then = kill.at(Running(process, servers), out, rng)
        if kill.victim == "server" and served is not None:
            time.sleep(pause)
            servers.update(
                {arm: served.start(arm, *SLOW) for arm, server in servers.items() if server.poll() is not None}
            )
        code = process.wait()
        done = command(*arguments, python=python) if code else None
        arrived = len(served.arrived()) if served else 0
    inside = sum(then.in_flight.values())
    again = "" if done is not None else ", the audit went on by itself"
    fault = f"{kill.engine}, {kill.victim} killed with {sum(then.stored.values())} stored and {inside} in flight{again}"
    return judged(fault, done.stderr if done else "", out, calm, Again(arrived, max(BATCH, inside)))


@dataclass(frozen=True, slots=True)
class Again:
    """Requests that came to the servers over both runs (0 without any), and how many more than once are allowed."""

    arrived: int
    allowed: int


def judged(fault: str, said: str, out: Path, calm: Unharmed, again: Again) -> Row:
    """Whether a run that was gone on with ended as the unharmed one: verdict, responses, and requests in all."""
    if not (out / "verdict.json").is_file():
        return Row(fault, 0, 1, f"no verdict: {said}")
    found, same = texts(out), verdict(out) == calm.verdict
    lost = len(calm.responses.items() - found.items())
    repeated = again.arrived - calm.arrived if calm.arrived else seen(out).total - len(found)
    detail = f"{'identical' if same else 'DIFFERENT'}, {lost} lost, {repeated} generated again"
    return Row(fault, int(same and not lost and repeated <= again.allowed), 1, detail)


def kills(scene: Scene, count: int, seed: int, only: Sequence[str] = ENGINES) -> Iterator[Row]:
    """So many kills over all engines that run here, and a row of none for each that does not.

    `only` some of the engines: their part of the same kills.
    """
    engines = [engine for engine in ENGINES if scene.python(engine)]
    yield from (Row(f"{engine}, killed", 0, 0, "is not installed here") for engine in ENGINES if engine not in engines)
    for engine, victims in planned(engines, count).items():
        if engine in only:
            yield from kill_points(scene, engine, victims, seed)


def planned(engines: Sequence[str], count: int) -> dict[str, list[str]]:
    """What is killed under each engine, in turn, `count` in all."""
    turns = [pair for pair in VICTIMS if pair[0] in engines for _ in range(SHARES.get(pair[0], 6))]
    spread = [turns[i * len(turns) // count] if count < len(turns) else turns[i % len(turns)] for i in range(count)]
    return {engine: found for engine in engines if (found := [victim for e, victim in spread if e == engine])}
