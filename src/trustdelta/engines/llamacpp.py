"""A GGUF file, run by a llama.cpp server that is started for it on this machine and ends with the engine."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import openai

from trustdelta.config import ModelConfig
from trustdelta.engines.cpu import threads
from trustdelta.engines.endpoint import EndpointEngine, Patience
from trustdelta.engines.endpoint_wire import shown
from trustdelta.engines.llamacpp_server import MODEL
from trustdelta.errors import EngineError
from trustdelta.records import Json, Request

OPTIONS: Mapping[str, Json] = {"n_parallel": 4, "n_ctx": 4 * 8192}
"""Requests at once, and the tokens of all of their contexts: enough for the budgets of the profiles."""
LIGHT_BYTES = 1 << 30
"""Size of a file below which another model may be open beside it."""
LOG_BYTES = 1 << 16
"""How much of the end of a server's log is read."""
START_SECONDS = 600.0
"""Longest time until the server listens."""
BYTES_PER_TOKEN = 2
"""Fewest bytes of a token, on average, of a prompt; a context that may be too small is refused before it is cut."""
TROUBLE = re.compile(r"error|fail|unknown|invalid|unsupported", re.I)
"""A line of the server's log on what went wrong."""


class LlamaCppEngine(EndpointEngine):
    """One GGUF file; `options` are attributes of `xllamacpp.CommonParams`.

    Raises EngineError where `xllamacpp` is not installed, and where the file is missing, damaged or not supported.
    """

    name = "llamacpp"

    def __init__(self, config: ModelConfig, batch_size: int = 128, patience: Patience | None = None) -> None:
        self.file = Path(config.place).expanduser()
        check_file(self.file)
        self.digest = _digest(self.file)
        self.light = self.file.stat().st_size < LIGHT_BYTES
        self.options = {**OPTIONS, **config.options}
        self._key = secrets.token_urlsafe(32)
        self._server = Server(self.file, self._key, self.options)
        try:
            served = config.model_copy(update={"source": f"{self._server.address}/v1#{MODEL}"})
            super().__init__(served, int(self.options["n_parallel"]), patience)
            self.context = self._context()
        except BaseException:
            self._server.close()
            raise
        self.in_flight = batch_size
        """Requests of a batch; `n_parallel` of them run at once, and others wait here, not at the server."""

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """The file's hash, the version of llama.cpp, the options, template and sampling; not the address."""
        return {
            **super().fingerprint,
            "source": str(self.file),
            "weights": self.digest,
            "server_version": f"xllamacpp {version('xllamacpp')}",
            "options": self.options,
        }

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Batches of requests with similar budgets; raises EngineError for one that the context cannot hold."""
        longest = max((needed_tokens(r) for r in requests), default=0)
        if longest > self.context:
            option = f"'MODEL.options={{n_ctx: {longest * int(self.options['n_parallel'])}}}'"
            raise EngineError(
                f"{self.file}: found a context of {self.context} tokens a request, wanted {longest} for prompt and "
                f"budget; lower the budgets, or --set {option} with MODEL baseline or candidate."
            )
        return super().batches(requests)

    def close(self) -> None:
        """End the server."""
        super().close()
        self._server.close()

    def _context(self) -> int:
        """Tokens of the context of one request; raises EngineError where the server does not report them."""
        reply = self._loop.run(self._ask("/props"))
        settings = reply.get("default_generation_settings") if isinstance(reply, dict) else None
        tokens = settings.get("n_ctx") if isinstance(settings, dict) else None
        if not isinstance(tokens, int):
            raise self._stopped("its server does not report the size of its context, so answers may be cut unseen")
        return tokens

    def _client_of(self) -> openai.AsyncOpenAI:
        return super()._client_of().with_options(api_key=self._key)

    def _stopped(self, reason: str) -> EngineError:
        return EngineError(f"{self.file}: {reason}; correct that, then rerun the command to resume.")


def check_file(file: Path) -> None:
    """Raise EngineError where a file is no GGUF file, or where nothing can run it."""
    if not file.is_file():
        raise EngineError(f"{file}: there is no such file; name a GGUF file.")
    with file.open("rb") as opened:
        start = opened.read(4)
    if start != b"GGUF":
        raise EngineError(f"{file}: found {start!r} at its start, wanted a GGUF file; download it again.")
    if find_spec("xllamacpp") is None:
        raise EngineError(f"{file}: a GGUF file needs llama.cpp; pip install 'trustdelta[gguf]'.")


def needed_tokens(request: Request) -> int:
    """Tokens of context that a request may need: its prompt, estimated from its bytes, and its budget."""
    prompt = sum(len(m.content.encode("utf-8", "replace")) for m in request.prompt.messages)
    return prompt // BYTES_PER_TOKEN + request.max_tokens


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class Server:
    """The process of one server."""

    def __init__(self, file: Path, key: str, options: Mapping[str, Json]) -> None:
        self._log, name = tempfile.mkstemp(prefix="trustdelta-llamacpp-")
        Path(name).unlink()  # the descriptor alone holds it, so that none is left behind
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from trustdelta.engines.llamacpp_server import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)},
            start_new_session=True,  # an interrupt reaches the first process alone, which then ends this one
        )
        settings = {"path": str(file), "key": key, "options": dict(options), "threads": threads()}
        try:
            reply = self._reply(json.dumps(settings))
        except BaseException:
            self.close()
            raise
        if "address" not in reply:
            log = self._trouble()
            self.close()
            why = "; ".join(filter(None, (str(reply.get("error", "")), log))) or "its server ended"
            raise EngineError(f"{file}: llama.cpp cannot run it ({shown(why)}); name another file or option.")
        self.address: str = reply["address"]

    def _reply(self, settings: str) -> dict[str, Json]:
        """What the process says of itself; empty where it ended or takes too long."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with suppress(OSError):
            stdin.write(settings.encode() + b"\n")
            stdin.flush()
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if select.select([stdout], [], [], 1.0)[0]:
                line = stdout.readline()
                reply: dict[str, Json] = json.loads(line) if line.strip() else {}
                return reply
        return {"error": f"it did not start within {START_SECONDS:.0f} seconds"}

    def _trouble(self) -> str:
        """The last line of the log that says what went wrong."""
        size = os.fstat(self._log).st_size
        lines = os.pread(self._log, LOG_BYTES, max(0, size - LOG_BYTES)).decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if TROUBLE.search(line)), "")

    def close(self) -> None:
        """End the process; further calls do nothing."""
        if self._log < 0:
            return
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._log)
        self._log = -1


ENGINE = LlamaCppEngine
