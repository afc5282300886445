"""trustdelta: its engine, and every response stored in a run folder as an audit does."""

from __future__ import annotations

import tempfile
from pathlib import Path

from common import BATCH, MAX_TOKENS, arguments, measure, questions

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.registry import open_engine
from trustdelta.pipeline.respond import fill
from trustdelta.progress import Silent
from trustdelta.records import Arm, Message, Prompt, Request
from trustdelta.store import Store


def main() -> None:
    """Measure."""
    options = arguments()
    source = f"{options.where}#mini" if options.where.startswith("http") else options.where
    engine = open_engine(ModelConfig(source=source, sampling=Sampling()), BATCH)
    asked = [
        Request(Prompt("b", (Message("user", q),)), 0, i, MAX_TOKENS) for i, q in enumerate(questions(options.count))
    ]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder), write=True, create=True) as store:

        def work() -> int:
            fill(store, Arm.BASELINE, engine, asked, "responses", Silent())
            return len(store.have(Arm.BASELINE))

        measure(work)
    engine.close()


main()
