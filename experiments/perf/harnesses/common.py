"""What the measured programs share: their arguments, the prompts, and the line of JSON that they end with."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

MAX_TOKENS, BATCH = 32, 128
"""The budget of a response, and how many are in flight or in a batch."""

NOUNS = ("house", "river", "garden", "letter", "market", "winter", "story", "machine")


def questions(count: int) -> list[str]:
    """Prompts of different lengths, none twice."""
    return [
        f"Question {i}: what can be said of the {' and the '.join(NOUNS[: 1 + i * 7 % len(NOUNS)])}?"
        for i in range(count)
    ]


def arguments() -> argparse.Namespace:
    """`where`: the base URL of a server, or a model folder. `count`: how many responses."""
    parser = argparse.ArgumentParser()
    parser.add_argument("where")
    parser.add_argument("count", type=int)
    os.environ |= {"no_proxy": "127.0.0.1", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "MINI_API_KEY": "none"}
    os.environ |= {"OPENAI_API_KEY": "none", "TOKENIZERS_PARALLELISM": "false"}
    return parser.parse_args()


def measure(work: Callable[[], int]) -> None:
    """Run the work, and print how many responses it got and what they cost this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    count = work()
    seconds = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    sys.stdout.write(f"\n{json.dumps({'responses': count, **seconds})}\n")
