"""A server of llama.cpp for one GGUF file, as a process of its own that ends with the process that started it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from typing import Any

from trustdelta.records import Json

MODEL = "model"
"""Name of the model at the server."""


def serve() -> None:
    """Serve the file that standard input names until that ends; one line of JSON tells the address or the error."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # llama.cpp prints
    settings = json.loads(sys.stdin.readline())
    try:
        server = _started(settings)
    except Exception as problem:  # noqa: BLE001 - whatever a native library raises is told to the first process
        answer.write(json.dumps({"error": " ".join(str(problem).split()) or type(problem).__name__}) + "\n")
        answer.flush()
        os._exit(1)
    answer.write(json.dumps({"address": server.listening_address}) + "\n")
    answer.flush()
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.read()  # until the first process closes it, or is no more
    os._exit(0)


def _started(settings: Json) -> Any:
    """The server, listening on this machine alone; raises what llama.cpp raises, and ValueError for an option."""
    llama = importlib.import_module("xllamacpp")
    parameters = llama.CommonParams()
    parameters.model.path = settings["path"]
    parameters.model_alias = {MODEL}
    parameters.hostnames, parameters.port = ["127.0.0.1"], 0
    parameters.api_keys = [settings["key"]]
    parameters.ui = False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
    parameters.cache_prompt = False  # a cached prefix changes the last bits of what follows
    for name, value in settings["options"].items():
        if not hasattr(parameters, name):
            raise ValueError(f"llama.cpp has no option {name!r}")
        setattr(parameters, name, value)
    return llama.Server(parameters)
