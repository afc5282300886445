"""Model folders that are slightly wrong: each function spoils one thing in a copy of a miniature model."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

Spoil = Callable[[Path], object]

ENDLESS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
PLAIN = "{% for m in messages %}<|user|> {{ m['content'] }}{% endfor %}<|assistant|>"


def edited(name: str, change: Callable[[Any], Any]) -> Spoil:
    """A JSON file of the folder with its value changed."""

    def spoil(folder: Path) -> None:
        path = folder / name
        path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")

    return spoil


def config(**changes: object) -> Spoil:
    """config.json with these values; `...` removes a key."""
    return edited("config.json", lambda v: {k: x for k, x in {**v, **changes}.items() if x is not ...})


def generation(**changes: object) -> Spoil:
    """generation_config.json with these values."""
    return edited("generation_config.json", lambda v: {**v, **changes})


def tokenizer(**changes: object) -> Spoil:
    """tokenizer_config.json with these values."""
    return edited("tokenizer_config.json", lambda v: {**v, **changes})


def vocabulary(change: Callable[[Any], Any]) -> Spoil:
    """tokenizer.json changed."""
    return edited("tokenizer.json", change)


def template(text: object) -> Spoil:
    """The chat template replaced."""
    return tokenizer(chat_template=text)


def written(name: str, content: bytes | str) -> Spoil:
    """One file of the folder replaced."""
    raw = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(raw)


def pipe(name: str) -> Spoil:
    """One file replaced by a pipe that nobody writes into."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return spoil


