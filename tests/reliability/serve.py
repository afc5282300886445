"""A server process that answers from a table, the same for the same prompt, and fails as it is told.

    python serve.py --port 8000 --answers answers.json --log answered.log [--storm SEED]

`--storm`: 20 % 429 with Retry-After, 10 % 500, 5 % dropped connections, 1 % garbage, 1 % dripped byte by byte.
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
LATENCY = 0.02
"""Seconds that an answer takes."""


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--storm", type=int)
    options = parser.parse_args()
    answers = json.loads(options.answers.read_text("utf-8"))
    log = options.log.open("a", encoding="utf-8", buffering=1)

    def reply(body: Json) -> dict[str, Json]:
        text = answers.get(body["messages"][-1]["content"], "i do not know.")
        words = text.split(" ")
        cut = len(words) > body["max_tokens"]
        said = {"role": "assistant", "content": " ".join(words[: body["max_tokens"]])}
        usage = {"prompt_tokens": 5, "completion_tokens": min(len(words), body["max_tokens"])}
        return {
            "choices": [{"index": 0, "finish_reason": "length" if cut else "stop", "message": said}],
            "usage": usage,
        }

    def fault(body: Json, attempt: int) -> str | None:
        key = f"{body['seed']} {body['messages'][-1]['content']}"
        roll = Random(f"{options.storm} {key} {attempt}").randrange(100)
        found = STORM[roll] if options.storm is not None and roll < len(STORM) else None
        if found in (None, "drip"):
            time.sleep(LATENCY)
            log.write(f"{key}\n")
        return found

    with EndpointServer(fault, reply, port=options.port) as server:
        server.retry_after = "0.2"
        server.leaving.wait()


if __name__ == "__main__":
    main()
