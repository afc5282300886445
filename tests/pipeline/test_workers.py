"""Workers do what this process would do, in its order, and none outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trustdelta.pipeline.workers import Job, Workers
from trustdelta.records import Json

MANY = 100


def square(item: int) -> int:
    """The function of the jobs."""
    return item * item


def makes(setup: Json) -> Callable[[Json], Json]:
    """What a worker makes: the square, with its process id; an item in `setup` ends the worker or fails there."""

    def run(item: int) -> tuple[int, int]:
        if item in setup["fails"]:
            raise ValueError(item)
        if item in setup["ends"]:
            os._exit(1)
        return square(item), os.getpid()

    return run


def job(fails: tuple[int, ...] = (), ends: tuple[int, ...] = ()) -> Job[int, tuple[int, int]]:
    """Squares with the process that made them; this process can make all of them."""
    return Job(
        lambda item: (square(item), os.getpid()),
        int,
        f"{makes.__module__}:makes",
        lambda: {"fails": fails, "ends": ends},
    )


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """Two workers, which can import this file."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(makes, "__module__", Path(__file__).stem)
    with Workers(2, least=1) as workers:
        yield workers


def test_results_come_in_the_order_of_the_items_from_other_processes(two: Workers) -> None:
    """Two processes share the items; who takes longer does not matter."""
    results = list(two.map(job(), range(30), MANY))
    assert [value for value, _ in results] == [square(i) for i in range(30)]
    processes = {process for _, process in results}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_a_second_job_goes_to_the_same_processes(two: Workers) -> None:
    """Workers are started once in a run."""
    first = {process for _, process in two.map(job(), range(4), MANY)}
    assert {process for _, process in two.map(job(), range(4), MANY)} == first


@pytest.mark.parametrize(("count", "least"), [(2, MANY + 1), (1, 1)])
def test_a_small_job_starts_no_process(count: int, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the least number of responses, and with one processor, everything happens here."""
    monkeypatch.setattr(subprocess, "Popen", None)
    with Workers(count, least) as workers:
        assert {process for _, process in workers.map(job(), range(4), MANY)} == {os.getpid()}


def test_a_job_that_only_this_process_can_do_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job without a name for workers stays here, however large it is."""
    monkeypatch.setattr(subprocess, "Popen", None)
    with Workers(2, least=1) as workers:
        assert list(workers.map(Job(square, int, ""), range(4), MANY)) == [0, 1, 4, 9]


def test_items_of_workers_that_ended_are_done_here(two: Workers) -> None:
    """A worker that is killed costs time, not results: both end here, one after the other."""
    results = list(two.map(job(ends=(3, 8)), range(12), MANY))
    assert [value for value, _ in results] == [square(i) for i in range(12)]
    assert os.getpid() in {process for _, process in results}


def test_a_job_that_workers_cannot_make_is_done_here(two: Workers) -> None:
    """A function that workers do not find, such as one of a user's own file, costs time, not results."""
    job_of_its_own: Job[int, int] = Job(square, int, "nowhere_to_be_imported:makes")
    assert list(two.map(job_of_its_own, range(6), MANY)) == [square(i) for i in range(6)]
    assert len({process for _, process in two.map(job(), range(6), MANY)} - {os.getpid()}) == 2


def test_an_item_that_fails_in_a_worker_fails_here_with_its_own_error(two: Workers) -> None:
    """The error is that of this process, and earlier items are not lost."""

    def fails(item: int) -> tuple[int, int]:
        if item == 5:
            raise KeyError("the fifth")
        return square(item), 0

    results = two.map(Job(fails, int, job().make, lambda: {"fails": (5,), "ends": ()}), range(12), MANY)
    for i in range(5):
        assert next(results)[0] == square(i)
    with pytest.raises(KeyError, match="the fifth"):
        next(results)


def test_no_process_is_left_where_results_are_not_read(two: Workers) -> None:
    """An interrupt between two results ends the workers, whose further results would be taken for those of the next."""
    results = two.map(job(), range(50), MANY)
    _, process = next(results)
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert [value for value, _ in two.map(job(), range(3), MANY)] == [0, 1, 4]


def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    """A process that is killed takes no leave of its workers; they end with their input."""
    code = (
        "import sys, time\n"
        "from trustdelta.pipeline.workers import Workers\n"
        "from test_workers import job\n"
        "workers = Workers(2, least=1)\n"
        "print({process for _, process in workers.map(job(), range(4), 100)}, flush=True)\n"
        "time.sleep(60)\n"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    ) as parent:
        assert parent.stdout is not None
        processes = {int(word) for word in parent.stdout.readline().strip("{}\n").split(", ")}
        assert len(processes) == 2
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while running := [process for process in processes if alive(process)]:
        assert time.monotonic() < deadline, running
        time.sleep(0.05)


def alive(process: int) -> bool:
    """Whether a process is running; one that ended and waits for its parent is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
