"""A trained model as a GGUF file with 16-bit weights, for llama.cpp; all but the weights is the original file's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM

REWRITTEN = ("GGUF.", "general.architecture", "general.file_type", "general.quantization_version")
"""Beginnings of the fields that the writer sets itself."""
F16 = 1
"""llama.cpp's file type of 16-bit weights."""


def export(folder: Path, original: Path, target: Path) -> Path:
    """Write the model of a folder with the tokenizer and settings of `original`, whole or not at all."""
    import gguf

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    part = target.with_suffix(".part")
    writer = gguf.GGUFWriter(part, "llama")
    for field in gguf.GGUFReader(original).fields.values():
        if not field.name.startswith(REWRITTEN):
            kind, *of = field.types
            writer.add_key_value(field.name, field.contents(), kind, of[-1] if of else None)
    writer.add_file_type(F16)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model.config.num_hidden_layers)
    for name, values in tensors(model):
        short = names.get_name(name, try_suffixes=(".weight",))
        writer.add_tensor(short, values if values.ndim == 1 else values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return part.replace(target)


def tensors(model: Any) -> list[tuple[str, NDArray[np.float32]]]:
    """Names and values as llama.cpp has them: halves of each head's rotation are interleaved, tied weights are once."""
    config = model.config
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    result = []
    for name, tensor in model.state_dict().items():
        values = tensor.numpy()
        if count := heads.get(name.split(".")[-2]):
            values = interleaved(values, count)
        if not (config.tie_word_embeddings and name == "lm_head.weight"):
            result.append((name, values))
    return result


def interleaved(weights: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key projection, each head's two halves row by row in turn (llama.cpp's rotary layout)."""
    rows, columns = weights.shape
    return weights.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
