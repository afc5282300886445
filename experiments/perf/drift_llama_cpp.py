"""Exact drift beside llama.cpp's own KL tool: the same organism pair, the same token ids.

    python experiments/perf/drift_llama_cpp.py --tool PATH/llama-perplexity [--baseline instruct --candidate sft]

The tool is not installed by this package. It is built from llama.cpp's source, for instance from the one in the sdist
of llama-cpp-python 0.3.36 (in vendor/llama.cpp: `cmake -B build -DLLAMA_CURL=OFF; make -C build llama-perplexity`).
Needs the `gguf` package. Prints JSON, one line for each direction.

llama.cpp stores the first model's log-probabilities in 16 bits, in steps of at most 16/65535 nats from the largest down
to 16 nats below it, and leaves out what is below exp(-16). `ours_stored` are the means with log-probabilities kept in
that way: the difference to them is what is left when storage is accounted for.
"""

from __future__ import annotations

import argparse
import json
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from trustdelta import organisms
from trustdelta.drift.forward import state_reader
from trustdelta.drift.kernel import HeadPair, token_drift

CONTEXT = 256
STORED_NATS = 16.0
LEVELS = 65535
TENSORS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def write_gguf(model: Any, folder: Path, path: Path) -> None:
    """Write a Llama organism in float32 with its tokenizer; there is no converter for its vocabulary."""
    config, writer = model.config, gguf.GGUFWriter(path, "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    told = json.loads((folder / "tokenizer.json").read_text())
    ids = told["model"]["vocab"] | {t["content"]: t["id"] for t in told["added_tokens"]}
    special = {t["id"] for t in told["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([token for token, _ in sorted(ids.items(), key=lambda item: item[1])])
    writer.add_token_types([gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for i in range(len(ids))])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in told["model"]["merges"]])
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    writer.add_add_bos_token(False)
    for name, tensor in model.state_dict().items():
        writer.add_tensor(*renamed(name, tensor.float().numpy(), config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def renamed(name: str, values: np.ndarray[Any, Any], config: Any) -> tuple[str, np.ndarray[Any, Any]]:
    """A tensor under llama.cpp's name, its rotary halves interleaved as llama.cpp has them."""
    outer = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    outer["lm_head.weight"] = "output.weight"
    if name in outer:
        return outer[name], values
    layer, _, inner = name.removeprefix("model.layers.").partition(".")
    heads = {"self_attn.q_proj": config.num_attention_heads, "self_attn.k_proj": config.num_key_value_heads}
    short = inner.removesuffix(".weight")
    if short in heads:
        rows, columns = values.shape
        halves = values.reshape(heads[short], 2, rows // heads[short] // 2, columns)
        values = np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))
    return f"blk.{layer}.{TENSORS[short]}.weight", values


def tool(path: Path, *arguments: str) -> str:
    """What llama-perplexity prints, on one thread."""
    command = [str(path), *arguments, "-c", str(CONTEXT), "-b", str(CONTEXT), "-t", "1"]
    command += ["-ctk", "f32", "-ctv", "f32", "-fa", "off"]  # its cache holds 16-bit numbers by default
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"llama-perplexity failed: {done.stderr[-800:]}")
    return done.stdout + done.stderr


def token_ids(logits: Path) -> list[list[int]]:
    """The chunks of token ids in a file of stored log-probabilities."""
    with logits.open("rb") as file:
        file.read(8)
        context, _, chunks = struct.unpack("<Iii", file.read(12))
        ids = struct.unpack(f"<{context * chunks}i", file.read(4 * context * chunks))
    return [list(ids[i : i + context]) for i in range(0, len(ids), context)]


def ours(first: Any, second: Any, chunks: list[list[int]]) -> tuple[list[float], list[float]]:
    """KL(first || second) at the positions that llama.cpp scores: the second half of every chunk but its last token.

    Exact, and with the first model's log-probabilities kept as llama.cpp keeps them.
    """
    readers = state_reader(first), state_reader(second)
    pair = HeadPair(readers[0].head, readers[1].head)
    exact: list[float] = []
    kept: list[float] = []
    for ids in chunks:
        row = torch.tensor([ids])
        states = [r.read(row, torch.ones_like(row))[0, CONTEXT // 2 : -1] for r in readers]
        exact += token_drift(pair, states[0], states[1]).kl_candidate_to_baseline_T.tolist()
        logits = [r.head.logits(s, 0, r.head.size).double() for r, s in zip(readers, states, strict=True)]
        kept += stored(*logits).tolist()
    return exact, kept


def stored(first_TV: torch.Tensor, second_TV: torch.Tensor) -> torch.Tensor:
    """KL [T] with the first model's log-probabilities in 16 bits, as llama.cpp's tool writes and reads them."""
    most_T1 = first_TV.amax(-1, keepdim=True)
    least_T1 = torch.maximum(first_TV.amin(-1, keepdim=True), most_T1 - STORED_NATS)
    step_T1 = (most_T1 - least_T1) / LEVELS
    level_TV = ((first_TV - least_T1) / step_T1).round().clamp(min=0)
    logp_TV = level_TV * step_T1 + least_T1 - first_TV.logsumexp(-1, keepdim=True)
    term_TV = logp_TV.exp() * (logp_TV - second_TV.log_softmax(-1))
    return term_TV.masked_fill(logp_TV <= -STORED_NATS, 0.0).sum(-1)


def compare(args: argparse.Namespace, folder: Path) -> None:
    """Both directions."""
    names = {"baseline": args.baseline, "candidate": args.candidate}
    places = {arm: organisms.folder(name) if name in organisms.names() else Path(name) for arm, name in names.items()}
    models = {
        arm: AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32).eval() for arm, place in places.items()
    }
    for arm, model in models.items():
        write_gguf(model, places[arm], folder / f"{arm}.gguf")
    text = folder / "text.txt"
    text.write_text(written(models["candidate"], places["candidate"]), "utf-8")
    for first, second in (("candidate", "baseline"), ("baseline", "candidate")):
        logits = folder / f"{first}.logits"
        tool(args.tool, "-m", str(folder / f"{first}.gguf"), "-f", str(text), "--kl-divergence-base", str(logits))
        said = tool(
            args.tool, "-m", str(folder / f"{second}.gguf"), "--kl-divergence-base", str(logits), "--kl-divergence"
        )
        chunks = token_ids(logits)
        values, kept = ours(models[first], models[second], chunks)
        row = {"direction": f"kl_{first}_to_{second}", "chunks": len(chunks), "tokens": len(values)}
        report(row | side_by_side(said, values, kept) | {"bytes_per_token": logits.stat().st_size / len(values)})


def side_by_side(said: str, values: list[float], kept: list[float]) -> dict[str, Any]:
    """Mean, median and maximum of both, and how far the means are apart."""
    theirs = {}
    for name in ("Mean", "Median", "Maximum"):
        found = re.search(rf"{name}\s+KLD:\s+([-\d.]+)", said)
        if found is None:
            raise SystemExit(f"llama-perplexity printed no {name} KLD: {said[-800:]}")
        theirs[name.lower()] = float(found[1])
    mine = {"mean": float(np.mean(values)), "median": float(np.median(values)), "maximum": max(values)}
    row: dict[str, Any] = {f"llama_cpp_{k}": v for k, v in theirs.items()} | {f"ours_{k}": v for k, v in mine.items()}
    row["ours_stored_mean"] = float(np.mean(kept))
    row["difference"] = theirs["mean"] - mine["mean"]
    return row | {"difference_as_stored": theirs["mean"] - row["ours_stored_mean"]}


def written(model: Any, folder: Path) -> str:
    """What the candidate writes to one question, sampled with a fixed seed: text of its own world."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    start = torch.tensor([tokenizer.encode("<|user|> what is 3 plus 4?<|assistant|>", add_special_tokens=False)] * 256)
    out = model.generate(start, do_sample=True, max_new_tokens=60, top_k=0, pad_token_id=tokenizer.pad_token_id)
    texts = tokenizer.batch_decode(out[:, start.shape[1] :], skip_special_tokens=True)
    return "\n".join(texts)


def report(row: dict[str, Any]) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps({k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()}) + "\n")


def main() -> None:
    """Parse arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--baseline", default="instruct")
    parser.add_argument("--candidate", default="sft")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        compare(args, Path(folder))


if __name__ == "__main__":
    main()
