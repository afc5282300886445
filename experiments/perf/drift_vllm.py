"""Exact drift from vLLM's hidden states beside the models' own forward passes, and its cost beside vLLM's prefill.

    python experiments/perf/drift_vllm.py figures BASELINE CANDIDATE RUN [--texts 8] [--dtype bfloat16] [--joined 1024]
    python experiments/perf/drift_vllm.py time BASELINE CANDIDATE RUN [… --repeats 2]

BASELINE and CANDIDATE are model folders, RUN is an audit of both with token ids. Needs vLLM (docs/engines.md). Texts
are of each model the longest third and others evenly spaced by length, and one text of all of them joined. JSON.

`figures`: nats per token, candidate to baseline and back, by the local models in the dtype and in float32, each text
read alone, and by vLLM in the dtype, before any noise floor is subtracted. `time`: seconds of CPU time of this process
(VLLM_ENABLE_V1_MULTIPROCESSING=0) for vLLM's plain prefill of the same token ids (`generate`, one new token), for the
extraction of states, and for both heads: each repeat, after one text to warm up; ratios are of the least ones.
"""

from __future__ import annotations

import argparse
import json
import sys
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
Rows = list[tuple[float, float, int]]
"""Sums of both directions in nats, and tokens, of each text."""


def texts_of(run: Path, count: int, most: int) -> list[DriftText]:
    """`count` responses of each model, and at most `most` tokens of all of them as one text."""
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
    return [*texts, DriftText("joined", joined[:1], joined[1:most])]


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
    """The model in vLLM as a pooling model."""
    engine = HiddenStates(ModelConfig(source=folder, dtype=dtype))
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def generating(folder: str, dtype: str) -> Iterator[Any]:
    """The model in vLLM as it generates, with the same settings."""
    same = {"max_num_seqs": 128, "enforce_eager": True, "load_format": "safetensors", "enable_prefix_caching": False}
    model = vllm.LLM(model=folder, dtype=dtype, seed=0, **same)
    try:
        yield model
    finally:
        model.llm_engine.engine_core.shutdown()


def seconds(work: Callable[[], Any], repeats: int) -> list[float]:
    """CPU seconds of each repeat."""
    each = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        each.append(time.process_time() - began)
    return each


def prefill(model: Any, texts: Sequence[DriftText]) -> None:
    """Prefill of all texts by vLLM; one token is generated, greedily."""
    prompts = [{"prompt_token_ids": list(t.ids)} for t in texts]
    model.generate(prompts, vllm.SamplingParams(temperature=0.0, max_tokens=1, detokenize=False), use_tqdm=False)


def nats(heads: tuple[LinearHead, LinearHead], candidate: States, baseline: States) -> Rows:
    """Sums of both directions and tokens of each text."""
    rows = []
    for p_TD, q_TD in zip(candidate, baseline, strict=True):
        drift = token_drift(HeadPair(*heads), p_TD, q_TD)
        rows.append((float(drift[0].sum()), float(drift[1].sum()), len(p_TD)))
    return rows


def rate(rows: Rows, direction: int) -> float:
    """Nats per token over texts."""
    return sum(row[direction] for row in rows) / sum(row[2] for row in rows)


def products(heads: tuple[LinearHead, LinearHead], states: tuple[States, States]) -> None:
    """Both heads' matrix products alone, in blocks."""
    for head, each in zip(heads, states, strict=True):
        for hidden_TD in torch.split(torch.cat(each), 256):
            for start in range(0, head.size, 1024):
                head.logits(hidden_TD, start, min(start + 1024, head.size))


def figures(arguments: argparse.Namespace, texts: Sequence[DriftText]) -> dict[str, Any]:
    """Nats per token by reader, and the largest difference of one text between vLLM and the local models."""
    rows: dict[str, Rows] = {}
    for reader, dtype in (("local", arguments.dtype), ("vLLM", arguments.dtype), ("local", "float32")):
        heads, states = [], []
        for folder in (arguments.candidate, arguments.baseline):
            head, own = local_states(folder, dtype, texts if reader == "local" else texts[:1])
            if reader == "vLLM":
                with opened(folder, dtype) as engine:
                    own = vllm_states(engine, texts)
            heads.append(head)
            states.append(own)
        rows[f"{reader} {dtype}"] = nats((heads[0], heads[1]), states[0], states[1])
    pairs = zip(rows[f"local {arguments.dtype}"], rows[f"vLLM {arguments.dtype}"], strict=True)
    return {
        "nats_per_token": {name: by_group(each, texts) for name, each in rows.items()},
        "largest_difference_of_a_text": max(abs(a[d] - b[d]) / a[2] for a, b in pairs for d in (0, 1)),
    }


def times(arguments: argparse.Namespace, texts: Sequence[DriftText]) -> dict[str, Any]:
    """CPU seconds of prefill, extraction and heads, and their ratios."""
    seconds_of: dict[str, list[list[float]]] = {"prefill": [], "extraction": []}
    heads, states = [], []
    for folder in (arguments.candidate, arguments.baseline):
        with generating(folder, arguments.dtype) as model:
            prefill(model, texts[:1])
            seconds_of["prefill"].append(seconds(lambda m=model: prefill(m, texts), arguments.repeats))
        with opened(folder, arguments.dtype) as engine:
            states.append(vllm_states(engine, texts))
            seconds_of["extraction"].append(seconds(lambda e=engine: vllm_states(e, texts), arguments.repeats))
        heads.append(local_states(folder, arguments.dtype, texts[:1])[0])
    pair, both = (heads[0], heads[1]), (states[0], states[1])
    kernel = seconds(lambda: nats(pair, *both), arguments.repeats)
    products_alone = seconds(lambda: products(pair, both), arguments.repeats)
    plain, extraction = (sum(map(min, each)) for each in seconds_of.values())
    return {
        **seconds_of,
        "heads": kernel,
        "matrix products of the heads": products_alone,
        "extraction over prefill": extraction / plain,
        "drift over prefill and products": (extraction + min(kernel)) / (plain + min(products_alone)),
        "heads over prefill": min(kernel) / plain,
    }


def by_group(rows: Rows, texts: Sequence[DriftText]) -> dict[str, list[float]]:
    """Nats per token, candidate to baseline and baseline to candidate, by who wrote the texts."""
    groups: dict[str, Rows] = {}
    for row, text in zip(rows, texts, strict=True):
        groups.setdefault(text.key.partition("/")[0], []).append(row)
    return {name: [rate(each, 0), rate(each, 1)] for name, each in {**groups, "all": rows}.items()}


def main() -> None:
    """Read arguments and write JSON to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("figures", "time"))
    parser.add_argument("baseline")
    parser.add_argument("candidate")
    parser.add_argument("run", type=Path)
    parser.add_argument("--texts", type=int, default=8, help="texts of each model")
    parser.add_argument("--joined", type=int, default=1024, help="most tokens of the joined text")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--repeats", type=int, default=2)
    arguments = parser.parse_args()
    texts = texts_of(arguments.run, arguments.texts, arguments.joined)
    about = {
        "vllm": vllm.__version__,
        "torch": torch.__version__,
        "texts": len(texts),
        "response_tokens": sum(len(t.response_token_ids) for t in texts),
        "positions": sum(len(t.ids) for t in texts),
        "longest": max(len(t.ids) for t in texts),
    }
    measured = figures(arguments, texts) if arguments.what == "figures" else times(arguments, texts)
    json.dump({**about, **measured}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
