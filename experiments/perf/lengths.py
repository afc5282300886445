"""Mean lengths of published responses, which `trustdelta plan` takes as typical.

Run as `python experiments/perf/lengths.py DATA`. DATA is a folder
with `speechmap`, `misguided_attention`, `zeroeval_gsm` and `refusal_tokens_pair`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

BYTES_PER_TOKEN = 4
PLAIN = ("gpt-4", "chatgpt", "claude", "deepseek-chat", "gemini", "llama", "qwen-", "qwen2.5", "grok-2", "alpha")
"""Parts of the file names of SpeechMap's models without reasoning."""
THINKING = ("qwen3", "gpt-oss", "r1-zero", "mai-ds-r1")
"""Those of its models whose whole reasoning trace is in the files."""

REQUESTS = {
    "coconot_original": "coconot_orig_test_outputs_llama-instruct.jsonl",
    "coconot_contrast": "coconot_contrast_test_outputs_llama-instruct.jsonl",
    "wildjailbreak_benign": "wildjailbreak_adversarial_benign_eval_outputs_llama-instruct.jsonl",
}
"""Files of Llama-3-8B-Instruct's answers to requests, by benchmark."""


def tokens(*texts: str | None) -> float:
    """Estimated tokens of a response's parts."""
    return sum(len((text or "").encode()) for text in texts) / BYTES_PER_TOKEN


def jsonl(path: Path) -> Iterator[Any]:
    """The rows of a file, compressed or not."""
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text("utf-8")
    return (json.loads(line) for line in text.splitlines())


def speechmap(folder: Path) -> Iterator[tuple[str, float, float]]:
    """Name, mean tokens of a response, and of its separate reasoning trace, by model."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        rows = list(jsonl(path))
        whole = mean(tokens(r["answer"], r["reasoning"]) for r in rows)
        yield path.name, whole, mean(tokens(r["reasoning"]) for r in rows)


def puzzles(folder: Path) -> Iterator[tuple[str, float, float]]:
    """The same for Misguided Attention."""
    for path in sorted(folder.glob("results_long_eval/output_queries_*.json")):
        rows = json.loads(path.read_text("utf-8"))["results"]
        parts = [(o, t) for r in rows for o, t in zip(r["output"], r["thinking"], strict=True)]
        yield path.name, mean(tokens(o, t) for o, t in parts), mean(tokens(t) for _, t in parts)


def means(data: Path) -> dict[str, float]:
    """Mean tokens by data set and kind of model."""
    essays, logic = list(speechmap(data / "speechmap")), list(puzzles(data / "misguided_attention"))
    rows = json.loads(gzip.decompress(next((data / "zeroeval_gsm").glob("gsm_gpt-4o*")).read_bytes()))
    requests = {
        name: [tokens(r["response"]) for r in jsonl(data / f"refusal_tokens_pair/llama-instruct-baseline/{file}")]
        for name, file in REQUESTS.items()
    }
    return {
        "speechmap plain": mean(w for n, w, t in essays if not t and any(p in n for p in PLAIN)),
        "speechmap thinking": mean(w for n, w, _ in essays if any(p in n for p in THINKING)),
        "speechmap traces": mean(t for n, _, t in essays if "qwen3" in n and t),
        "misguided_attention plain": mean(w for _, w, t in logic if not t),
        "misguided_attention thinking": mean(w for _, w, t in logic if t),
        "gsm8k plain": mean(tokens(r["output"][0]) for r in rows),
        **{f"{name} plain": mean(lengths) for name, lengths in requests.items()},
        "requests": mean(n for lengths in requests.values() for n in lengths),
    }


if __name__ == "__main__":
    for name, value in means(Path(sys.argv[1])).items():
        print(f"{name}: {value:.0f} tokens")  # noqa: T201
