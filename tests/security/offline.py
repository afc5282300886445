"""Processes whose network is blocked, and which write down each port that they listen on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import trustdelta

HOOK = """
import os, sys

def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        if arguments[0].family.name != "AF_UNIX":
            refuse(event, arguments[1:])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        refuse(event, arguments)

def refuse(event, arguments):
    with open(os.environ["NETWORK_LOG"], "a") as log:
        log.write(f"{event} {arguments!r}\\\\n")
    raise OSError(101, "the network is blocked in this test")

sys.addaudithook(guard)
""".replace("\\\\", "\\")
"""Python's own audit hook, in a `sitecustomize` that every process and its children load; it cannot be taken off."""


ONE_BY_ONE = """
import json, pathlib, sys
from trustdelta.cli.main import main
codes = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["trustdelta", *words]
    try:
        main()
    except SystemExit as left:
        codes.append(left.code or 0)
pathlib.Path("codes.json").write_text(json.dumps(codes))
"""


def environment(**more: str) -> dict[str, str]:
    """This process's environment without proxies, with our sources."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")}
    return {**kept, "PYTHONPATH": str(Path(trustdelta.__file__).parents[1]), "no_proxy": "127.0.0.1", **more}


class Blocked:
    """A folder whose commands have no network. `asked` is what they tried all the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(HOOK, "utf-8")
        self.log = folder / "network.log"

    @property
    def asked(self) -> list[str]:
        """Every attempt at the network, one line each."""
        return self.log.read_text("utf-8").splitlines() if self.log.is_file() else []

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the network blocked."""
        path = f"{self.folder / 'hook'}{os.pathsep}{environment()['PYTHONPATH']}"
        told = environment(PYTHONPATH=path, NETWORK_LOG=str(self.log))
        told.pop("HF_HUB_OFFLINE", None)  # nothing of ours may lean on it
        words = (sys.executable, *words)
        return subprocess.run(
            words, env=told, cwd=self.folder, capture_output=True, text=True, timeout=600, check=False
        )

    def commands(self, *lines: str) -> list[int]:
        """Exit codes of our command lines, run one after the other in one process without a network."""
        done = self.python("-c", ONE_BY_ONE, json.dumps([line.split() for line in lines]))
        if not (self.folder / "codes.json").is_file() or "Traceback" in done.stderr:
            raise AssertionError(done.stderr)
        return [int(code) for code in json.loads((self.folder / "codes.json").read_text("utf-8"))]