def in_folder(name: str) -> Spoil:
    """One file replaced by a folder."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()

    return spoil


def cut(name: str, size: int) -> Spoil:
    """One file cut off behind so many bytes."""
    return lambda folder: os.truncate(folder / name, size)


def sharded(index: object) -> Spoil:
    """Weights behind an index instead of one file."""

    def spoil(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
        text = index if isinstance(index, str) else json.dumps(index)
        (folder / "model.safetensors.index.json").write_text(text, "utf-8")

    return spoil


def weights(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Spoil:
    """The tensors changed."""

    def spoil(folder: Path) -> None:
        path = folder / "model.safetensors"
        save_file(change(load_file(path)), path, metadata={"format": "pt"})

    return spoil


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda tensors: {k: v for k, v in tensors.items() if name not in k}


def _larger_ids(value: Any) -> Any:
    vocab = value["model"]["vocab"]
    value["model"]["vocab"] = {k: (i if i < 300 else i + 5000) for k, i in vocab.items()}
    return value


SPOILT: dict[str, Spoil] = {
    # chat templates
    "template: unclosed": template("{% if messages"),
    "template: unknown tag": template("{% frobnicate %}"),
    "template: unknown filter": template("{{ messages | nope }}"),
    "template: unknown test": template("{{ 1 if messages is nope }}"),
    "template: unknown function": template("{{ nope(messages) }}"),
    "template: raise_exception": template("{{ raise_exception('roles must\nalternate') }}"),
    "template: raises for a user": template(
        "{% if messages[0].role == 'user' %}{{ raise_exception('no') }}{% endif %}"
    ),
    "template: undefined attribute": template("{{ messages[0].nope.nope }}"),
    "template: wrong types": template("{{ messages + 1 }}"),
    "template: division by zero": template("{{ 1 / 0 }}"),
    "template: index": template("{{ messages[99]['content'] }}"),
    "template: endless loops": template(ENDLESS),
    "template: endless text": template(
        "{% for i in range(99999) %}{% for j in range(99999) %}xxxxxxxx{% endfor %}{% endfor %}"
    ),
    "template: endless recursion": template("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
    "template: endless number": template("{{ 9 ** 9 ** 9 }}"),
    "template: huge text": template("{{ 'a' * 40000000000 }}"),
    "template: large text": template("{{ 'hello ' * 3000000 }}"),
    "template: number": template(5),
    "template: list of numbers": template([1, 2]),
    "template: list without names": template([{"text": PLAIN}]),
    "template: list without default": template([{"name": "tools", "template": PLAIN}]),
    "template: null": template(None),
    "template: renders nothing": template("{# nothing #}"),
    "template: private attribute": template("{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    "template: import": template("{% import 'os' as os %}"),
    "template: include": template("{% include '/etc/passwd' %}"),
    "template: odd date": template("{{ strftime_now(5) }}"),
    "template: not UTF-8": written("chat_template.jinja", b"\xff\xfe{{ messages }}"),
    "template: folder": in_folder("chat_template.jinja"),
    "template: pipe": pipe("chat_template.jinja"),
    "template: syntax in file": written("chat_template.jinja", "{% for %}"),
    # config.json
    "config: empty": written("config.json", ""),
    "config: cut": cut("config.json", 200),
    "config: list": written("config.json", "[]"),
    "config: number": written("config.json", "3"),
    "config: deep": written("config.json", '{"a":' * 5000 + "1" + "}" * 5000),
    "config: not UTF-8": written("config.json", b"\xff\xfe{}"),
    "config: folder": in_folder("config.json"),
    "config: pipe": pipe("config.json"),
    "config: no type": config(model_type=...),
    "config: unknown type": config(model_type="llamma"),
    "config: type of another kind": config(model_type="whisper"),
    "config: type is a number": config(model_type=7),
    "config: width is text": config(hidden_size="wide"),
    "config: width is null": config(hidden_size=None),
    "config: width is negative": config(hidden_size=-96),
    "config: layers negative": config(num_hidden_layers=-3),
    "config: layers text": config(num_hidden_layers="three"),
    "config: layers float": config(num_hidden_layers=3.5),
    "config: layers without end": config(num_hidden_layers=10**9),
    "config: vocabulary null": config(vocab_size=None),
    "config: vocabulary small": config(vocab_size=100),
    "config: vocabulary huge": config(vocab_size=10**13),
    "config: heads zero": config(num_attention_heads=0),
    "config: heads uneven": config(num_attention_heads=7, num_key_value_heads=7),
    "config: key heads zero": config(num_key_value_heads=0),
    "config: head size odd": config(head_dim=31),
    "config: unknown activation": config(hidden_act="silly"),
    "config: activation list": config(hidden_act=["silu"]),
    "config: eps text": config(rms_norm_eps="small"),
    "config: rope list": config(rope_parameters=[1]),
    "config: rope unknown": config(rope_parameters={"rope_type": "nope", "rope_theta": 1.0}),
    "config: rope theta text": config(rope_parameters={"rope_type": "default", "rope_theta": "big"}),
    "config: architectures text": config(architectures="LlamaForCausalLM"),
    "config: dtype unknown": config(dtype="float99"),
    "config: eos text": config(eos_token_id="</s>"),
    "config: quantised unknown": config(quantization_config={"quant_method": "nope"}),
    "config: quantised text": config(quantization_config="4bit"),
    "config: code of its own": config(
        model_type="own", auto_map={"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.M"}
    ),
    "config: positions text": config(max_position_embeddings="many"),
    # generation_config.json
    "generation: list": written("generation_config.json", "[]"),
    "generation: cut": cut("generation_config.json", 40),
    "generation: pipe": pipe("generation_config.json"),
    "generation: folder": in_folder("generation_config.json"),
    "generation: hot": generation(temperature="hot"),
    "generation: negative": generation(temperature=-1),
    "generation: endless heat": written(
        "generation_config.json", '{"do_sample": true, "temperature": 1e400, "eos_token_id": 2}'
    ),
    "generation: temperature list": generation(temperature=[0.6]),
    "generation: top_p above one": generation(top_p=2),
    "generation: top_p text": generation(top_p="most"),
    "generation: top_k half": generation(top_k=1.5),
    "generation: penalty zero": generation(repetition_penalty=0),
    "generation: eos text": generation(eos_token_id="</s>"),
    "generation: eos nested": generation(eos_token_id=[[2]]),
    "generation: eos object": generation(eos_token_id={"id": 2}),
    "generation: do_sample text": generation(do_sample="yes please"),
    # weights and their index
    "weights: none": lambda folder: (folder / "model.safetensors").unlink(),
    "weights: empty": written("model.safetensors", b""),
    "weights: cut": cut("model.safetensors", 5000),
    "weights: huge header": written("model.safetensors", struct.pack("<Q", 2**60) + b"{}"),
    "weights: header no JSON": written("model.safetensors", struct.pack("<Q", 4) + b"nope"),
    "weights: pipe": pipe("model.safetensors"),
    "weights: layer missing": weights(_without("layers.1.mlp")),
    "weights: all of another": weights(lambda tensors: {f"other.{k}": v for k, v in tensors.items()}),
    "weights: other shape": weights(lambda t: {k: (v[:50] if "embed" in k else v).contiguous() for k, v in t.items()}),
    "weights: not numbers": weights(lambda t: {k: v * float("nan") for k, v in t.items()}),
    "index: file missing": sharded({"metadata": {}, "weight_map": {"model.norm.weight": "model-00009.safetensors"}}),
    "index: list": sharded([]),
    "index: map is a list": sharded({"metadata": {}, "weight_map": ["model-00001-of-00001.safetensors"]}),
    "index: no map": sharded({"metadata": {}}),
    "index: empty map": sharded({"metadata": {}, "weight_map": {}}),
    "index: numbers": sharded({"metadata": {}, "weight_map": {"model.norm.weight": 3}}),
    "index: cut": sharded('{"metadata": {'),
    "index: elsewhere": sharded({"metadata": {}, "weight_map": {"model.norm.weight": "../../../etc/passwd"}}),
    # tokenizer
    "tokenizer: none": lambda folder: (folder / "tokenizer.json").unlink(),
    "tokenizer: cut": cut("tokenizer.json", 3000),
    "tokenizer: empty": written("tokenizer.json", ""),
    "tokenizer: list": written("tokenizer.json", "[]"),
    "tokenizer: pipe": pipe("tokenizer.json"),
    "tokenizer: unknown model": vocabulary(lambda v: {**v, "model": {"type": "Nope"}}),
    "tokenizer: vocabulary list": vocabulary(lambda v: {**v, "model": {**v["model"], "vocab": [1]}}),
    "tokenizer: ids beyond the model": vocabulary(_larger_ids),
    "tokenizer: settings list": written("tokenizer_config.json", "[]"),
    "tokenizer: settings cut": cut("tokenizer_config.json", 100),
    "tokenizer: settings pipe": pipe("tokenizer_config.json"),
    "tokenizer: unknown class": tokenizer(tokenizer_class="NopeTokenizer"),
    "tokenizer: class list": tokenizer(tokenizer_class=["LlamaTokenizer"]),
    "tokenizer: eos number": tokenizer(eos_token=5),
    "tokenizer: eos list": tokenizer(eos_token=["</s>"]),
    "tokenizer: length text": tokenizer(model_max_length="long"),
    "tokenizer: side unknown": tokenizer(padding_side="up"),
    "tokenizer: added tokens list": tokenizer(added_tokens_decoder=[1]),
    "tokenizer: special tokens text": tokenizer(extra_special_tokens="x"),
}
