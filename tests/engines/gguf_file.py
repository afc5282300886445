"""Write a miniature model as a GGUF file for llama.cpp: `python gguf_file.py FOLDER FILE [begins]`, with `gguf`.

llama.cpp's own converter refuses vocabularies that it does not know, so the fields are written here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "model.layers.": "blk.",
}
"""Parts of tensor names: Hugging Face's to llama.cpp's."""

NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
"""Kinds of token in a GGUF vocabulary."""


def tensors(file: Path) -> dict[str, NDArray[np.float32]]:
    """Every bfloat16 tensor of a safetensors file, as float32."""
    raw = file.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    found = {}
    for name, told in header.items():
        if name != "__metadata__":
            begin, end = (start + offset for offset in told["data_offsets"])
            halves = np.frombuffer(raw[begin:end], dtype="<u2").astype(np.uint32) << 16
            found[name] = halves.view(np.float32).reshape(told["shape"])
    return found


def interleaved(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key matrix in the order in which llama.cpp rotates them."""
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))


def write(folder: Path, file: Path, *, begins: bool = False) -> None:
    """Write the model of a Hugging Face folder as GGUF; `begins`: every text is read after the beginning token."""
    import gguf

    config, tokenizer = (json.loads((folder / name).read_text()) for name in ("config.json", "tokenizer.json"))
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_add_bos_token(begins)
    add_tokenizer(writer, config, tokenizer, json.loads((folder / "tokenizer_config.json").read_text()))
    for name, weight in tensors(folder / "model.safetensors").items():
        heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
        rotated = next((h for part, h in heads.items() if part in name), None)
        renamed = name
        for theirs, ours in NAMES.items():
            renamed = renamed.replace(theirs, ours)
        writer.add_tensor(renamed, weight if rotated is None else interleaved(weight, rotated))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: Any, config: dict[str, Any], tokenizer: dict[str, Any], settings: dict[str, Any]) -> None:
    """Write vocabulary, merges and chat template."""
    vocabulary = {**tokenizer["model"]["vocab"], **{t["content"]: t["id"] for t in tokenizer["added_tokens"]}}
    kinds = {t["id"]: CONTROL if t["special"] else USER_DEFINED for t in tokenizer["added_tokens"]}
    by_id = {i: token for token, i in vocabulary.items()}
    size = range(config["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([by_id.get(i, f"[unused{i}]") for i in size])
    writer.add_token_types([kinds.get(i, NORMAL) for i in size])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_chat_template(settings["chat_template"])


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]), begins="begins" in sys.argv[3:])
