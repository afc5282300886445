"""A trained model as a GGUF file: transformers reads the same weights from it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("gguf")

import gguf
import torch
from experiments.real.to_gguf import export, tensors
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

SIZES = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 40,
    "tie_word_embeddings": True,
}


def original(path: Path) -> Path:
    """A file with settings and a list of words, whose weights do not matter."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("original")
    writer.add_context_length(128)
    writer.add_embedding_length(SIZES["hidden_size"])
    writer.add_block_count(SIZES["num_hidden_layers"])
    writer.add_feed_forward_length(SIZES["intermediate_size"])
    writer.add_head_count(SIZES["num_attention_heads"])
    writer.add_head_count_kv(SIZES["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(SIZES["vocab_size"])
    writer.add_array("tokenizer.ggml.tokens", [f"word{i}" for i in range(SIZES["vocab_size"])])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_weights_and_settings_survive(tmp_path: Path) -> None:
    """Weights to 16 bits, and every field of the original file."""
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SIZES))
    model.save_pretrained(tmp_path / "model")
    file = export(tmp_path / "model", original(tmp_path / "original.gguf"), tmp_path / "model.gguf")
    fields = gguf.GGUFReader(file).fields
    assert fields["general.name"].contents() == "original"
    assert fields["tokenizer.ggml.tokens"].contents()[3] == "word3"
    again = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=file.name, dtype=torch.float32)
    for name, weights in model.state_dict().items():
        assert torch.allclose(again.state_dict()[name], weights, atol=2e-4), name


def test_tied_weights_are_written_once() -> None:
    """llama.cpp takes the embedding for the output head where the latter is missing."""
    names = [name for name, _ in tensors(LlamaForCausalLM(LlamaConfig(**SIZES)))]
    assert "lm_head.weight" not in names
    assert "model.embed_tokens.weight" in names
