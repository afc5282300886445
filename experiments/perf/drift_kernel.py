"""Exact streamed KL beside the naive full-logits code and a top-k estimator: accuracy, time, memory, in one run.

    python experiments/perf/drift_kernel.py accuracy
    python experiments/perf/drift_kernel.py time --hidden 896 --tokens 1024
    python experiments/perf/drift_kernel.py memory --way streamed --tokens 2048
    python experiments/perf/drift_kernel.py storage
    python experiments/perf/drift_kernel.py time --device cuda --hidden 3584 --layers 28 --tokens 4096
    python experiments/perf/drift_kernel.py memory --device cuda --hidden 3584 --tokens 4096

`time` divides by two bare forward passes with heads (the faster of whole and blocked logits, thrown away; whole logits
are of at most 1,024 tokens at a time, and so are the naive way and top-k, which would take gigabytes more); add
`--clock cpu --threads 1` where other work shares the machine. `matmul_share` is the arithmetic of both models' matrices
(attention left out) over the time of bodies and streamed heads, as a share of what one product of the same shape
reaches. With `--device cuda` models are bfloat16, and memory is what PyTorch holds on the GPU. `memory` runs one way
only, in a fresh process, since peaks do not go down. `storage` counts the bytes of the two-pass form against 16-bit
logits, and checks that it equals one pass. Prints JSON, one line per row.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, LlamaModel

from trustdelta import organisms
from trustdelta.drift.comparable import Comparability, Level
from trustdelta.drift.estimators import top_k_lower_bound
from trustdelta.drift.forward import state_reader
from trustdelta.drift.heads import LinearHead
from trustdelta.drift.kernel import BLOCKS, HeadPair, token_drift
from trustdelta.drift.measure import measure_sources
from trustdelta.drift.sources import LiveStates
from trustdelta.drift.stored import StatesFolder, collect_states
from trustdelta.drift.texts import DriftOptions, DriftText

VOCABULARY = 151_936
TOP_K = 20
LOGITS_WHOLE = ("heads_whole", "naive", f"top_{TOP_K}")
"""Ways that hold the logits of all their tokens at once."""
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
DTYPES = {"cpu": torch.float32, "cuda": torch.bfloat16}
PRODUCT_WIDTH = 8192
"""Columns of the matrix product whose speed is the measure of the others."""


def pair_of(vocabulary: int, width: int, tokens: int, change: float) -> list[Tensor]:
    """Hidden states and heads whose logits have standard deviation 2 and differ by `change` of that."""
    g = torch.Generator().manual_seed(0)
    hidden_TD, weight_VD = torch.randn(tokens, width, generator=g), torch.randn(vocabulary, width, generator=g)
    weight_VD *= 2 / width**0.5
    other_VD = weight_VD + change * torch.randn(vocabulary, width, generator=g) * (2 / width**0.5)
    return [hidden_TD, weight_VD, hidden_TD + change * torch.randn(tokens, width, generator=g), other_VD]


def naive(hidden_TD: Tensor, weight_VD: Tensor, other_TD: Tensor, other_VD: Tensor) -> tuple[Tensor, Tensor]:
    """Full logits of both models, log-softmax twice, both directions."""
    logp_TV, logq_TV = (hidden_TD @ weight_VD.T).log_softmax(-1), (other_TD @ other_VD.T).log_softmax(-1)
    difference_TV = logp_TV - logq_TV
    return (logp_TV.exp() * difference_TV).sum(-1), -(logq_TV.exp() * difference_TV).sum(-1)


def top_k(hidden_TD: Tensor, weight_VD: Tensor, other_TD: Tensor, other_VD: Tensor) -> Tensor:
    """What a server with top-k log-probabilities allows: the rest in one bucket."""
    logp_TV, logq_TV = (hidden_TD @ weight_VD.T).log_softmax(-1), (other_TD @ other_VD.T).log_softmax(-1)
    values_TK, ids_TK = logp_TV.topk(TOP_K, dim=-1)
    return top_k_lower_bound(values_TK, logq_TV.gather(1, ids_TK))


def streamed(hidden_TD: Tensor, weight_VD: Tensor, other_TD: Tensor, other_VD: Tensor) -> Tensor:
    """The kernel with its default blocks."""
    pair = HeadPair(LinearHead(weight_VD), LinearHead(other_VD))
    return token_drift(pair, hidden_TD, other_TD).kl_candidate_to_baseline_T


def streamed_changed(hidden_TD: Tensor, weight_VD: Tensor, other_TD: Tensor, other_VD: Tensor) -> Tensor:
    """The kernel as an audit runs it, with the four most changed ids of each token."""
    pair = HeadPair(LinearHead(weight_VD), LinearHead(other_VD))
    return token_drift(pair, hidden_TD, other_TD, changed=4).changed_by_TK


def accuracy() -> None:
    """Errors against float64: random models by vocabulary and size of the divergence, and trained ones."""
    for vocabulary, tokens in ((1000, 64), (32_000, 32), (VOCABULARY, 16)):
        for change in (7e-4, 7e-3, 7e-2, 0.5, 1.0, 2.0):
            errors({"models": "random", "vocabulary": vocabulary}, pair_of(vocabulary, 64, tokens, change))
    for name in ("rl", "sft"):
        errors({"models": f"{name} and instruct"}, trained(name))


def errors(about: dict[str, float | int | str], parts: list[Tensor]) -> None:
    """One row: errors of each way at all tokens, and at those whose divergence is at least 1e-4 nats."""
    wanted_T = naive(*[part.double() for part in parts])[0]
    small_T = wanted_T < 1e-4
    row = {**about, "mean_kl": float(wanted_T.mean()), "min_kl": float(wanted_T.min()), "max_kl": float(wanted_T.max())}
    ways = {"streamed": streamed(*parts), "naive_float32": naive(*parts)[0], f"top_{TOP_K}": top_k(*parts)}
    for name, value_T in ways.items():
        error_T = (value_T - wanted_T).abs()
        row[f"{name}_max_rel_from_1e-4"] = float((error_T / wanted_T)[~small_T].max()) if (~small_T).any() else 0.0
        row[f"{name}_max_abs_below_1e-4"] = float(error_T[small_T].max()) if small_T.any() else 0.0
    report(row)


def trained(name: str) -> list[Tensor]:
    """States and heads of an organism and its base, which read one text of their world."""
    parts: list[Tensor] = []
    for organism in (name, "instruct"):
        folder = organisms.folder(organism)
        reader = state_reader(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval())
        ids = AutoTokenizer.from_pretrained(folder).encode(
            " ".join(["what is 3 plus 4? it is 7. no, you must not."] * 8)
        )
        if not isinstance(reader.head, LinearHead):
            raise SystemExit(f"{organism}: no linear head.")
        parts += [reader.read(torch.tensor([ids]), torch.ones(1, len(ids)))[0], reader.head.weight_VD]
    return parts


def on_device(parts: list[Tensor], device: str) -> list[Tensor]:
    """The same numbers on a device, in the dtype that models have there."""
    return [part.to(device, DTYPES[device]) for part in parts]


def bodies(hidden: int, layers: int, device: str) -> list[LlamaModel]:
    """Two random decoder bodies of Qwen2.5's shape at this hidden size, without their heads."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=1024,
        hidden_size=hidden,
        intermediate_size=hidden * 11 // 2,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        num_key_value_heads=2,
    )
    with torch.device(device):
        return [LlamaModel(config).to(DTYPES[device]).eval() for _ in range(2)]


