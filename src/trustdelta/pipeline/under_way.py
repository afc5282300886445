"""Batches that are generated at once, where an engine can: what has come is handed on, whatever happens to the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeAlias

from trustdelta.engines.base import Engine
from trustdelta.records import Request, Response

Batch: TypeAlias = list[Request]


def generated(
    engine: Engine, batches: Sequence[Batch], begin: Callable[[Batch], None]
) -> Iterator[tuple[Batch, list[Response]]]:
    """Every batch with its responses as they come, at most `engine.batches_at_once` under way.

    `begin` is called before a batch is generated, in the caller's thread. After an error nothing further is begun, what
    is under way is awaited and handed on, and then the error is raised.
    """
    if engine.batches_at_once > 1:
        yield from _side_by_side(engine, batches, begin)
        return
    for batch in batches:
        begin(batch)
        yield batch, engine.generate(batch)


def _side_by_side(
    engine: Engine, batches: Sequence[Batch], begin: Callable[[Batch], None]
) -> Iterator[tuple[Batch, list[Response]]]:
    left, problem = iter(batches), None
    under_way: dict[Future[list[Response]], Batch] = {}
    with ThreadPoolExecutor(engine.batches_at_once) as pool:
        while True:
            room = 0 if problem else engine.batches_at_once - len(under_way)
            for batch in islice(left, room):
                begin(batch)
                under_way[pool.submit(engine.generate, batch)] = batch
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                batch = under_way.pop(future)
                problem = problem or future.exception()
                if future.exception() is None:
                    yield batch, future.result()
    if problem:
        raise problem
