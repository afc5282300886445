"""Whether vLLM's engine process still lives: its own client waits without end for one that was killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trustdelta.errors import EngineError

LOOK_SECONDS = 1.0


@contextmanager
def alive(model: Any, source: str) -> Iterator[None]:
    """While vLLM generates: raises EngineError where its engine process, or a worker of it, dies.

    vLLM notes the death of the engine process but wakes nobody; the note is put where its client waits for output.
    """
    from vllm.v1.engine.exceptions import EngineDeadError

    core = model.llm_engine.engine_core
    waiting, over = getattr(core, "outputs_queue", None), threading.Event()  # none where the engine is in this process

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            if core.resources.engine_dead and waiting is not None:
                waiting.put(EngineDeadError())
                return

    if waiting is not None:
        threading.Thread(target=look, daemon=True, name="vllm-alive").start()
    try:
        yield
    except EngineDeadError:
        raise EngineError(f"{source}: vLLM's engine process died; the same command goes on from there.") from None
    finally:
        over.set()
