"""Exact drift from vLLM's hidden states beside the models' own forward passes, and its cost beside vLLM's prefill.

    python experiments/perf/drift_vllm.py BASELINE CANDIDATE RUN [--texts 24] [--dtype bfloat16] [--repeats 3]

BASELINE and CANDIDATE are model folders, RUN an audit of both with token ids. Needs vLLM (docs/engines.md). Texts are
of each model the longest third and others evenly spaced by length, and one text of all of them joined. Prints JSON:
nats per token of the local models in the dtype and in float32 and of vLLM in both, before any noise floor is subtracted,
and seconds of CPU time of this process (VLLM_ENABLE_V1_MULTIPROCESSING=0): vLLM's plain prefill of the same token ids
(`generate`, one new token), the extraction of states, and both heads. Each is the least of the repeats, after one
reading to warm up; prefill and extraction take turns.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import vllm
from torch import Tensor

from trustdelta.config import ModelConfig
from trustdelta.drift.forward import StateReader, state_reader
from trustdelta.drift.heads import LinearHead
from trustdelta.drift.kernel import HeadPair, token_drift
from trustdelta.drift.sources import LiveStates
from trustdelta.drift.texts import DriftText
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.engines.vllm_states import HiddenStates
from trustdelta.records import Arm
from trustdelta.store import Store

BUDGET = 8192
States = list[Tensor]
"""States [T, D] of each text."""


def texts_of(run: Path, count: int) -> list[DriftText]:
    """`count` responses of each model, and all of them as one text."""
    texts = []
    with Store(run, write=False) as store:
        for arm in Arm:
            responses = {r.prompt_id: r for r in store.responses(arm) if r.token_ids and r.prompt_token_ids}
            ordered = sorted(responses.values(), key=lambda r: (-len(r.token_ids), r.prompt_id))
            longest, rest = ordered[: count // 3], ordered[count // 3 :]
            spaced = rest[:: max(1, len(rest) // (count - count // 3))][: count - count // 3]
            texts += [
                DriftText(f"{arm.value}/{i}", r.prompt_token_ids, r.token_ids) for i, r in enumerate(longest + spaced)
            ]
    joined = tuple(i for t in texts for i in t.ids)
    return [*texts, DriftText("joined", joined[:1], joined[1:4096])]


def local_states(folder: str, dtype: str, texts: Sequence[DriftText]) -> tuple[LinearHead, States]:
    """The model's own states, one text at a time, and its head."""
    engine = TransformersEngine(ModelConfig(source=folder, dtype=dtype))
    reader: StateReader = state_reader(engine.model)
    live = LiveStates(reader, BUDGET)
    states = [live.states(0, [text]) for text in texts]
    assert isinstance(reader.head, LinearHead)
    return reader.head, states


def vllm_states(engine: HiddenStates, texts: Sequence[DriftText]) -> States:
    """States that predict the response tokens, through vLLM."""
    each = zip(engine.read([t.ids for t in texts]), texts, strict=True)
    return [s[len(t.prompt_token_ids) - 1 : len(t.ids) - 1] for s, t in each]


@contextmanager
def opened(folder: str, dtype: str) -> Iterator[HiddenStates]:
    """vLLM with the model as a pooling model."""
    engine = HiddenStates(ModelConfig(source=folder, dtype=dtype))
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def generating(folder: str, dtype: str) -> Iterator[Any]:
    """vLLM with the model as it generates, with the same settings."""
    same = {"max_num_seqs": 128, "enforce_eager": True, "load_format": "safetensors", "enable_prefix_caching": False}
    model = vllm.LLM(model=folder, dtype=dtype, seed=0, **same)
    try:
        yield model
    finally:
        model.llm_engine.engine_core.shutdown()


def seconds(work: Callable[[], Any], repeats: int) -> list[float]:
    """CPU seconds of each repeat, after one to warm up."""
    work()
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return times


def prefill(model: Any, texts: Sequence[DriftText]) -> None:
    """vLLM's prefill of all texts; one token is generated, greedily."""
    prompts = [{"prompt_token_ids": list(t.ids)} for t in texts]
    model.generate(prompts, vllm.SamplingParams(temperature=0.0, max_tokens=1, detokenize=False), use_tqdm=False)


def nats(heads: tuple[LinearHead, LinearHead], candidate: States, baseline: States) -> list[tuple[float, float, int]]:
    """Sums of both directions and tokens of each text."""
    rows = []
    for p_TD, q_TD in zip(candidate, baseline, strict=True):
        drift = token_drift(HeadPair(*heads), p_TD, q_TD)
        rows.append((float(drift[0].sum()), float(drift[1].sum()), len(p_TD)))
    return rows


def rate(rows: Sequence[tuple[float, float, int]], direction: int) -> float:
    """Nats per token over texts."""
    return sum(row[direction] for row in rows) / sum(row[2] for row in rows)