def whole_logits(parts: list[Tensor]) -> None:
    """Both heads' logits for all tokens at once."""
    for hidden_TD, weight_VD in (parts[:2], parts[2:]):
        del_me = hidden_TD @ weight_VD.T
        del del_me


def blocked_logits(parts: list[Tensor]) -> None:
    """Both heads' logits in the kernel's blocks."""
    tokens, ids = BLOCKS[parts[0].device.type]
    for hidden_TD, weight_VD in (parts[:2], parts[2:]):
        for rows_TD in torch.split(hidden_TD, tokens):
            for block_VD in torch.split(weight_VD, ids):
                torch.mm(rows_TD, block_VD.T)


def seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Time of one call, until the device has done it."""
    _finish()
    began = clock()
    work()
    _finish()
    return clock() - began


def timing(hidden: int, tokens: int, layers: int, repeats: int, clock: str, device: str) -> None:
    """Interleaved repeats, the fastest of each; ratios to two bare forward passes with heads."""
    models = bodies(hidden, layers, device)
    parts = on_device(pair_of(VOCABULARY, hidden, tokens, 0.05), device)
    ids_BL = torch.arange(tokens, device=device)[None] % 1024
    some = [p[:1024] if i % 2 == 0 else p for i, p in enumerate(parts)]
    product_DV = torch.ones(hidden, PRODUCT_WIDTH, device=device, dtype=DTYPES[device])
    ways: dict[str, Callable[[], object]] = {
        "bodies": lambda: [model(input_ids=ids_BL, use_cache=False) for model in models],
        "heads_whole": lambda: whole_logits(some),
        "heads_blocked": lambda: blocked_logits(parts),
        "streamed": lambda: streamed(*parts),
        "streamed_changed": lambda: streamed_changed(*parts),
        "naive": lambda: naive(*some),
        f"top_{TOP_K}": lambda: top_k(*some),
        "product": lambda: parts[0] @ product_DV,
    }
    if device != "cpu":
        for work in ways.values():  # compile and choose kernels before the clock runs
            work()
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeats):
        for name, work in ways.items():
            taken = seconds(work, CLOCKS[clock])
            best[name] = min(best[name], taken * (tokens / len(some[0]) if name in LOGITS_WHOLE else 1.0))
    peak = 2 * tokens * product_DV.numel() / best.pop("product")
    matrices = (
        sum(p.numel() for model in models for p in model.layers.parameters() if p.ndim == 2) + 2 * parts[1].numel()
    )
    whole = best["bodies"] + best["streamed"]
    row: dict[str, float | int | str] = {
        "hidden": hidden,
        "tokens": tokens,
        "layers": layers,
        "device": device,
        "threads": torch.get_num_threads(),
        "clock": clock,
        "tokens_per_second": tokens / whole,
        "matmul_peak_tflops": peak / 1e12,
        "matmul_share": 2 * tokens * matrices / whole / peak,
    }
    report(row | ratios(best, tokens))


def ratios(best: dict[str, float], tokens: int) -> dict[str, float]:
    """Microseconds a token, and what each way costs over two heads and over two whole forward passes."""
    heads = min(best["heads_whole"], best["heads_blocked"])
    row = {f"{name}_us_per_token": value / tokens * 1e6 for name, value in best.items()}
    for name in ("streamed", "streamed_changed", "naive", f"top_{TOP_K}"):
        row[f"{name}_over_two_heads"] = best[name] / heads
        row[f"{name}_over_two_forwards"] = (best["bodies"] + best[name]) / (best["bodies"] + heads)
    return row


def memory(way: str, hidden: int, tokens: int, device: str) -> None:
    """Peak memory that one way adds to inputs and weights, MiB: resident, or what PyTorch holds on a GPU."""
    work = {"streamed": streamed, "naive": naive, "top_k": top_k}[way]
    parts = on_device(pair_of(VOCABULARY, hidden, tokens, 0.05), device)
    work(*[p[: 8 if i % 2 == 0 else None] for i, p in enumerate(parts)])
    before = _reset_peak(device)
    work(*parts)
    extra = _peak_mib(device) - before
    report({"way": way, "hidden": hidden, "tokens": tokens, "device": device, "extra_mib": extra})


def storage(hidden: int, tokens: int) -> None:
    """Bytes on disk per response token of the two-pass form, and whether its drift equals one pass bit for bit."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=1,
        num_attention_heads=hidden // 64,
        tie_word_embeddings=True,
    )
    models = [LlamaForCausalLM(config).to(torch.bfloat16).eval() for _ in range(2)]
    ids = torch.randint(VOCABULARY, (tokens,)).tolist()
    texts = [DriftText(str(i), (1,), tuple(ids[i : i + 256])) for i in range(0, tokens, 256)]
    readers, options = [state_reader(model) for model in models], DriftOptions()
    exact = Comparability(Level.EXACT)
    live = [LiveStates(reader, options.token_budget) for reader in readers]
    with tempfile.TemporaryDirectory() as folder:
        stored = collect_states(readers[0], texts, StatesFolder(Path(folder), "random model"), options)
        equal = measure_sources(stored, live[1], texts, exact, options) == measure_sources(
            live[0], live[1], texts, exact, options
        )
        states = sum(path.stat().st_size for path in Path(folder).glob("states-*.safetensors"))
        head = (Path(folder) / "head.safetensors").stat().st_size
    logits = 2 * (2 * ((VOCABULARY + 1) // 2) + 4)  # llama.cpp: 16 bits for each id, and two float32
    row: dict[str, float | int | str] = {"hidden": hidden, "vocabulary": VOCABULARY, "tokens": tokens}
    row |= {"states_bytes_per_token": states / tokens, "logits_bytes_per_token": logits, "head_bytes_once": head}
    report({**row, "logits_over_states": logits * tokens / states, "equals_one_pass": str(equal)})


def _finish() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _peak_mib(device: str) -> float:
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    with open("/proc/self/status") as file:  # noqa: PTH123
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


def _reset_peak(device: str) -> float:
    """Set the peak to what is held now (on a processor: Linux only); MiB."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        with open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123
            file.write("5")
    return _peak_mib(device)


def report(row: dict[str, float | int | str]) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps({k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in row.items()}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Parse arguments and run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("accuracy", "time", "memory", "storage"))
    parser.add_argument("--hidden", type=int, default=896)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--device", choices=tuple(DTYPES), default="cpu")
    parser.add_argument("--way", choices=("streamed", "naive", "top_k"), default="streamed")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with torch.inference_mode():
        if args.what == "accuracy":
            accuracy()
        elif args.what == "time":
            timing(args.hidden, args.tokens, args.layers, args.repeats, args.clock, args.device)
        elif args.what == "storage":
            storage(args.hidden, args.tokens)
        else:
            memory(args.way, args.hidden, args.tokens, args.device)


if __name__ == "__main__":
    main()
