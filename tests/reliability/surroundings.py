"""What the machine does to an audit: a full disk, a folder not to be written, a clock that jumps, no more files."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kills import start, stored, wait_for_store
from scene import Row, Scene, command, environment, one_line, verdict

CLOCK = """
import sys, time
real = time.time
jumps = iter([0, 10**9, -10**9, 86400 * 365, -3600] * 10**6)
time.time = lambda: real() + next(jumps)
from trustdelta.cli.main import main
main()
"""
"""An audit under a clock that jumps by years and back whenever it is read."""


def tight_disk(scene: Scene, limits: tuple[int, ...]) -> Iterator[Row]:
    """No file may grow beyond a limit (what a full disk does to one file): one line, then space again: finished."""
    arguments, reference = scene.arguments("replay"), scene.reference("replay")
    for limit in limits:
        out = scene.folder / "full"

        def tighten(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = command(*arguments, "--out", str(out), preexec_fn=tighten)
        yield mended(f"files of at most {limit >> 10} KiB", done, scene, out, reference)


def full_disk(scene: Scene, sizes: tuple[int, ...]) -> Iterator[Row]:
    """A file system with no room left, where one may be mounted here."""
    arguments, reference = scene.arguments("replay"), scene.reference("replay")
    for size in sizes:
        place = scene.folder / "mounted"
        place.mkdir(exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
            yield Row("full disk", 0, 0, "no file system can be mounted here")
            return
        try:
            out = place / "run"
            done = command(*arguments, "--out", str(out))
            subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True, capture_output=True)
            yield mended(f"disk of {size >> 10} KiB", done, scene, out, reference)
        finally:
            subprocess.run(["umount", str(place)], check=True, capture_output=True)


def mended(fault: str, done: subprocess.CompletedProcess[str], scene: Scene, out: Path, reference: bytes) -> Row:
    """Whether a command that had no room left in one line, and with room ends in the same verdict, losing nothing."""
    kept = stored(out) if (out / "config.yaml").exists() else 0
    again = command(*scene.arguments("replay"), "--out", str(out))
    same = again.returncode == 0 and verdict(out) == reference
    shutil.rmtree(out)
    detail = f"exit {done.returncode}, {kept} responses kept, then {'identical' if same else again.stderr.strip()}"
    return Row(fault, int(one_line(done, 3, 64) and same), 1, f"{detail}: {done.stderr.strip()[-100:]}")


def read_only(scene: Scene) -> Iterator[Row]:
    """A finished run in a folder that may only be read: one line, and not a byte of it changes.

    The superuser may write anywhere, but not into a file system that is mounted for reading.
    """
    scene.reference("replay")
    place = scene.folder / "locked"
    shutil.copytree(scene.folder / "replay", place)
    if not locked(place):
        yield Row("read-only folder", 0, 0, "no file system can be mounted here")
        return
    before = {p.name: p.read_bytes() for p in place.iterdir()}
    try:
        for words in (["score", str(place)], ["report", str(place)], [*scene.arguments("replay"), "--out", str(place)]):
            done = command(*words)
            same = before == {p.name: p.read_bytes() for p in place.iterdir()}
            detail = done.stderr.strip()[-100:]
            yield Row(f"read-only folder, {words[0]}", int(one_line(done, 3, 64) and same), 1, detail)
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", place], check=True, capture_output=True)


def locked(place: Path) -> bool:
    """Make a folder readable only; False where that cannot be done."""
    if os.geteuid() == 0:
        mounts = (["mount", "--bind", str(place), str(place)], ["mount", "-o", "remount,bind,ro", str(place)])
        return bool(shutil.which("mount")) and not any(
            subprocess.run(m, capture_output=True, check=False).returncode for m in mounts
        )
    for path in [*place.iterdir(), place]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return True


def clock(scene: Scene) -> Iterator[Row]:
    """A clock that jumps by decades changes no verdict."""
    for engine in ("replay", "endpoint"):
        out, reference = scene.folder / f"clock-{engine}", scene.reference(engine)
        words = [sys.executable, "-c", CLOCK, *scene.arguments(engine), "--out", str(out)]
        with scene.served.running():
            done = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=600, check=False)
        same = done.returncode == 0 and verdict(out) == reference
        yield Row(f"clock that jumps, {engine}", int(same), 1, done.stderr.strip()[-100:] or "identical")


def few_files(scene: Scene, limits: tuple[int, ...]) -> Iterator[Row]:
    """With so few open files that connections fail: finished, or one line and finished when there are more."""
    arguments, reference = scene.arguments("endpoint"), scene.reference("endpoint")
    with scene.served.running():
        for limit in limits:
            out = scene.folder / "files"

            def tighten(limit: int = limit) -> None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

            done = command(*arguments, "--out", str(out), preexec_fn=tighten)
            again = command(*arguments, "--out", str(out))
            same = again.returncode == 0 and verdict(out) == reference
            fine = same and (done.returncode == 0 or one_line(done, 3, 64))
            said = done.stderr.strip()[-100:] or "finished at once"
            yield Row(f"at most {limit} open files", int(fine), 1, f"exit {done.returncode}: {said}")
            shutil.rmtree(out)


def two_audits(scene: Scene, count: int) -> Iterator[Row]:
    """A second audit of the same folder is refused within two seconds of its start; the first is not disturbed."""
    arguments, reference = scene.arguments("transformers"), scene.reference("transformers")
    for _ in range(count):
        out = scene.folder / "twice"
        first = start([*arguments, "--out", str(out)])
        wait_for_store(first, out)
        began = time.monotonic()
        cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
        second = command(*arguments, "--out", str(out))
        took = time.monotonic() - began
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = spent.ru_utime + spent.ru_stime - cpu.ru_utime - cpu.ru_stime
        first.wait()
        fine = one_line(second, 3) and "another process" in second.stderr and seconds < 2
        same = verdict(out) == reference
        yield Row("second audit of a folder", int(fine and same), 1, f"left after {took:.1f} s, {seconds:.1f} s of CPU")
        shutil.rmtree(out)
