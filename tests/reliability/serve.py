"""A server process that answers from a table, the same for the same prompt, and fails as it is told.

    python serve.py --port 8000 --answers answers.json --log served.log [--storm SEED] [--latency SECONDS]

The log has a line for each request that arrived and one for each answer. Answers take their own times, at most the
latency. `--storm`: 20 % 429 with Retry-After, 10 % 500, 5 % dropped connections, 1 % garbage, 1 % byte by byte.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))

from endpoint_server import EndpointServer

from trustdelta.records import Json

STORM = [*["429"] * 20, *["500"] * 10, *["drop"] * 5, "garbage", "drip"]
"""Faults of 100 requests."""


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--storm", type=int)
    parser.add_argument("--latency", type=float, default=0.03)
    options = parser.parse_args()
    answers = json.loads(options.answers.read_text("utf-8"))
    log = options.log.open("a", encoding="utf-8", buffering=1)

    def reply(body: Json) -> dict[str, Json]:
        text = answers.get(body["messages"][-1]["content"], "i do not know.")
        words = text.split(" ")
        cut = len(words) > body["max_tokens"]
        said = {"role": "assistant", "content": " ".join(words[: body["max_tokens"]])}
        written = min(len(words), body["max_tokens"])
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "length" if cut else "stop", "message": said}],
            "usage": {"prompt_tokens": 5, "completion_tokens": written, "total_tokens": 5 + written},
        }

    def fault(body: Json, attempt: int) -> str | None:
        key = f"{body['seed']} {body['messages'][-1]['content']}"
        roll = Random(f"{options.storm} {key} {attempt}").randrange(100)
        found = STORM[roll] if options.storm is not None and roll < len(STORM) else None
        log.write(f"asked {key}\n")
        if found in (None, "drip"):
            time.sleep(options.latency * Random(key).uniform(0.3, 1.0))
            log.write(f"said {key}\n")
        return found

    with EndpointServer(fault, reply, port=options.port) as server:
        server.retry_after = "0.2"
        server.leaving.wait()


if __name__ == "__main__":
    main()