def products(heads: tuple[LinearHead, LinearHead], states: tuple[States, States]) -> None:
    """Both heads' matrix products alone, in blocks."""
    for head, each in zip(heads, states, strict=True):
        for hidden_TD in torch.split(torch.cat(each), 256):
            for start in range(0, head.size, 1024):
                head.logits(hidden_TD, start, min(start + 1024, head.size))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures and times of one pair."""
    texts = texts_of(arguments.run, arguments.texts)
    folders = {"candidate": arguments.candidate, "baseline": arguments.baseline}
    local: dict[str, States] = {}
    served: dict[str, States] = {}
    heads: dict[str, LinearHead] = {}
    times: dict[str, dict[str, list[float]]] = {}
    for dtype in dict.fromkeys((arguments.dtype, "float32")):
        for name, folder in folders.items():
            heads[f"{name} {dtype}"], local[f"{name} {dtype}"] = local_states(folder, dtype, texts)
            with opened(folder, dtype) as engine:
                served[f"{name} {dtype}"] = vllm_states(engine, texts)
    rounds = [times_of(folders, arguments, texts) for _ in range(arguments.rounds)]
    times = {name: {k: [t for r in rounds for t in r[name][k]] for k in rounds[0][name]} for name in folders}
    pair = (heads[f"candidate {arguments.dtype}"], heads[f"baseline {arguments.dtype}"])
    both = served[f"candidate {arguments.dtype}"], served[f"baseline {arguments.dtype}"]
    kernel = seconds(lambda: nats(pair, *both), arguments.repeats)
    bare = seconds(lambda: products(pair, both), arguments.repeats)
    figures = {}
    for dtype in dict.fromkeys((arguments.dtype, "float32")):
        own = heads[f"candidate {dtype}"], heads[f"baseline {dtype}"]
        figures[f"local {dtype}"] = nats(own, local[f"candidate {dtype}"], local[f"baseline {dtype}"])
        figures[f"vLLM {dtype}"] = nats(own, served[f"candidate {dtype}"], served[f"baseline {dtype}"])
    return {
        "versions": {"vllm": vllm.__version__, "torch": torch.__version__},
        "texts": len(texts),
        "response_tokens": sum(len(t.response_token_ids) for t in texts),
        "positions": sum(len(t.ids) for t in texts),
        "longest": max(len(t.ids) for t in texts),
        "nats_per_token": {name: by_group(rows, texts) for name, rows in figures.items()},
        "largest_difference_of_a_text": largest(figures, arguments.dtype),
        "cpu_seconds": times,
        "heads": {"kernel": kernel, "products": bare},
        "ratios": ratios(times, min(kernel), min(bare)),
    }


def times_of(folders: dict[str, str], arguments: argparse.Namespace, texts: Sequence[DriftText]) -> dict[str, Any]:
    """CPU seconds of prefill and extraction, by model."""
    times = {}
    for name, folder in folders.items():
        with generating(folder, arguments.dtype) as model:
            plain = seconds(lambda m=model: prefill(m, texts), arguments.repeats)
        with opened(folder, arguments.dtype) as engine:
            states = seconds(lambda e=engine: vllm_states(e, texts), arguments.repeats)
        times[name] = {"prefill": plain, "extraction": states}
    return times


def by_group(rows: Sequence[tuple[float, float, int]], texts: Sequence[DriftText]) -> dict[str, list[float]]:
    """Nats per token, candidate to baseline and baseline to candidate, by who wrote the texts."""
    groups: dict[str, list[tuple[float, float, int]]] = {}
    for row, text in zip(rows, texts, strict=True):
        groups.setdefault(text.key.partition("/")[0], []).append(row)
    return {name: [rate(each, 0), rate(each, 1)] for name, each in {**groups, "all": list(rows)}.items()}


def largest(figures: dict[str, list[tuple[float, float, int]]], dtype: str) -> float:
    """The largest difference of one text's nats per token between vLLM and the local models in a dtype."""
    pairs = zip(figures[f"local {dtype}"], figures[f"vLLM {dtype}"], strict=True)
    return max(abs(a[d] - b[d]) / a[2] for a, b in pairs for d in (0, 1))


def ratios(times: dict[str, dict[str, list[float]]], kernel: float, bare: float) -> dict[str, float]:
    """Extraction over prefill, and all of drift over prefill with the heads' matrix products."""
    plain = sum(min(each["prefill"]) for each in times.values())
    states = sum(min(each["extraction"]) for each in times.values())
    return {
        "extraction over prefill": states / plain,
        "extraction and heads over prefill": (states + kernel) / plain,
        "extraction and heads over prefill with products of the heads": (states + kernel) / (plain + bare),
    }


def main() -> None:
    """Read arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("baseline")
    parser.add_argument("candidate")
    parser.add_argument("run", type=Path)
    parser.add_argument("--texts", type=int, default=24, help="texts of each model")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2, help="times that prefill and extraction take turns")
    print(json.dumps(measure(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
